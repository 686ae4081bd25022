import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { seeded } from '@vde-ts/frame/testing.js'
import { readConfig, readScenario, USUAL_CONFIG } from './scenario.ts'
import { modelOf } from './models.ts'

const test = suite('readScenario')

const read = (text: string, change: string | null = null): ReturnType<typeof readScenario> => readScenario({ name: 's.json', text }, change)

const WHOLE = `// a scenario
{ "scenario": "line", "cnt_nodes": 3, /* nodes */
  "walk_model": {"name": "core"},
  "provisioning": {"image": "http://example.org//x.img", "regex_shell_prompt": "#",
    "shell": {"post_network_start": {"shell_cmds": ["start --id {node_id}"]}}},
  "network": {
    "backend": {"name": "bridged", "connection_mode": "multi", "event_hook_script": "HOOKS/x.sh", "execution_mode": {"name": "brctl"}},
    "links": {"model": "a.b.LinkQualityModelRange", "bandwidth": 10000, "configuration": {"ip_provisioner": {"prefixlen": 30}}},
    "core": {"mode": "lan", "topologies": [[0, "a.xml"], [2.5, "b.xml"]]} },
  "node_details": {"2": {"qemu": {"ram": "128M"}, "network": {"links": {"interfaces": ["ap", "mesh"]}}}},
}`

test('comments, URLs in texts and a comma too many are no matter', () => {
  const scenario = read(WHOLE)
  assert.equal([scenario.name, scenario.nodes, scenario.look('provisioning.image')], ['line', 3, 'http://example.org//x.img'])
  assert.equal(JSON.parse(JSON.stringify(scenario.plain)).network.core.topologies, [[0, 'a.xml'], [2.5, 'b.xml']])
})

test('look goes from the node to the scenario to the default', () => {
  const scenario = read(WHOLE)
  assert.equal(scenario.look('network.links.interfaces', 2), ['ap', 'mesh'])
  assert.equal(scenario.look('network.links.interfaces', 1), ['mesh'])
  assert.equal([scenario.look('qemu.ram', 2), scenario.look('qemu.ram', 1)], ['128M', null])
  assert.is(scenario.look('network.links.configuration.ip_provisioner.base_network_cidr'), '10.0.0.0/8')
})

test('-cs is merged, new keys too', () => {
  const scenario = read(WHOLE, '{"cnt_nodes": 5, "network": {"links": {"bandwidth": 7}, "core": {"loop": true}}}')
  assert.equal([scenario.nodes, scenario.look('network.links.bandwidth'), scenario.look('network.core.loop')], [5, 7, true])
  assert.is(scenario.look('network.core.mode'), 'lan', 'what it does not say stays')
})

for (const [text, wrong] of [
  ['', /^Cannot read s.json: line 1: not JSON: value expected$/],
  ['{', /^Cannot read s.json: line 1: not JSON: close brace expected$/],
  ['[]', /found an array, want an object/],
  ['{}', /^Cannot read s.json: line 1: found no scenario, want its name$/],
  ['{"scenario": "x",\n"scenario": "y"}', /^Cannot read s.json: line 2: scenario: found this key twice, want each key once$/],
  ['{"scenario": "x",\n"cnt_node": 3}', /line 2: cnt_node: found a key that is not known, want another \(did you mean "cnt_nodes"\?\)/],
  ['{"scenario": "x",\n"network": {"backend": {"model": "y"}}}', /line 2: network.backend.model: found a key that is not known, want it as .*network.links.model/],
  ['{"scenario": "x", "flavour": 1}', /flavour: found a key that is not known, want one of scenario, cnt_nodes, .*node_details/],
  ['{"scenario": "x", "__proto__": 1}', /found a key that is not known/],
  ['{"scenario": "x", "cnt_nodes": -1}', /cnt_nodes: found -1, want a whole number of 0 to 99999/],
  ['{"scenario": "x", "cnt_nodes": "3"}', /cnt_nodes: found "3"/],
  ['{"scenario": "x", "network": {"links": {"bandwidth": -5}}}', /network.links.bandwidth: found -5, want a number of 0 to/],
  ['{"scenario": "x", "network": {"backend": {"connection_mode": "dual"}}}', /found "dual", want one of single, multi/],
  ['{"scenario": "x", "network": {"links": {"interfaces": ["wlan"]}}}', /network.links.interfaces\[0\]: found "wlan", want one of ap, mesh/],
  ['{"scenario": "x", "network": {"core": {"topologies": [[0]]}}}', /topologies\[0\]: found an array, want a pair of seconds and a file/],
  ['{"scenario": "x", "network": {"core": {"topologies": [[-1, "a"]]}}}', /topologies\[0\]\[0\]: found -1/],
  ['{"scenario": "x", "node_details": {"one": {}}}', /node_details.one: found the node "one", want its number/],
  ['{"scenario": "x", "node_details": {"1": {"ram": "1"}}}', /node_details.1.ram: found a key that is not known, want it as qemu.ram/],
  ['{"scenario": 5}', /scenario: found 5, want a text/],
  ['{"scenario": "x", "network": []}', /network: found an array, want an object/],
  ['{"a":'.repeat(100) + '1' + '}'.repeat(100), /found more than 64 levels/]
] as const) {
  test(`refuses ${text.slice(0, 70)} in one line`, () => {
    assert.throws(() => read(text), (error: Error) => error instanceof SyntaxError && wrong.test(error.message) && !error.message.includes('\n'))
  })
}

