/**
 * One conversation, without its descriptor: octets go in, pieces of text are taken out when there is room for them.
 *
 *     push --> lines --> one reply at a time --> next --> writer
 *                        events, between replies --^
 *
 * Nothing is executed before the writer has taken what the line before it said, so a peer that does not read costs one
 * piece of text, and a peer that sends many lines at once gets every reply, in order. Events never split a reply: clients
 * tell them apart by their first digit, and a data line may start with any.
 *
 * An unfinished line is executed at the end of the input. The original also executed it on arrival, and there are clients
 * that send a command without its newline and wait for the answer; but a line may also be cut in two by a pipe, and
 * executing the first half of `port/remove 12` would remove port 1. So an unfinished line is executed after a pause only
 * when it came in one piece, with nothing before it in that piece, and starts with a known command: a program's single
 * write looks like that, a typist on a raw socket and a cut batch do not.
 *
 * A command may turn the dialogue into a stream of events (`events`): from then on nothing is executed or prompted, and
 * each event is a line of JSON.
 */
import { VdeError } from '@vde-ts/link'
import type { Ending } from './command.ts'
import type { Console, Outcome } from './console.ts'
import { status } from './console.ts'
import { eventJson, eventLine, type PublishedEvent, type Refusal, type Subscriber } from './events.ts'
import { LineBuffer, type LinesSnapshot } from './lines.ts'

/** How long a line without its end must have been alone, in milliseconds. */
export const PAUSE_MS = 100

/** Events kept for a reader who is busy; the oldest stay, later ones are counted. */
export const MAX_EVENTS = 1024

/** Octets of a reply that is ended for {@link Dialogue.snapshot} at most. */
const MAX_UNSAID = 16 * 1024 * 1024

const E2BIG = 7

/** `end`: the input has ended and everything was answered. */
export type DialogueEnd = Ending | 'end'

/** How a session differs from another: on a socket all are true, a pipe on standard input is greeted with nothing. */
export interface DialogueOptions {
  /** Starts with the banner. */
  readonly isGreeting: boolean
  /** False: no prompt (a pipe on stdin). */
  readonly isPrompting: boolean
  /** False: none before the first reply. Absent: as {@link isPrompting}. */
  readonly isPromptingFirst?: boolean
  /** False: `logout` has no effect (the console of the switch's own terminal). */
  readonly mayLogout: boolean
  /** False: an unfinished line waits for its end, however long. */
  readonly hasPause: boolean
}

/** A dialogue as it travels. */
export interface DialogueSnapshot {
  readonly unsaid: string
  readonly lines: LinesSnapshot
  readonly isLone: boolean
  readonly isFinished: boolean
  readonly ended: DialogueEnd | null
  readonly isStream: boolean
  readonly events: readonly string[]
  readonly lostEvents: number
  /** Categories subscribed to. */
  readonly topics: readonly string[]
}

/**
 * One session, see above. Whoever writes asks {@link Dialogue.next} while the descriptor takes octets, and calls
 * {@link Dialogue.close} at the end.
 */
export class Dialogue<C> implements Subscriber {
  /** Set by {@link next} when it answers null for good. */
  ended: DialogueEnd | null = null
  /** Events that were not kept. */
  lostEvents = 0
  refusal: Refusal | null = null

  readonly #console: Console<C>
  readonly #options: DialogueOptions
  readonly #lines = new LineBuffer()
  readonly #events: string[] = []
  readonly #onEvent: () => void
  #reply: Generator<string, Outcome> | null = null
  #isFinished = false
  #isStream = false
  /** A line waits for what it needs. */
  #isHeld = false
  /** The unfinished line came in one piece, at the start of that piece. */
  #isLone = false
  /** Said before everything else: the greeting, or what another process had begun to say. */
  #unsaid: string

  /** @param onEvent told when an event waits, so that the writer asks {@link next} */
  constructor (console: Console<C>, options: DialogueOptions, onEvent: () => void) {
    this.#console = console
    this.#options = options
    this.#onEvent = onEvent
    const { isGreeting, isPrompting, isPromptingFirst = isPrompting } = options
    this.#unsaid = (isGreeting ? console.banner : '') + (isPromptingFirst ? console.prompt : '')
  }

