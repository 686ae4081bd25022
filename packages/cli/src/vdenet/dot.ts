/** A network in the language of Graphviz. Pure. */
import type { Cable, Interface, Model, Radio } from '@vde-ts/model'

/** Nodes as boxes, nets and radios as ellipses, a line for each interface on a net or radio and for each link. */
export const dotOf = (model: Model): string => [
  `graph ${quoted(model.name)} {`,
  '  graph [overlap=false, splines=true, rankdir=LR]',
  '  node [fontname="sans-serif", fontsize=11]',
  '  edge [fontname="sans-serif", fontsize=9]',
  ...model.nets.map(({ name, vid }) => `  ${quoted(`net ${name}`)} [label=${quoted(vid === 0 ? name : `${name}\n${vid}`)}, shape=ellipse]`),
  ...model.nodes.map(({ name, forward }) => `  ${quoted(name)} [shape=box, style=${forward ? '"rounded,bold"' : 'rounded'}]`),
  ...model.virts.map(({ net, name }) => `  ${quoted(`virt ${net}/${name}`)} [label=${quoted(name)}, shape=box, style=dashed]`),
  ...model.nodes.flatMap(({ name, interfaces }) => interfaces.filter(({ net }) => net !== null).map((one) => onNet(name, one))),
  ...model.virts.map(({ net, name }) => `  ${quoted(`virt ${net}/${name}`)} -- ${quoted(`net ${net}`)}`),
  ...model.links.map((link) => cable(link, model)),
  ...model.radios.flatMap(medium),
  '}',
  ''
].join('\n')

const onNet = (node: string, one: Interface): string =>
  `  ${quoted(node)} -- ${quoted(`net ${one.net}`)} [label=${quoted(one.addresses.join('\n'))}, taillabel=${quoted(one.name)}]`

const cable = ({ a, b, impair }: Cable, model: Model): string => {
  const ends = [a, b].map(({ node, iface }) => {
    const found = model.nodes.find(({ name }) => name === node)?.interfaces.find(({ name }) => name === iface)
    return [iface, ...found?.addresses ?? []].join('\n')
  })
  return `  ${quoted(a.node)} -- ${quoted(b.node)} ` +
    `[label=${quoted(impair)}, taillabel=${quoted(ends[0]!)}, headlabel=${quoted(ends[1]!)}]`
}

const medium = ({ name, stations }: Radio): string[] => [
  `  ${quoted(`radio ${name}`)} [label=${quoted(name)}, shape=ellipse, style=dashed]`,
  ...stations.map(({ node, iface, at }) =>
    `  ${quoted(node)} -- ${quoted(`radio ${name}`)} [style=dashed, label=${quoted(at.join(', '))}, taillabel=${quoted(iface)}]`)
]

const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
