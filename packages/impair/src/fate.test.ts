import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Fate } from './fate.ts'
import { toProbability } from './normal.ts'
import { NOTHING, change, type Settings } from './settings.ts'
import { chiSquareZ, ksDistance, moments } from './testing.ts'
import { ZERO, drawn, fixed, parseTable, type Law, type Value } from './value.ts'

const N = 1_000_000
// Seeds are fixed: these never fail by chance. In standard deviations of what is estimated.
const Z = 3.7
const KS = 2.2

const value = (base: number, scale: number, law: Law, table: Float64Array | null = null): Value =>
  ({ base, spread: scale, law, scale, table })

type Outcome = (fate: Fate, s: Settings, index: number) => number

/** Outcomes of `n` frames. */
const outcomes = (settings: Partial<Settings>, of: Outcome, n: number = N, seed: number = 5): Float64Array => {
  const fate = new Fate(seed, 0)
  const s = change(NOTHING, settings)
  return Float64Array.from({ length: n }, (_, index) => {
    fate.judge(s, index, 1000)
    return of(fate, s, index)
  })
}

const delayOf = (fate: Fate, s: Settings, index: number): number => {
  fate.drawDelay(s, index, 0)
  return drawn[0]!
}

const normalProbability = (x: number): number => {
  const cell = Float64Array.of(x)
  toProbability(cell)
  return cell[0]!
}

const lost = (fate: Fate): number => fate.isLost ? 1 : 0

/** Lengths of the runs of ones. */
const runs = (bits: Float64Array): number[] => {
  const lengths: number[] = []
  let run = 0
  for (const bit of bits) {
    if (bit === 1) run++
    else if (run > 0) { lengths.push(run); run = 0 }
  }
  return lengths
}

const near = (found: number, wanted: number, deviation: number, what: string): void => {
  assert.ok(Math.abs(found - wanted) < Z * deviation, `${what}: ${found}, ${wanted} +- ${deviation} wanted`)
}

const loss = suite('loss')

for (const [percent, r] of [[1, 0], [30, 0], [10, 0.25], [10, 0.8]] as const) {
  loss(`${percent} % with correlation ${r}: mean, correlation, length of runs`, () => {
    const p = percent / 100
    const bits = outcomes({ loss: fixed(percent), lossCorrelation: r }, lost)
    const { mean, correlation } = moments(bits)
    // The variance of the mean of a two-state chain is larger by (1 + r) / (1 - r).
    near(mean, p, Math.sqrt(p * (1 - p) * (1 + r) / (1 - r) / N), 'mean')
    near(correlation, r, 2 / Math.sqrt(N * p), 'correlation')
    const stay = p + r * (1 - p)
    near(moments(runs(bits)).mean, 1 / (1 - stay), Math.sqrt(stay) / (1 - stay) / Math.sqrt(N * p * (1 - stay)), 'run')
  })
}

loss('bursts of 5 at 10 %: share, and geometric lengths by chi-square', () => {
  const bits = outcomes({ loss: fixed(10), burst: fixed(5) }, lost)
  const lengths = runs(bits)
  near(moments(bits).mean, 0.1, Math.sqrt(0.09 * 9 / N), 'share')
  const counts = new Float64Array(20)
  for (const length of lengths) counts[Math.min(length, 20) - 1]!++
  assert.ok(Math.abs(chiSquareZ(counts, (i) => lengths.length * (i < 19 ? 0.2 * 0.8 ** i : 0.8 ** 19))) < Z)
})

loss('Gilbert and Elliott: share and correlation of the chain', () => {
  const [toBad, toGood, lossInBad, lossInGood] = [0.02, 0.1, 0.6, 0.01]
  const bits = outcomes({ gilbertElliott: { toBad, toGood, lossInBad, lossInGood } }, lost)
  const bad = toBad / (toBad + toGood)
  const share = bad * lossInBad + (1 - bad) * lossInGood
  const { mean, correlation } = moments(bits)
  near(mean, share, Math.sqrt(share * 20 / N), 'share')
  const covariance = bad * (1 - bad) * (lossInBad - lossInGood) ** 2 * (1 - toBad - toGood)
  near(correlation, covariance / (share * (1 - share)), 0.004, 'correlation')
})

loss('every third frame, and frames by number', () => {
  assert.equal([...outcomes({ lossEvery: 3 }, lost, 7)], [0, 0, 1, 0, 0, 1, 0])
  assert.equal([...outcomes({ lossFrames: Float64Array.of(2, 3, 6, 6) }, lost, 7)], [0, 1, 1, 0, 0, 1, 0])
})

