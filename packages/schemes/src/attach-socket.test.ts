/** Switches joined by a socket that carries frames with their offload header. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { superFrame } from '@vde-ts/frame/testing-super-frame.js'
import { native, SEQPACKET } from '@vde-ts/native'
import { HEADROOM, OFFLOAD } from '@vde-ts/link'
import { Recorder, lentFrame, settle, testFrame, until } from '@vde-ts/link/testing.js'
import { decodeAnswer } from './attach-protocol.ts'
import { openVnl } from './registry.ts'
import { descriptors } from './testing.ts'
import { inSwitch } from './testing-attach.ts'
import { connectionContract } from './testing-connection.ts'

const attach = suite('attach of connections')

attach('a super-frame passes whole between two of them, and in segments to a datagram link', async () => {
  await inSwitch(async (net) => {
    const [a, b, plain] = [new Recorder(), new Recorder(), new Recorder()]
    const left = await openVnl(net.path, a, { takesOffload: true })
    const right = await openVnl(net.path, b, { takesOffload: true })
    const datagrams = await openVnl(net.path, plain)
    assert.equal([left.offload, datagrams.offload], [true, false])
    assert.equal(net.bridge.ports().flatMap((port) => port.endpoints.map(({ module }) => module)),
      ['socket attached', 'socket attached', 'unix prog'])
    for (const link of [left, right, datagrams]) link.resume()
    const made = superFrame({ version: 4, payload: new Uint8Array(20_000).fill(3), gsoSize: 1000, dst: 'ffffffffffff' })
    const lent = new Uint8Array(HEADROOM - OFFLOAD + made.length)
    lent.set(made, HEADROOM - OFFLOAD)
    let header: number[] = []
    b.onEach = (buf, off) => { header = [...buf.subarray(off - OFFLOAD, off)] }
    assert.ok(left.send(lent, HEADROOM, made.length - OFFLOAD))
    await b.until((r) => r.frames.length === 1, 'the super-frame')
    await plain.until((r) => r.frames.length === 20, 'its segments')
    assert.equal([b.frames[0], header], [made.subarray(OFFLOAD), [...made.subarray(0, 10), 0, 0]])
    for (const link of [left, right, datagrams]) link.close()
    await until(() => net.bridge.ports().every((port) => !port.isActive), 'all unplugged')
  })
})

attach('a super-frame passes vlan:// whole, with its tag and its header moved', async () => {
  await inSwitch(async (net) => {
    const [a, b, tagged] = [new Recorder(), new Recorder(), new Recorder()]
    net.bridge.setHub(true) // which passes tags
    const vlan = `vlan://4{${net.path}}`
    const left = await openVnl(vlan, a, { takesOffload: true })
    const right = await openVnl(vlan, b, { takesOffload: true })
    const trunk = await openVnl(net.path, tagged, { takesOffload: true })
    const plain = await openVnl(vlan, new Recorder())
    assert.equal([left.offload, plain.offload], [true, false])
    for (const link of [left, right, trunk]) link.resume()
    const made = superFrame({ version: 4, payload: new Uint8Array(20_000).fill(3), gsoSize: 1000, dst: 'ffffffffffff' })
    const lent = new Uint8Array(HEADROOM - OFFLOAD + made.length)
    lent.set(made, HEADROOM - OFFLOAD)
    const headers: number[][] = []
    b.onEach = tagged.onEach = (buf, off) => { headers.push([...buf.subarray(off - OFFLOAD, off)]) }
    assert.ok(left.send(lent, HEADROOM, made.length - OFFLOAD))
    await b.until((r) => r.frames.length === 1, 'the super-frame')
    await tagged.until((r) => r.frames.length === 1, 'the one with a tag')
    assert.equal(b.frames[0], made.subarray(OFFLOAD))
    assert.equal([...tagged.frames[0]!.subarray(12, 16)], [0x81, 0, 0, 4])
    assert.is(tagged.frames[0]!.length, made.length - OFFLOAD + 4)
    assert.equal(new Set(headers.map((header) => header[1])), new Set([made[1]]), 'segments are left to do')
    for (const link of [left, right, trunk, plain]) link.close()
  })
})

attach('ports, port zero and another control socket are as with datagrams', async () => {
  await inSwitch(async (net) => {
    const link = await openVnl(`${net.path}[7]`, new Recorder(), { takesOffload: true })
    const zero = await openVnl(net.path, new Recorder(), { takesOffload: true, port: -1 })
    const other = await openVnl(`${net.path}[ctl]`, new Recorder(), { takesOffload: true })
    assert.equal(net.bridge.ports().map((port) => [port.number, port.endpoints[0]?.module]),
      [[0, 'socket attached'], [1, 'unix prog'], [7, 'socket attached']])
    const beyond = await openVnl(`${net.path}[5000]`, new Recorder(), { takesOffload: true }).catch((error: unknown) => error)
    assert.is((beyond as { code: string }).code, 'EINVAL')
    for (const one of [link, zero, other]) one.close()
  })
})

attach('unplugged by the switch, it ends in order', async () => {
  await inSwitch(async (net) => {
    const sink = new Recorder()
    const link = await openVnl(net.path, sink, { takesOffload: true })
    link.resume()
    net.bridge.closeEndpoint(1, net.bridge.port(1).endpoints[0]!.id)
    await sink.until((r) => r.closes === 1, 'the end')
    assert.is(sink.why, undefined)
    link.close()
  })
})

attach('a descriptor is refused, packets that are no frames are counted, and nothing is left', async () => {
  await inSwitch(async (net) => {
    const connect = (): number => {
      const fd = native.unixSocket(SEQPACKET)
      assert.is(native.connectUnix(fd, `${net.path}/attach`), 0)
      return fd
    }
    const got = new Int32Array(1)
    const answerOf = async (fd: number): Promise<object | null> => {
      const packet = new Uint8Array(4096)
      let count = -11
      await until(() => (count = native.receiveDescriptors(fd, packet, 0, packet.length, got)) !== -11, 'an answer')
      return count > 0 ? decodeAnswer(packet.subarray(0, count)) : null
    }
    const request = Buffer.from('{"v":1,"kind":"socket","descr":"x"}')
    const first = connect()
    native.sendDescriptors(first, request, 0, request.length, Int32Array.of(first))
    assert.is((await answerOf(first) as { errno: number }).errno, 22)
    native.close(first)
    const before = descriptors().length
    const connection = connect()
    native.send(connection, request, 0, request.length)
    assert.equal(await answerOf(connection), { port: 1, id: net.bridge.port(1).endpoints[0]!.id })
    const fd = got[0]!
    const send = (octets: Uint8Array): void => { assert.is(native.send(fd, octets, 0, octets.length), octets.length) }
    send(new Uint8Array(11))
    send(new Uint8Array(25))
    send(Uint8Array.from([1, 1, ...new Uint8Array(70)])) // a header that lies
    send(Buffer.concat([new Uint8Array(12), testFrame(60, 1)]))
    await until(() => net.bridge.port(1).inFrames === 1, 'the frame')
    assert.is(net.bridge.port(1).endpoints[0]!.link?.rxDrops, 3)
    // Where the kernel can refuse descriptors (from 6.16), nobody makes us close what is slow to close.
    const withDescriptor = native.sendDescriptors(fd, new Uint8Array(80), 0, 80, Int32Array.of(fd))
    const probe = new Int32Array(2)
    native.socketPair(SEQPACKET, probe)
    assert.is(withDescriptor, native.refuseDescriptors(probe[0]!) === 0 ? -1 : 80)
    for (const one of [fd, connection, ...probe]) native.close(one)
    await until(() => !net.bridge.port(1).isActive && descriptors().length <= before, 'its end')
  })
})

attach('a client that reads nothing is queued for as far as its queue goes, the others go on', async () => {
  await inSwitch(async (net) => {
    const slow = await openVnl(net.path, new Recorder(), { takesOffload: true })
    const sink = new Recorder()
    const good = await openVnl(net.path, sink, { takesOffload: true })
    const sender = await openVnl(net.path, new Recorder(), { takesOffload: true })
    good.resume()
    for (let i = 0; i < 4000; i++) {
      sender.send(lentFrame(1514, i), HEADROOM, 1514)
      if (i % 50 === 0) await settle(1)
    }
    await sink.until((r) => r.frames.length > 3000, 'most of them')
    for (const link of [slow, good, sender]) link.close()
  })
})
attach.run()

connectionContract('attached connection', (sink, onLink) => ({
  admitTap: () => ({ port: 1, id: 1, sink, start (link) { onLink(link) }, abort () {} })
}), { takesOffload: true })
