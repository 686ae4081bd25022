import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { VdeError } from '@vde-ts/link/errors.js'
import type { EndpointLimits } from './attachments.ts'
import { Switch } from './switch.ts'
import { makeSwitch, plug, user } from './testing.ts'

const limits = suite('limits of endpoints')

/** What became of clients of these users, one after the other: a letter each, + in, - refused. */
const come = (sw: Switch, uids: readonly number[], more: object = {}): string => uids.map((uid) => {
  try {
    plug(sw, 'any', { owner: user(uid), mayUsePortZero: false, ...more })
    return '+'
  } catch (error) {
    assert.is((error as VdeError).code, 'ENOSPC')
    return '-'
  }
}).join('')

const NONE = { perUser: null, perPort: null, total: null }

for (const [what, change, uids, wanted] of [
  ['none', NONE, [5, 5, 5, 5, 6], '+++++'],
  ['two for each user', { perUser: 2 }, [5, 5, 5, 6, 6, 6, 7], '++-++-+'],
  ['two for all that are unknown', { perUser: 2 }, [-1, -1, -1, 5], '++-+'],
  ['none at all', { total: 0 }, [5, 6], '--'],
  // One user leaves half to the others, the next half of what is left, and a newcomer always finds something.
  ['eight in total', { total: 8 }, [5, 5, 5, 5, 5, 6, 6, 6, 7, 7, 8, 9], '++++-++-+-+-']
] as ReadonlyArray<readonly [string, Partial<EndpointLimits>, readonly number[], string]>) {
  limits(what, () => {
    const sw = makeSwitch()
    sw.setLimits(change)
    assert.is(come(sw, uids), wanted)
    assert.is(sw.endpointCount, wanted.replaceAll('-', '').length)
  })
}

limits('who may manage the switch is held by the total only', () => {
  const sw = makeSwitch()
  sw.setLimits({ perUser: 1, total: 3 })
  assert.is(come(sw, [5, 5, 5, 5], { mayUsePortZero: true }), '+++-')
})

limits('a port has as many as it may, and the next finds another', () => {
  const sw = makeSwitch()
  sw.setLimits({ perPort: 2 })
  assert.is(come(sw, [5, 5, 5], { port: 3 }), '++-')
  assert.is(come(sw, [5, 6]), '++')
})

limits('who leaves makes room; a limit that is lowered ends nobody', () => {
  const sw = makeSwitch()
  const first = plug(sw, 1, { owner: user(5), mayUsePortZero: false })
  assert.is(come(sw, [5, 5]), '++')
  sw.setLimits({ perUser: 2 })
  assert.is(sw.endpointCount, 3)
  assert.is(come(sw, [5]), '-')
  first.endpoint.close()
  assert.is(come(sw, [5]), '-')
  sw.port(2).endpoints[0]!.close()
  assert.is(come(sw, [5]), '+')
})

limits('a refused client leaves no port behind', () => {
  const sw = makeSwitch()
  sw.setLimits({ perPort: 0 })
  assert.is(come(sw, [5], { port: 9 }), '-')
  assert.equal(sw.ports(), [])
})

limits('they and the counts go on in another process', () => {
  const sw = makeSwitch()
  sw.setLimits({ perUser: 2, perPort: 7, total: 30 })
  come(sw, [5, 5, 6])
  const next = Switch.from(sw.snapshot(), 1)
  assert.equal([next.limits, next.endpointCount], [{ perUser: 2, perPort: 7, total: 30 }, 3])
  assert.is(come(next, [5, 6, 6]), '-+-')
})

limits('a limit is a number', () => {
  for (const bad of [-1, 1.5, NaN]) assert.throws(() => { makeSwitch().setLimits({ total: bad }) }, /the limit is/)
})

limits.run()
