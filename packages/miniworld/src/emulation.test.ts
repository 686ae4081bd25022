import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SHAPES } from '@vde-ts/radio-files/testing.js'
import { bridgesText } from './bridges.ts'
import { checkOf, commandsOf, fill } from './commands.ts'
import { Emulation, type Progress } from './emulation.ts'
import { connectionsText, linksText, type Shown } from './formats.ts'
import { readScenario, USUAL_CONFIG, type Scenario } from './scenario.ts'
import { coreNetwork, files, scenarioText } from './testing.ts'

const test = suite('Emulation')

const scenario = (text: string): Scenario => readScenario({ name: 's.json', text })
const start = (text: string, timeStep = 1, progress?: Progress): Emulation =>
  new Emulation(scenario(text), { ...USUAL_CONFIG, timeStep }, files, progress)
const edges = (emulation: Emulation): string => emulation.up().map(([a, b]) => `${a}${b}`).join(' ')
const told = ({ changes }: ReturnType<Emulation['step']>): string[] => changes.map(({ action, from, to }) => `${action} ${from}>${to}`)

for (const mode of ['multi', 'single'] as const) {
  test(`${mode}: chain, clique, cycle, star, wheel; every link comes back`, () => {
    const shapes = Object.keys(SHAPES) as Array<keyof typeof SHAPES>
    const emulation = start(scenarioText(5, coreNetwork(mode, shapes)))
    assert.is(edges(emulation), '', 'nothing before the first step')
    for (const shape of shapes) {
      emulation.step()
      assert.is(edges(emulation), SHAPES[shape].split(' ').sort().join(' '), shape)
    }
  })
}

test('a step without a change does nothing', () => {
  const emulation = start(scenarioText(3, coreNetwork('single', ['line3', 'line3'])))
  assert.is(emulation.step().changes.length, 4)
  assert.equal(emulation.step(), { progress: { step: 2, marks: { '1,2': 1, '2,3': 2 } }, changes: [], opened: [] })
})

test('marks are given once, in the order of links, and stay', () => {
  const emulation = start(scenarioText(3, coreNetwork('single', ['line3', 'triangle3', 'line3'], {}, true)))
  for (let i = 0; i < 7; i++) emulation.step()
  assert.equal(emulation.progress, { step: 7, marks: { '1,2': 1, '2,3': 2, '1,3': 3 } })
})

test('opened are the links that are new', () => {
  const emulation = start(scenarioText(3, coreNetwork('single', ['line3', 'triangle3'])))
  assert.equal(emulation.step().opened, [[1, 2], [2, 3]])
  assert.equal(emulation.step().opened, [[1, 3]])
})

test('made anew from its progress it goes on as if nothing had been', () => {
  const text = scenarioText(6, { links: { model: 'linear' } }, { walk_model: { name: 'random-waypoint', width: 150, height: 150, seed: 3 } })
  const through = start(text)
  let resumed = start(text)
  for (let i = 0; i < 40; i++) {
    resumed = start(text, 1, JSON.parse(JSON.stringify(resumed.progress)) as Progress)
    const [one, other] = [through.step(), resumed.step()]
    assert.equal([one.changes, one.opened, one.progress], [other.changes, other.opened, other.progress], `step ${i + 1}`)
  }
})

test('the same seed gives the same distances for 100 steps', () => {
  const run = (seed: number): number[] => {
    const emulation = start(scenarioText(4, {}, { walk_model: { name: 'random-walk', seed } }))
    return Array.from({ length: 100 }, () => { emulation.step(); return [...emulation.distances!.metres] }).flat()
  }
  assert.equal(run(5), run(5))
  assert.not.equal(run(5), run(6))
})

test('durations are counted in steps times the time of a step', () => {
  const timed = (timeStep: number): string => {
    const core = { mode: 'lan', topologies: [[2, 'line3.xml'], [2, 'triangle3.xml']], loop: true }
    const emulation = start(scenarioText(3, { core }), timeStep)
    return Array.from({ length: 11 }, () => { emulation.step(); return emulation.up().length }).join('')
  }
  assert.is(timed(1), '22233332223')
  assert.is(timed(2), '22333223332')
})

test('positions: the linear model at the distance of the places', () => {
  const emulation = start(scenarioText(3, { links: { model: 'linear' }, core: { mode: 'wifi', topologies: [[0, 'places.xml']] } }))
  emulation.step()
  assert.is(edges(emulation), '12')
  assert.ok(Math.abs(emulation.distances!.get(0, 1) - 55.6) < 0.1 && emulation.hasPositions)
  assert.is(emulation.quality(1, 2)!.delay.base, 55e6)
})

test('arma reads a trace', () => {
  const emulation = start(scenarioText(2, {}, { walk_model: { name: 'arma', filepath: 'walk.csv' } }))
  const links = Array.from({ length: 4 }, () => { emulation.step(); return edges(emulation) })
  assert.equal(links, ['12', '12', '', ''], '10 m a step, up below 30')
})

test('without a movement nothing is ever linked', () => {
  const emulation = start('{"scenario": "x", "cnt_nodes": 2}')
  assert.equal(told(emulation.step()), [])
})