test('every truncation and random changes: a scenario or a SyntaxError of one line', () => {
  const attempt = (text: string): void => {
    try { read(text) } catch (error) { assert.ok(error instanceof SyntaxError && !error.message.includes('\n'), String(error)) }
  }
  for (let cut = 0; cut < WHOLE.length; cut += 7) attempt(WHOLE.slice(0, cut))
  const random = seeded(17)
  const pieces = ['{', '}', '[', ']', '"', ':', ',', '//', '/*', '1e999', 'null', '\\u0000', '\0', '"scenario"']
  for (let round = 0; round < 250; round++) {
    const at = random.int(WHOLE.length)
    attempt(WHOLE.slice(0, at) + pieces[random.int(pieces.length)]! + WHOLE.slice(at + random.int(5)))
  }
})

test('models by class path; the one that does not exist is named', () => {
  const of = (links: object): ReturnType<typeof modelOf> => modelOf(read(JSON.stringify({ scenario: 'x', network: { links } })))
  assert.is(of({}).kind, 'range')
  assert.is(of({ bandwidth: 500 }).quality.quality(1, '1', '2', false)?.rate.base, 500 * 125)
  assert.is(of({ model: 'x.LinkQualityModelWiFiExponential' }).quality.quality(4, '1', '2', false)?.rate.base, 27000 * 125)
  assert.is(of({ model: 'linear', bandwidth: 20000 }).quality.quality(4, '1', '2', false)?.rate.base, 8000 * 125)
  assert.throws(() => of({ model: 'm.LinkQualityModelWiFi' }), /network.links.model: found the class "LinkQualityModelWiFi", want one of LinkQualityModelRange/)
  assert.throws(() => of({ model: 'm.constructor' }), /found the class "constructor"/)
  assert.throws(() => of({ model: 'linear', bandwidth: 5 }), /network.links.bandwidth: found a rate of 5 kbit\/s, want 1000 to/)
})

test('readConfig: what matters here, and its errors', () => {
  const config = (text: string): ReturnType<typeof readConfig> => readConfig({ name: 'config.json', text })
  assert.equal(config('{"management": {"use": true}, "simulation": {"time_step": 0.5}}'), { management: 'mgmt', timeStep: 0.5 })
  assert.equal(config('{}'), { ...USUAL_CONFIG, management: null })
  assert.throws(() => config('{"management": {"device": "a b"}}'), /management.device: found "a b", want the name of an interface/)
  assert.throws(() => config('{"simulation": {"step": 1}}'), /simulation.step: found a key that is not known, want one of time_step/)
  assert.throws(() => config('{"simulation": {"time_step": 0}}'), /found 0, want a number of 0.001/)
})

test.run()