loss('0 loses nothing, 100 everything', () => {
  assert.is(moments(outcomes({ loss: fixed(100) }, lost, 1000)).mean, 1)
  assert.is(moments(outcomes({ loss: ZERO }, lost, 1000)).mean, 0)
  assert.is(moments(outcomes({ loss: fixed(100), burst: fixed(3) }, lost, 1000)).mean, 1)
})

loss.run()

const delay = suite('delay')
const MS = 1e6

for (const [law, mean, deviation, probability] of [
  ['uniform', 20, 5 / Math.sqrt(3), (x: number) => (x - 15) / 10],
  ['normal', 20, 5, (x: number) => normalProbability((x - 20) / 5)],
  ['pareto', 20, 5, (x: number) => 1 - ((x - 20) / 5 * Math.sqrt(0.75) + 1.5) ** -3]
] as const) {
  for (const r of [0, 0.5]) {
    delay(`${law} 20 +- 5 ms with correlation ${r}: the law by Kolmogorov-Smirnov, mean`, () => {
      const settings = { delay: value(20 * MS, 5 * MS, law), delayCorrelation: r }
      const all = outcomes(settings, (fate, s, index) => delayOf(fate, s, index) / MS)
      // A chain's neighbours say less than independent draws: a tenth of them are.
      const some = r === 0 ? all : all.filter((_, i) => i % 20 === 0)
      assert.ok(ksDistance(some, probability) < KS, `${ksDistance(some, probability)}`)
      near(moments(all).mean, mean, deviation * Math.sqrt((1 + r) / (1 - r) / N), 'mean')
      if (law !== 'pareto') {
        near(moments(all).correlation, r, 1.5 / Math.sqrt(N), 'correlation')
        near(moments(all).variance / deviation ** 2, 1, Math.sqrt(4 / N), 'variance')
      }
    })
  }
}

delay('paretonormal: a quarter of one, three of the other', () => {
  const { mean } = moments(outcomes({ delay: value(50 * MS, 5 * MS, 'paretonormal') }, (fate, s, index) => delayOf(fate, s, index) / MS))
  near(mean, 50, 5 * Math.sqrt(10 / 16 / N), 'mean')
})

delay('a table gives its values equally often', () => {
  const table = parseTable('# comment\n-8192 0\n8192 16384\n')
  const all = outcomes({ delay: value(20 * MS, 5 * MS, 'table', table) }, (fate, s, index) => delayOf(fate, s, index) / MS, 100_000)
  const counts = [15, 20, 25, 30].map((ms) => all.filter((found) => found === ms).length)
  assert.ok(Math.abs(chiSquareZ(counts, () => 25_000)) < Z)
})

delay('never below 0', () => {
  const all = outcomes({ delay: value(1 * MS, 5 * MS, 'uniform') }, (fate, s, index) => delayOf(fate, s, index), 1000)
  assert.ok(all.every((ns) => ns >= 0) && all.some((ns) => ns === 0))
})

for (const text of ['', '1', '1 x', '1 2e5', Array(70_000).fill('1').join(' ')]) {
  delay(`a table of "${text.slice(0, 8)}" is refused`, () => { assert.throws(() => parseTable(text), /Cannot read the table/) })
}

delay.run()

const other = suite('duplication, corruption, reordering')

other('dup 40 %: copies are geometric, or one more at most', () => {
  const counts = new Float64Array(8)
  for (const copies of outcomes({ dup: fixed(40) }, (fate) => fate.copies)) counts[Math.min(copies, 8) - 1]!++
  assert.ok(Math.abs(chiSquareZ(counts, (i) => N * (i < 7 ? 0.6 * 0.4 ** i : 0.4 ** 7))) < Z)
  const single = outcomes({ dup: fixed(40), dupMost: 1 }, (fate) => fate.copies)
  near(moments(single).mean, 1.4, Math.sqrt(0.24 / N), 'mean')
  assert.is(Math.max(...single.subarray(0, 1000)), 2)
})

other('dup 100 ends', () => {
  assert.equal([...outcomes({ dup: fixed(100) }, (fate) => fate.copies, 3)], [64, 64, 64])
})

const flipped = (buf: Uint8Array): number => buf.reduce((sum, octet) => sum + octet.toString(2).replaceAll('0', '').length, 0)

