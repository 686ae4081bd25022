import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  BPDU_FRAME, bridgeId, FLAG_AGREEMENT, FLAG_LEARNING, FLAG_PROPOSAL, FLAG_TC, ROLE_ALTERNATE_BACKUP, ROLE_DESIGNATED, ROLE_MASK,
  ROLE_ROOT, TCN, writeBpdu, type Bpdu
} from '@vde-ts/frame/bpdu.js'
import { hex, seeded } from '@vde-ts/frame/testing.js'
import { pathCost } from './path-cost.ts'
import { SpanningTree, type PortSettings, type TreeSettings } from './tree.ts'

const OWN = bridgeId(0x8000, 0x0200, 10)
const BETTER = bridgeId(0x1000, 0x0200, 1)

/** A tree of two ports that are up, and what it did. */
const make = (settings: Partial<TreeSettings> = {}, port: PortSettings = {}) => {
  const sent: Array<{ readonly port: number, readonly bpdu: Bpdu }> = []
  const states = new Map<number, string>()
  const told: string[] = []
  const tree = new SpanningTree({
    setState: (number, state) => { states.set(number, state) },
    flush: (number) => { told.push(`flush ${number}`) },
    transmit: (number, bpdu) => { sent.push({ port: number, bpdu }) },
    rootChanged: (root, number) => { told.push(`root ${root} ${number}`) },
    heard: (number, isHeard) => { told.push(`heard ${number} ${isHeard}`) },
    blocked: (number, reason) => { told.push(`blocked ${number} ${reason}`) }
  }, { bridgeIdentifier: OWN, ...settings })
  for (const number of [1, 2]) {
    tree.addPort(number, port)
    tree.setUp(number, true)
  }
  const seconds = (count: number): void => { for (let i = 0; i < count; i++) tree.tick() }
  const hear = (number: number, more: Partial<Bpdu> = {}): void => { tree.receive(tree.port(number)!, { ...RST, ...more }) }
  return { tree, sent, states, told, seconds, hear }
}

const RST: Bpdu = {
  kind: 'rst',
  version: 2,
  flags: ROLE_DESIGNATED | FLAG_PROPOSAL,
  rootId: BETTER,
  rootPathCost: 0,
  bridgeId: BETTER,
  portId: 0x8001,
  messageAge: 0,
  maxAge: 20,
  helloTime: 2,
  forwardDelay: 15
}

const GUARDS = ['none', 'bpdu', 'filter', 'root', 'loop'] as const

const tree = suite('spanning tree')

tree('a proposal is agreed to when the other ports are discarding', () => {
  const { sent, states, seconds, hear, told } = make()
  seconds(5)
  assert.is(states.get(2), 'Forwarding', 'port 2 stood alone')
  sent.length = 0
  hear(1)
  const answer = sent.find((one) => one.port === 1)!
  assert.is(answer.bpdu.flags & ROLE_MASK, ROLE_ROOT)
  assert.ok(answer.bpdu.flags & FLAG_AGREEMENT)
  assert.is(states.get(1), 'Forwarding')
  assert.ok(told.includes(`root ${BETTER} 1`))
})

tree('one second brings one BPDU when the limit is reached', () => {
  const { sent, hear, seconds } = make()
  seconds(11)
  sent.length = 0
  for (let i = 0; i < 50; i++) hear(1, { messageAge: i % 2 })
  assert.is(sent.filter((one) => one.port === 1).length, 6)
  seconds(1)
  hear(1, { messageAge: 5 })
  assert.ok(sent.filter((one) => one.port === 1).length <= 7)
})

tree('a Configuration BPDU makes the port speak STP after Migrate Time, an RST BPDU undoes it', () => {
  const { tree: t, sent, hear, seconds } = make()
  hear(1, { kind: 'config', version: 0, flags: 0 })
  assert.is(t.port(1)!.sendRSTP, true, 'within Migrate Time nothing is decided')
  seconds(4)
  hear(1, { kind: 'config', version: 0, flags: 0 })
  assert.is(t.port(1)!.sendRSTP, false)
  sent.length = 0
  const hello = (): void => {
    seconds(2)
    hear(1, { kind: 'config', version: 0, flags: 0 })
  }
  for (let i = 0; i < 17; i++) hello()
  hear(2, { ...TCN })
  for (let i = 0; i < 2; i++) hello()
  hear(2, { ...TCN })
  hello()
  assert.ok(sent.some((one) => one.port === 2 && one.bpdu.kind === 'config' && (one.bpdu.flags & 0x80) !== 0), 'a TCN is acknowledged')
  assert.ok(sent.some((one) => one.port === 1 && one.bpdu.kind === 'tcn'), 'and told to the root')
  hear(1, { flags: ROLE_DESIGNATED })
  seconds(4)
  hear(1, { flags: ROLE_DESIGNATED })
  assert.is(t.port(1)!.sendRSTP, true)
})

tree('an old message is not believed for long, and one of a bridge behind Max Age not at all', () => {
  const { tree: t, hear, seconds } = make()
  hear(1, { messageAge: 20 })
  assert.is(t.rootPort, 0)
  hear(1, { messageAge: 19 })
  assert.is(t.rootPort, 1)
  assert.is(t.rootTimes.messageAge, 20)
  seconds(6)
  assert.is(t.rootPort, 0)
})

tree('the flush of a topology change leaves the port it came from', () => {
  const { told, hear, seconds } = make({}, { autoEdge: false })
  hear(1)
  hear(2, { rootId: BETTER, rootPathCost: 20_000, bridgeId: bridgeId(0x9000, 0x0200, 2), flags: ROLE_ROOT | FLAG_AGREEMENT })
  seconds(40)
  hear(2, { rootId: BETTER, rootPathCost: 20_000, bridgeId: bridgeId(0x9000, 0x0200, 2), flags: ROLE_ROOT | FLAG_AGREEMENT })
  hear(1)
  told.length = 0
  hear(1, { flags: ROLE_DESIGNATED | FLAG_TC })
  assert.equal(told.filter((one) => one.startsWith('flush')), ['flush 2'])
})

