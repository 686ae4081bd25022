/** The plan that turns one network into another. Pure: the same two networks always give the same plan. */
import { interruptedBy, isReplug, knockOn } from './consequences.ts'
import { differences } from './equal.ts'
import type { Model } from './model.ts'
import { KINDS, tableOf, type Table } from './objects.ts'
import type { Difference, Kind, Objects, Plan, Step, StepAction } from './plan.ts'

/** These are named by rules of ports that change in place, so they go last. */
const LATE: readonly Kind[] = ['chain', 'set']

/**
 * What is to be done. An empty plan means that nothing is.
 *
 * Everything that goes is gone before anything comes, so numbers, ports and interfaces can pass from one object to another
 * in one plan. Whoever carries it out takes away what is replugged before it makes any of it anew, for the same reason.
 */
export const diff = (old: Model, now: Model): Plan => {
  const [before, after] = [tableOf(old), tableOf(now)]
  const early = [...KINDS].reverse().filter((kind) => !LATE.includes(kind))
  const replugged = new Set<string>()
  const steps = [
    ...early.flatMap((kind) => deletions(kind, before, after)),
    ...KINDS.flatMap((kind) => arrivals(kind, before, after, replugged)),
    ...LATE.flatMap((kind) => deletions(kind, before, after))
  ]
  return { from: old.name, to: now.name, steps }
}

const deletions = (kind: Kind, before: Table, after: Table): Step[] =>
  [...before[kind]].filter(([key]) => !after[kind].has(key)).map(([key, old]) =>
    stepOf(kind, 'delete', key, old, null, [], kind === 'attachment' ? interruptedBy(kind, key, after) : []))

/** What is new or differs; what is replugged is noted, since others hang on it. */
const arrivals = (kind: Kind, before: Table, after: Table, replugged: Set<string>): Step[] => {
  const steps: Step[] = []
  for (const [key, now] of after[kind]) {
    const old = before[kind].get(key)
    if (old === undefined) {
      steps.push(stepOf(kind, 'create', key, null, now, [], []))
      continue
    }
    const found = [...differences(old, now), ...knockOn(kind, key, before, after, replugged)]
    if (found.length === 0) continue
    const isPlug = isReplug(kind, old, now, found)
    if (isPlug) replugged.add(`${kind} ${key}`)
    steps.push(stepOf(kind, isPlug ? 'replug' : 'change', key, old, now, found, isPlug ? interruptedBy(kind, key, before) : []))
  }
  return steps
}

const stepOf = (
  kind: Kind, action: StepAction, key: string, old: Objects[Kind] | null, now: Objects[Kind] | null,
  found: readonly Difference[], interrupts: readonly string[]
// The tables hold objects of their own kind only, which the type of an entry cannot tell.
): Step => ({ kind, action, key, old, now, differences: found, interrupts }) as Step
