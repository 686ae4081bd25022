/**
 * What turns one network into another, step by step, and what each step costs.
 *
 * Steps stand in the order in which they can be done: what goes away from the leaves up, then what changes, then what comes
 * from the root down. `old` and `now` are the whole objects, so a step needs no other source, and undoing a plan is doing its
 * steps backwards with the two exchanged. A realiser switches on `kind`, then on `action`.
 */
import type { AddressSet, Chain } from './firewall.ts'
import type { Expectation } from './expectation.ts'
import type { Attachment, Cable, Interface, Net, Node, Phys, Radio, Settings, Virt } from './model.ts'

/** The objects that steps are about, by kind. */
export interface Objects {
  readonly settings: Settings
  readonly net: Net
  readonly phys: Phys
  readonly attachment: Attachment
  readonly virt: Virt
  /** Without its interfaces: `interfaces` is empty, each has a step of its own. */
  readonly node: Node
  readonly interface: Interface & { readonly node: string }
  readonly link: Cable
  readonly radio: Radio
  readonly chain: Chain
  readonly set: AddressSet
  readonly expect: Expectation
}

/** Kind of an object. */
export type Kind = keyof Objects

/**
 * `change`: in place, no frame is lost. `replug`: taken away and made anew at the same place in the same step, so its traffic
 * is interrupted; a node that is replugged ends and starts again, its interfaces then are `replug` too.
 */
export type StepAction = 'create' | 'change' | 'replug' | 'delete'

/** An attribute that differs, as dotted path and JSON values. */
export interface Difference {
  readonly attribute: string
  readonly from: unknown
  readonly to: unknown
}

/** One step about an object of kind K. */
export interface StepOf<K extends Kind> {
  readonly kind: K
  readonly action: StepAction
  /** As {@link keyOf} has it: `shop/till` for a virt, `a:eth0` for an interface, `shop/north` for an attachment. */
  readonly key: string
  /** Null when it is created. */
  readonly old: Objects[K] | null
  /** Null when it is deleted. */
  readonly now: Objects[K] | null
  /** Empty for create and delete. */
  readonly differences: readonly Difference[]
  /** Ports and links whose frames are lost for a moment, as `virt shop/till`, `interface a:eth0`, `link r:eth1--b:eth0`. */
  readonly interrupts: readonly string[]
}

/** One step. */
export type Step = { readonly [K in Kind]: StepOf<K> }[Kind]

/** A whole plan; nothing to do when `steps` is empty. */
export interface Plan {
  /** Name of the network before. */
  readonly from: string
  /** Name of the network after. */
  readonly to: string
  readonly steps: readonly Step[]
}

/** Names an object among those of its kind. */
export const keyOf = <K extends Kind>(kind: K, object: Objects[K]): string => KEYS[kind](object)

const named = (object: { readonly name: string }): string => object.name

const KEYS: { readonly [K in Kind]: (object: Objects[K]) => string } = {
  settings: named,
  net: named,
  phys: named,
  attachment: ({ net, phys }) => `${net}/${phys}`,
  virt: ({ net, name }) => `${net}/${name}`,
  node: named,
  interface: ({ node, name }) => `${node}:${name}`,
  link: named,
  radio: named,
  chain: named,
  set: named,
  expect: ({ text }) => text
}
