/**
 * Carries out a plan, or nothing of it: what was done before a failure is taken back, last first.
 *
 *     group by group: up to TOGETHER operations at once --> settle the nodes that were touched
 *     a failure --> undo what was done --> settle again --> the error, which says what the network is now
 */
import type { Plan } from '@vde-ts/model'
import { VdeError } from '@vde-ts/link'
import { operationsOf, undoing, type Operation } from './operations.ts'

/** Operations under way at a time: descriptors, and the kernel's patience, are finite. */
const TOGETHER = 32

/** What operations are done on. */
export interface Doer {
  /** @throws {VdeError} nothing of the operation is done */
  perform (operation: Operation): Promise<void>
  /** Brings the nodes that operations have touched in order. @throws {VdeError} */
  settle (): Promise<void>
}

/** @throws {VdeError} the network is what it was before; its message says so, or what could not be taken back */
export const carryOut = async (plan: Plan, doer: Doer): Promise<void> => {
  const done: Operation[] = []
  try {
    for (const group of operationsOf(plan)) await together(group, doer, done)
    await doer.settle()
  } catch (error) {
    const left = await takeBack(done, doer)
    const what = left.length === 0 ? 'the network is as it was before' : `and could not be taken back: ${left.join('; ')}`
    throw withState(error, what)
  }
}

const together = async (group: readonly Operation[], doer: Doer, done: Operation[]): Promise<void> => {
  for (let at = 0; at < group.length; at += TOGETHER) {
    const part = group.slice(at, at + TOGETHER)
    const results = await Promise.allSettled(part.map(async (operation) => { await doer.perform(operation) }))
    results.forEach((result, i) => { if (result.status === 'fulfilled') done.push(part[i]!) })
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }
}

const takeBack = async (done: readonly Operation[], doer: Doer): Promise<string[]> => {
  const left: string[] = []
  const attempt = async (action: Promise<void>): Promise<void> => {
    try {
      await action
    } catch (error) { left.push((error as Error).message) }
  }
  for (const operation of [...done].reverse()) await attempt(doer.perform(undoing(operation)))
  await attempt(doer.settle())
  return left
}

const withState = (error: unknown, what: string): VdeError => {
  if (error instanceof VdeError) return new VdeError(error.code, error.message.replace(/^Cannot /, '').split(': ')[0]!, `${error.message.split(': ').slice(1).join(': ')}; ${what}`, { cause: error })
  if (error instanceof SyntaxError) return new VdeError('EINVAL', 'apply the plan', `${error.message}; ${what}`, { cause: error })
  throw error
}
