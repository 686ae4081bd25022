import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeStreamFrame, MAX_STREAM_FRAME, StreamDecoder, type StreamSink } from './stream.ts'
import { bytesPerRun, seeded, testFrame } from './testing.ts'

class Keeper implements StreamSink {
  readonly frames: Uint8Array[] = []
  readonly desyncs: number[] = []
  onEach: (() => void) | null = null

  onFrame (buf: Uint8Array, off: number, len: number): void {
    assert.ok(off >= 32, 'headroom')
    assert.equal(buf.subarray(off - 12, off), new Uint8Array(12), 'offload header')
    this.frames.push(new Uint8Array(buf.subarray(off, off + len)))
    buf.fill(0xee, off - 32, off - 12) // a sink may use the headroom
    this.onEach?.()
  }

  onDesync (length: number): void { this.desyncs.push(length) }
}

const joined = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts))
const encoded = (frames: readonly Uint8Array[]): Uint8Array => joined(frames.map((f) => encodeStreamFrame(f, 0, f.length)))

/** Pushes a copy of `octets` in pieces that end at `cuts`, each in a buffer with `slack` octets in front. */
const pushed = (decoder: StreamDecoder, octets: Uint8Array, cuts: readonly number[], slack: number): void => {
  let from = 0
  for (const to of [...cuts, octets.length]) {
    const piece = new Uint8Array(slack + to - from).fill(0xdd)
    piece.set(octets.subarray(from, to), slack)
    assert.is(decoder.push(piece, slack, to - from), to - from)
    from = to
  }
}

const FRAMES = [testFrame(60, 1), testFrame(14, 2), testFrame(300, 3)]
const STREAM = encoded(FRAMES)

const split = suite('StreamDecoder')

for (const slack of [0, 1, 30, 32, 64]) {
  split(`delivers three frames whatever the split, ${slack} octets in front`, () => {
    for (let cut = 0; cut <= STREAM.length; cut++) {
      const keeper = new Keeper()
      const decoder = new StreamDecoder(keeper)
      pushed(decoder, STREAM, [cut], slack)
      assert.equal(keeper.frames, FRAMES, `split at ${cut}`)
      assert.is(decoder.pending, 0)
    }
  })
}

split('delivers three frames octet by octet', () => {
  const keeper = new Keeper()
  pushed(new StreamDecoder(keeper), STREAM, Array.from({ length: STREAM.length - 1 }, (_, i) => i + 1), 40)
  assert.equal(keeper.frames, FRAMES)
})

split('delivers random frames in random pieces', () => {
  const random = seeded(3)
  const frames = Array.from({ length: 200 }, (_, i) => testFrame(random.pick([14, 60, 1514, 9014, 40_000, 65_535]), i))
  const octets = encoded(frames)
  const cuts: number[] = []
  for (let at = random.int(5000); at < octets.length; at += random.pick([1, 2, 3, 100, 4096, 70_000])) cuts.push(at)
  const keeper = new Keeper()
  const decoder = new StreamDecoder(keeper)
  pushed(decoder, octets, cuts, 32)
  assert.is(keeper.frames.length, 200)
  frames.forEach((frame, i) => { assert.equal(keeper.frames[i], frame) })
  assert.equal([decoder.frames, decoder.runts, decoder.desyncs], [200, 0, 0])
})

split('skips length 0, drops and counts 1..13', () => {
  const keeper = new Keeper()
  const decoder = new StreamDecoder(keeper)
  const odd = [...Array.from({ length: 14 }, (_, i) => new Uint8Array(i).fill(1)), FRAMES[0]]
  for (let cut = 0; cut < 130; cut++) pushed(decoder, encoded(odd), [cut], 32)
  assert.equal([decoder.frames, decoder.runts, decoder.desyncs], [130, 130 * 13, 0])
})

