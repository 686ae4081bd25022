/**
 * The process that is left: serves `DIR/.takeover`, see takeover-protocol.ts.
 *
 * From the announcement to the end the process does nothing else: no frame is read, no timer runs, no command is
 * executed, because this function does not return to the loop. So the snapshot is of one moment, and when the new process
 * fails there is nothing to undo: the loop goes on, and frames have waited in the kernel.
 */
import { native, IN, RDHUP } from '@vde-ts/native'
import { VdeError, errnoName, systemError, type Loop, type Watcher } from '@vde-ts/link'
import { acceptBurst } from '@vde-ts/link/accept.js'
import type { Departure, Part } from '@vde-ts/link/part.js'
import { stateText } from '@vde-ts/link/state-text.js'
import { peerOf, type Peer } from './accounts.ts'
import { BATCH, STATE_VERSION, TAKEOVER_MS, hear, hearNow, leftMs, parting, say, type Step } from './takeover-protocol.ts'

const ACTION = 'hand over to another process'
const ENDED = 'the other process ended before it had started'

/** What is handed over, and what happens then. */
export interface TakeoverOptions {
  /** The listening descriptor, which stays the caller's. */
  readonly fd: number
  readonly loop: Loop
  readonly parts: readonly Part[]
  /** Calls `run`, soon, at a moment at which the parts can be written down. */
  readonly whenQuiet: (run: () => void) => void
  /** The new process goes on, and waits until this one has removed what both would make (the pid file). */
  readonly letGo: () => void
  /** The new process waits no more. This one has to end, and to touch nothing that has travelled. */
  readonly onGone: (pid: number) => void
  /** One line for the operator. */
  log (line: string): void
  /** Milliseconds the new process may take; absent: 2 s. */
  readonly timeoutMs?: number
}

/** Waits for whoever takes over, until {@link TakeoverServer.close}. */
export class TakeoverServer implements Watcher {
  readonly #options: TakeoverOptions
  /** One at a time. */
  #current: Applicant | null = null
  #isClosed = false

  /** @throws {VdeError} when the descriptor cannot be watched */
  constructor (options: TakeoverOptions) {
    this.#options = options
    options.loop.add(options.fd, IN, this)
  }

  /** Idempotent. */
  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#options.loop.remove(this.#options.fd)
    this.#current?.close()
  }

  onReady (): void {
    acceptBurst(this.#options.fd, (fd) => {
      this.#welcome(fd)
      return !this.#isClosed
    })
  }

  #welcome (fd: number): void {
    const peer = peerOf(fd)
    const objection = peer === null || !isOurs(peer)
      ? new VdeError('EPERM', 'take over', `the running program belongs to uid ${process.geteuid!()}, be that or root`)
      : this.#current !== null ? new VdeError('EBUSY', 'take over', 'another process is about to') : null
    if (objection !== null || peer === null) {
      refuse(fd, objection)
      return
    }
    try {
      this.#current = new Applicant(fd, peer, this.#options, () => { this.#current = null })
    } catch {
      native.close(fd)
    }
  }
}

const isOurs = (peer: Peer): boolean => peer.uid === 0 || (peer.uid >= 0 && peer.uid === process.geteuid!())

/** One process that wants to take over. */
class Applicant implements Watcher {
  readonly #fd: number
  readonly #peer: Peer
  readonly #options: TakeoverOptions
  readonly #onEnd: () => void
  readonly #timer: NodeJS.Timeout
  #confirms = false
  #isClosed = false

  constructor (fd: number, peer: Peer, options: TakeoverOptions, onEnd: () => void) {
    this.#fd = fd
    this.#peer = peer
    this.#options = options
    this.#onEnd = onEnd
    options.loop.add(fd, IN | RDHUP, this)
    this.#timer = setTimeout(() => { this.close() }, options.timeoutMs ?? TAKEOVER_MS)
  }

  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#options.loop.remove(this.#fd)
    native.close(this.#fd)
    this.#onEnd()
  }