  /**
   * Ends the reply under way, since a generator cannot travel; its text is kept and said next, here or there.
   * @throws {VdeError} EBUSY it is too long to be kept
   */
  snapshot (): DialogueSnapshot {
    if (this.#isHeld) throw new VdeError('EBUSY', 'leave a session', 'a command is about to start, try again')
    while (this.#reply !== null) {
      if (this.#unsaid.length > MAX_UNSAID) throw new VdeError('EBUSY', 'leave a session', 'somebody is being told too much, try again')
      this.#unsaid += this.#step()
    }
    return {
      unsaid: this.#unsaid,
      lines: this.#lines.snapshot(),
      isLone: this.#isLone,
      isFinished: this.#isFinished,
      ended: this.ended,
      isStream: this.#isStream,
      events: [...this.#events],
      lostEvents: this.lostEvents,
      topics: this.#console.events.heardBy(this)
    }
  }

  /** Goes on where the dialogue of another process stopped. */
  restore (snapshot: DialogueSnapshot): void {
    this.#unsaid = snapshot.unsaid
    this.#lines.restore(snapshot.lines)
    this.#isLone = snapshot.isLone
    this.#isFinished = snapshot.isFinished
    this.ended = snapshot.ended
    this.#isStream = snapshot.isStream
    this.#events.push(...snapshot.events)
    this.lostEvents = snapshot.lostEvents
    this.#console.events.renew(this, snapshot.topics)
  }

  /** True when an unfinished line would be executed by {@link pause}. */
  get wantsPause (): boolean {
    return this.#options.hasPause && this.#isLone && !this.#isFinished && this.#isCommand(this.#lines.pendingText)
  }

  /** Takes input. */
  push (buf: Uint8Array, off: number, len: number): void {
    const hadRest = this.#lines.pending > 0
    const before = this.#lines.count
    this.#lines.push(buf, off, len)
    this.#isLone = !hadRest && this.#lines.count === before && this.#lines.pending > 0
  }

  /** Nothing came for {@link PAUSE_MS}. */
  pause (): void {
    if (this.wantsPause) this.#lines.flush()
    this.#isLone = false
  }

  /** No input will follow. */
  finish (): void {
    if (this.#isFinished) return
    this.#isFinished = true
    this.#lines.flush()
  }

  onEvent (event: PublishedEvent): void {
    if (this.#events.length >= MAX_EVENTS) {
      this.lostEvents++
      return
    }
    this.#events.push(this.#isStream ? eventJson(event) : eventLine(event))
    this.#onEvent()
  }

  onRefusal (refusal: Refusal): void { this.refusal = refusal }

  /** From now on events are told as JSON; those that wait were for the other form, and what `events` tells first has them. */
  becomeStream (): void {
    this.#isStream = true
    this.#events.length = 0
    this.lostEvents = 0
  }

  /** The next piece of output; null when there is nothing to say now, or, with {@link ended} set, ever. */
  next (): string | null {
    if (this.#unsaid !== '') return this.#takeUnsaid()
    if (this.ended !== null) return null
    for (;;) {
      if (this.#reply === null) {
        if (this.#events.length > 0) return this.#takeEvents()
        if (!this.#start()) return null
      }
      const piece = this.#step()
      if (piece !== '') return piece
      if (this.ended !== null) return null
    }
  }

  /** Unsubscribes; for the writer who gives up. */
  close (): void { this.#console.events.drop(this) }

  #takeUnsaid (): string {
    const text = this.#unsaid
    this.#unsaid = ''
    return text
  }

  #takeEvents (): string {
    const lines = this.#events.splice(0).join('')
    if (this.lostEvents === 0) return lines
    const lost = this.#isStream ? `{"event":"lost","count":${this.lostEvents}}\n` : `3000 debug/lost ${this.lostEvents}\n`
    this.lostEvents = 0
    return lines + lost
  }

  /** Starts the next line's reply; false when there is no line. */
  #start (): boolean {
    if (this.#isHeld) return false
    let line = this.#lines.shift()
    while (this.#isStream && line !== undefined) line = this.#lines.shift()
    if (line === undefined) {
      if (this.#isFinished) this.ended = 'end'
      return false
    }
    const preparation = line === null ? null : this.#console.preparation(line)
    this.#reply = line === null ? tooLong() : this.#console.execute(line, this)
    if (preparation === null) return true
    this.#hold(this.#reply, preparation)
    return false
  }

  /** A failure is told by the command, which finds that it cannot. */
  #hold (reply: Generator<string, Outcome>, preparation: Promise<unknown>): void {
    this.#reply = null
    this.#isHeld = true
    const goOn = (): void => {
      this.#isHeld = false
      this.#reply = reply
      this.#onEvent()
    }
    preparation.then(goOn, goOn)
  }

  /** One step of the reply: its text, or the prompt after it, or '' when there is nothing to show. */
  #step (): string {
    const step = this.#reply!.next()
    if (step.done !== true) return step.value
    this.#reply = null
    const { ending } = step.value
    if (this.#isStream && ending === null) return ''
    if (ending === null || (ending === 'logout' && !this.#options.mayLogout)) {
      return this.#options.isPrompting ? this.#console.prompt : ''
    }
    this.ended = ending
    return this.#options.mayLogout ? '9999 END OF SESSION' : ''
  }

  #isCommand (text: string): boolean {
    return this.#console.table.find(text.trimStart().split(/\s/, 1)[0] ?? '') !== undefined
  }
}

/** The reply to a line over the limit. */
function * tooLong (): Generator<string, Outcome> {
  yield status(E2BIG)
  return { errno: E2BIG, message: 'Cannot read a line: it is too long', ending: null }
}
