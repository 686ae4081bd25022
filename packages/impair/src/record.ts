/**
 * Decisions as text, one line for each frame, so that they can be drawn as a graph, compared, and met again:
 *
 *     time_s,direction,frame,octets,fate,copies,overtakes,delays_ns,flips
 *     0.000123,out,1,1514,sent,2,0,20000000;20000000,;17 4711
 *     0.000980,out,2,60,loss,0,0,,
 *
 * Frames count from 1. Of each copy, parted by `;`: its delay, and the bits flipped in it, parted by blanks. A line whose
 * fate is `queue`, `red`, `codel`, `capacity`, `rate` or `memory` tells of a copy that found no room later; it is no decision.
 */
import type { Drops } from './counters.ts'
import type { Fate } from './fate.ts'
import type { Settings } from './settings.ts'
import { drawn } from './value.ts'

/** The first line of a record. */
export const RECORD_HEADER = 'time_s,direction,frame,octets,fate,copies,overtakes,delays_ns,flips'

/** The line about a frame that was judged. @param reason why it is lost; null: it is not */
export const decisionLine = (
  seconds: number, direction: string, index: number, len: number, reason: keyof Drops | null, fate: Fate, settings: Settings
): string => {
  const start = `${seconds.toFixed(6)},${direction},${index + 1},${len}`
  if (reason !== null) return `${start},${reason},0,0,,\n`
  const copies = Array.from({ length: fate.copies }, (_, copy) => copy)
  const delays = copies.map((copy) => {
    fate.drawDelay(settings, index, copy)
    return Math.round(drawn[0])
  })
  const flips = copies.map((copy) => fate.mayFlip ? flippedBits(fate, settings, index, copy, len).join(' ') : '')
  return `${start},sent,${fate.copies},${fate.isReordered ? 1 : 0},${delays.join(';')},${flips.join(';')}\n`
}

/** The line about a copy that found no room. */
export const dropLine = (seconds: number, direction: string, index: number, len: number, reason: keyof Drops): string =>
  `${seconds.toFixed(6)},${direction},${index + 1},${len},${reason},0,0,,\n`

const flippedBits = (fate: Fate, settings: Settings, index: number, copy: number, len: number): number[] => {
  const blank = new Uint8Array(len)
  fate.flip(settings, index, copy, blank, 0)
  const bits: number[] = []
  for (let bit = 0; bit < len * 8; bit++) if ((blank[bit >> 3] & (1 << (bit & 7))) !== 0) bits.push(bit)
  return bits
}

/** What a record says of one frame. */
export interface Decision {
  /** 0: lost. */
  readonly copies: number
  readonly isReordered: boolean
  /** Nanoseconds, of each copy. */
  readonly delays: readonly number[]
  /** Bits to flip in each copy. */
  readonly flips: ReadonlyArray<readonly number[]>
}

/** Decisions by frame, for each direction (0 out, 1 in). */
export type Replay = ReadonlyArray<ReadonlyMap<number, Decision>>

const DECIDED = new Set(['sent', 'loss', 'down', 'mtu'])
const MOST_COPIES = 64
const SHAPE = /^[\d.]+,(out|in),(\d{1,15}),\d{1,5},([a-z]+),(\d{1,2}),([01]),([\d;]*),([\d; ]*)$/

/** @throws {SyntaxError} no record, or a line that is none */
export const parseRecord = (text: string): Replay => {
  const [header, ...lines] = text.split('\n')
  if (header !== RECORD_HEADER) throw new SyntaxError(`Cannot read the record: it begins with "${(header ?? '').slice(0, 40)}", want ${RECORD_HEADER}`)
  const replay = [new Map<number, Decision>(), new Map<number, Decision>()]
  lines.forEach((line, i) => {
    if (line === '') return
    const [, direction, frame, fate = '', copies, overtakes, delays = '', flips = ''] = SHAPE.exec(line) ?? []
    if (direction === undefined || Number(copies) > MOST_COPIES) {
      throw new SyntaxError(`Cannot read line ${i + 2} of the record: found "${line.slice(0, 40)}"`)
    }
    if (!DECIDED.has(fate)) return
    replay[direction === 'out' ? 0 : 1]!.set(Number(frame) - 1, {
      copies: Number(copies),
      isReordered: overtakes === '1',
      delays: delays.split(';').map(Number),
      flips: flips.split(';').map((bits) => bits === '' ? [] : bits.split(' ').map(Number))
    })
  })
  return replay
}
