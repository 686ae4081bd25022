/** A model as its objects, each under its kind and key, and back. Interfaces are objects of their own here. */
import { equal } from './equal.ts'
import type { Interface, Model, Node } from './model.ts'
import { keyOf, type Kind, type Objects } from './plan.ts'

/** From the root down: what stands further right names what stands further left. */
export const KINDS: readonly Kind[] =
  ['set', 'chain', 'settings', 'phys', 'net', 'attachment', 'node', 'interface', 'virt', 'link', 'radio', 'expect']

/** The objects of a kind by key, in the order of the model. Of two under one key the later counts; validate() names them. */
export type Table = { readonly [K in Kind]: Map<string, Objects[K]> }

/** The objects of a model. */
export const tableOf = (model: Model): Table => ({
  set: byKey('set', model.sets),
  chain: byKey('chain', model.chains),
  settings: byKey('settings', model.settings),
  phys: byKey('phys', model.physes),
  net: byKey('net', model.nets),
  attachment: byKey('attachment', model.attachments),
  node: byKey('node', model.nodes.map((node) => ({ ...node, interfaces: [] }))),
  interface: byKey('interface', model.nodes.flatMap(interfacesOf)),
  virt: byKey('virt', model.virts),
  link: byKey('link', model.links),
  radio: byKey('radio', model.radios),
  expect: byKey('expect', model.expect)
})

const byKey = <K extends Kind>(kind: K, objects: ReadonlyArray<Objects[K]>): Map<string, Objects[K]> =>
  new Map(objects.map((object) => [keyOf(kind, object), object]))

const interfacesOf = (node: Node): Array<Objects['interface']> => node.interfaces.map((one) => ({ ...one, node: node.name }))

/** The model of these objects. An interface whose node is not among them is left out. */
export const modelOf = (name: string, table: Table): Model => ({
  name,
  settings: [...table.settings.values()],
  nets: [...table.net.values()],
  physes: [...table.phys.values()],
  attachments: [...table.attachment.values()],
  virts: [...table.virt.values()],
  nodes: nodesOf(table),
  links: [...table.link.values()],
  radios: [...table.radio.values()],
  chains: [...table.chain.values()],
  sets: [...table.set.values()],
  expect: [...table.expect.values()]
})

const nodesOf = (table: Table): Node[] => {
  const byNode = new Map<string, Interface[]>([...table.node.keys()].map((name) => [name, []]))
  for (const { node, ...one } of table.interface.values()) byNode.get(node)?.push(one)
  return [...table.node.values()].map((node) => ({ ...node, interfaces: byNode.get(node.name)! }))
}

/** Two networks of the same name with the same objects, in any order. */
export const equalModels = (a: Model, b: Model): boolean => {
  const [left, right] = [tableOf(a), tableOf(b)]
  return a.name === b.name && KINDS.every((kind) => equalTables(left[kind], right[kind]))
}

const equalTables = (a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean =>
  a.size === b.size && [...a].every(([key, object]) => b.has(key) && equal(object, b.get(key)))