test('a topology of more hosts than nodes is told, not refused', () => {
  assert.equal(start(scenarioText(3, coreNetwork('single', ['chain', 'line3']))).notes, ['chain.xml has 5 hosts, cnt_nodes is 3: the others are left out'])
})

test.run()

const formats = suite('formats of info')

const shown = (emulation: Emulation): Shown => ({
  nodes: emulation.scenario.nodes,
  management: emulation.network.management,
  links: emulation.up().map(([a, b]) => ({ a, b, classes: ['mesh', 'mesh'], quality: emulation.quality(a, b)! }))
})

formats('connections: mgmt only before the first step, then each edge once', () => {
  const emulation = start(scenarioText(3, coreNetwork('multi', ['line3'])))
  assert.equal(connectionsText(shown(emulation)), { 1: ['mgmt'], 2: ['mgmt'], 3: ['mgmt'] })
  emulation.step()
  assert.equal(connectionsText(shown(emulation)), { 1: ['2', 'mgmt'], 2: ['3', 'mgmt'], 3: ['mgmt'] })
})

formats('links of the range model, with and without bandwidth, and with -ii', () => {
  const links = (bandwidth: number | null): Shown => {
    const emulation = start(scenarioText(2, coreNetwork('multi', ['line3'], { bandwidth })))
    emulation.step()
    return shown(emulation)
  }
  assert.equal(linksText(links(10000), 'range', false), { "('1', '2')": { loss: '0', bandwidth: '10000' }, "('1', 'mgmt')": null, "('2', 'mgmt')": null })
  assert.equal(linksText(links(null), 'range', true)["('1', '2')"], [['mesh', 'mesh'], { loss: '0' }])
})

formats('links of the exponential model on a chain are 54000.0 and the text of the delay', () => {
  const emulation = start(scenarioText(3, coreNetwork('single', ['line3'], { model: 'exponential' })))
  emulation.step()
  const nothing = { loss: null, limit: null, corrupt: null, duplicate: null, reorder: null, rate: null }
  const text = { ...nothing, bandwidth: '54000.0', delay: '1.00ms 0.10ms 25%' }
  assert.equal(linksText({ ...shown(emulation), management: null }, 'wifi', false), { "('1', '2')": text, "('2', '3')": text })
})

formats('bridges appear with their links, and stay', () => {
  const emulation = start(scenarioText(3, coreNetwork('multi', ['chain', 'cycle', 'wheel', 'star'])))
  const management = { mgmt: ['tap_00001_5', 'tap_00002_4', 'tap_00003_4'] }
  assert.equal(bridgesText(emulation), management)
  emulation.step()
  const chain = { br_00001_00002: ['tap_00001_1', 'tap_00002_1'], br_00002_00003: ['tap_00002_2', 'tap_00003_1'], ...management }
  assert.equal(bridgesText(emulation), chain)
  for (let i = 0; i < 3; i++) emulation.step()
  assert.equal(bridgesText(emulation), { ...chain, br_00001_00003: ['tap_00001_2', 'tap_00003_2'] })
})

formats.run()

const commands = suite('commands of nodes')

commands('commandsOf fills in the node, file first', () => {
  const text = scenarioText(2, {}, {
    provisioning: { shell: { pre_network_start: { shell_cmds: ['echo {node_id} {{x}}'] } } },
    node_details: { 2: { provisioning: { shell: { pre_network_start: { shell_cmd_file_path: 'cmds' } } } } }
  })
  const read = (path: string): string => path === 'cmds' ? '#!/bin/sh\nfirst {node_id}\n\n' : files(path)
  assert.equal(commandsOf(scenario(text), 1, 'pre_network_start', read), ['echo 1 {x}'])
  assert.equal(commandsOf(scenario(text), 2, 'pre_network_start', read), ['first 2', 'echo 2 {x}'])
  assert.equal(commandsOf(scenario(text), 2, 'post_network_start', read), [])
})

commands('a word in braces that is not known, and a brace alone, are errors with their path', () => {
  for (const command of ['echo {id}', 'awk { print }', 'x }', '{']) {
    const text = scenarioText(1, {}, { provisioning: { shell: { post_network_start: { shell_cmds: [command] } } } })
    assert.throws(() => commandsOf(scenario(text), 1, 'post_network_start', files),
      /provisioning.shell.post_network_start: found .*, want \{node_id\}, and \{\{ for a brace/)
  }
})

commands('checkOf: the usual ping, another one, none', () => {
  assert.is(checkOf(scenario(scenarioText(1, {})))!.command('10.0.0.2'), 'ping -c 1 -w 60 10.0.0.2')
  const check = (more: object): ReturnType<typeof checkOf> =>
    checkOf(scenario(scenarioText(1, { links: { configuration: { connectivity_check: more } } })))
  assert.is(check({ cmd: 'fping -t {timeout} {ip}', timeout: 5 })!.command('::1'), 'fping -t 5 ::1')
  assert.is(check({ enabled: false }), null)
  assert.throws(() => check({ cmd: 'ping {host}' }), /connectivity_check.cmd: found \{host\}/)
})

commands('fill leaves what is not in braces', () => {
  assert.is(fill('a{{b}}c', {}, () => new SyntaxError('x')), 'a{b}c')
})

commands.run()
