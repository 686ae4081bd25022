/** What a frame costs in octets of heap: a file of its own, so that the optimiser has seen nothing else, see tools/test.mjs. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native } from '@vde-ts/native'
import { HEADROOM, loop } from '@vde-ts/link'
import { bytesPerRun, hex, lentFrame, quietSink, testFrame } from '@vde-ts/link/testing.js'
import { emptyAddress, parseAddress, setPort } from '../internet/address.ts'
import { senderOctets } from '../internet/datagram-receiver.ts'
import { DatagramSender } from '../internet/datagram-sender.ts'
import { boundPort, udpSocket } from '../internet/udp-socket.ts'
import { vxlanCodec } from '../vxlan.ts'
import { OverlayLink, floodOf } from './overlay-link.ts'
import { Stations } from './stations.ts'

const cost = suite('overlay link, cost')

cost('sending and receiving allocate nothing', () => {
  const [fd, peer] = [udpSocket(emptyAddress(4, 0), 'test'), udpSocket(emptyAddress(4, 0), 'test')]
  const address = parseAddress('127.0.0.1', 0)!
  setPort(address, boundPort(peer))
  const link: OverlayLink = new OverlayLink({
    label: 'test',
    codec: vxlanCodec(5),
    stations: new Stations({ seed: 3, capacity: 1024, expireSec: 100 }),
    flood: floodOf([address]),
    sender: new DatagramSender([fd], loop, () => { link.onRoom() }),
    ports: [boundPort(fd)],
    hostWord: 0,
    mtu: 1450,
    seed: 7,
    release: () => { for (const one of [fd, peer]) native.close(one) },
    log () {}
  }, quietSink, loop)
  link.resume()
  const frame = lentFrame(60)
  const octets = Uint8Array.of(...hex('08000000 000005 00'), ...testFrame(60, 1, 7))
  const buf = new Uint8Array(HEADROOM + octets.length)
  buf.set(octets, HEADROOM)
  senderOctets.set(address, 32)
  const bytes = bytesPerRun(() => {
    buf[HEADROOM] = 8
    link.onTrain(buf, HEADROOM, octets.length, octets.length, 32)
    link.send(frame, HEADROOM, 60)
    link.flush()
  }, 3000)
  link.close()
  assert.ok(bytes < 100, `${bytes} octets`) // views of frames that are copied, see copyOctets
})

cost.run()
