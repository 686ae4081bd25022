import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { macOf } from './mac-of.ts'
import { keyOf } from './plan.ts'
import { LSDN_CODES, codeNumber, formatProblem } from './problem.ts'

const names = suite('names of objects')

names('keyOf tells objects of a kind apart', () => {
  assert.is(keyOf('attachment', { net: 'shop', phys: 'north' }), 'shop/north')
  assert.is(keyOf('chain', { name: 'c', rules: [] }), 'c')
})

names('macOf is individual, locally administered, the same each time and another for each name', () => {
  const macs = new Set<string>()
  for (let i = 0; i < 1000; i++) macs.add(macOf('lab', `n${i}`, 'eth0')).add(macOf('lab', `n${i}`, 'eth1'))
  assert.is(macs.size, 2000)
  for (const mac of macs) assert.match(mac, /^02(?::[0-9a-f]{2}){5}$/)
  assert.is(macOf('lab', 'a', 'eth0'), macOf('lab', 'a', 'eth0'))
})
names.run()

const problems = suite('problems')

problems('LSDN has seventeen codes, under its numbers', () => {
  assert.is(LSDN_CODES.length, 17)
  assert.is(codeNumber('PHYS_NOATTR'), 0)
  assert.is(codeNumber('NET_BADID'), 8)
  assert.is(codeNumber('RATES_INVALID'), 16)
  assert.is(codeNumber('LINK_SELF'), -1)
})

problems('formatProblem is one line', () => {
  const subject = { kind: 'net', key: 'shop' } as const
  const problem = { code: 'NET_BADID', references: [], subject, attribute: null, path: 'net shop', message: 'VID 5000 is out of 1..4095', hint: 'take 41' } as const
  assert.is(formatProblem(problem), 'net shop: VID 5000 is out of 1..4095 [NET_BADID] (take 41)')
  assert.is(formatProblem({ ...problem, hint: null }), 'net shop: VID 5000 is out of 1..4095 [NET_BADID]')
})
problems.run()
