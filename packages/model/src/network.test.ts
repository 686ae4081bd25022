import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Rule } from './firewall.ts'
import type { Model } from './model.ts'
import { Network, type Realise } from './network.ts'
import type { Plan } from './plan.ts'
import { planText } from './plan-text.ts'
import { ModelError } from './result.ts'

const drop: Rule = { priority: 1, action: 'drop', chain: null, mark: null, name: null, match: {} }

const shop = (): Network => {
  const network = new Network('lsdn')
  network.addSettings('vxlan/e2e', { name: 'default' })
  network.addNet('default', 41, 'shop')
  for (const [name, ip] of [['north', '10.77.0.1'], ['south', '10.77.0.2']] as const) {
    network.addPhys(name)
    network.setIface(name, 'up0')
    network.setIp(name, ip)
    network.attach('shop', name)
  }
  network.claimLocal('north')
  network.addVirt('shop', 'till')
  network.connect('shop', 'till', 'north', 'tapA')
  return network
}

const done: Realise = async () => {}
const refusalOf = (action: () => unknown): string => {
  try { action() } catch (error) { return error instanceof ModelError ? error.result : String(error) }
  return 'OK'
}

const operations = suite('Network')

/** An operation that is refused, and the result that LSDN has for it. */
const REFUSED: ReadonlyArray<readonly [name: string, operation: (network: Network) => unknown, result: string]> = [
  ['a taken name of settings', (n) => n.addSettings('vlan', { name: 'default' }), 'DUPLICATE'],
  ['a taken name of a net', (n) => n.addNet('default', 1, 'shop'), 'DUPLICATE'],
  ['a taken name of a phys', (n) => n.addPhys('north'), 'DUPLICATE'],
  ['a taken name of a virt in its net', (n) => n.addVirt('shop', 'till'), 'DUPLICATE'],
  ['a port where there is none', (n) => n.addSettings('vlan', { port: 1 }), 'PARSE'],
  ['no group of multicast', (n) => n.addSettings('vxlan/mcast'), 'PARSE'],
  ['a group that is no address', (n) => n.addSettings('vxlan/mcast', { group: 'x' }), 'PARSE'],
  ['an ip that is none', (n) => { n.setIp('north', '1.2.3') }, 'PARSE'],
  ['a mac that is none', (n) => { n.setMac('shop', 'till', '6:0') }, 'PARSE'],
  ['a net of unknown settings', (n) => n.addNet('x', 1), 'NOIF'],
  ['an unknown phys', (n) => { n.setIp('x', null) }, 'NOIF'],
  ['an unknown virt', (n) => { n.removeVirt('shop', 'x') }, 'NOIF'],
  ['a connection at an unknown phys', (n) => { n.connect('shop', 'till', 'x', 'tap') }, 'NOIF'],
  ['an attachment of an unknown net', (n) => { n.attach('x', 'north') }, 'NOIF'],
  ['an MTU of a virt that is not connected', (n) => { n.disconnect('shop', 'till'); n.recommendedMtu('shop', 'till', 1500) }, 'NOIF']
]
for (const [name, operation, result] of REFUSED) {
  operations(`${name} is refused with ${result}`, () => { assert.is(refusalOf(() => operation(shop())), result) })
}

/** What taking something away takes along: settings, nets, attachments, virts, and where the virt is connected then. */
const REMOVALS: ReadonlyArray<readonly [string, (network: Network) => void, readonly number[], string | null | undefined]> = [
  ['settings take their nets', (n) => { n.removeSettings('default') }, [0, 0, 0, 0], undefined],
  ['a net takes virts and attachments', (n) => { n.removeNet('shop') }, [1, 0, 0, 0], undefined],
  ['a phys disconnects its virts', (n) => { n.removePhys('north') }, [1, 1, 1, 1], null],
  ['a virt takes nothing', (n) => { n.removeVirt('shop', 'till') }, [1, 1, 2, 0], undefined],
  ['detaching leaves the virt where it is', (n) => { n.detach('shop', 'north') }, [1, 1, 1, 1], 'north']
]
for (const [name, operation, counts, phys] of REMOVALS) {
  operations(name, () => {
    const network = shop()
    operation(network)
    const { settings, nets, attachments, virts } = network.model
    assert.equal([settings, nets, attachments, virts].map(({ length }) => length), counts)
    assert.is(virts[0]?.phys, phys)
  })
}

