/**
 * A wire of two AF_UNIX datagram sockets, each bound to a name of its own and connected to that of the other.
 *
 *     our name   <--- datagrams, one a frame --->   the peer's name
 *
 * Ends come and go by themselves. The directory tells (inotify) when the other name appears or goes, an end that was
 * killed shows when a frame is sent to it; without a peer the link is down.
 */
import { basename, dirname } from 'node:path'
import { native } from '@vde-ts/native'
import type { FrameSink, Link } from '@vde-ts/link'
import { DatagramLink } from './datagram-link.ts'
import { watchNames } from './directory-events.ts'
import type { OwnFile } from './rendezvous.ts'
import type { OpenContext } from './scheme.ts'

const EPERM = 1
/** Between two looks at an end that does not listen to us yet, in milliseconds: at first, and at last. */
const FIRST_MS = 10
const LAST_MS = 1000

/** One end. */
export interface Wire {
  /** Bound to `own`. */
  readonly fd: number
  readonly own: OwnFile
  /** Name of the other end. */
  readonly peer: string
  readonly label: string
  readonly action: string
}

/**
 * The link of an end, which owns `fd` and the file.
 * @throws {VdeError} ENOENT, EACCES the directory of the peer; the file is removed then, `fd` stays the caller's
 */
export const datagramWire = (wire: Wire, sink: FrameSink, context: OpenContext): Link => new WireEnd(wire, sink, context).link

class WireEnd {
  readonly link: DatagramLink
  readonly #fd: number
  readonly #peer: string
  readonly #unwatch: () => void
  #timer: NodeJS.Timeout | null = null
  #pauseMs = FIRST_MS
  #isClosed = false

  constructor ({ fd, own, peer, label, action }: Wire, sink: FrameSink, context: OpenContext) {
    this.#fd = fd
    this.#peer = peer
    this.#unwatch = this.#watch(action, own)
    try {
      this.link = new DatagramLink(fd, sink, context.loop, {
        label,
        isUp: false,
        onPeerGone: () => { this.#look() },
        onHeard: () => { this.#look() },
        onRelease: () => {
          this.#isClosed = true
          if (this.#timer !== null) clearTimeout(this.#timer)
          this.#unwatch()
          own.remove()
        }
      })
    } catch (error) {
      this.#unwatch()
      own.remove()
      throw error
    }
    if (native.connectUnix(fd, peer) === 0) this.link.isUp = true
    else this.#look()
  }

  /** Before the first look, so that nobody comes unseen in between. Once the directory is gone, frames tell. */
  #watch (action: string, own: OwnFile): () => void {
    const name = basename(this.#peer)
    try {
      return watchNames(dirname(this.#peer), (found) => { if (found === null || found === name) this.#look() }, action)
    } catch (error) {
      own.remove()
      throw error
    }
  }

  /** The other name came, went or changed hands. A connection to the same socket changes nothing. */
  #look (): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    const result = native.connectUnix(this.#fd, this.#peer)
    if (result === 0) {
      this.#pauseMs = FIRST_MS
      return this.link.raise()
    }
    // Others that look for a free end connect to ours to try it, and cannot while it is connected to somebody gone. Undoing
    // the connection drops what has arrived.
    const isEmpty = this.link.takeRest()
    if (this.#isClosed) return
    if (isEmpty) native.disconnect(this.#fd)
    this.link.lower()
    if (isEmpty && result !== -EPERM) return
    // EPERM: it is still connected to whom we follow, and finds us when it sees our name, or when it sends.
    this.#timer = setTimeout(() => { this.#look() }, this.#pauseMs)
    this.#pauseMs = Math.min(LAST_MS, this.#pauseMs * 2)
  }
}
