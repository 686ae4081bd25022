/**
 * A wire of two datagram sockets: what `ptp://` of vdeplug 4.0.1 and before speaks.
 *
 *     first opener   PATH   <--- datagrams, one a frame --->   PATH+   second opener
 *
 * Each end is bound to its own name and connected to the other's. Ends come and go by themselves: the directory tells
 * (inotify) when the other name appears or goes, an end that was killed shows when a frame is sent to it.
 */
import { watch, type FSWatcher } from 'node:fs'
import { basename, dirname } from 'node:path'
import { native, DGRAM } from '@vde-ts/native'
import { VdeError, systemError, type FrameSink, type Link } from '@vde-ts/link'
import { DatagramLink } from './datagram-link.ts'
import { connectTo, foreign, takeName, type Holder, type OwnFile } from './ptp-path.ts'
import type { OpenContext } from './scheme.ts'

/**
 * Opens the end of the wire that is free.
 * @returns the link, or 'other': whoever has PATH is no datagram socket
 * @throws {VdeError} EADDRINUSE both ends are taken, EEXIST something else lies there, EACCES, ENOENT
 */
export const openDatagramWire = (path: string, sink: FrameSink, context: OpenContext, action: string): Link | 'other' => {
  const fd = socket(action)
  try {
    const holder = lookAt(path)
    if (holder === 'other') {
      native.close(fd)
      return 'other'
    }
    if (holder === 'foreign') throw foreign(path, action)
    const [own, peer] = holder === 'same' ? [`${path}+`, path] : [path, `${path}+`]
    const found = lookAt(own)
    if (found === 'same') throw new VdeError('EADDRINUSE', action, `both ends of "${path}" are taken`)
    if (found !== 'nobody' && found !== 'dead') throw foreign(own, action)
    return new WireEnd(fd, takeName(fd, own, DGRAM, context, action), peer, sink, context).link
  } catch (error) {
    native.close(fd)
    throw error
  }
}

const socket = (action: string): number => {
  const fd = native.unixSocket(DGRAM)
  if (fd < 0) throw systemError(fd, action, native.strerror(-fd))
  return fd
}

const EPERM = 1
/** Between two looks at an end that does not listen to us yet, in milliseconds: at first, and at last. */
const FIRST_MS = 10
const LAST_MS = 1000

/** With a socket of its own: a connection made to look could not be undone. */
const lookAt = (path: string): Holder => {
  const fd = native.unixSocket(DGRAM)
  if (fd < 0) return 'foreign'
  const holder = connectTo(fd, path)
  native.close(fd)
  return holder
}

class WireEnd {
  readonly link: DatagramLink
  readonly #fd: number
  readonly #peer: string
  readonly #watcher: FSWatcher
  #timer: NodeJS.Timeout | null = null
  #pauseMs = FIRST_MS
  #isClosed = false

  /** Owns `fd` and `own` when it returns. */
  constructor (fd: number, own: OwnFile, peer: string, sink: FrameSink, context: OpenContext) {
    this.#fd = fd
    this.#peer = peer
    const name = basename(peer)
    // Before the first look, so that nobody comes unseen in between.
    this.#watcher = watch(dirname(peer), (_event, found) => { if (found === null || found === name) this.#look() })
    this.#watcher.on('error', () => {}) // the directory is gone: then frames tell
    try {
      this.link = new DatagramLink(fd, sink, context.loop, {
        label: `ptp://${own.path}`,
        isUp: false,
        onPeerGone: () => { this.#look() },
        onHeard: () => { this.#look() },
        onRelease: () => {
          this.#isClosed = true
          if (this.#timer !== null) clearTimeout(this.#timer)
          this.#watcher.close()
          own.remove()
        }
      })
    } catch (error) {
      this.#watcher.close()
      own.remove()
      throw error
    }
    if (native.connectUnix(fd, peer) === 0) this.link.isUp = true
    else this.#look()
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
