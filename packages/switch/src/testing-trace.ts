/**
 * Holds traces against what happens: switches with settings of chance, frames of chance, each traced first and then sent.
 * Every frame that left, every counter and the table must be what the trace said, and the trace must have changed nothing.
 */
import * as assert from 'uvu/assert'
import { seeded, type Random } from '@vde-ts/frame/testing.js'
import { stateText } from '@vde-ts/link/state-text.js'
import { VdeError } from '@vde-ts/link/errors.js'
import { ADMITS, type FrameTypes, type PortVlanSettings } from './port-vlan.ts'
import type { PortGuardSettings } from './port-guard.ts'
import type { Switch } from './switch.ts'
import { data4, data6, IGMP, MLD } from './testing-groups.ts'
import { give, makeSwitch, plug, type Plugged } from './testing.ts'
import type { Rate } from './token-bucket.ts'
import type { Trace } from './trace.ts'

const PORTS = 7
const VLANS = [0, 5, 6, 4095]
const STATIONS = ['020000000001', '020000000002', '020000000003', '020000000004']
const GROUPS = ['ffffffffffff', '01005e010203', '333300000001', '0180c2000000', '0180c200000e']
const TAGS = ['', '', '', '81000000', '8100a005', '81000005', '81000006', '8100000781000005', '88a80005', '8100ffff', '8100']

interface World { readonly sw: Switch, readonly random: Random, readonly plugs: Plugged[], ns: number, sec: number }

/** Traces and sends `frames` frames on a switch made of `seed`. */
export const holdTraces = (seed: number, frames: number): void => {
  const random = seeded(seed)
  const time = { ns: 0 }
  const sw = makeSwitch({
    numPorts: PORTS + 1,
    isVlanTransparent: random.int(3) === 0,
    capacity: 6 + random.int(3) * 100,
    clock: (cell) => { cell[0] = time.ns },
    after () {}
  })
  const world: World = Object.assign(time, { sw, random, plugs: [] as Plugged[], sec: 0 })
  for (const id of [5, 6]) sw.vlan.create(id)
  sw.multicast.setSnooping(random.pick([0, 5]), random.int(2) === 0)
  for (let number = 0; number <= PORTS; number++) setUp(world, number)
  if (random.int(4) === 0) sw.setHub(true)
  if (random.int(3) > 0) sw.mirrors.set({ source: 1, direction: random.pick(['in', 'out', 'both']), to: PORTS })
  for (let i = 0; i < frames; i++) step(world, `seed ${seed} frame ${i}`, i % 50 === 0)
}

const setUp = ({ sw, random, plugs }: World, number: number): void => {
  for (let cables = random.int(4) === 0 ? 2 : 1; cables > 0; cables--) plugs.push(plug(sw, number))
  if (random.int(4) > 0) sw.vlan.configure(number, membership(random))
  if (random.int(3) === 0) sw.guards.configure(number, guards(random))
}

const membership = (random: Random): PortVlanSettings => {
  const untagged = random.pick(VLANS)
  return {
    pvid: random.pick(VLANS),
    untagged,
    tagged: [5, 6].filter((id) => id !== untagged && random.int(2) === 0),
    admits: random.pick(Object.keys(ADMITS) as FrameTypes[]),
    isFiltering: random.int(3) > 0,
    priority: random.int(8),
    tpid: random.int(5) === 0 ? 0x88a8 : 0x8100
  }
}

const guards = (random: Random): Partial<PortGuardSettings> => {
  const limit = (): Rate => ({ unit: random.pick(['frames', 'bits']), perSec: 2000, burst: random.pick([1, 3, 900]) })
  const rate = (): Rate | null => random.int(2) === 0 ? null : limit()
  return {
    maxAddresses: random.pick([null, null, 1, 2]),
    isSticky: random.int(4) === 0,
    isolation: random.int(3),
    storm: { broadcast: rate(), multicast: rate(), unknown: rate() },
    rateIn: rate(),
    reserved: random.pick([[], [0], [0xe]]),
    isDhcpGuarded: random.int(2) === 0,
    isRaGuarded: random.int(2) === 0,
    bindings: random.int(4) > 0 ? [] : [{ mac: '02:00:00:00:00:01', addresses: ['10.0.0.1'] }]
  }
}

/** A full table, an address that is not there: no matter. */
const attempt = (change: () => void): void => {
  try {
    change()
  } catch (error) {
    if (!(error instanceof VdeError)) throw error
  }
}

