/** Who has to go when a new connection finds no place: one of whoever has most, so that nobody can push out the others. */

/**
 * The oldest of the user who has most of `all`, which are oldest first; of two who have as many the one whose oldest came first.
 * Undefined when there is none.
 */
export const firstToGo = <T extends { readonly peer: { readonly uid: number } }>(all: Iterable<T>): T | undefined => {
  const users = new Map<number, { readonly oldest: T, count: number }>()
  for (const one of all) {
    const user = users.get(one.peer.uid)
    if (user === undefined) users.set(one.peer.uid, { oldest: one, count: 1 })
    else user.count++
  }
  let most: { readonly oldest: T, count: number } | undefined
  for (const user of users.values()) if (most === undefined || user.count > most.count) most = user
  return most?.oldest
}
