/**
 * Who may use a port. Identity comes from the kernel (peer credentials), never from what a client says or names.
 */

/** "Nobody in particular": an unset user or group of a port, and the uid of a client whose identity is unknown. */
export const NONE = -1

/**
 * The credentials of a client. A uid below zero is unknown: it matches no rule and equals nobody, itself included.
 * Whoever makes an Owner maps the overflow uid to NONE where it may stand for several people (in a user namespace).
 */
export interface Owner {
  readonly uid: number
  readonly gid: number
  /** Supplementary groups of the process. */
  readonly groups: readonly number[]
  /** Says whether a databank knows `uid` as a member of `gid`: asked last, when the numbers above do not decide. */
  readonly memberOf?: (uid: number, gid: number) => boolean
}

/** A client about whom the kernel says nothing. */
export const UNKNOWN: Owner = { uid: NONE, gid: NONE, groups: [] }

/** What a port demands: one user, one group, either suffices. Both NONE: everybody. */
export interface AccessRule {
  readonly user: number
  readonly group: number
}

/** True when `owner` may use a port with this rule. Root may use every port. */
export const isAllowed = (rule: AccessRule, owner: Owner): boolean => {
  if (rule.user === NONE && rule.group === NONE) return true
  if (owner.uid < 0) return false
  if (owner.uid === 0 || owner.uid === rule.user) return true
  return rule.group !== NONE && isMember(owner, rule.group)
}

/** True when both are known and the same. */
export const isSameUser = (uid: number, owner: Owner): boolean => owner.uid >= 0 && owner.uid === uid

const isMember = (owner: Owner, group: number): boolean =>
  owner.gid === group || owner.groups.includes(group) || (owner.memberOf?.(owner.uid, group) ?? false)
