import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Link } from '@vde-ts/link'
import { makeBench } from '../testing.ts'

const link: Link = {
  offload: false, maxFrame: 65557, label: 'lossy', rxDrops: 3, txDrops: 4, downDrops: 5, send: () => true, pause () {}, resume () {}, close () {}
}

const test = suite('port/counters')

test('shows what links lost, where they count it', () => {
  const bench = makeBench()
  const owner = { uid: 0, gid: 0, groups: [] }
  bench.sw.attach({ port: 1, owner, module: 'unix prog', description: '' }).connect(link)
  bench.plug(1)
  const text = [...bench.console.execute('port/counters 1', null)].join('')
  assert.equal(text.match(/ID 0001.*octets, (.*)/)?.[1], 'lost 0, by the link in 3 out 4 down 5')
  assert.equal(text.match(/ID 0002.*octets, (.*)/)?.[1], 'lost 0')
  const json = [...bench.console.execute('port/counters 1 --json', null)].join('')
  assert.match(json, '"linkDrops":{"in":3,"out":4,"down":5}')
  assert.match(json, '"linkDrops":null')
  bench.close()
})

test.run()
