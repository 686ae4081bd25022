/**
 * A link that outlives its medium: when that goes, it is down and joins again until the medium is back.
 *
 *     joined --onClose--> away: down, report once --pause--> open --ok--> joined: up, report
 *       |                   ^----------------------------------fails-'
 *       '--onDown (of a medium that outlives itself): down; longer than `patienceMs`: away
 *
 * A medium that comes and goes at once (a command that ends by itself) is told of twice, then passed over in silence
 * until it has stayed for {@link STABLE_MS}.
 */
import type { FrameSink, Link } from '@vde-ts/link'
import { SLOT_OCTETS } from '@vde-ts/link/receive-slab.js'

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
  /** False: what is gone cannot be opened again (a descriptor that was inherited). */
  readonly isRepeatable: boolean
  readonly open: OpenLink
  readonly world: RejoinWorld
  /** Pause in front of try `attempt`, from 0, in milliseconds. */
  readonly pauseMs: (attempt: number) => number
  /** Up for this long, the tries are counted anew, in milliseconds. */
  readonly resetMs: number
  /** How long the medium may be down by itself before it is opened anew, in milliseconds; absent: for ever. */
  readonly patienceMs?: number
  /** What to add where a loss is told: what it means to people. */
  readonly comfort?: string
}

/** Opens the medium anew; the link is paused. Rejects with a VdeError while it is away. */
export type OpenLink = (sink: FrameSink) => Promise<Link>

/** Up for this long, a link is thought to stay. */
export const STABLE_MS = 1000

/** The world as it is. */
export const rejoinWorld = (say: (text: string) => void): RejoinWorld => ({
  say,
  later: (run, ms) => {
    const timer = setTimeout(run, ms)
    return () => { clearTimeout(timer) }
  },
  now: () => performance.now()
})

/** A way into a network that may go and come back. `onClose` of its sink is never called. */
export class Rejoin implements Link, FrameSink {
  readonly label: string
  readonly #sink: FrameSink
  readonly #options: RejoinOptions
  readonly #world: RejoinWorld
  #link: Link | null = null
  #maxFrame: number = SLOT_OCTETS
  #offload = false
  #isUp = false
  /** Lost while there was no link to count them, or by links that are closed. */
  #downDrops = 0
  #paused = true
  #closed = false
  #owesWritable = false
  #attempt = 0
  #upSince = -Infinity
  #flapping = false
  #silent = false
  #cancel: () => void = () => {}
  /** A medium that ended before its opening was through. */
  #early: { readonly why: Error | undefined } | null = null

  constructor (sink: FrameSink, options: RejoinOptions) {
    this.label = options.label
    this.#sink = sink
    this.#options = options
    this.#world = options.world
  }

  get offload (): boolean { return this.#offload }
  get maxFrame (): number { return this.#maxFrame }
  get queued (): number { return this.#link?.queued ?? 0 }
  get isUp (): boolean { return this.#isUp }
  get downDrops (): number { return this.#downDrops + (this.#link?.downDrops ?? 0) }

  /** The first opening, whose failure is the caller's. */
  async start (): Promise<void> {
    this.#take(await this.#options.open(this))
    this.#isUp = this.#link?.isUp ?? true
    this.#settle()
  }

  /** What happened while it was being opened. */
  #settle (): void {
    const early = this.#early
    this.#early = null
    if (early !== null) this.onClose(early.why)
    else if (this.#link?.isUp === false) this.#wait()
  }

  /** In place of {@link start}: the first opening has failed, it is tried again until it succeeds. */
  startAway (why: Error): void {
    this.#world.say(`${this.label}: not there yet${because(why)}, still trying`)
    this.#retry()
  }

  send (buf: Uint8Array, off: number, len: number): boolean {
    const link = this.#link
    if (link === null) {
      this.#downDrops++
      return true
    }
    if (link.send(buf, off, len)) return true
    this.#owesWritable = true
    return false
  }

  setOffload (isOn: boolean): number { return this.#link?.setOffload?.(isOn) ?? -EOPNOTSUPP }
  setCarrier (isOn: boolean): void { this.#link?.setCarrier?.(isOn) }

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
    this.#drop()
  }

  onFrame (buf: Uint8Array, off: number, len: number): void { this.#sink.onFrame(buf, off, len) }

  onWritable (): void {
    this.#owesWritable = false
    this.#sink.onWritable()
  }

  onUp (): void {
    if (this.#link === null) return // it is still being opened
    this.#cancel()
    this.#turn(true)
  }

  onDown (why?: Error): void {
    if (this.#link === null) return
    this.#turn(false, why)
    this.#wait()
  }

  onClose (why?: Error): void {
    if (this.#closed) return
    if (this.#link === null) {
      this.#early = { why }
      return
    }
    this.#cancel()
    this.#drop()
    if (!this.#options.isRepeatable) return this.#finish(why)
    const upMs = this.#world.now() - this.#upSince
    const flaps = upMs < STABLE_MS && this.#attempt > 0
    if (upMs >= this.#options.resetMs) this.#attempt = 0
    if (!this.#silent) this.#world.say(`${this.label}: ${lost(flaps, why)}${flaps ? '' : this.#options.comfort ?? ''}`)
    this.#flapping = flaps
    this.#silent = flaps
    this.#turn(false, why)
    this.#retry()
  }

  #finish (why: Error | undefined): void {
    this.#world.say(`${this.label}: connection lost${because(why)} for good${this.#options.comfort ?? ''}, without a network`)
    this.#turn(false, why)
  }

  /** The medium is down by itself, and has so long to come back. */
  #wait (): void {
    const { patienceMs } = this.#options
    if (patienceMs === undefined) return
    this.#cancel()
    this.#cancel = this.#world.later(() => { this.onClose() }, patienceMs)
  }

  #retry (): void {
    this.#cancel = this.#world.later(() => { void this.#rejoin() }, this.#options.pauseMs(this.#attempt++))
  }

  async #rejoin (): Promise<void> {
    let link: Link
    try {
      link = await this.#options.open(this)
    } catch {
      if (!this.#closed) this.#retry() // it was told that the network is away
      return
    }
    if (this.#closed) link.close()
    else this.#again(link)
  }

  #again (link: Link): void {
    this.#take(link)
    if (!this.#paused) link.resume()
    if (link.isUp ?? true) this.#turn(true)
    this.#settle()
  }

  #take (link: Link): void {
    this.#link = link
    this.#maxFrame = link.maxFrame
    this.#offload = link.offload
    this.#upSince = this.#world.now()
  }

  #drop (): void {
    const link = this.#link
    if (link === null) return
    this.#downDrops += link.downDrops ?? 0
    this.#link = null
    link.close()
  }

  #turn (isUp: boolean, why?: Error): void {
    if (isUp === this.#isUp || this.#closed) return
    this.#isUp = isUp
    if (isUp) {
      this.#tellReturn()
      this.#sink.onUp()
    } else this.#sink.onDown(why)
    if (this.#owesWritable) this.onWritable()
  }

  #tellReturn (): void {
    const tell = (): void => {
      this.#silent = false
      this.#world.say(`${this.label}: joined again`)
    }
    if (this.#flapping) this.#cancel = this.#world.later(tell, STABLE_MS)
    else tell()
  }
}

const EOPNOTSUPP = 95

const lost = (flaps: boolean, why: Error | undefined): string =>
  flaps ? `lost again at once${because(why)}, still trying` : `connection lost${because(why)}, joining again`

const because = (why: Error | undefined): string => why === undefined ? '' : ` (${why.message})`
