import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { seeded } from '@vde-ts/frame/testing.js'
import { PortSet, Vlan } from './vlan.ts'

const sets = suite('PortSet')

sets('agrees with a set of numbers up to 65 535', () => {
  const chance = seeded(3)
  const set = new PortSet()
  const model = new Set<number>()
  for (const port of [0, 31, 32, 63, 64, 65535]) {
    set.add(port)
    model.add(port)
  }
  for (let i = 0; i < 3000; i++) {
    const port = chance.int(200)
    if (chance.int(2) === 0) {
      set.add(port)
      model.add(port)
    } else {
      set.delete(port)
      model.delete(port)
    }
    assert.is(set.has(port), model.has(port))
  }
  set.delete(100000)
  assert.equal([...set], [...model].sort((a, b) => a - b))
})

sets('is empty again when the last member left', () => {
  const set = new PortSet()
  set.add(31)
  assert.not.ok(set.isEmpty)
  assert.equal([...set], [31])
  set.delete(31)
  assert.ok(set.isEmpty)
  assert.equal([...set], [])
})

sets.run()

const states = suite('Vlan states')

states('everything forwards until told otherwise, and again afterwards', () => {
  const vlan = new Vlan(1)
  assert.is(vlan.stateOf(7), 'Forwarding')
  for (const state of ['Discarding', 'Learning', 'Discarding', 'Forwarding'] as const) {
    vlan.setState(7, state)
    assert.is(vlan.stateOf(7), state)
    assert.equal([vlan.mayLearn(7), vlan.mayForward(7)], [state !== 'Discarding', state === 'Forwarding'])
    assert.is(vlan.stateOf(8), 'Forwarding')
  }
})

states('a member that leaves takes its state along', () => {
  const vlan = new Vlan(1)
  vlan.tagged.add(7)
  vlan.setState(7, 'Discarding')
  vlan.drop(7)
  assert.ok(vlan.isEmpty)
  assert.is(vlan.stateOf(7), 'Forwarding')
})

states.run()
