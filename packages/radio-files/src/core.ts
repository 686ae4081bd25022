/**
 * Topologies of CORE, in both generations of its XML.
 *
 *     <scenario version="1.0"> network > channel > member "n1/eth0"     host > point lat lon       NetworkPlan, CORE before 5
 *     <scenario> devices > device id > position lat lon; networks; links > link node1 node2        CORE 5 and later
 *
 * Nodes are numbered from 1: the old schema's members by the number in their name, hosts in their order; the new one's devices
 * in the order of their ids. Who shares a channel, or a wired network of the new schema (switches joined to each other are
 * one), has a link with each other. Links to a wireless network are none: there positions decide. Options of a link of the new
 * schema become words of the impairment engine.
 */
import { descendants, readXml, type XmlElement } from './xml.ts'
import { wordsOf } from './core-options.ts'

/** A pair of nodes, the smaller first. `out` is from a to b. */
export interface CoreLink {
  readonly a: number
  readonly b: number
  /** Words of the impairment engine; empty: nothing is said. */
  readonly out: string
  readonly in: string
}

/** What a file says. */
export interface CoreTopology {
  /** How many nodes it knows, links or not. */
  readonly nodes: number
  /** Sorted, each pair once. */
  readonly links: readonly CoreLink[]
  /** Latitude, longitude of node i + 1; null: not said. */
  readonly points: ReadonlyArray<readonly [number, number] | null>
}

/** Nodes are numbered up to here: what the names of bridges have room for. */
export const MOST_NODES = 99_999

/** @param source for messages. @throws {SyntaxError} not CORE's, or wrong, with its line */
export const readCore = (text: string, source: string): CoreTopology => {
  const root = readXml(text, source)
  if (root.name !== 'scenario') throw wrong(source, root, `the element "${root.name}"`, '"scenario"')
  return root.children.some(({ name }) => name === 'devices') ? newSchema(root, source) : oldSchema(root, source)
}

const wrong = (source: string, { line }: XmlElement, found: string, wanted: string): SyntaxError =>
  new SyntaxError(`Cannot read ${source}: line ${line}: found ${found}, want ${wanted}`)

const quoted = (text: string | undefined): string => text === undefined ? 'none' : `"${text.slice(0, 40)}"`

/** Collects links, each pair once. */
class Links {
  readonly #found = new Map<string, CoreLink>()

  add (from: number, to: number, there = '', back = there): void {
    if (from === to) return
    const [a, b, out, into] = from < to ? [from, to, there, back] : [to, from, back, there]
    const old = this.#found.get(`${a},${b}`)
    this.#found.set(`${a},${b}`, { a, b, out: out === '' ? old?.out ?? '' : out, in: into === '' ? old?.in ?? '' : into })
  }

