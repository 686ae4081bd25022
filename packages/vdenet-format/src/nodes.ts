/** Nodes and their interfaces. */
import { canonicalCidr, canonicalIp, canonicalMac, maskedIp, maskedText } from '@vde-ts/model/address.js'
import { OPEN } from '@vde-ts/model/firewall.js'
import type { Cable, Interface, Node, Radio, Route } from '@vde-ts/model/model.js'
import type { Path } from '@vde-ts/strict-yaml/finding.js'
import type { Notes } from './notes.ts'
import { policyOf } from './policies.ts'
import type { RawFile, RawInterface, RawNode } from './raw.ts'
import { wordsOf } from './wires.ts'

/** An interface of which nothing is said: a link's end. */
const BARE: Omit<Interface, 'name'> = { net: null, vnl: null, mac: null, addresses: [], mtu: null, impair: '', in: OPEN, out: OPEN }

/**
 * Nodes. An interface that only a link or a radio names is there too, without an address.
 * @param dir absolute: what directories in the file start from
 */
export const nodesOf = (notes: Notes, file: RawFile, wires: Wires, dir: string): Node[] => {
  const ends = endsOf(wires)
  return Object.entries(file.nodes ?? {}).map(([name, given]) => {
    const raw = given ?? {}
    const path = ['nodes', name]
    notes.declare('node', name, path)
    const run = [raw.run ?? []].flat()
    return {
      name,
      host: raw.host ?? null,
      interfaces: interfacesOf(notes, path, name, raw, ends.get(name) ?? []),
      routes: routesOf(notes, [...path, 'routes'], raw.routes ?? {}),
      forward: raw.forward ?? false,
      nat: raw.nat ?? null,
      run,
      dir: raw.dir === undefined && run.length === 0 ? null : joined(dir, raw.dir ?? '')
    }
  })
}

/** What interfaces may be the ends of. */
export interface Wires { readonly links: readonly Cable[], readonly radios: readonly Radio[] }

/** An interface that a link or a radio names. */
interface LinkEnd {
  readonly iface: string
  /** `link NAME`, as in notes. */
  readonly wire: string
}

/** The ends of all wires by their node: looked for node by node, a ring of a thousand nodes takes more than a second. */
const endsOf = ({ links, radios }: Wires): Map<string, LinkEnd[]> => {
  const ends = new Map<string, LinkEnd[]>()
  const add = ({ node, iface }: { readonly node: string, readonly iface: string }, wire: string): void => {
    const known = ends.get(node)
    if (known === undefined) ends.set(node, [{ iface, wire }])
    else known.push({ iface, wire })
  }
  for (const { a, b, name } of links) for (const end of [a, b]) add(end, `link ${name}`)
  for (const { name, stations } of radios) for (const station of stations) add(station, `radio ${name}`)
  return ends
}

const joined = (dir: string, path: string): string =>
  path.startsWith('/') ? path : path === '' ? dir : `${dir.replace(/\/$/, '')}/${path}`

const interfacesOf = (notes: Notes, path: Path, node: string, raw: RawNode, ends: readonly LinkEnd[]): Interface[] => {
  const declared = Object.entries(raw.if ?? {}).map(([name, one]) => interfaceOf(notes, [...path, 'if', name], node, name, one ?? {}))
  for (const { iface, wire } of ends) {
    if (declared.some(({ name }) => name === iface)) continue
    notes.declare('interface', `${node}:${iface}`, notes.sources.get(wire) ?? path)
    declared.push({ name: iface, ...BARE })
  }
  return declared
}

const interfaceOf = (notes: Notes, path: Path, node: string, name: string, raw: RawInterface): Interface => {
  notes.declare('interface', `${node}:${name}`, path)
  const addresses = [raw.ip ?? []].flat()
  const at = (i: number): Path => Array.isArray(raw.ip) ? [...path, 'ip', i] : [...path, 'ip']
  return {
    name,
    net: raw.net ?? null,
    vnl: raw.vnl ?? null,
    mac: raw.mac === undefined ? null : notes.value([...path, 'mac'], raw.mac, 'a MAC such as 06:00:00:00:00:01', canonicalMac),
    addresses: addresses.flatMap((text, i) => notes.value(at(i), text, 'an address with its prefix: 10.0.0.1/24', canonicalCidr) ?? []),
    mtu: raw.mtu ?? null,
    impair: wordsOf(notes, [...path, 'impair'], raw.impair ?? {}, { in: 'in', out: 'out' }),
    in: policyOf(notes, path, `${node}:${name}`, raw, 'in'),
    out: policyOf(notes, path, `${node}:${name}`, raw, 'out')
  }
}

const routesOf = (notes: Notes, path: Path, raw: Readonly<Record<string, string>>): Route[] =>
  Object.entries(raw).flatMap(([network, gateway]) => {
    const here = [...path, network]
    const via = notes.value(here, gateway, 'the address of a gateway', canonicalIp)
    const to = network === 'default' ? null : notes.value(here, network, 'default, or an address with its prefix', maskedIp)
    return via === null ? [] : [{ to: to === null ? null : maskedText(to), via }]
  })
