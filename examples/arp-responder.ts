/**
 * Answers ARP requests for one IPv4 address on any virtual Ethernet, as if a station had it. Run it on a switch:
 *
 *     node --conditions=source --import tsx examples/arp-responder.ts /tmp/sw 10.0.0.9
 *
 * and ask from a namespace on the same switch:  arping 10.0.0.9
 */
import { open, type Connection } from '@vde-ts/schemes'

const [vnl = '/tmp/sw', address = '10.0.0.9'] = process.argv.slice(2)
const ip = address.split('.').map(Number)
const mac = [0x02, 0x76, ...ip]

const net: Connection = await open(vnl, {
  description: 'arp-responder',
  onFrame (frame) {
    // Ethernet: dst 0, src 6, type 12. ARP: operation 20, sender 22 (MAC) and 28 (IP), target 32 and 38.
    const isRequest = frame.length >= 42 && frame[12] === 8 && frame[13] === 6 && frame[20] === 0 && frame[21] === 1
    if (!isRequest || ip.some((octet, i) => frame[38 + i] !== octet)) return
    const reply = new Uint8Array(frame)
    reply.set(frame.subarray(6, 12), 0)
    reply.set(mac, 6)
    reply[21] = 2
    reply.set([...mac, ...ip], 22)
    reply.set(frame.subarray(22, 32), 32)
    net.send(reply)
  }
})
console.log(`${address} is at ${mac.map((octet) => octet.toString(16).padStart(2, '0')).join(':')} on ${net.label}`)
process.once('SIGINT', () => { net.close() })
console.log(`end: ${(await net.closed)?.message ?? 'in order'}`)
