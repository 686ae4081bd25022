import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native } from '@vde-ts/native'
import { HEADROOM, loop } from '@vde-ts/link'
import { Recorder, hex, lentFrame, testFrame, until } from '@vde-ts/link/testing.js'
import { OFFLOAD } from '@vde-ts/frame/offload.js'
import { superFrame } from '@vde-ts/frame/testing-super-frame.js'
import { emptyAddress, parseAddress } from '../internet/address.ts'
import { senderOctets } from '../internet/datagram-receiver.ts'
import { DatagramSender } from '../internet/datagram-sender.ts'
import { boundPort, udpSocket } from '../internet/udp-socket.ts'
import { geneveCodec } from '../geneve.ts'
import { vxlanCodec } from '../vxlan.ts'
import type { Encapsulation } from './encapsulation.ts'
import { OverlayLink, floodOf } from './overlay-link.ts'
import { Stations } from './stations.ts'

const HEADER = '08000000 000005 00'

interface Arrived { readonly octets: Uint8Array, readonly from: RemoteInfo }

/** A host, played by a socket that keeps what comes. */
class Peer {
  readonly arrived: Arrived[] = []
  readonly #socket: Socket
  private constructor (socket: Socket) { this.#socket = socket }

  static async open (): Promise<Peer> {
    const peer = new Peer(createSocket('udp4'))
    peer.#socket.on('message', (octets, from) => { peer.arrived.push({ octets: new Uint8Array(octets), from }) })
    await new Promise<void>((resolve) => { peer.#socket.bind(0, '127.0.0.1', resolve) })
    return peer
  }

  get address (): Uint8Array { return parseAddress('127.0.0.1', this.#socket.address().port)! }
  close (): void { this.#socket.close() }
}

interface Scene { peers: Peer[], links: OverlayLink[], sink: Recorder, lines: string[] }
const overlay = suite<Scene>('overlay link', { peers: [], links: [], sink: new Recorder(), lines: [] })
overlay.before.each((scene) => {
  scene.sink = new Recorder()
  scene.lines = []
})
overlay.after.each(({ peers, links }) => {
  for (const link of links.splice(0)) link.close()
  for (const peer of peers.splice(0)) peer.close()
})

/** A link that floods to so many peers. `hostPort`: where every host listens; 0: where it sent from. */
const make = async (
  scene: Scene, peerCount: number, lanes: number = 16, hostPort: number = 0, codec: Encapsulation = vxlanCodec(5)
): Promise<OverlayLink> => {
  for (let i = 0; i < peerCount; i++) scene.peers.push(await Peer.open())
  const fds = Array.from({ length: lanes }, () => udpSocket(emptyAddress(4, 0), 'test'))
  const link: OverlayLink = new OverlayLink({
    label: 'test',
    codec,
    stations: new Stations({ seed: 3, capacity: 1024, expireSec: 100 }),
    flood: floodOf(scene.peers.map(({ address }) => address)),
    sender: new DatagramSender(fds, loop, () => { link.onRoom() }),
    ports: fds.map(boundPort),
    hostWord: hostPort === 0 ? 0 : new Int32Array(emptyAddress(4, hostPort).buffer)[0]!,
    mtu: 1450,
    seed: 7,
    release: () => { for (const fd of fds) native.close(fd) },
    log (line) { scene.lines.push(line) }
  }, scene.sink, loop)
  scene.links.push(link)
  link.resume()
  return link
}

/** Hands the link datagrams of one sender, as a socket would. */
const arrive = (link: OverlayLink, from: Uint8Array, datagrams: readonly Uint8Array[]): void => {
  senderOctets.set(from, 32)
  const segment = datagrams[0]!.length
  const buf = new Uint8Array(HEADROOM + datagrams.length * segment)
  datagrams.forEach((octets, i) => { buf.set(octets, HEADROOM + i * segment) })
  const len = datagrams.reduce((sum, { length }) => sum + length, 0)
  link.onTrain(buf, HEADROOM, len, segment, 32)
  link.onBurstEnd()
}

const datagram = (frame: Uint8Array, header: string = HEADER): Uint8Array => Uint8Array.of(...hex(header), ...frame)
const lend = (frame: Uint8Array): Uint8Array => Uint8Array.of(...new Uint8Array(HEADROOM), ...frame)

overlay('a datagram is the header and the frame; who was heard is answered, at the port it sent from', async (scene) => {
  const link = await make(scene, 2)
  const frame = testFrame(60, 1, 7)
  arrive(link, scene.peers[1]!.address, [datagram(frame)])
  assert.equal(scene.sink.frames, [frame])
  const answer = testFrame(61, 2, 1)
  answer.set(frame.subarray(6, 12), 0)
  link.send(lend(answer), HEADROOM, 61)
  await until(() => scene.peers[1]!.arrived.length === 1, 'the answer')
  assert.equal(scene.peers[1]!.arrived[0]!.octets, datagram(answer))
  assert.is(scene.peers[0]!.arrived.length, 0)
})

overlay('or at the port that every host has', async (scene) => {
  const other = await Peer.open()
  scene.peers.push(other)
  const link = await make(scene, 0, 1, (other.address[2]! << 8) | other.address[3]!)
  const frame = testFrame(60, 1, 7)
  arrive(link, parseAddress('127.0.0.1', 9)!, [datagram(frame)])
  const answer = testFrame(61, 2, 1)
  answer.set(frame.subarray(6, 12), 0)
  link.send(lend(answer), HEADROOM, 61)
  await until(() => other.arrived.length === 1, 'the answer')
})

overlay('broadcasts and unknown stations reach everybody, once', async (scene) => {
  const link = await make(scene, 3)
  link.send(lentFrame(60), HEADROOM, 60)
  for (const peer of scene.peers) await until(() => peer.arrived.length === 1, 'the frame')
})

overlay('peers change in place: who is fixed is not learnt, strangers are not heard, what is unknown is dropped', async (scene) => {
  const link = await make(scene, 2)
  const [near, far] = scene.peers as [Peer, Peer]
  const stations = new Stations({ seed: 1, capacity: 16, expireSec: 100 })
  const known = testFrame(60, 9)
  known.set([2, 0, 0, 0, 0, 9])
  stations.pin(known.subarray(0, 6), new Int32Array(far.address.buffer))
  link.setPeers({ stations, flood: floodOf([far.address]), isFixed: true, isClosed: true, dropsUnknown: true })
  arrive(link, parseAddress('127.0.0.9', 9)!, [datagram(testFrame(60, 1, 7)), datagram(testFrame(60, 1, 7))])
  assert.equal([scene.sink.frames.length, link.strangers, link.rxDrops], [0, 2, 2])
  // Of a peer, whatever port it sent from; and its station is not believed to be there.
  arrive(link, parseAddress('127.0.0.1', 9)!, [datagram(testFrame(60, 1, 7))])
  assert.is(scene.sink.frames.length, 1)
  const unknown = testFrame(60, 7)
  unknown.set(testFrame(60, 1, 7).subarray(6, 12))
  link.send(lend(unknown), HEADROOM, 60)
  assert.is(link.unknown, 1)
  link.send(lend(known), HEADROOM, 60)
  link.send(lend(testFrame(60).fill(0xff, 0, 6)), HEADROOM, 60)
  await until(() => far.arrived.length === 2, 'the station and the broadcast')
  assert.is(near.arrived.length, 0)
})

overlay('reserved bits are ignored; what is wrong is dropped and counted by its reason', async (scene) => {
  const link = await make(scene, 1)
  const frame = testFrame(60, 1, 7)
  const from = scene.peers[0]!.address
  arrive(link, from, [datagram(frame, '00000000 000005 00')])
  arrive(link, from, [datagram(frame, '08000000 000006 00')])
  arrive(link, from, [hex('08000000')])
  arrive(link, from, [datagram(frame.subarray(0, 13))])
  arrive(link, from, [datagram(frame, '0cffffff 000005 ff')])
  assert.equal(scene.sink.frames, [frame])
  assert.equal([link.foreign, link.malformed, link.runts, link.rxDrops], [2, 1, 1, 4])
})

overlay('geneve: options are skipped, what must not be ignored is dropped and counted', async (scene) => {
  const link = await make(scene, 1, 1, 0, geneveCodec(5))
  const frame = testFrame(60, 1, 7)
  const from = scene.peers[0]!.address
  arrive(link, from, [datagram(frame, '0200 6558 000005 00 0102 03 01 aabbccdd')])
  arrive(link, from, [datagram(frame, '0240 6558 000005 00 0102 83 01 aabbccdd')])
  arrive(link, from, [datagram(frame, '0080 6558 000005 00')])
  assert.equal(scene.sink.frames, [frame])
  assert.equal([link.critical, link.malformed, link.rxDrops], [1, 1, 2])
})

overlay('flows keep to a port, and are spread over many', async (scene) => {
  const link = await make(scene, 1)
  const { arrived } = scene.peers[0]!
  for (let round = 0; round < 3; round++) {
    for (let flow = 0; flow < 40; flow++) {
      const frame = superFrame({ version: 4, protocol: 'udp', payload: Uint8Array.of(flow, round), ports: [1000 + flow, 53], needsCsum: false })
      link.send(frame, OFFLOAD, frame.length - OFFLOAD)
    }
    await until(() => arrived.length === 40 * (round + 1), 'all of them')
  }
  const ports = new Map<number, Set<number>>()
  for (const { octets, from } of arrived) {
    const flow = octets.at(-2)!
    ports.set(flow, (ports.get(flow) ?? new Set()).add(from.port))
  }
  assert.ok([...ports.values()].every((set) => set.size === 1))
  assert.ok(new Set([...ports.values()].flatMap((set) => [...set])).size >= 10)
})

overlay('a super-frame leaves as its segments; they arrive as one again when that is asked for', async (scene) => {
  const link = await make(scene, 2)
  const frame = superFrame({ version: 4, payload: new Uint8Array(4500).fill(7), gsoSize: 1000 })
  assert.ok(link.send(frame, OFFLOAD, frame.length - OFFLOAD))
  const { arrived } = scene.peers[0]!
  await until(() => arrived.length === 5, 'five segments')
  assert.equal(arrived.map(({ octets }) => octets.length), [1062, 1062, 1062, 1062, 562])
  arrive(link, scene.peers[0]!.address, arrived.map(({ octets }) => octets))
  assert.is(scene.sink.frames.length, 5)
  link.setOffload(true)
  arrive(link, scene.peers[0]!.address, arrived.map(({ octets }) => octets))
  assert.is(scene.sink.frames.length, 6)
  assert.is(scene.sink.frames[5]!.length, frame.length - OFFLOAD)
})

overlay('what is more than one batch is written within the turn: nothing is refused, all of it arrives in order', async (scene) => {
  const link = await make(scene, 1, 1)
  const frame = lentFrame(64)
  for (let i = 0; i < 200; i++) {
    frame[HEADROOM + 20] = i
    assert.ok(link.send(frame, HEADROOM, 64))
  }
  await until(() => scene.peers[0]!.arrived.length === 200, 'all of them')
  assert.equal(scene.peers[0]!.arrived.map(({ octets }) => octets[8 + 20]), Array.from({ length: 200 }, (_, i) => i))
})

overlay('a frame too big for a datagram is counted each time and named once', async (scene) => {
  const link = await make(scene, 1)
  const len = link.maxFrame + 1
  for (let i = 0; i < 3; i++) assert.ok(link.send(new Uint8Array(HEADROOM + len), HEADROOM, len))
  assert.equal([link.tooBig, link.txDrops, scene.lines], [3, 3, [`test: a frame of ${len} octets is too big, ${len - 1} are possible; such frames are lost`]])
})

overlay('our own datagrams that come back are not heard', async (scene) => {
  const link = await make(scene, 1)
  link.send(lentFrame(60), HEADROOM, 60)
  await until(() => scene.peers[0]!.arrived.length === 1, 'the frame')
  const { octets, from } = scene.peers[0]!.arrived[0]!
  arrive(link, parseAddress('127.0.0.1', from.port)!, [octets])
  assert.is(scene.sink.frames.length, 0)
  arrive(link, parseAddress('203.0.113.5', from.port)!, [octets])
  assert.is(scene.sink.frames.length, 1, 'another host may have the same port')
})

overlay.run()
