import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesPerRun, hex, seeded } from '@vde-ts/frame/testing.js'
import { HEADROOM } from '@vde-ts/link/link.js'
import { stateOf, stateText } from '@vde-ts/link/state-text.js'
import { MOST_MEMBERSHIPS } from './snooping.ts'
import { Switch, type SwitchSnapshot } from './switch.ts'
import { give, makeSwitch, plug, type Plugged } from './testing.ts'
import { data4, data6, IGMP, MLD, pimHello } from './testing-groups.ts'

interface World { readonly sw: Switch, readonly ports: Plugged[] }
const GROUP = '239.1.2.3'
const GROUP6 = 'ff05::77'

/** Ports 1 a router, 2 to 4 hosts, in VLAN 0 which is looked at; a querier asked long enough ago. */
const make = (asked: boolean = true): World => {
  const sw = makeSwitch()
  const ports = [1, 2, 3, 4].map((number) => plug(sw, number))
  sw.multicast.setSnooping(0, true)
  sw.tick(1)
  if (asked) {
    for (const query of [IGMP.query(), MLD.query()]) give(ports[0]!.endpoint, query)
    sw.tick(20)
  }
  for (const { link } of ports) link.sent = []
  return { sw, ports }
}

/** Ports that get a frame from port `from`. */
const reach = ({ ports }: World, frame: string, from = 1): number[] => {
  for (const { link } of ports) link.sent = []
  give(ports[from - 1]!.endpoint, frame)
  return ports.flatMap(({ link }, i) => link.sent.length === 0 ? [] : [i + 1])
}

const test = suite('snooping')

test('without it, and without a querier, everybody gets everything', () => {
  const world = make(false)
  for (const frame of [IGMP.report2(GROUP), data4(GROUP), IGMP.leave(GROUP)]) assert.equal(reach(world, frame, 2), [1, 3, 4])
  world.sw.multicast.setSnooping(0, false)
  assert.equal(reach(world, data4(GROUP), 2), [1, 3, 4])
  assert.equal(world.sw.multicast.list(), [])
})

// What a host says, whether its port gets the group then, and that what it says goes to the router alone.
for (const [what, frames, isMember] of [
  ['IGMPv1 report', [IGMP.report1(GROUP)], true],
  ['IGMPv2 report', [IGMP.report2(GROUP)], true],
  ['IGMPv3 IS_EX {}', [IGMP.report3([2, GROUP, 0])], true],
  ['IGMPv3 TO_EX {2}', [IGMP.report3([4, GROUP, 2])], true],
  ['IGMPv3 IS_IN {1}', [IGMP.report3([1, GROUP, 1])], true],
  ['IGMPv3 ALLOW {1}, behind another record', [IGMP.report3([4, '239.9.9.9', 3], [5, GROUP, 1])], true],
  ['IGMPv3 TO_IN {} alone', [IGMP.report3([3, GROUP, 0])], false],
  ['IGMPv3 BLOCK {1} alone', [IGMP.report3([6, GROUP, 1])], false]
] as const) {
  test(what, () => {
    const world = make()
    give(world.ports[3]!.endpoint, IGMP.report2(GROUP))
    for (const frame of frames) assert.equal(reach(world, frame, 2), [1])
    assert.equal(reach(world, data4(GROUP), 1), isMember ? [2, 4] : [4])
    assert.equal(reach(world, data4(GROUP), 3), isMember ? [1, 2, 4] : [1, 4])
  })
}

for (const [what, frame, isMember] of [
  ['MLDv1 report', MLD.report(GROUP6), true],
  ['MLDv2 TO_EX {}', MLD.report2(4, GROUP6, 0), true],
  ['MLDv2 ALLOW {2}', MLD.report2(5, GROUP6, 2), true],
  ['MLDv2 IS_IN {}', MLD.report2(1, GROUP6, 0), false]
] as const) {
  test(what, () => {
    const world = make()
    give(world.ports[3]!.endpoint, MLD.report(GROUP6))
    assert.equal(reach(world, frame, 2), [1])
    assert.equal(reach(world, data6(GROUP6), 1), isMember ? [2, 4] : [4])
  })
}

