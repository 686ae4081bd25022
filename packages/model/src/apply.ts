/** Plans carried out on models, and taken back. */
import { equal } from './equal.ts'
import type { Model } from './model.ts'
import { modelOf, tableOf } from './objects.ts'
import type { Plan, Step, StepAction } from './plan.ts'
import { ModelError } from './result.ts'

/**
 * The network after a plan. Objects keep their places in their lists, new ones come last.
 * @throws {ModelError} INCONSISTENT: the plan was made for another network, nothing of it is done
 */
export const apply = (plan: Plan, model: Model): Model => {
  if (plan.from !== model.name) throw moved(`network ${model.name}`)
  const table = tableOf(model)
  for (const { kind, key, old, now } of plan.steps) {
    const objects = table[kind] as Map<string, unknown>
    if (!equal(objects.get(key) ?? null, old)) throw moved(`${kind} ${key}`)
    if (now === null) objects.delete(key)
    else objects.set(key, now)
  }
  return modelOf(plan.to, table)
}

const moved = (what: string): ModelError =>
  new ModelError('INCONSISTENT', 'apply the plan', `${what} is not what it was when the plan was made, make a new plan`)

const INVERSE: Readonly<Record<StepAction, StepAction>> = { create: 'delete', delete: 'create', change: 'change', replug: 'replug' }

/** The plan that takes a plan back: its steps backwards. Also of the first steps of one: of what was done before a failure. */
export const inverse = ({ from, to, steps }: Plan): Plan => ({ from: to, to: from, steps: [...steps].reverse().map(undone) })

const undone = (step: Step): Step => ({
  ...step,
  action: INVERSE[step.action],
  old: step.now,
  now: step.old,
  differences: step.differences.map((one) => ({ ...one, from: one.to, to: one.from }))
}) as Step