/** Something changes now and then: time, the tree, a cable, an address. */
const disturb = ({ sw, random, plugs }: World): void => {
  const { endpoint, link } = random.pick(plugs)
  const { number } = endpoint.port
  const state = random.pick(['Forwarding', 'Forwarding', 'Learning', 'Discarding'] as const)
  const vlan = random.pick(sw.vlan.list())
  switch (random.int(9)) {
    case 0: vlan.setState(number, state); break
    case 1: random.int(2) === 0 ? endpoint.onDown() : endpoint.onUp(); break
    case 2: link.isFull = !link.isFull; break
    case 3: endpoint.queue.limit = random.pick([2, 50]); break
    case 4: link.maxFrame = random.pick([60, 65557]); break
    case 5: attempt(() => { sw.hash.add(0x0200, 1 + random.int(4), vlan.id, number) }); break
    case 6: attempt(() => { sw.hash.delete(0x0200, 1 + random.int(4), vlan.id) }); break
    case 7: sw.tree.setEnabled(!sw.isHub && random.int(2) === 0); break
    default: endpoint.drain()
  }
}

const GROUP_FRAMES = [
  IGMP.query(), IGMP.report2('239.1.2.3'), IGMP.leave('239.1.2.3'), data4('239.1.2.3'), MLD.query(), MLD.report('ff05::7'), data6('ff05::7')
]

const frameOf = (random: Random): string => {
  if (random.int(5) === 0) {
    const frame = random.pick(GROUP_FRAMES)
    return frame.slice(0, 24) + random.pick(TAGS.filter((tag) => tag.length !== 4)) + frame.slice(24)
  }
  const address = (): string => random.int(3) > 0 ? random.pick(STATIONS) : random.pick(GROUPS)
  const dhcp = '0800' + '45000030000000004011000000000000ffffffff00430044' + '00'.repeat(20)
  const payload = random.pick(['88b5' + '5a'.repeat(random.int(60)), dhcp, '86dd' + '6000000000083aff' + '00'.repeat(32) + '8600' + '00'.repeat(10)])
  const hex = address() + address() + random.pick(TAGS) + payload
  return random.int(12) === 0 ? hex.slice(0, 28 + 2 * random.int(4)) : hex
}

const step = (world: World, what: string, isWhole: boolean): void => {
  const { sw, random, plugs } = world
  if (random.int(3) === 0) disturb(world)
  if (random.int(20) === 0) sw.tick(world.sec += random.pick([1, 4, 101]))
  world.ns += random.int(2_000_000)
  const { endpoint } = random.pick(plugs)
  const number = endpoint.port.number
  const hex = frameOf(random)
  const before = isWhole ? stateText(sw.snapshot()) : ''
  const trace = sw.trace(number, Buffer.from(hex, 'hex'))
  if (isWhole) assert.is(stateText(sw.snapshot()), before, `${what}: changed something`)
  const counted = sw.ports().map((port) => ({ ...port.drops }))
  const outs = sw.ports().map((port) => port.outFrames)
  const queued = new Map(plugs.map((one) => [one, one.endpoint.queue.frames]))
  for (const { link } of plugs) link.sent = []
  give(endpoint, hex)
  assert.equal(trace.drops, dropsSince(sw, counted), `${what}: drops of ${hex} at ${number}`)
  const left = sw.ports().map(({ outFrames }, i) => outFrames - outs[i]!)
  assert.equal(sw.ports().map((port) => trace.egress.filter((one) => one.port === port.number).length), left, `${what}: ports`)
  for (const one of plugs) holdEndpoint(what, trace, one, queued.get(one)!)
  holdTable(what, sw, trace, hex)
}

const dropsSince = (sw: Switch, before: ReadonlyArray<Readonly<Record<string, number>>>): Trace['drops'] =>
  sw.ports().flatMap(({ number, drops }, i) => {
    const counts = Object.entries(drops) as Array<[keyof typeof drops, number]>
    const since = counts.map(([reason, frames]) => ({ port: number, reason, frames: frames - before[i]![reason]! }))
    return since.filter(({ frames }) => frames > 0)
  })

const holdEndpoint = (what: string, { egress }: Trace, { endpoint, link }: Plugged, wasQueued: number): void => {
  const said = egress.filter(({ port, endpoints }) => port === endpoint.port.number && endpoints.includes(endpoint.id))
  assert.is(link.sent.length + endpoint.queue.frames - wasQueued, said.length, `${what}: endpoint ${endpoint.id}`)
  // Those that did not have to wait.
  for (const sent of link.sent) assert.ok(said.some(({ frame }) => Buffer.from(frame).toString('hex') === sent), `${what}: form of ${sent}`)
}

const holdTable = (what: string, sw: Switch, trace: Trace, hex: string): void => {
  if (trace.vlan === null || trace.isOpaque || sw.vlan.list().every(({ id }) => id !== trace.vlan)) return
  const at = (text: string): number | null => {
    let port: number | null = null
    attempt(() => { port = sw.hash.find(parseInt(text.slice(0, 4), 16), parseInt(text.slice(4), 16) | 0, trace.vlan!).port })
    return port
  }
  assert.is(trace.destinationKind === 'unicast' ? at(hex.slice(0, 12)) : null, trace.destination?.port ?? null, `${what}: destination`)
  const expected = trace.learning === 'none' ? null : trace.learning === 'held' ? trace.source!.port : trace.port
  assert.is(at(hex.slice(12, 24)), expected, `${what}: source, ${trace.learning}`)
}
