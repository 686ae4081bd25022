import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { firstToGo } from './first-to-go.ts'

const test = suite('firstToGo')

interface Waiting { readonly at: number, readonly peer: { readonly uid: number } }
const all = (uids: readonly number[]): Waiting[] => uids.map((uid, at) => ({ at, peer: { uid } }))

for (const [uids, at] of [
  [[], undefined], [[5], 0], [[5, 6], 0], [[5, 6, 6], 1], [[6, 5, 5, 6, 5], 1], [[-1, 0, -1], 0]
] as const) {
  test(`of ${uids.join(', ') || 'nobody'} it is ${at}`, () => { assert.is(firstToGo(all(uids))?.at, at) })
}

test.run()
