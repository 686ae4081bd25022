/** vdenet: radios of what runs. */
import type { HearingStatus, RadioStatus } from '@vde-ts/lab/realm/radio.js'
import { VdeError } from '@vde-ts/link/errors.js'
import { UsageError, type Parsed } from '../command.ts'
import type { Program } from '../run.ts'
import { print } from '../stdout.ts'
import { needDaemon } from './control.ts'

/** vdenet move NODE X,Y */
export const moveCommand = async (_program: Program, { values, operands }: Parsed): Promise<number> => {
  const [node, place] = operands
  const at = place!.split(',').map((text) => /^-?\d{1,10}(\.\d{1,9})?$/.test(text) ? Number(text) : NaN)
  if (at.length < 2 || at.length > 3 || at.some(Number.isNaN)) {
    throw new UsageError(`Cannot read the position: found "${place!.slice(0, 40)}", want X,Y or X,Y,Z in metres`)
  }
  await (await needDaemon()).ask({ op: 'move', lab: values.text('lab') ?? null, node: node!, at })
  return 0
}

/** vdenet radio show [RADIO] */
export const radioCommand = async (_program: Program, { values, operands }: Parsed): Promise<number> => {
  const [verb, name] = operands
  if (verb !== 'show') throw new UsageError(`Cannot read the words of "vdenet radio": found "${verb!.slice(0, 40)}", want show`)
  const radios = await (await needDaemon()).ask({ op: 'radios', lab: values.text('lab') ?? null })
  const chosen = name === undefined ? radios : radios.filter((one) => one.name === name)
  if (name !== undefined && chosen.length === 0) {
    throw new VdeError('ENOENT', `show radio "${name}"`, `there is none of this name, want one of ${radios.map((one) => one.name).join(', ') || 'none at all'}`)
  }
  print(values.has('json') ? `${JSON.stringify(chosen)}\n` : chosen.map(radioText).join(''))
  return 0
}

/** A radio as a list of what is allowed, a line for each direction. Pure. */
export const radioText = (radio: RadioStatus): string => {
  const places = radio.stations.map(({ node, at, impair }) => `${node} ${radio.model === null ? impair : at.join(',')}`.trim()).join('; ')
  if (radio.model === null) return `radio ${radio.name}: hub, policy accept\n  ${places}\n`
  const open = radio.hearings.filter(({ isOpen }) => isOpen)
  const rows = [['mark', 'from', 'to', 'frames', 'lost', 'quality'], ...open.map(rowOf)]
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)))
  const lines = rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ').trimEnd()}\n`)
  return `radio ${radio.name}: model ${radio.model}, policy drop\n  ${places}\n${lines.join('')}`
}

const rowOf = ({ mark, from, to, frames, lost, quality }: HearingStatus): string[] =>
  [String(mark), from, to, String(frames), String(lost), quality === '' ? 'as it is' : quality]
