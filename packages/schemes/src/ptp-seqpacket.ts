/**
 * A wire of one SOCK_SEQPACKET connection: what `ptp://` of vdeplug after 4.0.1 speaks.
 *
 *     whoever finds nobody at PATH listens there; who comes connects and is told one octet: 0 welcome, else an errno
 *     then a packet is a frame, both ways
 *
 * The listener stays when its peer leaves. The other end, when the listener leaves, connects to the next one or listens
 * itself.
 */
import { native, IN, RDHUP, SEQPACKET } from '@vde-ts/native'
import { VdeError, systemError, type FrameSink, type Link } from '@vde-ts/link'
import { Acceptor } from './acceptor.ts'
import { awaitReady } from './await-ready.ts'
import { DatagramLink } from './datagram-link.ts'
import { connectTo, foreign, takeName, type Holder, type OwnFile } from './rendezvous.ts'
import { Succession } from './succession.ts'
import type { OpenContext } from './scheme.ts'

/** How long a listener may take to welcome, in milliseconds. */
const WELCOME_MS = 2000
/** Between two tries of an end whose listener left and whose place somebody else has, in milliseconds. */
const RETRY_MS = 500
/** Whoever has bound a name listens within this. */
const SETTLE_MS = 20
const MOST_TRIES = 5
const BACKLOG = 5
const EISCONN = 106

/**
 * Opens an end of the wire.
 * @returns the link, or 'other': whoever has PATH is of another kind
 * @throws {VdeError} EISCONN both ends are taken, EEXIST no socket, ETIMEDOUT, EACCES
 */
export const openSeqpacketWire = async (
  path: string, sink: FrameSink, context: OpenContext, action: string
): Promise<Link | 'other'> => {
  const wire = new SeqpacketWire(path, sink, context, action)
  try {
    if (await wire.open(true) === 'other') return 'other'
  } catch (error) {
    wire.link.close()
    throw error
  }
  return wire.link
}

class SeqpacketWire {
  readonly link: Succession
  readonly #path: string
  readonly #context: OpenContext
  readonly #action: string
  #acceptor: Acceptor | null = null
  #own: OwnFile | null = null
  #timer: NodeJS.Timeout | null = null

  constructor (path: string, sink: FrameSink, context: OpenContext, action: string) {
    this.#path = path
    this.#context = context
    this.#action = action
    this.link = new Succession(sink, {
      label: `ptp://${path}`,
      onLost: () => { if (this.#acceptor === null) this.#again(0) },
      onRelease: () => { this.#release() }
    })
  }

  /**
   * Connects, or listens where nobody does. Two may come at once: who finds the name taken looks again, and a socket counts
   * as dead only when it still is a little later, since its owner may have bound it and not listen yet.
   */
  async open (isOpening: boolean): Promise<'open' | 'other'> {
    for (let tries = 1; ; tries++) {
      const found = await this.#look(isOpening, tries)
      if (found !== 'unsettled') return found
      await new Promise((resolve) => { setTimeout(resolve, SETTLE_MS) })
    }
  }

  async #look (isOpening: boolean, tries: number): Promise<'open' | 'other' | 'unsettled'> {
    const fd = native.unixSocket(SEQPACKET)
    if (fd < 0) throw systemError(fd, this.#action, native.strerror(-fd))
    try {
      const holder = connectTo(fd, this.#path)
      if (holder === 'same') await this.#join(fd, isOpening)
      else if (holder === 'nobody' || (holder === 'dead' && tries > 1)) this.#listen(fd, holder)
      else if (holder === 'foreign') throw foreign(this.#path, this.#action)
      else native.close(fd)
      return holder === 'other' ? 'other' : holder === 'dead' && tries === 1 ? 'unsettled' : 'open'
    } catch (error) {
      native.close(fd)
      if (error instanceof VdeError && error.code === 'EADDRINUSE' && tries < MOST_TRIES && !this.link.isClosed) return 'unsettled'
      throw error
    }
  }

  async #join (fd: number, isOpening: boolean): Promise<void> {
    await awaitReady(this.#context.loop, fd, IN | RDHUP, WELCOME_MS, this.#action, 'whoever listens does not welcome us')
    const status = new Uint8Array(1)
    const count = native.receive(fd, status, 0, 1)
    if (count !== 1) throw new VdeError('EFAULT', this.#action, 'whoever listens hung up, or does not speak this protocol')
    if (status[0] !== 0) throw systemError(-status[0]!, this.#action, `${native.strerror(status[0]!)}: both ends are taken`)
    this.link.expect()
    this.link.adopt(this.#connection(fd), isOpening)
  }

  #connection (fd: number): DatagramLink {
    return new DatagramLink(fd, this.link, this.#context.loop, { label: this.link.label, emptyIsEnd: true })
  }

  #listen (fd: number, holder: Holder): void {
    const own = takeName(fd, this.#path, SEQPACKET, this.#context, this.#action, holder)
    const result = native.listen(fd, BACKLOG)
    if (result < 0) {
      own.remove()
      throw systemError(result, this.#action, native.strerror(-result))
    }
    this.#own = own
    this.#acceptor = new Acceptor(fd, this.#context.loop, (peer) => { this.#welcome(peer) })
  }

  #welcome (fd: number): void {
    const status = Uint8Array.of(this.link.isTaken ? EISCONN : 0)
    if (native.send(fd, status, 0, 1) !== 1 || status[0] !== 0) {
      native.close(fd)
      return
    }
    this.link.expect()
    this.link.adopt(this.#connection(fd))
  }

  #again (ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.open(false).catch(() => { if (!this.link.isClosed) this.#again(RETRY_MS) })
    }, ms)
  }

  #release (): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#acceptor?.close()
    this.#own?.remove()
  }
}
