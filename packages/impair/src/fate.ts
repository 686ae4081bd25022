/**
 * What chance has in store for each frame of one direction. Everything here is a function of the seed and the number of
 * the frame; what depends on time (full queues, RED, CoDel) is decided elsewhere and counted apart.
 *
 *     judge(settings, k, len) --> isLost, copies, isReordered, isFlipped, and per copy: delay, flip
 *
 * Impairments with a memory (bursts, correlation, the gap of reordering) take one step per frame, whether or not the
 * frame is lost for another reason, so that they too do not depend on each other.
 */
import { toProbability, toQuantile } from './normal.ts'
import { STREAMS, Stream, asUnit } from './random.ts'
import type { Decision, Replay } from './record.ts'
import type { Settings } from './settings.ts'
import { drawValue, drawn, least, shape, type Value } from './value.ts'

const BITS_PER_NOISE_UNIT = 8 * 2 ** 20
/** A bit that is flipped more often than not is as good as one flipped the other times. */
const MOST_NOISE = 0.5
/** Behind the last bit of every frame; a small integer. */
const NOWHERE = 2 ** 29
/** Draws apart between the copies of a frame. */
const COPY_LANES = 0x10000

/** The fate of the frame judged last, see above. */
export class Fate {
  isLost = false
  /** 1, and one more for each duplicate. */
  copies = 1
  /** Overtakes what is in the delay line. */
  isReordered = false
  /** Some copy may have flipped bits: ask {@link flip} for each. */
  mayFlip = false

  readonly #seed: number
  readonly #direction: number
  readonly #streams: Array<Stream | undefined> = []
  /** The channel of loss in bursts, and that of Gilbert and Elliott, is in its bad state. */
  #isBad = false
  #isChannelBad = false
  #wasLost = false
  #wasDup = false
  #wasCorrupt = false
  #wasReordered = false
  #sinceReordered = 0
  /** Of correlated delays: the normal variate of the last frame, how much of it stays, how much comes new; null: none yet. */
  #chain: Float64Array | null = null
  /** What the latter two were reckoned from. */
  #chainOf: Settings | null = null
  #isCorrupt = false
  #length = 0
  /** Decisions to meet instead of drawn ones, where there are any; and that for the frame judged last. */
  #replay: Replay | null = null
  #decision: Decision | null = null

  constructor (seed: number, direction: number) {
    this.#seed = seed
    this.#direction = direction
  }

  /** Has frames meet the decisions of a record; those it does not name, and all after null, are drawn. */
  follow (replay: Replay | null): void { this.#replay = replay }

  /** Draws of one impairment, by its number in STREAMS. */
  stream (impairment: number): Stream {
    this.#streams[impairment] ??= new Stream(this.#seed, this.#direction, impairment)
    return this.#streams[impairment]
  }

  /** Decides about frame `index`, of `len` octets. */
  judge (s: Settings, index: number, len: number): void {
    this.#length = len
    this.isLost = this.#lose(s, index)
    this.copies = 1
    if (s.dup.base !== 0 || s.dup.spread !== 0) this.#duplicate(s, index)
    this.isReordered = s.reorder > 0 && this.#reorder(s, index)
    this.#isCorrupt = s.corrupt > 0 && this.#corrupt(s, index)
    this.mayFlip = this.#isCorrupt || s.noise.base !== 0 || s.noise.spread !== 0
    if (s.delayCorrelation > 0 && s.delay.scale !== 0) this.#stepDelay(s, index)
    this.#decision = this.#replay?.[this.#direction]?.get(index) ?? null
    if (this.#decision !== null) this.#obey(this.#decision)
  }

  #obey ({ copies, isReordered, flips }: Decision): void {
    this.isLost = copies === 0
    this.copies = copies
    this.isReordered = isReordered
    this.mayFlip = flips.some((bits) => bits.length > 0)
  }

  #lose (s: Settings, index: number): boolean {
    // Every model takes its step: each goes on as if the others were not there.
    const isByChance = (s.loss.base !== 0 || s.loss.spread !== 0) && this.#loseByChance(s, index)
    const isByChannel = s.gilbertElliott !== null && this.#loseByChannel(s, index)
    const isByNumber = s.lossEvery > 0 && (index + 1) % s.lossEvery === 0
    return isByChance || isByChannel || isByNumber || (s.lossFrames !== null && isInRuns(s.lossFrames, index + 1))
  }

