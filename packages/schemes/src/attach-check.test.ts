import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { objectionTo } from './attach-check.ts'
import type { AttachRequest } from './attach-protocol.ts'

const objection = suite('objectionTo')

const request = (kind: string): AttachRequest => ({ kind, description: '', port: 'any', isExclusive: false, hasOffload: true })
const peer = { pid: 1, uid: 1001, gid: 1001, groups: [] }
const [EBUSY, EINVAL, EOPNOTSUPP, ENOTTY] = [16, 22, 95, 25]

for (const [what, kind, fd, errno] of [
  ['no TAP is for good', 'tap', -ENOTTY, EINVAL],
  ['files of others that hang have the honest take datagrams', 'tap', -EBUSY, EOPNOTSUPP],
  ['an unknown kind has them take datagrams', 'x', 3, EOPNOTSUPP]
] as const) {
  objection(what, () => { assert.is(objectionTo(request(kind), fd, 0, peer)?.errno, errno) })
}

objection.run()
