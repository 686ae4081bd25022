/**
 * Nanoseconds and heap octets per frame inside our code, by path: no system call, so what is left is ours alone. Run with
 * --expose-gc, [SECONDS [PATH]]; prints one JSON object, path -> [ns, octets]. A path that is measured with others in one
 * process has code that was optimised for all of them: by itself it is up to a third faster. PATH `list`: their names only.
 *
 * A path is named BASE, or BASE, FEATURE: what the same costs when a feature is on.
 */
import { HEADROOM, type FrameSink } from '@vde-ts/link/link.js'
import { memoryPair } from '@vde-ts/link/memory.js'
import { SendRing } from '@vde-ts/link/send-ring.js'
import { setEtherType, setMac } from '@vde-ts/frame/ethernet.js'
import { setTagControl, TPID } from '@vde-ts/frame/vlan.js'
import { StreamDecoder, writeStreamHeader } from '@vde-ts/frame/stream.js'
import { bytesPerRun } from '@vde-ts/frame/testing.js'
import { native } from '@vde-ts/native'
import { give, makeSwitch, plug, type Plugged } from '@vde-ts/switch/testing.js'
import { data4, IGMP } from '@vde-ts/switch/testing-groups.js'
import type { Switch } from '@vde-ts/switch'

const LEN = 60
const SECONDS = Number(process.argv[2] ?? 0.2)
const ONLY = process.argv[3]
const LIST = 'list'
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