  #loseByChance (s: Settings, index: number): boolean {
    if (least(s.loss) >= 100) return true
    this.draw(s.loss, STREAMS.lossValue, index)
    const chance = drawn[0] / 100
    const p = asUnit(this.stream(STREAMS.loss).bits(index, 0))
    if (s.burst.base + s.burst.spread > 0) {
      this.draw(s.burst, STREAMS.burstValue, index)
      const burst = Math.max(1, drawn[0])
      // The share of time in the bad state is the loss, a stay in it lasts `burst` frames on average.
      this.#isBad = p < (this.#isBad ? 1 - 1 / burst : chance >= 1 ? 1 : chance / (burst * (1 - chance)))
      return this.#isBad
    }
    this.#wasLost = p < correlated(chance, s.lossCorrelation, this.#wasLost)
    return this.#wasLost
  }

  #loseByChannel ({ gilbertElliott }: Settings, index: number): boolean {
    if (gilbertElliott === null) return false
    const { toBad, toGood, lossInBad, lossInGood } = gilbertElliott
    const stream = this.stream(STREAMS.loss)
    this.#isChannelBad = asUnit(stream.bits(index, 1)) < (this.#isChannelBad ? 1 - toGood : toBad)
    return asUnit(stream.bits(index, 2)) < (this.#isChannelBad ? lossInBad : lossInGood)
  }

  #duplicate (s: Settings, index: number): void {
    this.draw(s.dup, STREAMS.dupValue, index)
    const chance = drawn[0] / 100
    const stream = this.stream(STREAMS.dup)
    this.#wasDup = asUnit(stream.bits(index, 0)) < correlated(chance, s.dupCorrelation, this.#wasDup)
    if (!this.#wasDup) return
    this.copies = 2
    while (this.copies <= s.dupMost && asUnit(stream.bits(index, this.copies)) < chance) this.copies++
  }

  #reorder (s: Settings, index: number): boolean {
    this.#sinceReordered++
    const p = asUnit(this.stream(STREAMS.reorder).bits(index, 0))
    if (this.#sinceReordered < s.reorderGap) return false
    this.#wasReordered = p < correlated(s.reorder / 100, s.reorderCorrelation, this.#wasReordered)
    if (this.#wasReordered) this.#sinceReordered = 0
    return this.#wasReordered
  }

  #corrupt (s: Settings, index: number): boolean {
    const p = asUnit(this.stream(STREAMS.corrupt).bits(index, 0))
    this.#wasCorrupt = p < correlated(s.corrupt / 100, s.corruptCorrelation, this.#wasCorrupt)
    return this.#wasCorrupt
  }

  /**
   * Successive normal variates with a correlation of their own, from which the law is made: mean, variance and shape stay
   * those of the law. For a uniform law Pearson's 2 sin(pi r / 6) makes the correlation of the delays the one asked for.
   */
  #stepDelay (s: Settings, index: number): void {
    drawn[0] = asUnit(this.stream(STREAMS.delay).bits(index, 0))
    toQuantile(drawn)
    const chain = this.#chain
    if (chain === null) this.#chain = Float64Array.of(drawn[0], 0, 0)
    else {
      if (this.#chainOf !== s) this.#reckonChain(chain, s)
      chain[0] = chain[1] * chain[0] + chain[2] * drawn[0]
    }
  }

  #reckonChain (chain: Float64Array, s: Settings): void {
    const asked = s.delayCorrelation
    const r = s.delay.law === 'uniform' ? 2 * Math.sin(Math.PI * asked / 6) : asked
    chain[1] = r
    chain[2] = Math.sqrt(1 - r * r)
    this.#chainOf = s
  }

  /**
   * Puts the nanoseconds that copy `copy` (0 the first) of the frame judged last is delayed, never below 0, into
   * `drawn` of value.ts.
   */
  drawDelay (s: Settings, index: number, copy: number): void {
    const value = s.delay
    if (this.#decision !== null) drawn[0] = this.#decision.delays[copy] ?? 0
    else if (value.scale === 0) drawn[0] = value.base
    else this.#drawDelay(value, s, index, copy)
  }

  #drawDelay (value: Value, s: Settings, index: number, copy: number): void {
    const stream = this.stream(STREAMS.delay)
    if (s.delayCorrelation > 0 && copy === 0 && this.#chain !== null) {
      drawn[0] = this.#chain[0]
      toProbability(drawn)
      keepWithin(drawn)
      shape(value, stream, index, 0)
    } else drawValue(value, stream, index, copy * 2)
    if (drawn[0] < 0) drawn[0] = 0
  }

  /** Puts an amount for the frame, by the stream of its impairment, into `drawn`. */
  draw (value: Value, impairment: number, index: number): void {
    if (value.scale === 0) drawn[0] = value.base
    else drawValue(value, this.stream(impairment), index, 0)
  }

  /** Whether copy `copy` of the frame judged last has a flipped bit. */
  isFlipped (s: Settings, index: number, copy: number): boolean {
    if (this.#decision !== null) return (this.#decision.flips[copy] ?? []).length > 0
    return this.#isCorrupt || this.#nextNoise(s, index, copy, 0, -1) < this.#length * 8
  }

  /** Flips the bits of a copy that lies at `at`. @returns how many */
  flip (s: Settings, index: number, copy: number, buf: Uint8Array, at: number): number {
    const bits = this.#length * 8
    if (this.#decision !== null) {
      const told = (this.#decision.flips[copy] ?? []).filter((bit) => bit < bits)
      for (const bit of told) flipBit(buf, at, bit)
      return told.length
    }
    let count = 0
    for (let bit = this.#nextNoise(s, index, copy, 0, -1); bit < bits; bit = this.#nextNoise(s, index, copy, count, bit)) {
      flipBit(buf, at, bit)
      count++
    }
    return this.#isCorrupt ? count + this.#flipExactly(s.corruptBits, index, copy, buf, at) : count
  }

  /** The bit behind `after` that is flipped next: every bit has the same chance, so gaps are geometric. */
  #nextNoise (s: Settings, index: number, copy: number, nth: number, after: number): number {
    this.draw(s.noise, STREAMS.noiseValue, index)
    if (drawn[0] <= 0) return NOWHERE
    const chance = Math.min(drawn[0] / BITS_PER_NOISE_UNIT, MOST_NOISE)
    const p = asUnit(this.stream(STREAMS.noise).bits(index, copy * COPY_LANES + nth))
    return after + 1 + Math.min(NOWHERE, Math.log(p) / Math.log1p(-chance)) | 0
  }

  /** Flips `count` different bits, or all there are [Floyd's sample]. */
  #flipExactly (count: number, index: number, copy: number, buf: Uint8Array, at: number): number {
    const bits = this.#length * 8
    const most = Math.min(count, bits)
    const stream = this.stream(STREAMS.corruptPlace)
    chosen.length = 0
    for (let i = bits - most; i < bits; i++) {
      const bit = Math.floor(asUnit(stream.bits(index, copy * COPY_LANES + bits - i)) * (i + 1))
      chosen.push(chosen.includes(bit) ? i : bit)
    }
    for (let i = 0; i < chosen.length; i++) flipBit(buf, at, chosen[i])
    return most
  }
}

/** Bits of one frame; used again for each. */
const chosen: number[] = []

const flipBit = (buf: Uint8Array, at: number, bit: number): void => { buf[at + (bit >> 3)] ^= 1 << (bit & 7) }

/** Chance of an event whose successive outcomes have correlation `r`: two states, of which `chance` stays the share. */
const correlated = (chance: number, r: number, was: boolean): number =>
  r === 0 ? chance : was ? chance + r * (1 - chance) : chance * (1 - r)

/** A probability away from the ends, where a quantile is infinite; in place, see normal.ts. */
const keepWithin = (cell: Float64Array): void => {
  if (cell[0] < 1e-12) cell[0] = 1e-12
  else if (cell[0] > 1 - 1e-12) cell[0] = 1 - 1e-12
}

/** Whether `frame` lies in one of the runs (first, last, first, last...). */
const isInRuns = (runs: Float64Array, frame: number): boolean => {
  let low = 0
  let high = runs.length >> 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (frame > runs[middle * 2 + 1]) low = middle + 1
    else high = middle
  }
  return low * 2 < runs.length && frame >= runs[low * 2]
}