operations('a virt whose phys went keeps its interface\'s name', () => {
  const network = shop()
  network.removePhys('north')
  assert.is(network.model.virts[0]!.iface, 'tapA')
})

operations('generated names are of the network, with one counter', () => {
  const network = new Network('lsdn')
  assert.equal([network.addPhys().name, network.addSettings('vlan').name, network.addNet('lsdn-settings-2', 1).name],
    ['lsdn-phys-1', 'lsdn-settings-2', 'lsdn-net-3'])
})

operations('a name that was taken away is free at once', () => {
  const network = shop()
  network.removeVirt('shop', 'till')
  assert.is(network.addVirt('shop', 'till').phys, null)
})

operations('rules and rates stay through every change of their virt', async () => {
  const network = shop()
  network.addRule('shop', 'till', 'in', drop)
  const rate = { mode: 'police', avg: 1000, burst: 1500, burstRate: 0 } as const
  network.setRate('shop', 'till', 'out', rate)
  await network.commit(done, () => {})
  network.setMac('shop', 'till', '06:00:00:00:00:01')
  network.connect('shop', 'till', 'south', 'tapB')
  network.removePhys('south')
  const [till] = network.model.virts
  assert.equal([till!.in.rules, till!.out.rate], [[drop], rate])
  network.clearRules('shop', 'till')
  network.setRate('shop', 'till', 'out', null)
  assert.equal([network.model.virts[0]!.in.rules, network.model.virts[0]!.out.rate], [[], null])
})

operations('recommendedMtu of a virt', () => { assert.is(shop().recommendedMtu('shop', 'till', 1500), 1450) })
operations.run()

const commits = suite('commit')

commits('a network with problems is told of them, and nothing is done', async () => {
  const network = shop()
  network.setIp('north', null)
  const problems: string[] = []
  const never: Realise = async () => { throw new Error('was called') }
  assert.is(await network.commit(never, ({ code }) => problems.push(code)), 'VALIDATE')
  assert.equal(problems, ['PHYS_NOATTR'])
})

commits('the first makes everything, the second nothing', async () => {
  const network = shop()
  const plans: Plan[] = []
  const note: Realise = async (plan) => { plans.push(plan) }
  assert.is(await network.commit(note, () => {}), 'OK')
  assert.is(await network.commit(note, () => {}), 'OK')
  assert.equal(plans.map(({ steps }) => steps.length), [7, 0])
})

commits('a migration is one replug', async () => {
  const network = shop()
  await network.commit(done, () => {})
  network.connect('shop', 'till', 'south', 'tapB')
  assert.match(planText(network.plan()), /^! virt shop\/till: phys north -> south, iface tapA -> tapB \(interrupts virt shop\/till\)$/m)
})

commits('what failed is tried again', async () => {
  const network = shop()
  const fail: Realise = async () => { throw new Error('no') }
  let failed = false
  try { await network.commit(fail, () => {}) } catch { failed = true }
  assert.ok(failed)
  assert.is(network.running.virts.length, 0)
  assert.is(network.plan().steps.length, 7)
})

commits('cleanup takes all away, free forgets', async () => {
  const network = shop()
  await network.commit(done, () => {})
  const wanted: Model[] = []
  await network.cleanup(async (_, model) => { wanted.push(model) })
  assert.equal([wanted[0]!.virts.length, network.plan().steps.length], [0, 0])
  const other = shop()
  await other.commit(done, () => {})
  other.free()
  assert.equal([other.model.virts.length, other.plan().steps.length], [0, 0])
})
commits.run()
