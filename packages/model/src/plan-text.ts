/** Plans for people and for programs. */
import { KINDS } from './objects.ts'
import type { Difference, Kind, Plan, Step, StepAction } from './plan.ts'

const SIGNS: Readonly<Record<StepAction, string>> = { create: '+', change: '~', replug: '!', delete: '-' }

/** How many steps of each action. */
export type Summary = Readonly<Record<StepAction, number>>

/** Counts the steps of a plan. */
export const summaryOf = ({ steps }: Plan): Summary => {
  const count = (action: StepAction): number => steps.filter((step) => step.action === action).length
  return { create: count('create'), change: count('change'), replug: count('replug'), delete: count('delete') }
}

/** Exit status of a command that shows a plan: 0 nothing to do, 2 changes. (1 is for errors.) */
export const planStatus = ({ steps }: Plan): 0 | 2 => steps.length === 0 ? 0 : 2

/** Ports and links that lose frames, each once, sorted. */
export const interruptedOf = ({ steps }: Plan): string[] => [...new Set(steps.flatMap(({ interrupts }) => interrupts))].sort()

/** A line for each step and one that sums up, each with its newline. */
export const planText = (plan: Plan): string => {
  if (plan.steps.length === 0) return 'Nothing to do.\n'
  const { create, change, replug, delete: gone } = summaryOf(plan)
  const lost = interruptedOf(plan)
  const lines = plan.steps.map(lineOf)
  lines.push('', `${create} to create, ${change} to change in place, ${replug} to replug, ${gone} to delete.`)
  lines.push(lost.length === 0 ? 'No traffic is interrupted.' : `Interrupted for a moment: ${lost.join(', ')}.`)
  return lines.join('\n') + '\n'
}

const lineOf = ({ action, kind, key, differences, interrupts }: Step): string => {
  const what = differences.length === 0 ? '' : `: ${differences.map(differenceText).join(', ')}`
  const cost = interrupts.length === 0 ? '' : ` (interrupts ${interrupts.join(', ')})`
  return `${SIGNS[action]} ${kind} ${key}${what}${cost}`
}

const differenceText = ({ attribute, from, to }: Difference): string => `${attribute} ${valueText(from)} -> ${valueText(to)}`

/** Lists of objects by their length: rules are shown by the file, not by the plan. */
const valueText = (value: unknown): string => {
  if (value === null) return 'none'
  if (Array.isArray(value) && value.some((item) => typeof item === 'object')) return `[${value.length}]`
  return typeof value === 'string' ? value || '""' : JSON.stringify(value)
}

/** The JSON form: steps with whole objects, so that it can be saved, read back and applied. A newline at the end. */
export const planJson = (plan: Plan): string =>
  JSON.stringify({ version: 1, summary: summaryOf(plan), interrupted: interruptedOf(plan), ...plan }, null, 2) + '\n'

/**
 * The plan of a JSON form. What its objects hold is not looked at: apply() compares them with the network it is for.
 * @throws {SyntaxError} not JSON, or not a plan of this version
 */
export const readPlan = (text: string): Plan => {
  const read = JSON.parse(text) as Partial<Plan> & { version?: unknown } | null
  if (read?.version === 1 && typeof read.from === 'string' && typeof read.to === 'string' && Array.isArray(read.steps)) {
    if (read.steps.every(isStep)) return { from: read.from, to: read.to, steps: read.steps }
  }
  throw new SyntaxError('Cannot read the plan: no plan of version 1 found, want one in JSON as it was saved')
}

const isStep = (step: Partial<Step> | null): boolean => step !== null && typeof step === 'object' && typeof step.key === 'string' &&
  KINDS.includes(step.kind as Kind) && Object.hasOwn(SIGNS, String(step.action)) && Array.isArray(step.differences) &&
  Array.isArray(step.interrupts) && typeof step.old === 'object' && typeof step.now === 'object'
