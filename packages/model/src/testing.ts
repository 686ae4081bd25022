/** Random networks for tests: the same seed gives the same network. Names that others use exist; checks may find other faults. */
import { seeded } from '@vde-ts/frame/testing.js'
import { OPEN, type Policy, type Rate, type Rule } from './firewall.ts'
import { OVERLAY_TYPES, isStatic, usualPort, type Interface, type Model, type Node, type Settings, type Virt } from './model.ts'

/** Numbers in 0..1. */
export type Random = () => number

/** A generator of 32 bits. */
export const randomOf = (seed: number): Random => {
  const { int } = seeded(seed)
  return () => int(2 ** 32) / 2 ** 32
}

const below = (random: Random, n: number): number => Math.floor(random() * n)
const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)]!
const some = <T>(random: Random, count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => i).filter(() => random() < 0.7).map(make)

const settingsOf = (random: Random, i: number): Settings => {
  const type = pick(random, OVERLAY_TYPES)
  const usual = usualPort(type)
  return {
    name: `s${i}`,
    type,
    port: usual === null ? null : usual + i,
    group: type === 'vxlan/mcast' ? `239.0.0.${1 + below(random, 2)}` : null,
    unknown: isStatic(type) ? pick(random, ['flood', 'drop'] as const) : null
  }
}

const rateOf = (random: Random): Rate | null => random() < 0.6
  ? null
  : { mode: 'police', avg: 1000 * (1 + below(random, 9)), burst: 65536, burstRate: below(random, 2) * 2_000_000 }

const ruleOf = (random: Random, i: number): Rule => ({
  priority: i,
  action: 'drop',
  chain: null,
  mark: null,
  name: null,
  match: random() < 0.5
    ? { srcIp: { value: `10.${below(random, 2)}.0.0`, mask: '255.255.0.0' } }
    : { dstMac: { value: `06:00:00:00:00:0${below(random, 3)}`, mask: 'ff:ff:ff:ff:ff:ff' } }
})

const policyOf = (random: Random): Policy => random() < 0.5
  ? OPEN
  : { rules: some(random, 3, (i) => ruleOf(random, i)), fallback: 'accept', rate: rateOf(random) }

const virtOf = (random: Random, net: string, i: number, physes: readonly string[]): Virt => {
  const phys = physes.length === 0 || random() < 0.2 ? null : pick(random, physes)
  return {
    net, name: `v${i}`, mac: `06:00:00:00:0${below(random, 2)}:0${i}`, phys, iface: phys === null ? null : `tap-${net}-${i}`, in: policyOf(random), out: policyOf(random)
  }
}

const interfaceOf = (random: Random, i: number, node: string, nets: readonly string[]): Interface => ({
  name: `eth${i}`,
  net: nets.length === 0 || random() < 0.4 ? null : pick(random, nets),
  vnl: null,
  mac: null,
  addresses: random() < 0.8 ? [`10.${i}.${node.slice(1)}.${1 + below(random, 2)}/24`] : [],
  mtu: pick(random, [null, 1400]),
  impair: pick(random, ['', 'delay=20ms']),
  in: policyOf(random),
  out: policyOf(random)
})

const nodeOf = (random: Random, i: number, nets: readonly string[]): Node => ({
  name: `n${i}`,
  host: null,
  interfaces: some(random, 3, (k) => interfaceOf(random, k, `n${i}`, nets)),
  routes: random() < 0.5 ? [] : [{ to: null, via: '10.0.0.254' }],
  forward: random() < 0.5,
  nat: null,
  run: some(random, 2, (k) => `sleep ${k + below(random, 2)}`),
  dir: null
})

/** A network of a few objects of each kind. */
export const randomModel = (random: Random): Model => {
  const settings = some(random, 3, (i) => settingsOf(random, i))
  const physes = some(random, 3, (i) => ({
    name: `p${i}`, host: `p${i}`, iface: pick(random, [null, `up${i}`]), ip: `10.77.0.${i + 1 + 100 * below(random, 2)}`, isLocal: random() < 0.3, rateIn: rateOf(random), rateOut: null
  }))
  const nets = some(random, 4, (i) => ({
    name: `${i}`, settings: pick(random, [null, ...settings])?.name ?? null, vid: i + 1 + 10 * below(random, 2), rateIn: null, rateOut: rateOf(random)
  }))
  const names = nets.map(({ name }) => name)
  const hosts = physes.map(({ name }) => name)
  const nodes = some(random, 4, (i) => nodeOf(random, i, names))
  const free = nodes.flatMap((node) => node.interfaces.filter(({ net }) => net === null)
    .map(({ name }) => ({ node: node.name, iface: name })))
  return {
    name: 'lab',
    settings,
    nets,
    physes,
    attachments: names.flatMap((net) => some(random, hosts.length, (i) => ({ net, phys: hosts[i]! }))),
    virts: names.flatMap((net) => some(random, 3, (i) => virtOf(random, net, i, hosts))),
    nodes,
    links: free.slice(1).map((b, i) => ({ name: `l${i}`, a: free[i]!, b, impair: pick(random, ['', 'loss=1%']) }))
      .filter((_, i) => i % 2 === 0),
    radios: nodes.length < 2
      ? []
      : some(random, 2, (i) => ({
        name: `air${i}`, model: pick(random, [null, { model: 'range' }]), seed: 1, stations: some(random, 2, (k) => ({ node: nodes[k]!.name, iface: `eth${k}`, at: [k, below(random, 2)], impair: '' }))
      })),
    chains: some(random, 2, (i) => ({ name: `c${i}`, rules: some(random, 2, (k) => ruleOf(random, k)) })),
    sets: some(random, 2, (i) => (
      { name: `set${i}`, kind: 'ip', members: [{ value: `10.0.${below(random, 2)}.0`, mask: '255.255.255.0' }] })),
    expect: some(random, 2, (i) => ({ kind: 'ping', text: `n${i} ping n0`, node: `n${i}`, target: 'n0', isWanted: true, withinMs: 5000 }))
  }
}