split('a length over the limit is reported, its octets are skipped, what follows is in step', () => {
  const octets = encoded([FRAMES[0], testFrame(9237, 5), FRAMES[2]])
  for (const cut of [0, 61, 62, 63, 64, 65, 1000, 9300, 9301, 9302]) {
    const keeper = new Keeper()
    const decoder = new StreamDecoder(keeper, 9236)
    pushed(decoder, octets, [cut], 32)
    assert.equal(keeper.frames, [FRAMES[0], FRAMES[2]])
    assert.equal([keeper.desyncs, decoder.desyncs], [[9237], 1])
  }
})

split('held stops after the frame, the rest can be pushed later', () => {
  const keeper = new Keeper()
  const decoder = new StreamDecoder(keeper)
  const buf = joined([new Uint8Array(32), STREAM])
  keeper.onEach = () => { decoder.held = true }
  let used = 0
  for (let i = 1; i <= 3; i++) {
    decoder.held = false
    used += decoder.push(buf, 32 + used, STREAM.length - used)
    assert.is(keeper.frames.length, i)
  }
  assert.is(used, STREAM.length)
  assert.equal(keeper.frames, FRAMES)
})

split('held from the start uses nothing', () => {
  const decoder = new StreamDecoder(new Keeper())
  decoder.held = true
  assert.is(decoder.push(new Uint8Array(STREAM), 0, STREAM.length), 0)
})

split('reset gives up what is not whole, at every place', () => {
  const whole = encodeStreamFrame(new Uint8Array(60).fill(1), 0, 60)
  for (let cut = 1; cut < whole.length; cut++) {
    let frames = 0
    const decoder = new StreamDecoder({ onFrame () { frames++ } })
    decoder.push(whole, 0, cut)
    decoder.reset()
    assert.is(decoder.pending, 0)
    decoder.push(whole, 0, whole.length)
    assert.is(frames, 1)
  }
})

split('pending tells a cut stream', () => {
  for (const [len, pending] of [[0, 0], [1, 1], [2, 2], [3, 3], [61, 61], [62, 0], [63, 1]] as const) {
    const decoder = new StreamDecoder(new Keeper())
    decoder.push(new Uint8Array(STREAM), 0, len)
    assert.is(decoder.pending, pending)
  }
})

split('random octets never throw and never deliver a runt', () => {
  const random = seeded(5)
  for (let i = 0; i < 300; i++) {
    const keeper = new Keeper()
    const decoder = new StreamDecoder(keeper, random.pick([100, 9236, MAX_STREAM_FRAME]))
    for (let k = 0; k < 10; k++) {
      const octets = random.octets(random.int(3000))
      if (random.int(2) === 0) for (let j = 0; j < octets.length; j += 50) octets[j] = 0
      decoder.push(octets, 0, octets.length)
    }
    assert.ok(keeper.frames.every((frame) => frame.length >= 14))
  }
})

split('a whole frame allocates nothing', () => {
  const sink = { seen: 0, onFrame () { this.seen++ } }
  const decoder = new StreamDecoder(sink)
  const piece = joined([new Uint8Array(32), encoded(Array.from({ length: 20 }, (_, i) => testFrame(60, i)))])
  // The decoder puts zeros in front of a frame, over the one before and its own length: put those back each time.
  const used = bytesPerRun(() => {
    for (let at = 32; at < piece.length; at += 62) {
      piece[at] = 0
      piece[at + 1] = 60
      decoder.push(piece, at, 62)
    }
  }, 2000) / 20
  assert.ok(sink.seen > 100_000)
  assert.ok(used < 1, `${used} octets a frame`)
})

split.run()

const encode = suite('encodeStreamFrame')

encode('writes the length in big-endian', () => {
  assert.equal(encodeStreamFrame(testFrame(300), 0, 300).subarray(0, 2), Uint8Array.of(1, 0x2c))
})

encode('refuses a frame over 65535 octets', () => {
  assert.throws(() => encodeStreamFrame(new Uint8Array(65_536), 0, 65_536), /65536 octets/)
})

encode.run()
