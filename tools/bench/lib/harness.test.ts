import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { existsSync } from 'node:fs'
import { runRow, type Settings } from './harness.ts'
import { Needs, type Need } from './needs.ts'
import type { Row, Sample, Side } from './row.ts'

const settings = (runs: number): Settings => ({ runs, seconds: 0, needs: new Needs(['tun']), isStrict: true, log () {}, others: () => () => 0 })

/** A side that answers its samples one after the other and notes that it was run; an Error among them is thrown. */
const side = (name: string, samples: ReadonlyArray<Sample | Error>, log: string[] = []): Side => {
  let run = 0
  return {
    name,
    needs: ['tun'],
    open: async () => async () => {
      log.push(name)
      const sample = samples[run++ % samples.length]!
      if (sample instanceof Error) throw sample
      return sample
    }
  }
}

const row = (more: Partial<Row> & Pick<Row, 'ours'>): Row => ({ name: 'row', work: 'work', against: 'them', unit: 'u', ...more })

const harness = suite('runRow')

harness('sides take turns at being first', async () => {
  const log: string[] = []
  await runRow(row({ ours: side('a', [{ value: 1 }], log), peer: side('b', [{ value: 1 }], log) }), settings(3))
  assert.is(log.join(''), 'abbaab')
})

harness('the ratio is the median of the pairs, held against the target', async () => {
  const ours = side('a', [{ value: 10 }, { value: 40 }, { value: 30 }])
  const peer = side('b', [{ value: 10 }, { value: 10 }, { value: 10 }])
  const result = await runRow(row({ ours, peer, target: { op: '>=', value: 3, of: 'ratio' } }), settings(3))
  const [figure] = result.figures
  assert.is(result.status, 'measured')
  assert.is(figure?.ratio?.median, 3)
  assert.is(figure?.met, true)
})

harness('a run that fails takes its pair along and leaves the others', async () => {
  const peer = side('b', [{ value: 1 }, new Error('broke'), { value: 4 }])
  const result = await runRow(row({ ours: side('a', [{ value: 2 }, { value: 9 }, { value: 8 }]), peer }), settings(3))
  assert.is(result.status, 'partly')
  assert.match(result.notes[0], /run 2 of b: broke/)
  assert.is(result.figures[0]?.ours.runs, 2)
})

harness('a disturbed run is tried again; when it stays so the least disturbed counts, and the report says so', async () => {
  const others = (shares: number[]): Settings['others'] => () => () => shares.shift()!
  const ours = (): Side => side('a', [{ value: 1 }, { value: 2 }, { value: 3 }])
  const quiet = await runRow(row({ ours: ours() }), { ...settings(1), others: others([0.3, 0.02]) })
  assert.equal([quiet.figures[0]?.ours.median, quiet.notes], [2, []])
  const loud = await runRow(row({ ours: ours() }), { ...settings(1), others: others([0.3, 0.1, 0.2]) })
  assert.is(loud.figures[0]?.ours.median, 2)
  assert.match(loud.notes[0], /1 runs were disturbed.* 10 %/)
})

harness('a row that keeps failing is given up, and says why', async () => {
  const log: string[] = []
  const result = await runRow(row({ ours: side('a', [new Error('no')], log) }), settings(9))
  assert.is(result.status, 'failed')
  assert.is(log.length, 2)
  assert.match(result.notes[0], /no$/)
})

harness('a second figure has its own target', async () => {
  const ours = side('a', [{ value: 1, extra: { lost: 5 } }])
  const peer = side('b', [{ value: 1, extra: { lost: 10 } }])
  const also = [{ extra: 'lost', unit: '', target: { op: '<=', value: 0.05, of: 'ratio' } as const }]
  const result = await runRow(row({ ours, peer, also }), settings(1))
  assert.is(result.figures[1]?.ratio?.median, 0.5)
  assert.is(result.figures[1]?.met, false)
})

/** Everything is there but `need`. */
const without = (need: Need, isOurs: boolean): Settings['needs'] => ({
  lacks: async (needs) => needs.includes(need) ? [{ need, isOurs, reason: `there is no ${need}` }] : []
})

harness('a feature that is not built is not measured, nor is its peer', async () => {
  const log: string[] = []
  const ours: Side = { ...side('a', [{ value: 1 }], log), needs: ['attach'] }
  const result = await runRow(row({ ours, peer: side('b', [{ value: 1 }], log) }), { ...settings(3), needs: without('attach', true) })
  assert.equal([result.status, result.notes, result.figures, log], ['not built', ['there is no attach'], [], []])
})

harness('a peer that is missing is named, and ours stands alone', async () => {
  const peer: Side = { ...side('b', [{ value: 1 }]), needs: ['c:vdens'] }
  const target = { op: '>=', value: 2, of: 'ratio' } as const
  const result = await runRow(row({ ours: side('a', [{ value: 5 }]), peer, target }), { ...settings(3), needs: without('c:vdens', false) })
  assert.equal([result.status, result.notes], ['partly', ['no figure of the peer: there is no c:vdens']])
  assert.equal([result.figures[0]?.ours.median, result.figures[0]?.peer, result.figures[0]?.met], [5, undefined, undefined])
})

harness('the directory of a run is gone after it, also after a failure', async () => {
  const dirs: string[] = []
  const ours: Side = {
    name: 'a',
    needs: [],
    open: async (site) => {
      dirs.push(site.dir)
      throw new Error('no')
    }
  }
  await runRow(row({ ours }), settings(1))
  assert.is(dirs.length, 1)
  assert.not.ok(existsSync(dirs[0]!))
})

harness.run()