for (const [what, frame] of [
  ['224.0.0.0/24', data4('224.0.0.251')], ['ff02::1', data6('ff02::1')], ['a solicited-node address', data6('ff02::1:ff00:1')],
  ['no IP', '01005e010203' + '020000000001' + '88b5' + '00'.repeat(46)],
  ['broadcast', 'ffffffffffff' + '020000000001' + '0800' + '00'.repeat(46)],
  ['a query', IGMP.query()], ['an unknown IGMP message', IGMP.unknown()],
  ['a group nobody joined', data4('239.7.7.7')]
] as const) {
  test(`${what} reaches everybody`, () => {
    const world = make()
    give(world.ports[1]!.endpoint, IGMP.report2('224.0.0.251'))
    world.sw.multicast.setStrict(0, what === 'broadcast')
    assert.equal(reach(world, frame, 2), [1, 3, 4])
  })
}

test('strict: a group nobody joined reaches routers, and ports that get every group', () => {
  const world = make()
  world.sw.multicast.setStrict(0, true)
  assert.equal(reach(world, data4('239.7.7.7'), 2), [1])
  world.sw.multicast.configurePort(4, { isFlooded: true })
  assert.equal(reach(world, data4('239.7.7.7'), 2), [1, 4])
})

test('routers: who asks, who greets as PIM does, who is said to be one; never who may not', () => {
  const world = make()
  give(world.ports[3]!.endpoint, IGMP.report2(GROUP))
  give(world.ports[2]!.endpoint, pimHello())
  assert.equal(reach(world, data4(GROUP), 2), [1, 3, 4])
  world.sw.multicast.configurePort(3, { router: 'never' })
  assert.equal(reach(world, data4(GROUP), 2), [1, 4])
  world.sw.multicast.configurePort(1, { router: 'never' })
  world.sw.multicast.configurePort(3, { router: 'always' })
  assert.equal(reach(world, data4(GROUP), 2), [3, 4])
})

test('a proxy that asks without an address gets reports, no data', () => {
  const world = make(false)
  give(world.ports[2]!.endpoint, IGMP.query('0.0.0.0', '0.0.0.0'))
  world.sw.tick(20)
  assert.equal(reach(world, IGMP.report2(GROUP), 2), [3])
  assert.equal(reach(world, data4(GROUP), 1), [2])
})

test('hosts have time to answer a new querier', () => {
  const world = make(false)
  give(world.ports[0]!.endpoint, IGMP.query())
  give(world.ports[1]!.endpoint, IGMP.report2(GROUP))
  assert.equal(reach(world, data4(GROUP), 3), [1, 2, 4])
  world.sw.tick(12)
  assert.equal(reach(world, data4(GROUP), 3), [1, 2])
})

test('leave: nothing at first, the port after the querier asked twice; at once where it is the only host', () => {
  const world = make()
  for (const port of [1, 2]) give(world.ports[port]!.endpoint, IGMP.report2(GROUP))
  assert.equal(reach(world, IGMP.leave(GROUP), 2), [1])
  assert.equal(reach(world, data4(GROUP), 1), [2, 3])
  give(world.ports[0]!.endpoint, IGMP.query(GROUP, '10.0.0.9', 10))
  give(world.ports[2]!.endpoint, IGMP.report2(GROUP))
  world.sw.tick(23)
  assert.equal(reach(world, data4(GROUP), 1), [3])
  world.sw.multicast.configurePort(3, { isFastLeave: true })
  give(world.ports[2]!.endpoint, IGMP.leave(GROUP))
  assert.equal(world.sw.multicast.list()[0]!.groups, [])
})

test('MLD done on a fast port', () => {
  const world = make()
  world.sw.multicast.configurePort(2, { isFastLeave: true })
  for (const port of [1, 2]) give(world.ports[port]!.endpoint, MLD.report(GROUP6))
  give(world.ports[1]!.endpoint, MLD.done(GROUP6))
  assert.equal(reach(world, data6(GROUP6), 1), [3])
})

test('memberships, routers and queriers expire', () => {
  const world = make()
  give(world.ports[1]!.endpoint, IGMP.report2(GROUP))
  world.sw.tick(200)
  give(world.ports[0]!.endpoint, IGMP.query())
  world.sw.tick(281)
  assert.equal(world.sw.multicast.list()[0]!.groups, [])
  world.sw.tick(200 + 261)
  assert.equal(reach(world, IGMP.report2(GROUP), 2), [1, 3, 4])
  assert.equal(world.sw.multicast.list()[0]!.routers, [])
})

test('times of IGMPv3 are read: an interval of 10 s, answers within 128 * 2^3 tenths', () => {
  const world = make(false)
  give(world.ports[0]!.endpoint, IGMP.query3(0x80, 10))
  assert.equal(world.sw.multicast.list()[0]!.queriers[0], [20 + 13, 13])
})

