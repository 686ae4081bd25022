import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { VdeError } from '@vde-ts/link'
import { isCommand } from '../../command.ts'
import { makeBench, type Bench } from '../../testing.ts'
import { PLUGIN_KINDS } from '../plugins/plugins.ts'
import { switchTable } from '../switch-console.ts'
import { checkConfig } from './check.ts'
import { LIST_SETTINGS } from './list-settings.ts'
import { Misfits } from './misfits.ts'
import { planSteps, takeSteps, type Step } from './plan.ts'
import { PORT_SETTINGS } from './port-settings.ts'
import { SETTINGS } from './table.ts'
import { flatten, running, unflatten } from './values.ts'

const test = suite<{ bench: Bench }>('configuration')
test.before.each((world) => { world.bench = makeBench() })
test.after.each(({ bench }) => {
  bench.close()
  assert.equal(bench.defects, [])
})

/** Commands that only tell, do something once, or are about a session or about what is plugged in at the moment. */
const NO_SETTING = new Set([
  'ds/showinfo', 'help', 'why', 'logout', 'shutdown', 'showinfo', 'load', 'debug/list', 'debug/add', 'debug/del', 'plugin/list', 'events',
  'hash/showinfo', 'hash/print', 'hash/find', 'fstp/showinfo', 'fstp/print', 'port/showinfo', 'port/print', 'port/allprint', 'port/counters',
  'port/limits', 'port/guards', 'port/captures', 'port/mirrors', 'port/trace', 'port/impaired', 'vlan/print', 'vlan/allprint',
  'vlan/portprint', 'mcast/print', 'config/print', 'config/save', 'config/diff', 'config/load', 'port/resetcounter',
  'port/epclose', 'port/epqlen', 'port/offload',
  'iplog/showinfo', 'iplog/list', 'iplog/iplist', 'iplog/ipport', 'iplog/ipuser', 'iplog/ipsearch'
])

test('every command that sets something has a place in the configuration', () => {
  const placed = new Set([...SETTINGS, ...PORT_SETTINGS, ...LIST_SETTINGS].flatMap(({ commands }) => commands))
  const paths = [...switchTable().rows, ...PLUGIN_KINDS.flatMap(({ rows }) => rows)].filter(isCommand).map(({ path }) => path)
  assert.equal(paths.filter((path) => !placed.has(path) && !NO_SETTING.has(path)), [])
  assert.equal([...placed, ...NO_SETTING].filter((path) => !paths.includes(path)), [], 'no such command any more')
})

const WHOLE = {
  switch: { ports: 64, queue: 99 },
  limits: { user: 5, total: 'off' },
  vlans: '30',
  hash: { size: 256, gcInterval: 3, expire: 600, minPersistence: 1 },
  tree: { mode: 'stp', priority: 4096, hold: 3, recovery: 9, times: { hello: 1, maxAge: 10, forwardDelay: 10 }, enabled: true, bonus: [{ port: 2, cost: 7 }] },
  ports: {
    1: { allocatable: false, user: 'root', group: 'root', vlan: { access: 10, priority: 3 }, tree: { cost: 5, priority: 16, edge: 'on', p2p: 'off', guard: 'root' } },
    2: {
      vlan: { trunk: '20-22' },
      maxMacs: 3,
      sticky: true,
      isolate: 4,
      storm: { broadcast: '1kf/100', multicast: '10M/1M', unknown: '5f/1' },
      reserved: [0, 14],
      dhcpGuard: true,
      raGuard: true,
      bind: { '02:00:00:00:00:01': ['10.0.0.1', 'fd00::1'] },
      multicast: { router: 'always', fastLeave: true, flood: true }
    },
    3: { vlan: { pvid: 0, tagged: '20', filter: false }, rate: { in: '10M/1M' } },
    60: { vlan: { qinq: 100 } }
  },
  mirrors: [{ port: 1, what: 'in', to: 5 }],
  addresses: [{ mac: '02:00:00:00:00:09', port: 3 }, { mac: '02:00:00:00:00:09', vlan: 20, port: 2 }],
  multicast: [{ vlan: 20, strict: true }],
  plugins: { dump: { active: true }, iplog: { ranges: ['10.0.0.77/8'], expire: 5 } }
}

const text = ({ console }: Bench): string => JSON.stringify(unflatten(running(console.context), {}), null, 1)

const stepsTo = ({ console: { context } }: Bench, value: object): Step[] => {
  const found = flatten(context, value as Record<string, unknown>)
  assert.equal([...found.problems, ...checkConfig(found)], [])
  return planSteps(context, running(context), found.flat)
}

/** Everything there is, but for counters and what only tells of time. */
const state = ({ sw, console }: Bench): unknown => JSON.parse(JSON.stringify(
  { switch: sw.snapshot(), plugins: console.context.plugins.list().map(({ name }) => name) },
  (key, value: unknown) => value instanceof Uint8Array ? Buffer.from(value).toString('hex').replace(/(00)+$/, '') : ['seed', 'rows', 'lastId', 'nowSec', 'outFrames', 'outBytes', 'bonuses'].includes(key) ? undefined : value))

test('what is loaded is what is saved, and then nothing differs', ({ bench }) => {
  takeSteps(stepsTo(bench, WHOLE))
  const saved = text(bench)
  assert.equal(stepsTo(bench, JSON.parse(saved)), [])
  assert.match(saved, '"vlans": "10,20-22,30,100"')
  assert.match(saved, '"10.0.0.0/8"')
  const other = makeBench()
  takeSteps(stepsTo(other, JSON.parse(saved)))
  assert.is(text(other), saved)
  other.close()
})