  sorted (): CoreLink[] { return [...this.#found.values()].sort((x, y) => x.a - y.a || x.b - y.b) }
}

const oldSchema = (root: XmlElement, source: string): CoreTopology => {
  const version = root.attributes.get('version')
  if (!(Number.parseFloat(version ?? '') >= 1)) throw wrong(source, root, `version ${quoted(version)}`, '1.0 or later')
  const links = new Links()
  let most = 0
  for (const channel of descendants(root, 'network').flatMap((network) => network.children.filter(({ name }) => name === 'channel'))) {
    const members = channel.children.filter(({ name, attributes }) => name === 'member' && attributes.get('type') === 'interface')
    const ids = members.map((member) => memberId(member, source))
    for (const [i, id] of ids.entries()) {
      most = Math.max(most, id)
      for (const other of ids.slice(i + 1)) links.add(id, other)
    }
  }
  const points = descendants(root, 'host').map((host) => {
    const point = descendants(host, 'point').find(({ attributes }) => attributes.has('lat'))
    return point === undefined ? null : degrees(point, source)
  })
  return { nodes: Math.max(most, points.length), links: links.sorted(), points }
}

const memberId = (member: XmlElement, source: string): number => {
  const id = Number(/^n(\d{1,5})\/eth\d{1,5}$/.exec(member.text)?.[1])
  if (id >= 1 && id <= MOST_NODES) return id
  throw wrong(source, member, `member ${quoted(member.text)}`, 'one such as n1/eth0')
}

const degrees = (element: XmlElement, source: string): readonly [number, number] => {
  const [lat, lon] = ['lat', 'lon'].map((name) => decimal(element, name, source))
  if (Math.abs(lat!) <= 90 && Math.abs(lon!) <= 180) return [lat!, lon!]
  throw wrong(source, element, `the position ${lat},${lon}`, 'a latitude within 90 and a longitude within 180 degrees')
}

const decimal = (element: XmlElement, name: string, source: string): number => {
  const text = element.attributes.get(name)
  if (text !== undefined && /^[+-]?\d{1,15}(\.\d{1,20})?(e[+-]?\d{1,2})?$/i.test(text)) return Number(text)
  throw wrong(source, element, `${name} ${quoted(text)}`, 'a number')
}

const WIRELESS = new Set(['WIRELESS_LAN', 'EMANE', 'WIRELESS'])

const newSchema = (root: XmlElement, source: string): CoreTopology => {
  const idOf = (element: XmlElement, name: string): number => {
    const text = element.attributes.get(name)
    if (text !== undefined && /^\d{1,9}$/.test(text)) return Number(text)
    throw wrong(source, element, `${name} ${quoted(text)}`, 'the number of a node')
  }
  const section = (name: string, child: string): XmlElement[] =>
    root.children.filter((one) => one.name === name).flatMap(({ children }) => children.filter((one) => one.name === child))
  const devices = section('devices', 'device').map((device) => ({ id: idOf(device, 'id'), device })).sort((x, y) => x.id - y.id)
  const nodeOf = new Map(devices.map(({ id }, i) => [id, i + 1]))
  const twice = devices.find(({ id }, i) => id === devices[i - 1]?.id)
  if (twice !== undefined) throw wrong(source, twice.device, `device ${twice.id} twice`, 'an id of its own')
  const networks = new Map(section('networks', 'network').map((one) => [idOf(one, 'id'), one.attributes.get('type') ?? '']))
  const points = devices.map(({ device }) => {
    const position = device.children.find(({ name, attributes }) => name === 'position' && attributes.has('lat'))
    return position === undefined ? null : degrees(position, source)
  })
  const ends = section('links', 'link').map((link) => ({
    link, ends: [['node1', 'node_one'], ['node2', 'node_two']].map((names) => idOf(link, names.find((name) => link.attributes.has(name)) ?? names[0]!))
  }))
  for (const { link, ends: both } of ends) {
    const unknown = both.find((id) => !nodeOf.has(id) && !networks.has(id))
    if (unknown !== undefined) throw wrong(source, link, `a link to ${unknown}`, 'the id of a device or network of the file')
  }
  return { nodes: devices.length, links: linksOf(ends, nodeOf, networks, source), points }
}

type Ends = ReadonlyArray<{ readonly link: XmlElement, readonly ends: readonly number[] }>

type Ids<T> = ReadonlyMap<number, T>

const linksOf = (ends: Ends, nodeOf: Ids<number>, networks: Ids<string>, source: string): CoreLink[] => {
  const links = new Links()
  const segments = new Segments(networks.keys())
  for (const { link, ends: [one = 0, two = 0] } of ends) {
    if ([one, two].some((id) => WIRELESS.has(networks.get(id) ?? ''))) continue
    const [a, b] = [nodeOf.get(one), nodeOf.get(two)]
    if (a !== undefined && b !== undefined) {
      const { out, into } = wordsOf(link, (found, wanted) => wrong(source, link, found, wanted))
      links.add(a, b, out, into)
    } else if (a === undefined && b === undefined) segments.join(one, two)
    else segments.attach(a === undefined ? one : two, a ?? b!)
  }
  for (const members of segments.members()) {
    for (const [i, member] of members.entries()) for (const other of members.slice(i + 1)) links.add(member, other)
  }
  return links.sorted()
}

/** Wired networks that are joined to each other are one. */
class Segments {
  readonly #parent = new Map<number, number>()
  readonly #attached: Array<readonly [network: number, node: number]> = []

  constructor (networks: Iterable<number>) { for (const id of networks) this.#parent.set(id, id) }

  #root (id: number): number {
    let at = id
    while (this.#parent.get(at) !== at) at = this.#parent.get(at)!
    this.#parent.set(id, at)
    return at
  }

  join (a: number, b: number): void { this.#parent.set(this.#root(a), this.#root(b)) }

  attach (network: number, node: number): void { this.#attached.push([network, node]) }

  members (): number[][] {
    const found = new Map<number, number[]>()
    for (const [network, node] of this.#attached) found.set(this.#root(network), [...found.get(this.#root(network)) ?? [], node])
    return [...found.values()]
  }
}
