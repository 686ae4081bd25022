/**
 * What is wrong with a network. All problems are found, each is reported once, with the path of what it is about.
 * The first seventeen codes are LSDN's, under its numbers; then what its documentation promises or its users missed, and labs.
 */

/** LSDN's codes; the index is the number. */
export const LSDN_CODES = [
  'PHYS_NOATTR', 'PHYS_DUPATTR', 'PHYS_INCOMPATIBLE_IPV', 'PHYS_NOT_ATTACHED', 'VIRT_NOIF', 'VIRT_NOATTR', 'VIRT_DUPATTR',
  'NET_BAD_NETTYPE', 'NET_BADID', 'NET_DUPID', 'VR_INCOMPATIBLE_MATCH', 'VR_DUPLICATE_RULE', 'COMMIT_NETLINK',
  'COMMIT_NETLINK_CLEANUP', 'COMMIT_NOMEM', 'NO_NLSOCK', 'RATES_INVALID'
] as const

/** Ours. */
export const OTHER_CODES = [
  'NAME_INVALID', 'NAME_DUPLICATE', 'NAME_UNKNOWN', 'ADDRESS_INVALID', 'PHYS_NOIF', 'PHYS_TWICE_LOCAL',
  'SETTINGS_PORT', 'SETTINGS_GROUP', 'SETTINGS_GROUP_IPV', 'NET_PORT_SHARED', 'NET_DIRECT_SHARED', 'VIRT_DUPIF', 'MAC_INVALID',
  'MTU_INVALID', 'RULE_INVALID', 'RULE_MIXED_IPV', 'CHAIN_LOOP', 'IFACE_WIRING', 'LINK_END_TAKEN', 'LINK_SELF', 'ADDRESS_DUPLICATE'
] as const

/** Any of them. */
export type ProblemCode = typeof LSDN_CODES[number] | typeof OTHER_CODES[number]

/** What a problem is about: kinds of plan.ts, with a key; or a bare value. */
export interface Reference {
  readonly kind: 'attr' | 'settings' | 'net' | 'phys' | 'attachment' | 'virt' | 'node' | 'interface' | 'link' | 'radio' | 'rule' |
  'chain' | 'set' | 'expect' | 'if' | 'netid'
  /** `shop/till`, `a:eth0`, an attribute's name, a number; a rule: `shop/till/in#2`, the second of its direction. */
  readonly key: string
}

/** One problem. */
export interface Problem {
  readonly code: ProblemCode
  /** In the order that LSDN gives them for its codes. */
  readonly references: readonly Reference[]
  /** The object it is about: of several, the one that came later. */
  readonly subject: Reference
  /** Which of its attributes, if it is one. */
  readonly attribute: string | null
  /** The subject for people: `net shop / virt till / rule in 100 #2`. */
  readonly path: string
  /** What was found, what is wanted. */
  readonly message: string
  /** How to get out of it, when that is not obvious. */
  readonly hint: string | null
}

/** Is told of each problem; the record is the callee's to keep. */
export type ProblemCallback = (problem: Problem) => void

/** LSDN's number of a code, -1 for one of ours. */
export const codeNumber = (code: ProblemCode): number => (LSDN_CODES as readonly string[]).indexOf(code)

/** One line for people, without a newline. */
export const formatProblem = ({ code, path, message, hint }: Problem): string =>
  `${path}: ${message} [${code}]${hint === null ? '' : ` (${hint})`}`