test('a wrong checksum, a hop limit of 2 and a cut message mean nothing', () => {
  const world = make()
  const report = IGMP.report2(GROUP)
  const at = report.indexOf('16000')
  const sum = report.slice(0, at) + '1601' + report.slice(at + 4)
  const broken = [sum, report.replace('000000000102', '000000000202'), report.slice(0, -8)]
  for (const frame of broken) {
    assert.is.not(frame, report)
    give(world.ports[1]!.endpoint, frame)
  }
  assert.equal(world.sw.multicast.list()[0]!.groups, [])
})

test('every truncation and random octets do no harm', () => {
  const world = make()
  const random = seeded(5)
  for (const whole of [IGMP.report3([4, GROUP, 2]), MLD.report2(4, GROUP6, 1), IGMP.query3(1, 1), MLD.query()]) {
    for (let len = 28; len <= whole.length; len += 2) give(world.ports[1]!.endpoint, whole.slice(0, len))
    for (let i = 0; i < 300; i++) {
      const octets = Buffer.from(whole, 'hex')
      for (let n = 0; n < 3; n++) octets[14 + random.int(octets.length - 14)] = random.int(256)
      give(world.ports[1]!.endpoint, octets.toString('hex'))
    }
  }
})

test('the table is bounded, one port leaves half of it to others, and what found no room floods', () => {
  const world = make()
  const join = (port: number, from: number, count: number): void => {
    for (let i = 0; i < count; i++) give(world.ports[port - 1]!.endpoint, IGMP.report2(`239.${from}.${i >> 8}.${i & 255}`))
  }
  join(2, 1, MOST_MEMBERSHIPS)
  const { groups, refused } = world.sw.multicast.list()[0]!
  assert.equal([groups.length, refused], [MOST_MEMBERSHIPS / 2, MOST_MEMBERSHIPS / 2])
  join(3, 2, 1)
  assert.equal(reach(world, data4('239.2.0.0'), 1), [3])
  world.sw.multicast.setStrict(0, true)
  assert.equal(reach(world, data4('239.1.15.0'), 1), [2, 3, 4])
})

test('a port that goes down, and a tree that leads elsewhere', () => {
  const world = make()
  for (const port of [1, 2]) give(world.ports[port]!.endpoint, IGMP.report2(GROUP))
  world.ports[1]!.endpoint.onDown()
  assert.equal(world.sw.multicast.list()[0]!.groups.flatMap(({ ports }) => ports.map(([port]) => port)), [3])
  world.sw.tree.setEnabled(true)
  for (let sec = 21; sec < 60; sec++) world.sw.tick(sec)
  assert.equal(world.sw.multicast.list()[0]!.queriers[0], [-1, 0])
})

test('forms: members with and without tag', () => {
  const world = make()
  const { sw, ports } = world
  for (const { endpoint: { port: { number } } } of ports) {
    sw.vlan.configure(number, number === 3 ? { pvid: 4095, untagged: 4095, tagged: [5] } : { pvid: 5, untagged: 5 })
  }
  sw.multicast.setSnooping(5, true)
  give(ports[0]!.endpoint, IGMP.query())
  sw.tick(40)
  const tagged = (frame: string): string => frame.slice(0, 24) + '81000005' + frame.slice(24)
  give(ports[2]!.endpoint, tagged(IGMP.report2(GROUP)))
  assert.equal(reach(world, data4(GROUP), 1), [3])
  assert.equal(ports[2]!.link.sent, [tagged(data4(GROUP))])
})

test('goes on in another process', () => {
  const { sw, ports } = make()
  give(ports[1]!.endpoint, IGMP.report2(GROUP))
  sw.multicast.configurePort(3, { router: 'always' })
  sw.multicast.setStrict(0, true)
  const next = Switch.from(stateOf(stateText(sw.snapshot())) as SwitchSnapshot, 9)
  assert.equal(next.multicast.snapshot(), sw.multicast.snapshot())
  next.tick(22)
  assert.equal(next.trace(4, hex(data4(GROUP))).egress.map(({ port }) => port), [1, 2, 3])
})

test('data of a group leaves nothing on the heap', () => {
  const { ports } = make()
  give(ports[1]!.endpoint, IGMP.report2(GROUP))
  for (const { link } of ports) link.isMute = true
  const frame = hex(data4(GROUP))
  const buf = new Uint8Array(HEADROOM + frame.length)
  buf.set(frame, HEADROOM)
  assert.ok(bytesPerRun(() => { ports[0]!.endpoint.onFrame(buf, HEADROOM, frame.length) }) < 1)
})

test.run()
