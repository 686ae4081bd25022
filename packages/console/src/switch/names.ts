/** Names of users and groups for display, remembered for a while: a name service may ask the network. */
import { native } from '@vde-ts/native'
import { NONE } from '@vde-ts/switch/access.js'
import { VdeError } from '@vde-ts/link'

const KEEP_MS = 60_000
const MOST = 1024
const HIGHEST_ID = 0xfffffffe

class NameCache {
  readonly #lookUp: (id: number) => string | null
  readonly #names = new Map<number, string>()
  #since = 0

  constructor (lookUp: (id: number) => string | null) { this.#lookUp = lookUp }

  name (id: number): string {
    if (id < 0) return 'NONE'
    const now = performance.now()
    if (now - this.#since > KEEP_MS || this.#names.size >= MOST) {
      this.#names.clear()
      this.#since = now
    }
    let name = this.#names.get(id)
    if (name === undefined) this.#names.set(id, name = this.#lookUp(id) ?? String(id))
    return name
  }
}

export class Names {
  readonly #users = new NameCache((id) => native.userById(id)?.name ?? null)
  readonly #groups = new NameCache((id) => native.groupById(id))

  /** Name of a uid, its number when it has none, `NONE` below zero. */
  user (uid: number): string { return this.#users.name(uid) }
  group (gid: number): string { return this.#groups.name(gid) }

  /** Uid of a name, a number, or `NONE` or `ANY`. @throws {VdeError} EINVAL unknown */
  uid (text: string): number { return parse(text, 'user', (name) => native.userByName(name)?.uid ?? NONE) }
  gid (text: string): number { return parse(text, 'group', (name) => native.groupByName(name)) }
}

const parse = (text: string, what: string, lookUp: (name: string) => number): number => {
  if (text === 'NONE' || text === 'ANY') return NONE
  const found = lookUp(text)
  if (found >= 0) return found
  if (/^\d+$/.test(text) && Number(text) <= HIGHEST_ID) return Number(text)
  throw new VdeError('EINVAL', `find the ${what} "${text}"`, 'there is none, want a name, a number, or NONE')
}
