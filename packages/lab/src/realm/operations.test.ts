import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { diff, emptyModel, OPEN, type Model } from '@vde-ts/model'
import { VdeError } from '@vde-ts/link'
import { carryOut, type Doer } from './carry-out.ts'
import { operationsOf, type Operation } from './operations.ts'
import { natRules } from './settle.ts'
import { readWords, turned } from './words.ts'
import { checkOffered } from './offered.ts'
import { checkPrograms } from './programs.ts'

const iface = (name: string, net: string | null): Model['nodes'][number]['interfaces'][number] =>
  ({ name, net, vnl: null, mac: null, addresses: [], mtu: null, impair: '', in: OPEN, out: OPEN })
const node = (name: string, run: readonly string[] = []): Model['nodes'][number] =>
  ({ name, host: null, interfaces: [iface('eth0', 'lan')], routes: [], forward: false, nat: null, run, dir: null })
const LAN = { name: 'lan', settings: null, vid: 0, rateIn: null, rateOut: null }
const model = (...nodes: ReadonlyArray<Model['nodes'][number]>): Model => ({ ...emptyModel('m'), nets: [LAN], nodes })

/** Remembers what exists; fails at the operation `at`, and at every attempt to take `stuck` away. */
class Recorder implements Doer {
  readonly there = new Set<string>()
  readonly #failAt: string
  settled = 0

  constructor (failAt = '') { this.#failAt = failAt }

  async perform ({ kind, key, now }: Operation): Promise<void> {
    if (`${kind} ${key}` === this.#failAt && now !== null) throw new VdeError('EIO', `make ${key}`, 'it broke')
    if (now === null) this.there.delete(`${kind} ${key}`)
    else this.there.add(`${kind} ${key}`)
  }

  async settle (): Promise<void> { this.settled++ }
}

const operations = suite('operations')

operations('of a plan: leaves go first, roots come first, what is replugged does both', () => {
  const plan = diff(model(node('a'), node('b')), model(node('a', ['true']), node('c')))
  assert.equal(operationsOf(plan).map((group) => group.map(({ kind, key, now }) => `${now === null ? '-' : '+'}${kind} ${key}`)), [
    ['-interface b:eth0', '-interface a:eth0'], ['-node b', '-node a'], ['+node a', '+node c'], ['+interface a:eth0', '+interface c:eth0']
  ])
})

operations('a net that is replugged keeps its switch: one operation', () => {
  const settings = { name: 's', type: 'vlan' as const, port: null, group: null, unknown: null }
  const on = (vid: number): Model => ({ ...model(node('a')), settings: [settings], nets: [{ ...LAN, settings: 's', vid }] })
  assert.equal(operationsOf(diff(on(1), on(2))).flat().map(({ kind, old, now }) => [kind, old !== null, now !== null]), [['net', true, true]])
})

operations('a failure at every step leaves what was there before', async () => {
  const plan = diff(model(node('a')), model(node('a', ['true']), node('c')))
  for (const step of ['node a', 'node c', 'interface a:eth0', 'interface c:eth0']) {
    const doer = new Recorder(step)
    for (const one of ['net lan', 'node a', 'interface a:eth0']) doer.there.add(one)
    const error = await carryOut(plan, doer).then(() => null, (why: VdeError) => why)
    assert.match(error!.message, /^Cannot make [ac](:eth0)?: it broke; /)
    // What cannot be made any more cannot be brought back either: it is named.
    const wanted = / c\b/.test(step) ? ['interface a:eth0', 'net lan', 'node a'] : null
    if (wanted !== null) assert.equal([...doer.there].sort(), wanted, step)
    else assert.match(error!.message, /could not be taken back/)
  }
})

operations('a plan that succeeds is settled once', async () => {
  const doer = new Recorder()
  await carryOut(diff(emptyModel('m'), model(node('a'))), doer)
  assert.equal([...doer.there].sort(), ['interface a:eth0', 'net lan', 'node a'])
  assert.is(doer.settled, 1)
})

operations('what is not carried out is refused', () => {
  const rules = { ...OPEN, fallback: 'drop' as const }
  assert.throws(() => checkOffered(model({ ...node('a'), interfaces: [{ ...iface('eth0', null), in: rules }] })), /make interface a:eth0: it is the end of a link and has/)
  const [a, b] = [{ node: 'a', iface: 'x' }, { node: 'b', iface: 'x' }]
  const apart = { ...model({ ...node('a'), host: 'north' }, node('b')), links: [{ name: 'l', a, b, impair: '' }] }
  assert.throws(() => checkOffered(apart), /make link "l": its ends are on host "north" and no host/)
  const rate = { mode: 'police', avg: 1000, burst: 1000, burstRate: 0 } as const
  const limited = { ...iface('eth0', null), out: { ...OPEN, rate } }
  assert.throws(() => checkOffered(model({ ...node('a'), interfaces: [limited] })), /make interface a:eth0: it has a rate and no net/)
  const peak = { ...iface('eth0', 'lan'), out: { ...OPEN, rate: { ...rate, burstRate: 2000 } } }
  assert.throws(() => checkOffered(model({ ...node('a'), interfaces: [peak] })), /make interface a:eth0: the rate within a burst/)
  assert.throws(() => checkOffered({ ...model(node('a')), nets: [{ ...LAN, rateIn: rate }] }), /make net "lan": its rate is not carried out/)
  checkOffered(model(node('a')))
})

operations('checkPrograms names the line and the program, and leaves the shell\'s own words alone', () => {
  assert.throws(() => checkPrograms(node('a', ['no-such-thing -f x'])), /Cannot run "no-such-thing -f x" in node "a": "no-such-thing" is not installed/)
  checkPrograms(node('a', ['cd /tmp', 'X=1 sh -c true', 'sh -c true', '( true )', './local', '"quoted thing"']))
})

operations('natRules begin by taking away what was', () => {
  assert.match(natRules('eth1'), /^table inet vdenet \{\}\ndelete table inet vdenet\ntable inet vdenet \{\n[^]*oifname "eth1" masquerade\n\}\n\}\n$/)
  assert.not.match(natRules(null), /masquerade/)
})

operations('turned words are those of the other end', () => {
  const change = turned(readWords('in.down=on'))
  assert.equal(change.flags, [['out', 'down', true]])
})

operations.run()
