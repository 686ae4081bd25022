import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isAllowed, isSameUser, NONE, UNKNOWN, type Owner } from './access.ts'

const alice: Owner = { uid: 1000, gid: 1000, groups: [20] }
const root: Owner = { uid: 0, gid: 0, groups: [] }
const known: Owner = { uid: 7, gid: 7, groups: [], memberOf: (uid, gid) => uid === 7 && gid === 60 }

const rules = suite('isAllowed')

for (const [name, user, group, owner, want] of [
  ['no rule lets everybody in', NONE, NONE, alice, true],
  ['no rule lets the unknown in', NONE, NONE, UNKNOWN, true],
  ['the user', 1000, NONE, alice, true],
  ['another user', 1001, NONE, alice, false],
  ['root', 1001, 60, root, true],
  ['the unknown at a user rule', 1000, NONE, UNKNOWN, false],
  ['the unknown at a group rule', NONE, 20, UNKNOWN, false],
  ['a primary group', NONE, 1000, alice, true],
  ['a supplementary group of the process', NONE, 20, alice, true],
  ['a group only the databank knows', NONE, 60, known, true],
  ['no member of the group', NONE, 60, alice, false],
  ['user or group: the group suffices', 1, 20, alice, true],
  ['a user rule only, with a group databank', 8, NONE, known, false]
] as const) {
  rules(name, () => { assert.is(isAllowed({ user, group }, owner), want) })
}

rules('a port without current user does not admit the unknown as the same', () => {
  assert.not.ok(isSameUser(NONE, UNKNOWN))
  assert.ok(isSameUser(1000, alice))
  assert.not.ok(isSameUser(0, alice))
})

rules.run()
