/**
 * A wirefilter of one direction between two pipes of the test: what goes in, what comes out, and when. `cat` stands on
 * either side because the C program takes nothing but pipes, and Node gives sockets.
 */
import { ksProbability, ksTwoSamples } from '../../../packages/impair/src/testing.ts'
import { PlugPipe } from './plug-pipe.ts'
import type { Scene } from './scene.ts'
import { waitFor } from './wait.ts'

const HEAD = 14

/** One numbered frame that came out. */
export interface Arrival {
  readonly serial: number
  readonly sentMs: number
  readonly ms: number
  readonly len: number
  readonly bytes: Buffer
}

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`

export class Tube {
  readonly pipe: PlugPipe
  readonly arrivals: Arrival[] = []
  readonly #sent: number[] = []

  /** A filter that runs: what is sent meets nothing but it. */
  static async open (scene: Scene, argv: readonly string[]): Promise<Tube> {
    const tube = new Tube(scene, argv)
    await tube.pipe.proc.says(/filter starting/, 5000, 'err')
    return tube
  }

  private constructor (scene: Scene, argv: readonly string[]) {
    this.pipe = new PlugPipe(scene, ['/bin/sh', '-c', `cat | ${argv.map(quote).join(' ')} | cat`], 1)
    const watch = (): void => { this.#take() }
    this.pipe.watch(watch)
  }

  #take (): void {
    for (const bytes of this.pipe.frames.splice(0)) {
      const serial = bytes.readUInt32BE(HEAD)
      this.arrivals.push({ serial, sentMs: this.#sent[serial] ?? NaN, ms: performance.now(), len: bytes.length, bytes })
    }
  }

  /** Sends the next numbered frame. */
  send (len = 60): void {
    const frame = Buffer.alloc(len)
    frame.writeUInt32BE(this.#sent.length, HEAD)
    this.#sent.push(performance.now())
    this.pipe.send(frame)
  }

  /** Waits until so many have come out. */
  async until (count: number, ms = 10_000): Promise<void> {
    await waitFor(() => this.arrivals.length >= count, ms, `${count} frames`, () => `${this.arrivals.length} of ${this.#sent.length} came; ${this.pipe.proc.story}`)
  }

  /** Waits until nothing has come for `quietMs`. */
  async quiet (quietMs = 300): Promise<void> {
    let count = -1
    while (count !== this.arrivals.length) {
      count = this.arrivals.length
      await new Promise((resolve) => { setTimeout(resolve, quietMs) })
    }
  }

  /** Sends `count` frames, `perMs` in each millisecond. */
  async stream (count: number, perMs: number, len = 60): Promise<void> {
    const start = performance.now()
    for (let sent = 0; sent < count;) {
      const due = Math.min(count, (performance.now() - start) * perMs)
      while (sent < due) {
        this.send(len)
        sent++
      }
      await new Promise((resolve) => { setTimeout(resolve, 1) })
    }
  }

  get serials (): number[] { return this.arrivals.map(({ serial }) => serial) }
  /** Milliseconds each frame took. */
  get delays (): number[] { return this.arrivals.map(({ ms, sentMs }) => ms - sentMs) }
}

/** Lengths of the runs that are missing. */
const gaps = (serials: readonly number[]): number[] =>
  serials.map((serial, i) => serial - (serials[i - 1] ?? -1) - 1).filter((length) => length > 0)

/**
 * Two programs, the same settings, the same traffic at the same time: how far apart the laws of their delays and of the
 * lengths of their runs of loss are: the p values of Kolmogorov and Smirnov's test of two samples.
 */
export const compareLaws = async (
  scene: Scene, programs: readonly [string, string], frames: number
): Promise<{ readonly delays: number, readonly runs: number }> => {
  const both = async (...args: string[]): Promise<Tube[]> => {
    const tubes = await Promise.all(programs.map(async (program) => await Tube.open(scene, [program, ...args])))
    await Promise.all(tubes.map(async (one) => { await one.stream(frames, 2); await one.quiet(500) }))
    for (const one of tubes) one.pipe.proc.endInput()
    return tubes
  }
  // Without FIFO, so that each delay is its own; wide, so that the C program's clock of 1 ms does not show.
  const [mine, theirs] = (await both('-d', '220+200', '-N')).map((one) => one.delays)
  const [lossy, theirLossy] = (await both('-l', '10', '-L', '5')).map((one) => gaps(one.serials))
  return { delays: ksProbability(ksTwoSamples(mine!, theirs!)), runs: ksProbability(ksTwoSamples(lossy!, theirLossy!)) }
}
