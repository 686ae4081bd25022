import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesPerRun } from '@vde-ts/frame/testing.js'
import { STREAMS, Stream, asUnit } from './random.ts'
import { chiSquareZ, ksDistance, moments } from './testing.ts'

const test = suite('Stream')
const N = 1_000_000
// Seeds are fixed, so these never fail by chance; the bounds are what 1 in 10 000 of good generators passes.
const Z = 3.7
const KS = 2.2

for (const [what, draw] of [
  ['successive frames', (s: Stream, i: number) => asUnit(s.bits(i, 0))],
  ['successive lanes of one frame', (s: Stream, i: number) => asUnit(s.bits(12, i))],
  ['frames behind the 2^32nd', (s: Stream, i: number) => asUnit(s.bits(2 ** 40 + i, 0))]
] as const) {
  test(`${what}: uniform by Kolmogorov-Smirnov, without serial correlation`, () => {
    const stream = new Stream(42, 0, STREAMS.loss)
    const values = Float64Array.from({ length: N }, (_, i) => draw(stream, i))
    assert.ok(ksDistance(values, (x) => x) < KS)
    const { correlation } = moments(values)
    assert.ok(Math.abs(correlation) * Math.sqrt(N) < Z, `correlation ${correlation}`)
  })
}

test('octets and pairs of neighbours are equally often, by chi-square', () => {
  const stream = new Stream(7, 1, STREAMS.delay)
  const octets = [0, 8, 16, 24].map(() => new Float64Array(256))
  const pairs = new Float64Array(256)
  for (let i = 0; i < N; i++) {
    const bits = stream.bits(i, 0)
    for (let k = 0; k < 4; k++) octets[k]![(bits >>> (8 * k)) & 255]!++
    pairs[(bits >>> 28) * 16 + (stream.bits(i + 1, 0) >>> 28)]!++
  }
  for (const counts of [...octets, pairs]) assert.ok(Math.abs(chiSquareZ(counts, () => N / 256)) < Z)
})

test('seeds, directions, impairments and lanes have nothing in common', () => {
  const streams = [new Stream(1, 0, 1), new Stream(2, 0, 1), new Stream(1, 1, 1), new Stream(1, 0, 2)]
  streams.push(new Stream(1 + 2 ** 32, 0, 1))
  const n = 100_000
  const samples = streams.map((stream) =>
    Float64Array.from({ length: n }, (_, i) => asUnit(stream.bits(i, 0)) - 0.5))
  samples.push(Float64Array.from({ length: n }, (_, i) => asUnit(streams[0]!.bits(i, 1)) - 0.5))
  for (let a = 0; a < samples.length; a++) {
    for (let b = 0; b < a; b++) {
      let sum = 0
      for (let i = 0; i < n; i++) sum += samples[a]![i]! * samples[b]![i]!
      assert.ok(Math.abs(sum * 12 / Math.sqrt(n)) < Z, `samples ${a} and ${b}`)
    }
  }
})

test('a draw is what it has always been: seeds mean the same for ever', () => {
  const stream = new Stream(7, 0, STREAMS.loss)
  assert.equal([stream.bits(0, 0), stream.bits(1, 0), stream.bits(2 ** 33, 5)], [-1581540032, -345601588, 126470612])
  assert.is(asUnit(new Stream(7, 0, STREAMS.loss).bits(1, 0)), asUnit(stream.bits(1, 0)))
})

test('nothing is allocated per draw', () => {
  const stream = new Stream(7, 0, STREAMS.loss)
  let lost = 0
  const octets = bytesPerRun((i) => { if (asUnit(stream.bits(i, 0)) < 0.5) lost++ })
  assert.ok(octets < 1 && lost > 0, `${octets} octets`)
})

test.run()