tree('its own BPDU, come back on the same port, keeps the port shut for three hellos', () => {
  const { tree: t, states, seconds, hear, told } = make()
  hear(1, { rootId: OWN, bridgeId: OWN, portId: 0x8001 })
  assert.ok(told.includes('blocked 1 loopback'))
  for (let i = 0; i < 15; i++) {
    seconds(2)
    hear(1, { rootId: OWN, bridgeId: OWN, portId: 0x8001 })
    assert.is(states.get(1), undefined)
  }
  assert.is(t.port(1)!.counters.rxOwn, 16)
  seconds(20)
  assert.is(states.get(1), 'Forwarding')
})

tree('root guard tells when it shuts a port, and when it opens it', () => {
  const { told, hear, seconds } = make({}, { guard: 'root' })
  hear(1)
  hear(1)
  seconds(7)
  assert.equal(told.filter((one) => one.startsWith('blocked')), ['blocked 1 root-guard', 'blocked 1 null'])
  assert.not.ok(told.some((one) => one.startsWith('root')))
})

tree('the dialect is heard and spoken: role codes are exchanged, and an offer of a blocked port is one', () => {
  const { tree: t, sent, states, seconds, hear } = make()
  seconds(10)
  sent.length = 0
  hear(1, { flags: ROLE_ROOT | FLAG_PROPOSAL, forwardDelay: 0, maxAge: 40, helloTime: 4 }) // "alternate", said by a C switch
  const answer = sent.find((one) => one.port === 1)!.bpdu
  assert.is(answer.flags & ROLE_MASK, ROLE_ALTERNATE_BACKUP, 'root, in the dialect')
  assert.is(answer.forwardDelay, 0)
  assert.is(states.get(1), 'Forwarding')
  assert.is(t.rootTimes.forwardDelay, 15, 'nobody else hears of the zero')
  seconds(4)
  assert.is(sent.filter((one) => one.port === 2).every((one) => one.bpdu.forwardDelay === 15), true)
  hear(1, { flags: ROLE_DESIGNATED | FLAG_LEARNING })
  assert.is(t.port(1)!.speaksFstp, false)
})

tree('onFrame reads frames and counts what 9.3.4 refuses', () => {
  const { tree: t } = make()
  const frame = new Uint8Array(BPDU_FRAME + 4)
  writeBpdu(frame, 4, RST, 0x0200, 1)
  t.onFrame(1, frame, 4, BPDU_FRAME)
  assert.is(t.rootPort, 1)
  t.onFrame(1, hex('0180c2000000 020000000001 0007 424203 0001 00 80'), 0, 21)
  t.onFrame(99, frame, 4, BPDU_FRAME)
  assert.is(t.port(1)!.counters.rxRst, 1)
  assert.is(t.port(1)!.counters.rxInvalid, 1)
})

tree('addPort refuses numbers that a port identifier cannot hold', () => {
  const { tree: t } = make()
  for (const number of [0, 1, 4096, -1, NaN]) assert.throws(() => t.addPort(number), /Cannot add port/)
  t.addPort(4095)
  t.removePort(4095)
  t.addPort(4095)
})

const COSTS = [
  [1e5, 200_000_000], [1e6, 20_000_000], [1e7, 2_000_000], [1e8, 200_000], [1e9, 20_000], [1e10, 2000], [1e13, 2],
  [1, 200_000_000], [1e20, 1]
] as const

for (const [rate, cost] of COSTS) {
  tree(`pathCost of ${rate} bit/s is ${cost}`, () => { assert.is(pathCost(rate), cost) })
}

tree('any BPDU at any time: the machines come to rest and a blocked port stays shut', () => {
  const random = seeded(5)
  const ids = [OWN, BETTER, bridgeId(0x8000, 0x0200, 11), bridgeId(0, 0, 1), bridgeId(0xffff, 0xffff, -1)]
  for (let round = 0; round < 40; round++) {
    const { tree: t, hear } = make({ forceProtocolVersion: random.pick([0, 2, 2]), isFstp: random.int(4) === 0 })
    for (let i = 0; i < 250; i++) {
      const number = 1 + random.int(2)
      switch (random.int(8)) {
        case 0: t.tick(); break
        case 1: t.setUp(number, random.int(3) > 0); break
        case 2: t.configurePort(number, { guard: random.pick(GUARDS), operPointToPointMAC: random.int(2) === 0 }); break
        case 3: t.restart(number); break
        default: hear(number, {
          kind: random.pick(['rst', 'rst', 'config', 'tcn'] as const),
          flags: random.int(256),
          rootId: random.pick(ids),
          rootPathCost: random.pick([0, 20_000, 0xffffffff]),
          bridgeId: random.pick(ids),
          portId: random.pick([0x8001, 0x8002, 0, 0xffff]),
          messageAge: random.int(65536) / 256,
          maxAge: random.int(65536) / 256,
          helloTime: random.int(65536) / 256,
          forwardDelay: random.pick([0, 15, random.int(65536) / 256])
        })
      }
      for (const port of t.ports) {
        assert.not.ok(port.blocked !== null && port.forwarding, `${port.blocked} and forwarding`)
        assert.not.ok(port.forwarding && (port.role === 'Alternate' || port.role === 'Backup' || port.role === 'Disabled'), port.role)
      }
    }
  }
})

tree.run()