other('noise: binomial flips, at every place alike', () => {
  // 1000 octets, 8000 bits, each flipped with probability 1 / 4000: two on average.
  const noise = 8 * 2 ** 20 / 4000
  const places = new Float64Array(1000)
  const buf = new Uint8Array(1100)
  const frames = 100_000
  const flips = outcomes({ noise: fixed(noise) }, (fate, s, index) => {
    assert.is(fate.mayFlip, true)
    const wasFlipped = fate.isFlipped(s, index, 0)
    buf.fill(0)
    const count = fate.flip(s, index, 0, buf, 50)
    assert.is(count > 0, wasFlipped)
    if (wasFlipped) for (let at = 0; at < 1000; at++) if (buf[50 + at] !== 0) places[at]!++
    return count
  }, frames)
  near(moments(flips).mean, 2, Math.sqrt(2 / frames), 'mean')
  near(moments(flips).variance, 2, Math.sqrt(10 / frames), 'variance')
  assert.ok(Math.abs(chiSquareZ(places, () => frames * (1 - (1 - 1 / 4000) ** 8))) < Z)
})

other('noise beyond every measure ends, and flips half of the bits', () => {
  const buf = new Uint8Array(1000)
  const flips = outcomes({ noise: fixed(1e12) }, (fate, s, index) => fate.flip(s, index, 0, buf, 0), 20)
  near(moments(flips).mean, 4000, Math.sqrt(2000 / 20), 'mean')
})

other('corrupt 20 % of frames in exactly 3 bits', () => {
  const buf = new Uint8Array(1000)
  const counts = outcomes({ corrupt: 20, corruptBits: 3 }, (fate, s, index) => {
    if (!fate.mayFlip) return 0
    buf.fill(0)
    assert.is(fate.flip(s, index, 0, buf, 0), 3)
    return flipped(buf)
  }, 50_000)
  assert.ok(counts.every((count) => count === 0 || count === 3))
  near(moments(counts).mean, 0.6, 3 * Math.sqrt(0.16 / 50_000), 'mean')
})

other('corruption of more bits than there are flips all', () => {
  const buf = new Uint8Array(1000)
  outcomes({ corrupt: 100, corruptBits: 9000 }, (fate, s, index) => fate.flip(s, index, 0, buf, 0), 1)
  assert.is(flipped(buf), 8000)
})

other('reorder 50 % with gap 4: none of the three after one', () => {
  const bits = outcomes({ reorder: 50, reorderGap: 4 }, (fate) => fate.isReordered ? 1 : 0)
  const gaps = new Float64Array(10)
  let last = -1
  bits.forEach((bit, i) => {
    if (bit === 0) return
    if (last >= 0) gaps[Math.min(i - last - 4, 9)]!++
    last = i
  })
  const total = gaps.reduce((sum, count) => sum + count)
  assert.ok(Math.abs(chiSquareZ(gaps, (i) => total * (i < 9 ? 0.5 ** (i + 1) : 0.5 ** 9))) < Z)
})

other.run()

const independence = suite('reproducibility')
const everything: Partial<Settings> = {
  loss: fixed(10),
  burst: fixed(3),
  dup: fixed(20),
  corrupt: 10,
  noise: fixed(100),
  reorder: 10,
  reorderGap: 3,
  delay: value(20 * MS, 5 * MS, 'normal'),
  delayCorrelation: 0.3,
  mtu: fixed(500),
  gilbertElliott: { toBad: 0.1, toGood: 0.3, lossInBad: 0.5, lossInGood: 0 }
}

independence('the k-th frame meets the same fate whatever other impairments are on', () => {
  const n = 20_000
  const alone: Array<[Partial<Settings>, (fate: Fate, s: Settings, index: number) => number]> = [
    [{ dup: fixed(20) }, (fate) => fate.copies],
    [{ delay: value(20 * MS, 5 * MS, 'normal'), delayCorrelation: 0.3 }, (fate, s, index) => delayOf(fate, s, index)],
    [{ corrupt: 10, noise: fixed(100) }, (fate, s, index) => fate.isFlipped(s, index, 0) ? 1 : 0],
    [{ reorder: 10, reorderGap: 3 }, (fate) => fate.isReordered ? 1 : 0]
  ]
  for (const [settings, of] of alone) assert.equal(outcomes(settings, of, n), outcomes(everything, of, n))
  // Loss is one fate of several models: the bits of each alone, joined.
  const byChance = outcomes({ loss: fixed(10), burst: fixed(3) }, lost, n)
  const byChannel = outcomes({ gilbertElliott: everything.gilbertElliott! }, lost, n)
  assert.equal(outcomes(everything, lost, n), byChance.map((bit, i) => bit | byChannel[i]!))
})

independence('another seed is another fate', () => {
  assert.not.equal(outcomes({ loss: fixed(50) }, lost, 100, 1), outcomes({ loss: fixed(50) }, lost, 100, 2))
})

independence.run()
