/** What runs, as text. Pure. */
import type { LabStatus } from '@vde-ts/lab/daemon/protocol.js'

/** One network, all of it. */
export const statusText = (lab: LabStatus): string => {
  const drift = lab.drift === 0 ? '' : `, ${lab.drift} steps away from it (vdenet apply mends that)`
  const trial = lab.trialUntil === null ? '' : `, tried until ${new Date(lab.trialUntil).toISOString().slice(11, 19)} UTC`
  return [`${lab.name}: of ${lab.file}${drift}${trial}`, ...lab.nodes.flatMap(nodeLines), ...netLines(lab), ...linkLines(lab)].join('\n') + '\n'
}

const nodeLines = ({ name, pid, interfaces, programs }: LabStatus['nodes'][number]): string[] => [
  `  node ${name}: ${pid === null ? 'ENDED' : `pid ${pid}`}`,
  ...interfaces.map((one) => `    ${one.name}${one.net === null ? '' : ` on ${one.net}`} ${one.addresses.join(' ')}`.trimEnd()),
  ...programs.map(({ command, state }) => `    ${command}: ${state}`)
]

const netLines = ({ nets }: LabStatus): string[] => nets.map(({ name, path }) => `  net ${name}: vde://${path}`)

const linkLines = ({ links }: LabStatus): string[] => links.map(({ name, impair, frames: [there, back] }) =>
  `  link ${name}: ${impair === null ? 'NOT CONNECTED' : `${there} frames there, ${back} back${impair === '' ? '' : `, ${impair}`}`}`)

/** A line for each network. */
export const listText = (labs: readonly LabStatus[]): string => labs.map(({ name, nodes, nets, links, drift }) => {
  const up = nodes.filter(({ pid }) => pid !== null).length
  return `${name}: ${up} of ${nodes.length} nodes, ${nets.length} nets, ${links.length} links${drift === 0 ? '' : `, ${drift} steps to mend`}\n`
}).join('')
