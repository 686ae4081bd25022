/**
 * A link that outlives its medium: when the switch goes, it joins again until it is back.
 *
 *     joined --onClose--> away: report once, send answers false --back-off--> open --ok--> joined: onWritable, report
 *                           ^-----------------------------------------------fails-'
 *
 * A medium that comes and goes at once (a command that ends by itself) is told of twice, then passed over in silence
 * until it has stayed for {@link STABLE_MS}.
 */
import type { FrameSink, Link } from '@vde-ts/link'

/** What a rejoining link needs of the world. */
export interface RejoinWorld {
  /** One line for people, without the program's name. */
  say (text: string): void
  /** Calls `run` once, later; the answer takes that back. */
  later (run: () => void, ms: number): () => void
  /** Monotonic, in milliseconds. */
  now (): number
}

/** What to join, and how. */
export interface RejoinOptions {
  /** How people call it: the VNL. */
  readonly label: string
  /** False: what is gone cannot be opened again (a descriptor that was inherited); then frames are dropped. */
  readonly isRepeatable: boolean
  readonly open: OpenLink
  readonly world: RejoinWorld
}

/** Opens the medium anew; the link is paused. Rejects with a VdeError while it is away. */
export type OpenLink = (sink: FrameSink) => Promise<Link>

/** Up for this long, a link is thought to stay. */
export const STABLE_MS = 1000

const FIRST_MS = 50
const SOON_MS = 500
const LATE_MS = 5000
/** Tries at SOON_MS before the pauses grow: some ten seconds, in which a switch is restarted. */
const SOON_TRIES = 20

/** Pause in front of try `attempt`, from 0: 50, 100, ... 500 for ten seconds, then up to 5000 ms. */
export const backoffMs = (attempt: number): number => attempt < SOON_TRIES
  ? Math.min(SOON_MS, FIRST_MS * 2 ** Math.min(attempt, 10))
  : Math.min(LATE_MS, SOON_MS * 2 ** Math.min(attempt - SOON_TRIES + 1, 10))

/** One interface's way out. `onClose` of its sink is never called. */
export class Rejoin implements Link, FrameSink {
  readonly label: string
  readonly #sink: FrameSink
  readonly #open: OpenLink
  readonly #world: RejoinWorld
  readonly #isRepeatable: boolean
  #link: Link | null = null
  #maxFrame = 0
  #offload = false
  #paused = true
  #closed = false
  #owesWritable = false
  #attempt = 0
  #upSince = 0
  #flapping = false
  #isOver = false
  #silent = false
  #cancel: () => void = () => {}

  constructor (sink: FrameSink, options: RejoinOptions) {
    this.label = options.label
    this.#sink = sink
    this.#open = options.open
    this.#world = options.world
    this.#isRepeatable = options.isRepeatable
  }

  get offload (): boolean { return this.#offload }
  get maxFrame (): number { return this.#maxFrame }
  get queued (): number { return this.#link?.queued ?? 0 }

  /** The first opening, whose failure is the caller's. */
  async start (): Promise<void> { this.#up(await this.#open(this)) }

  send (buf: Uint8Array, off: number, len: number): boolean {
    const link = this.#link
    if (link !== null ? link.send(buf, off, len) : this.#isOver) return true
    this.#owesWritable = true
    return false
  }

  pause (): void {
    this.#paused = true
    this.#link?.pause()
  }

  resume (): void {
    this.#paused = false
    this.#link?.resume()
  }

  close (): void {
    this.#closed = true
    this.#cancel()
    this.#link?.close()
    this.#link = null
  }

  onFrame (buf: Uint8Array, off: number, len: number): void { this.#sink.onFrame(buf, off, len) }

  onWritable (): void {
    this.#owesWritable = false
    this.#sink.onWritable()
  }

  onClose (why?: Error): void {
    this.#link?.close()
    this.#link = null
    if (this.#closed) return
    this.#cancel()
    if (!this.#isRepeatable) return this.#finish(why)
    const flaps = this.#world.now() - this.#upSince < STABLE_MS && this.#attempt > 0
    if (!flaps) this.#attempt = 0
    if (!this.#silent) this.#world.say(`${this.label}: ${lost(flaps, why)}`)
    this.#flapping = flaps
    this.#silent = flaps
    this.#retry()
  }

  #finish (why: Error | undefined): void {
    this.#isOver = true
    this.#world.say(`${this.label}: connection lost${because(why)} for good; the interface stays, without a network`)
    if (this.#owesWritable) this.onWritable()
  }

  #retry (): void {
    this.#cancel = this.#world.later(() => { void this.#rejoin() }, backoffMs(this.#attempt++))
  }

  async #rejoin (): Promise<void> {
    let link: Link
    try {
      link = await this.#open(this)
    } catch {
      if (!this.#closed) this.#retry() // it was told that the network is away
      return
    }
    if (this.#closed) link.close()
    else this.#again(link)
  }

  #again (link: Link): void {
    this.#up(link)
    const tell = (): void => {
      this.#silent = false
      this.#world.say(`${this.label}: joined again`)
    }
    if (this.#flapping) this.#cancel = this.#world.later(tell, STABLE_MS)
    else tell()
    if (!this.#paused) link.resume()
    if (this.#owesWritable) this.onWritable()
  }

  #up (link: Link): void {
    this.#link = link
    this.#maxFrame = link.maxFrame
    this.#offload = link.offload
    this.#upSince = this.#world.now()
  }
}

const lost = (flaps: boolean, why: Error | undefined): string =>
  flaps ? `lost again at once${because(why)}, still trying` : `connection lost${because(why)}, joining again; the interface stays`

const because = (why: Error | undefined): string => why === undefined ? '' : ` (${why.message})`
