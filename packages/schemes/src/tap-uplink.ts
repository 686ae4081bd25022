/**
 * The network of an interface of ours: handed to the switch where that is possible, else reached through datagrams.
 *
 *     open --attach--> lent: the switch moves the frames              \  whoever uses this joins the link with
 *          --else----> any other link: we move them, with offload where  /  the TapLink as ever
 *                      the link takes it
 *
 * After the end of one link `open` may be called for the next: the TAP stays lent meanwhile, so that its frames wait in
 * its queue, and the former port is asked for.
 */
import { VdeError, loop as processLoop, type FrameSink, type Link } from '@vde-ts/link'
import { parseTail } from '@vde-ts/vnl'
import { attachTap, type AttachedLink, type NotAttached } from './attach-client.ts'
import { attachTarget, hasAttach, type AttachTarget } from './attach-target.ts'
import { watchForSwitch } from './directory-watch.ts'
import { openVnl, resolveVnl, type OpenOptions } from './registry.ts'
import type { TapLink } from './tap-link.ts'
import { vdeScheme } from './vde.ts'

/** How to open. */
export interface UplinkOptions extends OpenOptions {
  /** False: the interface finishes its frames itself (checksums, segments), also when it is handed over. */
  readonly hasOffload?: boolean
}

/** The way out of one TAP. */
export class TapUplink {
  readonly #vnl: string
  readonly #options: UplinkOptions
  readonly #target: AttachTarget | null
  #tap: TapLink | null = null
  #last: AttachedLink | null = null
  /** The port that the TAP was at when it was kept back, where it goes on and comes back to. */
  #keptFrom: number | null = null
  #isKept = false
  /** The link opened last, when its frames are ours to move. */
  #link: Link | null = null

  constructor (vnl: string, options: UplinkOptions = {}) {
    this.#vnl = vnl
    this.#options = options
    this.#target = targetOf(vnl, options.port ?? 0)
  }

  /** Whether a switch that takes TAPs is there now. If so, `open` is best called when the TAP is known. */
  get canAttach (): boolean { return !this.isKept && this.#target !== null && this.#target.directories.some(hasAttach) }

  /** Whether the link that was opened last had the TAP handed over. */
  get wasAttached (): boolean { return this.#last !== null }

  /** True: from the next opening on the TAP is handed to nobody, for whoever wants to see its frames. */
  get isKept (): boolean { return this.#isKept }
  set isKept (isKept: boolean) {
    this.#isKept = isKept
    if (isKept) this.#keptFrom = this.#last?.port ?? this.#keptFrom
  }

  /**
   * Calls `onSign` when the switch may be coming back, until the function answered is called.
   * For networks that are no switch's directory nothing is told.
   */
  watch (onSign: () => void): () => void { return watchForSwitch(this.#target?.directories ?? [], onSign) }

  /** The TAP, which stays the caller's. */
  use (tap: TapLink): void {
    this.#tap = tap
    if (this.#link !== null) this.#agree(tap, this.#link)
  }

  /** @throws {VdeError} as `openVnl` */
  async open (sink: FrameSink): Promise<Link> {
    const tap = this.#tap
    const target = this.#target
    if (tap === null || target === null) return await this.#join(sink)
    if (!tap.isAlive) {
      tap.reclaim() // and so it ends
      throw new VdeError('ENODEV', `open ${this.#vnl}`, 'the interface was removed')
    }
    const mayAttach = !this.isKept && this.#last?.isHandedBack !== true
    const attached = mayAttach ? await this.#attach(tap, target, sink) : 'unsupported'
    if (typeof attached !== 'string') return attached
    let link = await this.#join(sink)
    if (attached === 'absent' && this.canAttach) {
      // A switch that came up between the two tries takes the TAP now. It shall find its former port free.
      link.close()
      const late = await this.#attach(tap, target, sink)
      if (typeof late !== 'string') return late
      link = await this.#join(sink)
    }
    this.#last = null
    tap.reclaim()
    return link
  }

  /** The network as a link whose frames we move. */
  async #join (sink: FrameSink): Promise<Link> {
    const { hasOffload = true, takesOffload = this.#target === null && hasOffload } = this.#options
    // As an open argument 0 is any port, and a negative one port 0.
    const place = this.#isKept && this.#keptFrom !== null ? { port: this.#keptFrom === 0 ? -1 : this.#keptFrom } : {}
    const link = await openVnl(this.#vnl, sink, { ...this.#options, ...place, takesOffload })
    this.#link = link
    if (this.#tap !== null) this.#agree(this.#tap, link)
    return link
  }

  /**
   * The interface hands over super-frames; for a network that takes none the wire between them cuts each. Were the interface
   * to do it, its queue of 500 frames would overflow in the slow start of every stream.
   */
  #agree (tap: TapLink, link: Link): void {
    const hasOffload = this.#options.hasOffload !== false
    tap.setOffload(hasOffload)
    link.setOffload?.(hasOffload && link.offload)
  }

  async #attach (tap: TapLink, target: AttachTarget, sink: FrameSink): Promise<Link | NotAttached> {
    let why: NotAttached = 'absent'
    for (const directory of target.directories) {
      if (!hasAttach(directory)) continue
      const attached = await this.#attachTo(directory, tap, target, sink)
      if (typeof attached !== 'string') {
        this.#last = attached
        tap.lend()
        return attached
      }
      if (attached === 'unsupported') why = attached
    }
    return why
  }

  /** At its former port, if nobody else is there. */
  async #attachTo (directory: string, tap: TapLink, target: AttachTarget, sink: FrameSink): Promise<AttachedLink | NotAttached> {
    const { description = 'vde-ts', loop = processLoop, hasOffload = true } = this.#options
    tap.setOffload(hasOffload)
    const kind = tap.kind === 'packet' ? tap.kind : 'tap'
    const offer = { directory, tap: tap.fd, kind, description, loop, hasOffload } as const
    if (this.#last !== null) {
      try {
        return await attachTap({ ...offer, port: this.#last.port, isExclusive: true }, sink)
      } catch (error) {
        if (!(error instanceof VdeError)) throw error
      }
    }
    return await attachTap({ ...offer, port: this.#keptFrom ?? target.port, isExclusive: false }, sink)
  }
}

/** The switches a VNL may mean, when it means just a switch. */
const targetOf = (vnl: string, port: number): AttachTarget | null => {
  try {
    const { name, text } = resolveVnl(vnl)
    return name === vdeScheme.name ? attachTarget(parseTail(text, vdeScheme), port) : null
  } catch {
    return null // no VNL: opening it will say so
  }
}
