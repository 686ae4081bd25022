/**
 * Nanoseconds and heap octets per frame inside our code, by path: no system call, so what is left is ours alone. Run with
 * --expose-gc; prints one JSON object, path -> [ns, octets].
 */
import { HEADROOM, type FrameSink } from '@vde-ts/link/link.js'
import { memoryPair } from '@vde-ts/link/memory.js'
import { SendRing } from '@vde-ts/link/send-ring.js'
import { setEtherType, setMac } from '@vde-ts/frame/ethernet.js'
import { setTagControl, TPID } from '@vde-ts/frame/vlan.js'
import { StreamDecoder, writeStreamHeader } from '@vde-ts/frame/stream.js'
import { bytesPerRun } from '@vde-ts/frame/testing.js'
import { native } from '@vde-ts/native'
import { makeSwitch, plug, type Plugged } from '@vde-ts/switch/testing.js'
import type { Switch } from '@vde-ts/switch'

const LEN = 60
const SECONDS = Number(process.argv[2] ?? 0.2)
/** Calls between two looks at the clock. */
const CHUNK = 2000
const ROUNDS = 5

const figures: Record<string, [ns: number, octets: number]> = {}

/** Best of ROUNDS rounds: what disturbs only adds. */
const nsPerRun = (fn: (i: number) => void): number => {
  let best = Infinity
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    const end = start + SECONDS * 1000 / ROUNDS
    let count = 0
    while (performance.now() < end) {
      for (let i = 0; i < CHUNK; i++) fn(count + i)
      count += CHUNK
    }
    best = Math.min(best, (performance.now() - start) * 1e6 / count)
  }
  return best
}

const path = (name: string, fn: (i: number) => void): void => {
  for (let i = 0; i < 20_000; i++) fn(i) // what ships is the optimised code
  const octets = bytesPerRun(fn)
  figures[name] = [nsPerRun(fn), octets]
}

const station = (number: number): number => 0x10000 + number

/** A frame in its headroom, from one station to another; to -1 everybody. */
const makeFrame = (from: number, to: number, tci?: number): Uint8Array => {
  const buf = new Uint8Array(HEADROOM + LEN)
  setMac(buf, HEADROOM, to === -1 ? 0xffff : 0x0200, to === -1 ? -1 : station(to))
  setMac(buf, HEADROOM + 6, 0x0200, station(from))
  setEtherType(buf, HEADROOM, tci === undefined ? 0x88b5 : TPID)
  if (tci !== undefined) setTagControl(buf, HEADROOM, tci)
  return buf
}

/** A switch with `count` mute ports, each with one station that is known. */
const network = (count: number, options: Parameters<typeof makeSwitch>[0] = {}): { sw: Switch, ports: Plugged[] } => {
  const sw = makeSwitch({ numPorts: count, ...options })
  const ports = Array.from({ length: count }, (_, i) => plug(sw, i + 1))
  for (const { link } of ports) link.isMute = true
  for (const [i, { endpoint }] of ports.entries()) endpoint.onFrame(makeFrame(i, -1), HEADROOM, LEN)
  return { sw, ports }
}

const always = (sink: FrameSink, buf: Uint8Array) => (): void => { sink.onFrame(buf, HEADROOM, LEN) }

const forwarding = (): void => {
  const plain = network(16)
  const [first] = plain.ports
  path('switch: unicast', always(first!.endpoint, makeFrame(0, 1)))
  path('switch: flood to 15 ports', always(first!.endpoint, makeFrame(0, -1)))
  path('switch: flood to 511 ports', always(network(512).ports[0]!.endpoint, makeFrame(0, -1)))
  path('switch: hub of 16 ports', always(network(16, { isHub: true }).ports[0]!.endpoint, makeFrame(0, 1)))
  path('switch: tag of no VLAN passed', always(network(16, { isVlanTransparent: true }).ports[0]!.endpoint, makeFrame(0, 1, 5)))
}

