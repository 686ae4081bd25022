/**
 * A plan as what is to be done: things are taken away, changed, made. Everything that goes is gone before anything comes.
 *
 *     delete, replug: take, leaves first      change      create, replug: make, root first
 */
import { KINDS, type Kind, type Objects, type Plan, type Step } from '@vde-ts/model'

/** One thing to do with an object of kind K. */
export interface OperationOf<K extends Kind> {
  readonly kind: K
  readonly key: string
  /** Null when it is made. */
  readonly old: Objects[K] | null
  /** Null when it is taken away. */
  readonly now: Objects[K] | null
}

/** One thing to do. */
export type Operation = { readonly [K in Kind]: OperationOf<K> }[Kind]

/** Plugged anew below their ports, which stay: the switch of a net, what its overlay needs of a phys. */
const STAYS: readonly Kind[] = ['net', 'phys']

/** The operations of a plan, in groups: those of a group may be done at the same time. */
export const operationsOf = ({ steps }: Plan): Operation[][] => {
  const isAnew = ({ action, kind }: Step): boolean => action === 'replug' && !STAYS.includes(kind)
  const goes = steps.filter((step) => step.action === 'delete' || isAnew(step))
  const changes = steps.filter((step) => step.action === 'change' || (step.action === 'replug' && !isAnew(step)))
  const comes = steps.filter((step) => step.action === 'create' || isAnew(step))
  return [
    ...[...KINDS].reverse().map((kind) => ofKind(goes, kind).map((step) => ({ ...bare(step), now: null }))),
    ...KINDS.map((kind) => ofKind(changes, kind).map(bare)),
    ...KINDS.map((kind) => ofKind(comes, kind).map((step) => ({ ...bare(step), old: null })))
  ].filter((group) => group.length > 0) as Operation[][]
}

const ofKind = (steps: readonly Step[], kind: Kind): Step[] => steps.filter((step) => step.kind === kind)

const bare = ({ kind, key, old, now }: Step): Operation => ({ kind, key, old, now }) as Operation

/** What takes an operation back. */
export const undoing = ({ kind, key, old, now }: Operation): Operation => ({ kind, key, old: now, now: old }) as Operation
