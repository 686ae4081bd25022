/**
 * What a difference means for what runs: which attributes change in place, which need a new plug, and whose frames are lost
 * then. All that LSDN rebuilt for a rule, a rate, an address or one more net is in place here.
 */
import { equal } from './equal.ts'
import type { Table } from './objects.ts'
import type { Difference, Kind, Objects } from './plan.ts'

/** Attributes that need a new plug when they change. The others change in place. */
const REPLUGS: { readonly [K in Kind]: readonly string[] } = {
  set: [],
  chain: [],
  settings: [],
  phys: ['iface', 'ip', 'isLocal'],
  net: ['settings', 'vid', 'overlay'],
  attachment: [],
  node: ['host', 'run', 'dir'],
  interface: ['net', 'vnl', 'node'],
  virt: ['phys', 'iface'],
  link: ['a', 'b', 'interface'],
  radio: ['interface'],
  expect: []
}

/** Differences that lie not in the object but in what it names, as attributes of it. */
export const knockOn = (kind: Kind, key: string, before: Table, after: Table, replugged: ReadonlySet<string>): Difference[] => {
  if (kind === 'net') return overlayChange(before, after, key)
  if (kind === 'node') return placeChange(before, after, after.node.get(key)!.host, 'host')
  if (kind === 'virt') return placeChange(before, after, after.virt.get(key)!.phys, 'phys')
  if (kind === 'interface') {
    const { node } = after.interface.get(key)!
    return replugged.has(`node ${node}`) ? [{ attribute: 'node', from: node, to: node }] : []
  }
  return endsOf(kind, key, after).map(({ node, iface }) => `${node}:${iface}`)
    .filter((end) => replugged.has(`interface ${end}`))
    .map((end) => ({ attribute: 'interface', from: end, to: end }))
}

/** The interfaces that a link or a radio joins. */
const endsOf = (kind: Kind, key: string, table: Table): ReadonlyArray<{ readonly node: string, readonly iface: string }> => {
  if (kind === 'radio') return table.radio.get(key)!.stations
  if (kind !== 'link') return []
  const { a, b } = table.link.get(key)!
  return [a, b]
}

/** What is on a host comes or goes when that becomes this one, or another's. */
const placeChange = (before: Table, after: Table, host: string | null, attribute: 'host' | 'phys'): Difference[] => {
  if (host === null) return []
  const isLocal = (table: Table): boolean => [...table.phys.values()].some((phys) => (attribute === 'host' ? phys.host : phys.name) === host && phys.isLocal)
  const [from, to] = [isLocal(before), isLocal(after)]
  return from === to ? [] : [{ attribute: `${attribute}.isLocal`, from, to }]
}

/** The template of a net's overlay changed below it; what static types do with unknown stations changes in place. */
const overlayChange = (before: Table, after: Table, net: string): Difference[] => {
  const [was, is] = [overlayOf(before, net), overlayOf(after, net)]
  return equal(was, is) ? [] : [{ attribute: 'overlay', from: was, to: is }]
}

const overlayOf = (table: Table, net: string): unknown => {
  const settings = table.settings.get(table.net.get(net)?.settings ?? '')
  return settings === undefined ? null : { type: settings.type, port: settings.port, group: settings.group }
}

/** Whether these differences of an object need a new plug. A remote host's address is only an entry in our tables. */
export const isReplug = <K extends Kind>(kind: K, old: Objects[K], now: Objects[K], found: readonly Difference[]): boolean => {
  if (kind === 'phys' && !(old as Objects['phys']).isLocal && !(now as Objects['phys']).isLocal) return false
  return found.some(({ attribute }) => REPLUGS[kind].some((one) => attribute === one || attribute.startsWith(`${one}.`)))
}

/** Ports and links that lose frames when the object is plugged anew. */
export const interruptedBy = (kind: Kind, key: string, table: Table): string[] => {
  switch (kind) {
    case 'net': return [...table.attachment.values()].some(({ net }) => net === key) ? portsOf(table, key) : []
    case 'phys': return [...table.attachment.values()].filter(({ phys }) => phys === key).flatMap(({ net }) => portsOf(table, net))
    case 'attachment': return [...table.virt].filter(([, { net, phys }]) => `${net}/${phys}` === key).map(([virt]) => `virt ${virt}`)
    case 'node': return [...table.interface].filter(([, { node }]) => node === key).map(([port]) => `interface ${port}`)
    case 'interface': case 'virt': case 'link': case 'radio': return [`${kind} ${key}`]
    default: return []
  }
}

const portsOf = (table: Table, net: string): string[] => [
  ...[...table.virt].filter(([, virt]) => virt.net === net).map(([key]) => `virt ${key}`),
  ...[...table.interface].filter(([, port]) => port.net === net).map(([key]) => `interface ${key}`)
]
