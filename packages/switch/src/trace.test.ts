import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UNGUARDED } from './port-guard.ts'
import { makeSwitch, give, plug } from './testing.ts'
import { holdTraces } from './testing-trace.ts'

const A = '02000000000a'
const B = '02000000000b'
const PAYLOAD = '88b5' + '5a'.repeat(46)
const octets = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

const trace = suite('Switch.trace')

trace('a flood names the ports, each form, and who gets it', () => {
  const sw = makeSwitch()
  plug(sw, 1)
  const second = plug(sw, 2)
  plug(sw, 3)
  sw.vlan.configure(3, { untagged: 4095, pvid: 4095, tagged: [0], admits: 'tagged' })
  const found = sw.trace(1, octets(B + A + PAYLOAD))
  assert.equal([found.vlan, found.isTagged, found.state, found.learning, found.destination], [0, false, 'Forwarding', 'new', null])
  assert.equal(found.egress.map(({ port, frame }) => [port, frame.length]), [[2, 60], [3, 64]])
  assert.equal(found.egress[0]!.endpoints, [second.endpoint.id])
  assert.equal(found.drops, [])
})

trace('a known destination is shown with its entry', () => {
  const sw = makeSwitch()
  plug(sw, 1)
  give(plug(sw, 2).endpoint, A + B + PAYLOAD)
  const found = sw.trace(1, octets(B + A + PAYLOAD))
  assert.equal([found.destination?.port, found.egress.map(({ port }) => port)], [2, [2]])
})

trace('a lost frame has its reason, and the tree its part', () => {
  const sw = makeSwitch()
  plug(sw, 1)
  plug(sw, 2)
  sw.vlan.setState(0, 1, 'Learning')
  const found = sw.trace(1, octets(B + A + PAYLOAD))
  assert.equal([found.state, found.learning, found.drops], ['Learning', 'new', [{ port: 1, reason: 'notForwarding', frames: 1 }]])
  sw.tree.setEnabled(true)
  assert.ok(sw.trace(1, octets('0180c2000000' + A + PAYLOAD)).isForTree)
})

trace('no credit of a rate is spent, however often it is asked', () => {
  const sw = makeSwitch()
  plug(sw, 1)
  plug(sw, 2)
  sw.guards.configure(1, { ...UNGUARDED, rateIn: { unit: 'frames', perSec: 1, burst: 1 } })
  for (let i = 0; i < 3; i++) assert.is(sw.trace(1, octets(B + A + PAYLOAD)).egress.length, 1)
})

for (let seed = 1; seed <= 8; seed++) {
  trace(`is what happens, seed ${seed}`, () => { holdTraces(seed, 80) })
}

trace.run()