const vlans = (): void => {
  const { sw, ports } = network(2)
  sw.vlan.create(5)
  sw.vlan.setUntagged(1, 5)
  sw.vlan.addPort(5, 2)
  ports[0]!.endpoint.onFrame(makeFrame(0, -1), HEADROOM, LEN)
  ports[1]!.endpoint.onFrame(makeFrame(1, -1, 5), HEADROOM, LEN)
  path('switch: unicast, tag pushed', always(ports[0]!.endpoint, makeFrame(0, 1)))
  path('switch: unicast, tag popped', always(ports[1]!.endpoint, makeFrame(1, 0, 5)))
}

/** What a feature costs a frame, when it is on. */
const features = (): void => {
  const rate = { unit: 'bits', perSec: 1e12, burst: 1e12 } as const
  // A turn of the loop takes 256 frames at most.
  const turn = { frames: 0, time: new Float64Array(1) }
  const turnClock = (cell: Float64Array): void => {
    if ((turn.frames++ & 255) === 0) native.clockRead(turn.time)
    cell[0] = turn.time[0]!
  }
  const make = (): ReturnType<typeof network> => network(16, { clock: native.clockRead, turnClock })
  const limited = make()
  limited.sw.guards.configure(1, { maxAddresses: 5, storm: { broadcast: rate, multicast: rate, unknown: rate } })
  path('switch: unicast, addresses limited, storm control', always(limited.ports[0]!.endpoint, makeFrame(0, 1)))
  path('switch: flood to 15 ports, addresses limited, storm control', always(limited.ports[0]!.endpoint, makeFrame(0, -1)))
  const slowed = make()
  slowed.sw.guards.configure(1, { rateIn: rate })
  path('switch: unicast, rate limited', always(slowed.ports[0]!.endpoint, makeFrame(0, 1)))
  const isolated = make()
  isolated.sw.guards.configure(1, { isolation: 1 })
  path('switch: flood to 15 ports, isolated', always(isolated.ports[0]!.endpoint, makeFrame(0, -1)))
  const many = make()
  for (let vlan = 1; vlan <= 100; vlan++) {
    many.sw.vlan.create(vlan)
    for (const port of [1, 2]) many.sw.vlan.addPort(vlan, port)
  }
  path('switch: unicast, 100 VLANs', always(many.ports[0]!.endpoint, makeFrame(0, 1)))
  const shown = make()
  shown.sw.mirrors.set({ source: 1, direction: 'in', to: 16 })
  path('switch: unicast, mirrored', always(shown.ports[0]!.endpoint, makeFrame(0, 1)))
}

const learning = (): void => {
  for (const count of [10, 100_000]) {
    const { ports } = network(2, { capacity: 131_072 })
    const to = makeFrame(0, 1)
    const back = makeFrame(1, 0)
    path(`switch: learn and look up, ${count} addresses`, (i) => {
      const number = 1000 + (i >> 1) % count
      if ((i & 1) === 0) {
        setMac(to, HEADROOM + 6, 0x0200, station(number))
        ports[0]!.endpoint.onFrame(to, HEADROOM, LEN)
      } else {
        setMac(back, HEADROOM, 0x0200, station(number))
        ports[1]!.endpoint.onFrame(back, HEADROOM, LEN)
      }
    })
  }
}

const media = (): void => {
  let count = 0
  const sink: FrameSink = { onFrame () { count++ }, onWritable () {}, onUp () {}, onDown () {}, onClose () {} }
  const buf = makeFrame(0, 1)
  const [left, right] = memoryPair(sink, sink)
  right.resume()
  path('memory pair', () => { left.send(buf, HEADROOM, LEN) })

  const ring = new SendRing()
  const takeAll = (_fd: number, _buf: Uint8Array, _spans: Int32Array, _first: number, frames: number): number => frames
  path('send ring, drained by 32', (i) => {
    ring.push(buf, HEADROOM, LEN)
    if ((i & 31) === 31) ring.drain(takeAll, -1)
  })

  const decoder = new StreamDecoder(sink)
  const stream = new Uint8Array(HEADROOM + 2 + LEN)
  path('vde stream, whole frames', () => {
    writeStreamHeader(stream, HEADROOM, LEN)
    decoder.push(stream, HEADROOM, 2 + LEN)
  })
  if (count === 0) throw new Error('Cannot measure: nothing was delivered')
}

forwarding()
vlans()
features()
learning()
media()
process.stdout.write(`${JSON.stringify(figures)}\n`)
