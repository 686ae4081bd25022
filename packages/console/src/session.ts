/**
 * A console session on a connected stream socket. It reads only while everything it said was taken: a client that sends
 * and never reads stops itself, in the kernel's buffers. An idle session costs its descriptor and nothing else.
 */
import { native, IN, OUT } from '@vde-ts/native'
import type { Loop, Watcher } from '@vde-ts/link'
import type { Arrival, Departure, Ticket } from '@vde-ts/link/part.js'
import type { Console } from './console.ts'
import { Dialogue, PAUSE_MS, type DialogueSnapshot } from './dialogue.ts'
import { Outbox, type Flushed } from './outbox.ts'

const READ = 65536
const EAGAIN = 11
const EINTR = 4

const SPOKEN = { isGreeting: true, isPrompting: true, mayLogout: true, hasPause: true }

// One for all sessions: what is read is consumed before the next read.
const scratch = new Uint8Array(READ)

/** Who owns sessions. */
export interface SessionHost {
  /** The session has ended and its descriptor is closed; `isShutdown`: its user asked the whole program to end. */
  onSessionEnd (session: Session<never>, isShutdown: boolean): void
}

/** A session as it travels. */
export interface SessionSnapshot {
  readonly fd: Ticket
  readonly dialogue: DialogueSnapshot
  readonly unwritten: Uint8Array
  readonly hasInputEnded: boolean
}

/** Owns its descriptor, and closes it when the peer leaves, logs out, or {@link Session.close} is called. */
export class Session<C> implements Watcher {
  readonly #fd: number
  readonly #loop: Loop
  readonly #host: SessionHost
  readonly #dialogue: Dialogue<C>
  readonly #outbox: Outbox<C>
  #mask = IN
  #isClosed = false
  #hasInputEnded = false
  #isPlanned = false
  #pauseTimer: NodeJS.Timeout | null = null

  /** Takes over `fd` (non-blocking) and greets. @throws {VdeError} when the loop cannot watch it; the caller closes it then */
  constructor (fd: number, console: Console<C>, loop: Loop, host: SessionHost) {
    this.#fd = fd
    this.#loop = loop
    this.#host = host
    this.#dialogue = new Dialogue(console, SPOKEN, () => { this.#plan() })
    this.#outbox = new Outbox(this.#dialogue, (buf, off, len) => native.write(fd, buf, off, len))
    loop.add(fd, IN, this)
    this.#plan()
  }

  /** The session of another process: says what is left to say, and goes on. */
  static from<C> (snapshot: SessionSnapshot, arrival: Arrival, console: Console<C>, loop: Loop, host: SessionHost): Session<C> {
    const made = new Session(arrival.descriptor(snapshot.fd), console, loop, host)
    made.#dialogue.restore(snapshot.dialogue)
    made.#outbox.restore(snapshot.unwritten)
    made.#hasInputEnded = snapshot.hasInputEnded
    if (made.#dialogue.wantsPause) made.#awaitPause()
    return made
  }

  /** @throws {VdeError} EBUSY see {@link Dialogue.snapshot} */
  snapshot (departure: Departure): SessionSnapshot {
    return {
      fd: departure.descriptor(this.#fd),
      dialogue: this.#dialogue.snapshot(),
      unwritten: this.#outbox.snapshot(),
      hasInputEnded: this.#hasInputEnded
    }
  }

  onReady (events: number): void {
    if ((events & ~OUT) !== 0 && (this.#mask & IN) !== 0) this.#read()
    this.#pump()
  }

  /** Idempotent. Ends at once; what was not written is lost. */
  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#pauseTimer !== null) clearTimeout(this.#pauseTimer)
    this.#dialogue.close()
    this.#loop.remove(this.#fd)
    // A socket closed with unread input tells its peer ECONNRESET after the last output; take what is there.
    native.read(this.#fd, scratch, 0, READ)
    // A process that tried to take over, and hangs, may have a copy: the peer shall hear of the end all the same.
    native.shutdown(this.#fd, 2)
    native.close(this.#fd)
    this.#host.onSessionEnd(this as unknown as Session<never>, this.#dialogue.ended === 'shutdown')
  }

  #read (): void {
    if (this.#hasInputEnded) return
    const result = native.read(this.#fd, scratch, 0, READ)
    if (result === -EAGAIN || result === -EINTR) return
    if (this.#pauseTimer !== null) clearTimeout(this.#pauseTimer)
    this.#pauseTimer = null
    if (result > 0) {
      this.#dialogue.push(scratch, 0, result)
      if (this.#dialogue.wantsPause) this.#awaitPause()
      return
    }
    this.#hasInputEnded = true
    this.#dialogue.finish()
  }

  #awaitPause (): void { this.#pauseTimer = setTimeout(() => { this.#onPause() }, PAUSE_MS) }

  #onPause (): void {
    this.#pauseTimer = null
    this.#dialogue.pause()
    this.#pump()
  }

  #pump (): void {
    if (this.#isClosed) return
    const flushed = this.#outbox.flush()
    if (flushed === 'broken' || (flushed === 'idle' && this.#dialogue.ended !== null)) {
      this.close()
      return
    }
    if (flushed === 'turn') this.#plan()
    this.#watch(flushed)
  }

  #watch (flushed: Flushed): void {
    const input = this.#hasInputEnded || flushed !== 'idle' ? 0 : IN
    const mask = flushed === 'full' ? OUT : input
    if (mask === this.#mask) return
    this.#mask = mask
    this.#loop.modify(this.#fd, mask)
  }

  /** Pumps soon, once: an event may come from the middle of a frame's way, where nothing is written. */
  #plan (): void {
    if (this.#isPlanned) return
    this.#isPlanned = true
    setImmediate(() => {
      this.#isPlanned = false
      this.#pump()
    })
  }
}