const path = (name: string, make: () => (i: number) => void): void => {
  if (ONLY === LIST) figures[name] = [0, 0]
  if (ONLY !== undefined && ONLY !== name) return
  const fn = make()
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

interface Network { readonly sw: Switch, readonly ports: readonly Plugged[] }

/** A switch with `count` mute ports, each with one station that is known. */
const network = (count: number, options: Parameters<typeof makeSwitch>[0] = {}): Network => {
  const sw = makeSwitch({ numPorts: count, ...options })
  const ports = Array.from({ length: count }, (_, i) => plug(sw, i + 1))
  for (const { link } of ports) link.isMute = true
  for (const [i, { endpoint }] of ports.entries()) endpoint.onFrame(makeFrame(i, -1), HEADROOM, LEN)
  return { sw, ports }
}

const always = (sink: FrameSink, buf: Uint8Array) => (): void => { sink.onFrame(buf, HEADROOM, LEN) }

/** Frames from the first port: to the second, and to all others. */
const unicast = ({ ports }: Network): () => void => always(ports[0]!.endpoint, makeFrame(0, 1))
const flood = ({ ports }: Network): () => void => always(ports[0]!.endpoint, makeFrame(0, -1))

const forwarding = (): void => {
  path('switch: unicast', () => unicast(network(16)))
  path('switch: flood to 15 ports', () => flood(network(16)))
  path('switch: flood to 511 ports', () => flood(network(512)))
  path('switch: hub of 16 ports', () => unicast(network(16, { isHub: true })))
  path('switch: tag of no VLAN passed', () => always(network(16, { isVlanTransparent: true }).ports[0]!.endpoint, makeFrame(0, 1, 5)))
}

const vlans = (): void => {
  const make = (): Network => {
    const made = network(2)
    const { sw, ports } = made
    sw.vlan.create(5)
    sw.vlan.setUntagged(1, 5)
    sw.vlan.addPort(5, 2)
    ports[0]!.endpoint.onFrame(makeFrame(0, -1), HEADROOM, LEN)
    ports[1]!.endpoint.onFrame(makeFrame(1, -1, 5), HEADROOM, LEN)
    return made
  }
  path('switch: unicast, tag pushed', () => unicast(make()))
  path('switch: unicast, tag popped', () => always(make().ports[1]!.endpoint, makeFrame(1, 0, 5)))
}

const RATE = { unit: 'bits', perSec: 1e12, burst: 1e12 } as const
const STORM = { broadcast: RATE, multicast: RATE, unknown: RATE }

/** A network with the clocks of the program: a turn of its loop takes 256 frames at most. */
const clocked = (): Network => {
  const turn = { frames: 0, time: new Float64Array(1) }
  const turnClock = (cell: Float64Array): void => {
    if ((turn.frames++ & 255) === 0) native.clockRead(turn.time)
    cell[0] = turn.time[0]!
  }
  return network(16, { clock: native.clockRead, turnClock })
}

/** @param features what is set, by name */
const withFeatures = (features: Readonly<Record<string, (sw: Switch) => void>>): void => {
  for (const [name, set] of Object.entries(features)) {
    const make = (): Network => {
      const made = clocked()
      set(made.sw)
      for (const [i, { endpoint }] of made.ports.entries()) endpoint.onFrame(makeFrame(i, -1), HEADROOM, LEN)
      return made
    }
    path(`switch: unicast, ${name}`, () => unicast(make()))
    path(`switch: flood to 15 ports, ${name}`, () => flood(make()))
  }
}

/** All ports forward. */
const setTree = (sw: Switch): void => {
  sw.tree.setEnabled(true)
  for (let sec = 1; sec <= 10; sec++) sw.tick(sec)
}

const setVlans = (sw: Switch): void => {
  for (let vlan = 1; vlan <= 100; vlan++) {
    sw.vlan.create(vlan)
    for (const { number } of sw.ports()) sw.vlan.addPort(vlan, number)
  }
}

const features = (): void => {
  withFeatures({
    RSTP: setTree,
    '100 VLANs': setVlans,
    'RSTP, 100 VLANs' (sw) {
      setVlans(sw)
      setTree(sw)
    },
    'addresses limited' (sw) { sw.guards.configure(1, { maxAddresses: 5 }) },
    'storm control' (sw) { sw.guards.configure(1, { storm: STORM }) },
    'addresses limited, storm control' (sw) { sw.guards.configure(1, { maxAddresses: 5, storm: STORM }) },
    'rate limited' (sw) { sw.guards.configure(1, { rateIn: RATE }) },
    isolated (sw) { sw.guards.configure(1, { isolation: 1 }) },
    snooping (sw) { sw.multicast.setSnooping(0, true) },
    mirrored (sw) { sw.mirrors.set({ source: 1, direction: 'in', to: 16 }) }
  })
  path('switch: group flooded to 15 ports', () => always(clocked().ports[0]!.endpoint, group()))
  path('switch: group to 2 of 15 ports, snooping', () => {
    const { sw, ports } = clocked()
    sw.multicast.setSnooping(0, true)
    give(ports[3]!.endpoint, IGMP.query())
    for (const port of [4, 5]) give(ports[port]!.endpoint, IGMP.report2('239.1.2.3'))
    return always(ports[0]!.endpoint, group())
  })
}

/** Data for a group, from the first station. */
const group = (): Uint8Array => {
  const buf = new Uint8Array(HEADROOM + 2048)
  buf.set(Buffer.from(data4('239.1.2.3'), 'hex'), HEADROOM)
  setMac(buf, HEADROOM + 6, 0x0200, station(0))
  return buf
}

const learning = (): void => {
  for (const count of [10, 100_000]) {
    path(`switch: learn and look up, ${count} addresses`, () => {
      const { ports } = network(2, { capacity: 131_072 })
      const to = makeFrame(0, 1)
      const back = makeFrame(1, 0)
      return (i) => {
        const number = 1000 + (i >> 1) % count
        if ((i & 1) === 0) {
          setMac(to, HEADROOM + 6, 0x0200, station(number))
          ports[0]!.endpoint.onFrame(to, HEADROOM, LEN)
        } else {
          setMac(back, HEADROOM, 0x0200, station(number))
          ports[1]!.endpoint.onFrame(back, HEADROOM, LEN)
        }
      }
    })
  }
}

const SINK: FrameSink = { onFrame () {}, onWritable () {}, onUp () {}, onDown () {}, onClose () {} }

const media = (): void => {
  path('memory pair', () => {
    const [left, right] = memoryPair(SINK, SINK)
    right.resume()
    const buf = makeFrame(0, 1)
    return () => { left.send(buf, HEADROOM, LEN) }
  })
  path('send ring, drained by 32', () => {
    const ring = new SendRing()
    const buf = makeFrame(0, 1)
    const takeAll = (_fd: number, _buf: Uint8Array, _spans: Int32Array, _first: number, frames: number): number => frames
    return (i) => {
      ring.push(buf, HEADROOM, LEN)
      if ((i & 31) === 31) ring.drain(takeAll, -1)
    }
  })
  path('vde stream, whole frames', () => {
    const decoder = new StreamDecoder(SINK)
    const stream = new Uint8Array(HEADROOM + 2 + LEN)
    return () => {
      writeStreamHeader(stream, HEADROOM, LEN)
      decoder.push(stream, HEADROOM, 2 + LEN)
    }
  })
}

forwarding()
vlans()
features()
learning()
media()
process.stdout.write(`${JSON.stringify(figures)}\n`)
