import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { accessPort, formatVlanList, nativePort, readVlanList, trunkPort } from './port-vlan.ts'
import type { Switch } from './switch.ts'
import { give, makeSwitch, plug } from './testing.ts'

const lists = suite('VLAN lists')

for (const [text, want, again] of [
  ['10', [10], '10'], ['1-4', [1, 2, 3, 4], '1-4'], ['20,1-2,2', [1, 2, 20], '1-2,20'], ['0,4094', [0, 4094], '0,4094'], ['3-3', [3], '3']
] as const) {
  lists(`reads ${text} and writes it as ${again}`, () => {
    assert.equal(readVlanList(text), want)
    assert.is(formatVlanList(readVlanList(text)), again)
  })
}

lists('none is a dash', () => { assert.is(formatVlanList([]), '-') })

for (const text of ['', ',', '1,', '4095', '1-4095', '5-4', '-1', '1-', 'x', '1 2', '00001', '1e2', '1-2-3']) {
  lists(`refuses "${text}"`, () => { assert.throws(() => readVlanList(text), /^Cannot read VLANs|got/) })
}

lists.run()

const configure = suite('VlanControl.configure')

/** Ports 1 and 2, something plugged in. */
const make = (): Switch => {
  const sw = makeSwitch()
  plug(sw, 1)
  plug(sw, 2)
  return sw
}

configure('what a new port has', () => {
  assert.equal(make().vlan.settings(1), {
    pvid: 0, untagged: 0, tagged: [], admits: 'all', isFiltering: true, priority: 0, tpid: 0x8100
  })
})

configure('makes the VLANs it names, and takes what settings gave', () => {
  const sw = make()
  sw.vlan.configure(1, { ...nativePort(10, [20, 30], false), priority: 3, isFiltering: false })
  assert.equal(sw.vlan.list().map(({ id }) => id), [0, 10, 20, 30])
  sw.vlan.configure(2, sw.vlan.settings(1))
  assert.equal(sw.vlan.settings(2), sw.vlan.settings(1))
  assert.equal(sw.vlan.members(10).map(({ port, isTagged }) => [port, isTagged]), [[1, false], [2, false]])
  assert.equal(sw.vlan.members(0), [])
})

configure('refuses all of a change of which one part cannot be', () => {
  const sw = make()
  const before = sw.vlan.settings(1)
  for (const bad of [
    { tagged: [5, 4095] }, { pvid: 5, untagged: 4096 }, { pvid: 5, priority: 8 }, { pvid: 5, tpid: 0x9100 },
    { pvid: 5, tagged: [0] }, { pvid: 5, admits: 'none' as 'all' }
  ]) {
    assert.throws(() => { sw.vlan.configure(1, bad) }, (error: { code: string }) => error.code === 'EINVAL')
  }
  assert.equal(sw.vlan.settings(1), before)
  assert.equal(sw.vlan.list().map(({ id }) => id), [0])
  assert.throws(() => { sw.vlan.configure(9, accessPort(5)) }, /does not exist/)
})

configure('a membership that stays keeps addresses and state', () => {
  const sw = make()
  sw.vlan.configure(1, trunkPort([10, 20]))
  sw.vlan.setState(10, 1, 'Discarding')
  sw.hash.add(0x0200, 1, 20, 1)
  sw.vlan.configure(1, trunkPort([10, 20, 30]))
  assert.is(sw.vlan.members(10)[0]?.state, 'Discarding')
  assert.is(sw.hash.count, 1)
})

configure('addresses go with the membership they were learnt in', () => {
  const sw = make()
  const [endpoint] = sw.port(1).endpoints
  sw.vlan.configure(1, trunkPort([10, 20]))
  for (const vid of ['000a', '0014']) give(endpoint!, `ffffffffffff 020000000001 8100${vid} 88b5 00`)
  sw.vlan.configure(1, trunkPort([20]))
  assert.equal([...sw.hash.list()].map(({ vlan }) => vlan), [20])
})

configure('the compatible commands go on from there', () => {
  const sw = make()
  sw.vlan.configure(1, nativePort(10, [20], true))
  assert.throws(() => { sw.vlan.deletePort(10, 1) }, /untagged VLAN/)
  sw.vlan.setUntagged(1, 20)
  const { pvid, untagged, tagged } = sw.vlan.settings(1)
  assert.equal([pvid, untagged, tagged], [20, 20, []])
  sw.vlan.configure(1, { pvid: 0, untagged: 20 })
  assert.throws(() => { sw.vlan.deletePort(20, 1) }, /untagged VLAN/)
  sw.vlan.setUntagged(1, 0)
  assert.equal(sw.vlan.members(20), [])
})

configure('without ingress filtering a port takes VLANs it is no member of', () => {
  const sw = make()
  sw.vlan.configure(2, trunkPort([10]))
  const [from] = sw.port(1).endpoints
  const text = 'ffffffffffff 020000000001 8100000a 88b5 00'
  give(from!, text)
  sw.vlan.configure(1, { isFiltering: false })
  give(from!, text)
  assert.equal([sw.port(2).outFrames, sw.port(1).drops.vlan], [1, 1])
  give(from!, text.replace('000a', '000b'))
  assert.is(sw.port(1).drops.vlan, 2, 'nobody has VLAN 11')
})

configure('the priority of the port goes into the tag', () => {
  const sw = makeSwitch()
  const a = plug(sw, 1)
  const b = plug(sw, 2)
  sw.vlan.configure(1, { ...accessPort(10), priority: 5 })
  sw.vlan.configure(2, trunkPort([10]))
  give(a.endpoint, 'ffffffffffff 020000000001 88b5 00')
  assert.match(b.link.sent[0]!, /^.{24}8100a00a88b5/)
})

configure.run()