  onReady (): void {
    try {
      const greeting = hearNow(this.#fd, ACTION)
      if (greeting === null) return
      checkGreeting(greeting)
      this.#confirms = greeting.confirms === true
    } catch (error) {
      this.#fail(error)
      return
    }
    clearTimeout(this.#timer)
    this.#options.loop.remove(this.#fd)
    this.#options.whenQuiet(() => { if (!this.#isClosed) this.#handOver() })
  }

  /** Does not return to the loop before it is over. */
  #handOver (): void {
    try {
      const ms = this.#options.timeoutMs ?? TAKEOVER_MS
      const deadline = performance.now() + ms
      send(this.#fd, pack(this.#options.parts), deadline)
      if (hear(this.#fd, deadline, ACTION).ready !== true) throw new VdeError('EPROTO', ACTION, 'it is not ready')
      say(this.#fd, { go: true }, ACTION)
      if (this.#confirms && hasDied(this.#fd, ms)) throw new VdeError('ECONNRESET', ACTION, ENDED)
    } catch (error) {
      this.#fail(error)
      return
    }
    this.#options.letGo()
    this.close()
    this.#options.onGone(this.#peer.pid)
  }

  #fail (error: unknown): void {
    const why = error instanceof VdeError ? error : new VdeError('EIO', ACTION, String((error as Error).stack))
    this.#options.log(`pid ${this.#peer.pid} did not take over: ${why.message}`)
    if (!this.#isClosed) refuse(this.#fd, why, false)
    this.close()
  }
}

/**
 * Waits for the first word after `go`. True: the connection has ended without it, so everything is this process's alone. Who
 * says nothing may still act, and has it.
 */
const hasDied = (fd: number, ms: number): boolean =>
  native.poll(fd, IN, ms) !== 0 && native.receive(fd, new Uint8Array(64), 0, 64) <= 0

/** Says why not, if the other still listens, and hangs up. */
const refuse = (fd: number, why: VdeError | null, isClosing = true): void => {
  try {
    if (why !== null) say(fd, { errno: why.errno, text: why.message }, ACTION)
  } catch { /* it has left */ }
  if (isClosing) native.close(fd)
}

const checkGreeting = ({ takeover, versions }: Step): void => {
  if (takeover === 1 && Array.isArray(versions) && versions.includes(STATE_VERSION)) return
  throw new VdeError('EPROTONOSUPPORT', ACTION, `its versions are ${JSON.stringify(versions ?? null).slice(0, 80)}, ${STATE_VERSION} is spoken here`)
}

interface Luggage { readonly state: Buffer, readonly descriptors: Int32Array }

const pack = (parts: readonly Part[]): Luggage => {
  const descriptors: number[] = []
  const departure: Departure = { descriptor: (fd) => descriptors.push(fd) - 1 }
  const state = Object.fromEntries(parts.map((part) => [part.name, part.snapshot(departure)]))
  return { state: Buffer.from(stateText(state)), descriptors: Int32Array.from(descriptors) }
}

const send = (fd: number, { state, descriptors }: Luggage, deadline: number): void => {
  say(fd, { version: STATE_VERSION, pid: process.pid, octets: state.length, descriptors: descriptors.length }, ACTION)
  const { packets, piece } = parting(state.length, descriptors.length)
  for (let i = 0; i < packets; i++) {
    awaitNext(fd, i, deadline)
    const at = i * piece
    const batch = descriptors.subarray(i * BATCH, (i + 1) * BATCH)
    const result = native.sendDescriptors(fd, state, at, Math.min(piece, state.length - at), batch)
    if (result < 0) throw systemError(result, ACTION, `${native.strerror(-result)} (${errnoName(result)})`)
  }
}

const awaitNext = (fd: number, i: number, deadline: number): void => {
  const { next } = hear(fd, deadline, ACTION)
  if (next !== i) throw new VdeError('EPROTO', ACTION, `it wants packet ${JSON.stringify(next ?? null)}, ${i} is next`)
  if (leftMs(deadline) === 0) throw new VdeError('ETIMEDOUT', ACTION, 'it takes too long')
}
