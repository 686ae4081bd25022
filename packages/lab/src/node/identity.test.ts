import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { covers, groupFor, passwdFor } from './identity.ts'
import { hasAllIds, rangeOf } from './ids.ts'

const identity = suite('identity')

identity('passwdFor makes the accounts of daemons root, behind root itself, and keeps the others', () => {
  const lines = passwdFor('root:x:0:0:root:/root:/bin/sh\nfrr:x:108:112::/nonexistent:/bin/false\nann:x:1001:1001::/home/ann:/bin/sh\n').split('\n')
  assert.is(lines[0], 'root:x:0:0:root:/root:/bin/sh')
  assert.ok(lines.includes('ann:x:1001:1001::/home/ann:/bin/sh'))
  assert.ok(lines.includes('frr:x:0:0:frr:/:/usr/sbin/nologin'))
  assert.is(lines.filter((line) => line.startsWith('frr:')).length, 1)
})

identity('groupFor has root in the groups that frr looks for', () => {
  assert.ok(groupFor('frrvty:x:111:frr\n').split('\n').includes('frrvty:x:0:root'))
  assert.not.match(groupFor('frrvty:x:111:frr\n'), /:111:/)
})

identity('covers leave the accounts alone where there are as many ids as the host has', () => {
  const paths = (hasOneId: boolean): string[] => covers('a', hasOneId).map(([path]) => path)
  assert.equal(paths(false), ['/etc/hostname', '/etc/hosts'])
  assert.equal(paths(true), ['/etc/hostname', '/etc/hosts', '/etc/passwd', '/etc/group'])
})

identity('rangeOf finds a range by name or number, wide enough', () => {
  const file = 'bob:100000:65536\nann:165536:1000\n1001:300000:65536\n'
  assert.is(rangeOf(file, 'bob', 7), 100000)
  assert.is(rangeOf(file, 'ann', 1001), 300000)
  assert.is(rangeOf(file, 'ann', 7), -1)
})

identity('hasAllIds tells the root of a machine from that of a namespace', () => {
  assert.ok(hasAllIds('         0          0 4294967295\n'))
  assert.ok(hasAllIds('0 1000 1\n0 100000 65536\n'))
  for (const map of ['0 1001 1\n', '0 1001 65535\n', '1 100000 65536\n', '']) assert.not.ok(hasAllIds(map), map)
})

identity.run()
