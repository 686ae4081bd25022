/**
 * Joins a network that may go, again and again: its link is down until the network is back.
 *
 *     joined --onClose--> away: down, report once --pause--> open --ok--> joined: up, report
 *       |                   ^----------------------------------fails-'
 *       '--onDown (of a medium that outlives itself): down; longer than `patienceMs`: away
 *
 * A medium that comes and goes at once (a command that ends by itself) is told of twice, then passed over in silence
 * until it has stayed for {@link STABLE_MS}.
 */
import { VdeError, type FrameSink, type Link } from '@vde-ts/link'
import { Succession } from './succession.ts'

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
  /** Asked at each loss: true ends everything, and the sink is told so. Absent: never. */
  readonly isOver?: () => boolean
  readonly open: OpenLink
  readonly world: RejoinWorld
  /** Pause in front of try `attempt`, from 0, in milliseconds. */
  readonly pauseMs: (attempt: number) => number
  /**
   * Calls `onSign` when the network may be coming back, until the function answered is called: then it is tried at once.
   * Asked for while the network is away. Absent: there are no signs, only pauses.
   */
  readonly watch?: (onSign: () => void) => () => void
  /** Up for this long, the tries are counted anew, in milliseconds. */
  readonly resetMs: number
  /** How long the medium may be down by itself before it is opened anew, in milliseconds; absent: for ever. */
  readonly patienceMs?: number
  /**
   * How long {@link Rejoin.start} waits for a medium that opens before it is up, in milliseconds: one that ends within is a
   * failure of the first opening. Absent: it does not wait.
   */
  readonly firstMs?: number
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

/** A way into a network that may go and come back; `link` is what to use. `onClose` of its sink is called by `isOver` only. */
export class Rejoin {
  readonly link: Succession
  readonly #sink: FrameSink
  readonly #options: RejoinOptions
  readonly #world: RejoinWorld
  #attempt = 0
  /** The attempt from which pauses are counted: that of the last sign. */
  #freshFrom = 0
  /** Told when the first medium is up (null), or has ended before; null: nobody waits. */
  #onFirst: ((failure: Error | null) => void) | null = null
  #isTrying = false
  /** A sign came while a try was under way, which may have been too early. */
  #isSigned = false
  #unwatch: (() => void) | null = null
  #upSince = -Infinity
  #isFlapping = false
  #isSilent = false
  /** {@link renew} took the network away. */
  #isRenewed = false
  #cancel: () => void = () => {}

  constructor (sink: FrameSink, options: RejoinOptions) {
    this.#sink = sink
    this.#options = options
    this.#world = options.world
    this.link = new Succession(sink, {
      label: options.label,
      onLost: (why) => { this.#onLost(why) },
      onTurn: (isUp) => { this.#onTurn(isUp) },
      onRelease: () => {
        this.#cancel()
        this.#endWatch()
      }
    })
  }

  /** The first opening, whose failure is the caller's. */
  async start (): Promise<void> {
    const first = this.#awaitFirst()
    this.#take(await this.#options.open(this.link), true)
    if (this.link.isUp) this.#onFirst?.(null)
    await first
    if (this.link.isTaken && !this.link.isUp) this.#wait()
  }

  async #awaitFirst (): Promise<void> {
    const { firstMs } = this.#options
    if (firstMs === undefined) return
    await new Promise<void>((resolve, reject) => {
      const settle = (failure: Error | null): void => {
        this.#onFirst = null
        cancel()
        if (failure === null) resolve()
        else reject(failure)
      }
      const cancel = this.#world.later(() => { settle(null) }, firstMs)
      this.#onFirst = settle
    })
  }

  /** In place of {@link start}: the first opening has failed, it is tried again until it succeeds. */
  startAway (why: Error): void {
    this.#say(`not there yet${because(why)}, still trying`)
    this.#goAway()
  }

  /** Opens the network anew, because it is to be opened in another way. While it is away: the next try does that. */
  renew (): void {
    if (!this.link.isTaken) return
    this.#cancel()
    this.#isRenewed = true
    this.link.release()
    void this.#rejoin()
  }

  #onTurn (isUp: boolean): void {
    if (isUp) {
      if (this.#onFirst !== null) return this.#onFirst(null)
      this.#cancel()
      this.#tellReturn()
    } else if (this.link.isTaken) this.#wait()
  }

  #onLost (why: Error | undefined): void {
    this.#cancel()
    if (this.#onFirst !== null) return this.#onFirst(why ?? new VdeError('ECONNRESET', `open "${this.#options.label}"`, 'it ended at once'))
    const { isRepeatable, isOver, comfort = '', resetMs } = this.#options
    if (isOver?.() === true) return this.#end(why)
    if (!isRepeatable) return this.#say(`connection lost${because(why)} for good${comfort}, without a network`)
    const upMs = this.#world.now() - this.#upSince
    const flaps = upMs < STABLE_MS && this.#attempt > 0
    if (upMs >= resetMs) this.#attempt = this.#freshFrom = 0
    if (!this.#isSilent) this.#say(`${lost(flaps, why)}${flaps ? '' : comfort}`)
    this.#isFlapping = flaps
    this.#isSilent = flaps
    this.#goAway()
  }

  #end (why: Error | undefined): void {
    this.link.close()
    this.#sink.onClose(why)
  }

  #goAway (): void {
    this.#retry()
    this.#unwatch ??= this.#options.watch?.(() => { this.#onSign() }) ?? null
  }

  #endWatch (): void {
    this.#unwatch?.()
    this.#unwatch = null
    this.#isSigned = false
  }

  #onSign (): void {
    this.#freshFrom = this.#attempt
    if (this.#isTrying) {
      this.#isSigned = true
      return
    }
    this.#cancel()
    void this.#rejoin()
  }

  /** The medium is down by itself, and has so long to come back. */
  #wait (): void {
    const { patienceMs } = this.#options
    if (patienceMs === undefined) return
    this.#cancel()
    this.#cancel = this.#world.later(() => { this.link.onClose() }, patienceMs)
  }

  #retry (): void {
    this.#cancel = this.#world.later(() => { void this.#rejoin() }, this.#options.pauseMs(this.#attempt++ - this.#freshFrom))
  }

  async #rejoin (): Promise<void> {
    let link: Link
    this.link.expect()
    this.#isTrying = true
    try {
      link = await this.#options.open(this.link)
    } catch {
      this.#isTrying = false
      this.#tryLater() // it was told that the network is away
      return
    }
    this.#isTrying = false
    this.#take(link, false)
    if (this.link.isTaken && !this.link.isUp) this.#wait()
  }

  #tryLater (): void {
    if (this.link.isClosed) return
    const isSigned = this.#isSigned
    this.#isSigned = false
    if (isSigned) void this.#rejoin()
    else this.#retry()
  }

  #take (link: Link, isOpening: boolean): void {
    this.#endWatch()
    this.#upSince = this.#world.now()
    this.link.adopt(link, isOpening)
  }

  #tellReturn (): void {
    // Nobody heard that it was away.
    if (this.#isRenewed) {
      this.#isRenewed = false
      return
    }
    const tell = (): void => {
      this.#isSilent = false
      this.#say('joined again')
    }
    if (this.#isFlapping) this.#cancel = this.#world.later(tell, STABLE_MS)
    else tell()
  }

  #say (text: string): void { this.#world.say(`${this.#options.label}: ${text}`) }
}

const lost = (flaps: boolean, why: Error | undefined): string =>
  flaps ? `lost again at once${because(why)}, still trying` : `connection lost${because(why)}, joining again`

const because = (why: Error | undefined): string => why === undefined ? '' : ` (${why.message})`