test('an empty file is a new switch', ({ bench }) => {
  takeSteps(stepsTo(bench, WHOLE))
  takeSteps(stepsTo(bench, {}))
  assert.is(text(bench), '{}')
  assert.equal([bench.sw.ports().length, bench.sw.vlan.list().length], [0, 1])
})

for (const [name, from, to] of [['from nothing', {}, WHOLE], ['to nothing', WHOLE, {}]] as const) {
  test(`a failure at any step leaves everything as it was: ${name}`, ({ bench }) => {
    bench.plug(7, 'untouched')
    takeSteps(stepsTo(bench, from))
    const [before, told] = [state(bench), text(bench)]
    const count = stepsTo(bench, to).length
    assert.ok(count > 30)
    for (let at = 0; at < count; at++) {
      const steps = stepsTo(bench, to)
      steps[at] = { ...steps[at]!, run () { throw new VdeError('ENOSPC', 'go on', `step ${at} is a failure`) } }
      assert.throws(() => { takeSteps(steps) }, /step \d+ is a failure; everything is as before/)
      assert.is(text(bench), told, `step ${at}: ${steps[at]!.what}`)
      if (from !== WHOLE) assert.equal(state(bench), before, `step ${at}`)
    }
    takeSteps(stepsTo(bench, to))
  })
}

test('what does not differ is not touched', ({ bench }) => {
  takeSteps(stepsTo(bench, WHOLE))
  assert.equal(stepsTo(bench, { ...WHOLE, hash: { ...WHOLE.hash, expire: 7 } }).map(({ what }) => what), ['hash.expire: 7, was 600'])
})

test('addresses learnt at a sticky port stay, others go', ({ bench }) => {
  takeSteps(stepsTo(bench, { ports: { 1: { sticky: true }, 2: { maxMacs: 9 } } }))
  bench.sw.hash.add(0x0200, 1, 0, 1)
  bench.sw.hash.add(0x0200, 2, 0, 2)
  const steps = stepsTo(bench, { ports: { 1: { sticky: true }, 2: { maxMacs: 9 } } })
  assert.equal(steps.map(({ what }) => what), ['addresses: [{"mac":"02:00:00:00:00:02","port":2}] removed'])
})

const REFUSED: ReadonlyArray<readonly [name: string, value: object, problems: readonly string[]]> = [
  ['a hub with a tree', { switch: { hub: true }, tree: { enabled: true } }, ['tree.enabled']],
  ['a port that is not there', { ports: { 33: { sticky: true } }, mirrors: [{ port: 1, what: 'in', to: 40 }] }, ['ports.33', 'mirrors.0.to']],
  ['the same twice', { addresses: [1, 2].map((port) => ({ mac: '2:0:0:0:0:1', port })) }, ['addresses.1']],
  ['two ways of one port', { ports: { 1: { vlan: { access: 1, trunk: '2' } } } }, ['ports.1.vlan']],
  ['times that do not fit', { tree: { times: { hello: 10, maxAge: 6, forwardDelay: 4 } } }, ['tree.times']],
  ['what no schema knows', { ports: { 1: { user: 'no such user', impair: 'x=1', rate: { in: 'fast' } } } }, ['ports.1.user', 'ports.1.rate.in', 'ports.1.impair']]
]
for (const [name, value, paths] of REFUSED) {
  test(`${name} is refused, with its place`, ({ bench }) => {
    const found = flatten(bench.console.context, value as Record<string, unknown>)
    assert.equal([...found.problems, ...checkConfig(found)].map(({ path }) => path.join('.')), paths)
  })
}

test('what does not fit the schema is left out, with all that needs it; the rest is looked at', ({ bench }) => {
  const value = {
    switch: { ports: 'many', queue: 5 },
    ports: { abc: {}, 1: { vlan: { access: 'x' }, sticky: true }, 4000: { rate: { in: 'fast' } } },
    mirrors: [{ port: 1 }, { port: 1, what: 'in', to: 9000 }, { port: 1, what: 'in', to: 9000 }],
    addresses: [{ mac: '2:0:0:0:0:1', port: 1, vlan: 77 }]
  }
  const misfits = new Misfits([['switch', 'ports'], ['ports', 'abc'], ['ports', 1, 'vlan', 'access'], ['mirrors', 0]])
  const found = flatten(bench.console.context, value, misfits)
  assert.equal([...found.problems, ...checkConfig(found, misfits)].map(({ path }) => path.join('.')), ['ports.4000.rate.in', 'mirrors.2'])
  assert.equal([...found.flat.keys()], ['switch.queue', 'mirrors', 'addresses', 'ports.1.sticky'])
  assert.equal(flatten(bench.console.context, { ports: 'x', mirrors: 'y' }, new Misfits([['ports'], ['mirrors']])).flat.size, 0)
})

test('a port in use is in the way of fewer ports, and nothing is changed', ({ bench }) => {
  bench.plug(20)
  assert.throws(() => { takeSteps(stepsTo(bench, { switch: { ports: 10 }, hash: { expire: 7 } })) }, /plugged into port 20; everything is as before/)
  assert.is(text(bench), '{}')
})

test.run()
