/** What runs, as text. Pure. */
import type { LabStatus } from '@vde-ts/lab/daemon/protocol.js'

/** One network, all of it. */
export const statusText = (lab: LabStatus): string => {
  const drift = lab.drift === 0 ? '' : `, ${lab.drift} steps away from it (vdenet apply mends that)`
  const trial = lab.trialUntil === null ? '' : `, tried until ${new Date(lab.trialUntil).toISOString().slice(11, 19)} UTC`
  return [`${lab.name}: of ${lab.file}${drift}${trial}`, ...lab.nodes.flatMap(nodeLines), ...netLines(lab), ...virtLines(lab), ...linkLines(lab), ...lab.filters.flatMap(filterLines)].join('\n') + '\n'
}

const nodeLines = ({ name, host, pid, interfaces, programs }: LabStatus['nodes'][number]): string[] => host !== null
  ? [`  node ${name}: on host ${host}`]
  : [
      `  node ${name}: ${pid === null ? 'ENDED' : `pid ${pid}`}`,
      ...interfaces.map((one) => `    ${one.name}${one.net === null ? '' : ` on ${one.net}`} ${one.addresses.join(' ')}`.trimEnd()),
      ...programs.map(({ command, state }) => `    ${command}: ${state}`)
    ]

const netLines = ({ nets }: LabStatus): string[] => nets.flatMap(({ name, path, overlay }) => [
  `  net ${name}: vde://${path}`, ...overlay === null ? [] : [`    ${overlayText(overlay)}`]
])

const overlayText = ({ type, vid, phys, hosts, mtu, drops: [arrived, sent] }: NonNullable<LabStatus['nets'][number]['overlay']>): string => {
  const others = hosts.length === 0 ? '' : `, to ${hosts.join(', ')}`
  return `${type} ${vid} on phys ${phys}${others}; MTU ${mtu}; ${arrived} frames not understood, ${sent} not sent`
}

const virtLines = ({ virts }: LabStatus): string[] => virts.map((virt) => `  virt ${virt.net}/${virt.name}: ${placeOf(virt)}`)

const placeOf = ({ phys, iface, mtu }: LabStatus['virts'][number]): string => {
  if (iface !== null) return `by ${iface}${mtu === null ? '' : `, MTU ${mtu}`}`
  return phys === null ? 'not connected' : `on host ${phys}`
}

const linkLines = ({ links }: LabStatus): string[] => links.map(({ name, impair, frames: [there, back] }) =>
  `  link ${name}: ${impair === null ? 'NOT CONNECTED' : `${there} frames there, ${back} back${impair === '' ? '' : `, ${impair}`}`}`)

/** A direction of a port that has rules, in the order in which frames meet them. */
const filterLines = ({ port, side, fallback, drops, rules }: LabStatus['filters'][number]): string[] => [
  `  ${port} ${side}: ${drops.rule} dropped, ${drops.malformed} malformed, else ${fallback}`,
  ...rules.map(({ chain, position, name, action, frames, octets }) =>
    `    ${chain === null ? '' : `${chain} `}#${position}${name === null ? '' : ` ${name}`} ${action}: ${frames} frames, ${octets} octets`)
]

/** A line for each network. */
export const listText = (labs: readonly LabStatus[]): string => labs.map(({ name, nodes, nets, links, drift }) => {
  const here = nodes.filter(({ host }) => host === null)
  const up = here.filter(({ pid }) => pid !== null).length
  return `${name}: ${up} of ${here.length} nodes, ${nets.length} nets, ${links.length} links${drift === 0 ? '' : `, ${drift} steps to mend`}\n`
}).join('')
