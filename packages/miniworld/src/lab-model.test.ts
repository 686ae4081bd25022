import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { validate, UNKNOWN_WORLD } from '@vde-ts/model/validate.js'
import { diff } from '@vde-ts/model/diff.js'
import { linear } from '@vde-ts/radio/models/wifi.js'
import { qualityOf } from '@vde-ts/radio/quality.js'
import { Emulation } from './emulation.ts'
import { labModel, wordsOf } from './lab-model.ts'
import { readScenario, USUAL_CONFIG } from './scenario.ts'
import { coreNetwork, files, scenarioText } from './testing.ts'

const test = suite('labModel')

const start = (...shapes: string[]): Emulation => {
  const text = scenarioText(3, coreNetwork('multi', shapes, { bandwidth: 10000 }))
  return new Emulation(readScenario({ name: 's.json', text }), USUAL_CONFIG, files)
}

test('a network without problems: cables down, an interface of nobody at null://', () => {
  const model = labModel(start('chain', 'wheel'))
  assert.equal(validate(model, UNKNOWN_WORLD), [])
  assert.equal(model.links.map(({ name, a, b, impair }) => `${name} ${a.node}:${a.iface} ${b.node}:${b.iface} ${impair}`), [
    'br_00001_00002 1:eth0 2:eth0 down=on', 'br_00002_00003 2:eth1 3:eth0 down=on', 'br_00001_00003 1:eth1 3:eth1 down=on'
  ])
  assert.equal(model.nodes[0]!.interfaces.map(({ name, net, vnl }) => [name, net ?? vnl]), [
    ['eth0', null], ['eth1', null], ['eth2', 'null://'], ['eth3', 'null://'], ['mgmt', 'mgmt']
  ])
})

test('a step changes cables in place, and only those that it must', () => {
  const emulation = start('line3', 'triangle3', 'triangle3')
  let last = labModel(emulation)
  const changed = [1, 2, 3].map(() => {
    emulation.step()
    const now = labModel(emulation)
    const { steps } = diff(last, now)
    last = now
    return steps.map(({ kind, action, key }) => `${action} ${kind} ${key}`)
  })
  assert.equal(changed, [['change link br_00001_00002', 'change link br_00002_00003'], ['change link br_00001_00003'], []])
  assert.is(last.links[0]!.impair, 'rate=10mbit')
})

test('a radio per class and number, with a row for each open direction; a hub', () => {
  const text = scenarioText(3, coreNetwork('single', ['line3'], { interfaces: ['mesh', 'ap', 'hubwifi'] }))
  const emulation = new Emulation(readScenario({ name: 's.json', text }), USUAL_CONFIG, files)
  assert.equal(validate(labModel(emulation), UNKNOWN_WORLD), [])
  assert.equal(labModel(emulation).radios.map(({ name, model }) => [name, model]), [
    ['wifi1-ap', { model: 'table', table: [{ impair: null }] }], ['wifi1', { model: 'table', table: [{ impair: null }] }], ['br_cn_1', null]
  ])
  emulation.step()
  const rows = [['1', '2'], ['2', '1'], ['2', '3'], ['3', '2']].map(([from, to]) => ({ from, to, impair: '' }))
  assert.equal(labModel(emulation).radios[1]!.model, { model: 'table', table: rows })
})

test('wordsOf tells what can be read again, whatever a model divides', () => {
  const model = linear(20_000)
  for (let d = 0; d <= model.reach; d++) {
    const words = wordsOf(model.quality(d, '1', '2', false), null).replace(/ ?in.down=on/, '').replaceAll('out.', '')
    assert.ok(Math.abs(qualityOf(words).rate.base - model.quality(d, '1', '2', false)!.rate.base) <= 1 / 16, words)
  }
})

test('wordsOf tells both directions, also one that is closed', () => {
  assert.is(wordsOf(qualityOf('rate=1mbit delay=10ms'), qualityOf('rate=100kbit delay=50ms')), 'in.delay=50ms out.delay=10ms in.rate=100kbit out.rate=1mbit')
  assert.is(wordsOf(qualityOf('loss=5%'), null), 'out.loss=5% in.down=on')
  assert.is(wordsOf(null, null), 'down=on')
  assert.is(wordsOf(qualityOf(''), qualityOf('')), '')
})

test.run()
