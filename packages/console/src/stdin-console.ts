/**
 * The console on the program's own standard input and output.
 *
 * On a terminal it prompts; where either side is a pipe or a file it says nothing but replies, and prompts behind them where
 * programs wait for those. The descriptors are
 * shared with other programs, so their flags stay as they are: reads follow a readable event, writes are refused by the
 * kernel rather than waited for (RWF_NOWAIT) or, where it cannot refuse, follow a writable event in portions that fit.
 */
import { native, IN, OUT } from '@vde-ts/native'
import type { Loop } from '@vde-ts/link'
import type { Console } from './console.ts'
import { Dialogue } from './dialogue.ts'
import { Outbox } from './outbox.ts'

const READ = 4096
/** PIPE_BUF: a writable pipe takes that much without blocking. A terminal that is writable takes at least 256. */
const PIPE_PORTION = 4096
const TTY_PORTION = 256
/** How long the end of the input waits for the last replies to be read, in milliseconds. */
const LINGER_MS = 1000
const EAGAIN = 11
const EINTR = 4
const EOPNOTSUPP = 95

/** What to talk to, and where. */
export interface StdinOptions<C> {
  readonly console: Console<C>
  readonly loop: Loop
  /** Descriptors; 0 and 1 unless a test says otherwise. They stay the caller's. */
  readonly input?: number
  readonly output?: number
  /** A reply has a prompt behind it in a pipe too. */
  readonly isPromptingPipes?: boolean
  /** The input has ended, or `shutdown` was typed: the program shall end. Called once. */
  readonly onEnd: (why: 'end' | 'shutdown') => void
}

/** Talks from its making to the end of the input, `shutdown`, or {@link StdinConsole.close}. */
export class StdinConsole<C> {
  readonly #options: StdinOptions<C>
  readonly #input: number
  readonly #output: number
  readonly #dialogue: Dialogue<C>
  readonly #outbox: Outbox<C>
  readonly #scratch = new Uint8Array(READ)
  readonly #portion: number
  #isReading = true
  #isWaitingToWrite = false
  #isPlanned = false
  #isClosed = false
  #canRefuse = true
  #lingerTimer: NodeJS.Timeout | null = null

  /** @throws {VdeError} when the input cannot be watched */
  constructor (options: StdinOptions<C>) {
    this.#options = options
    this.#input = options.input ?? 0
    const isTerminal = native.isTty(this.#input)
    this.#output = options.output ?? 1
    this.#portion = native.isTty(this.#output) ? TTY_PORTION : PIPE_PORTION
    const isPromptingFirst = isTerminal && native.isTty(this.#output)
    const isPrompting = isPromptingFirst || options.isPromptingPipes === true
    const quiet = { isPrompting, isPromptingFirst, mayLogout: false, hasPause: false, isGreeting: false }
    this.#dialogue = new Dialogue(options.console, quiet, () => { this.#plan() })
    this.#outbox = new Outbox(this.#dialogue, (buf, off, len) => this.#write(buf, off, len))
    options.loop.add(this.#input, IN, { onReady: () => { this.#onReadable() } })
    this.#plan()
  }

  /** Idempotent. Stops watching; the descriptors stay open. */
  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#lingerTimer !== null) clearTimeout(this.#lingerTimer)
    this.#dialogue.close()
    this.#stopReading()
    this.#stopWriting()
  }

  #onReadable (): void {
    const result = this.#read()
    if (result === -EAGAIN || result === -EINTR) return
    if (result > 0) {
      this.#dialogue.push(this.#scratch, 0, result)
    } else {
      this.#dialogue.finish()
      this.#stopReading()
      this.#lingerTimer = setTimeout(() => { this.#end('end') }, LINGER_MS)
    }
    this.#pump()
  }

  #read (): number {
    const result = native.readNowait(this.#input, this.#scratch, 0, READ)
    // A terminal and older pipes do not know RWF_NOWAIT; epoll just said that there is something.
    return result === -EOPNOTSUPP ? native.read(this.#input, this.#scratch, 0, READ) : result
  }

  #write (buf: Uint8Array, off: number, len: number): number {
    if (this.#canRefuse) {
      const result = native.writeNowait(this.#output, buf, off, len)
      if (result !== -EOPNOTSUPP) return this.#orDiscard(result, len)
      this.#canRefuse = false
    }
    if ((native.poll(this.#output, OUT, 0) & OUT) === 0) return -EAGAIN
    return this.#orDiscard(native.write(this.#output, buf, off, Math.min(len, this.#portion)), len)
  }

  /** A reader who has gone does not stop the switch: his share is dropped. */
  #orDiscard (result: number, len: number): number {
    return result < 0 && result !== -EAGAIN && result !== -EINTR ? len : result
  }

  #pump (): void {
    if (this.#isClosed) return
    const flushed = this.#outbox.flush()
    if (flushed === 'full') this.#startWriting()
    else this.#stopWriting()
    if (flushed === 'turn') this.#plan()
    const { ended } = this.#dialogue
    if (flushed === 'idle' && ended !== null) this.#end(ended === 'shutdown' ? 'shutdown' : 'end')
  }

  #end (why: 'end' | 'shutdown'): void {
    if (this.#isClosed) return
    this.close()
    this.#options.onEnd(why)
  }

  #plan (): void {
    if (this.#isPlanned) return
    this.#isPlanned = true
    setImmediate(() => {
      this.#isPlanned = false
      this.#pump()
    })
  }

  #stopReading (): void {
    if (!this.#isReading) return
    this.#isReading = false
    this.#options.loop.remove(this.#input)
  }

  /** While replies wait no more is read. */
  #startWriting (): void {
    if (this.#isWaitingToWrite) return
    this.#isWaitingToWrite = true
    if (this.#isReading) this.#options.loop.modify(this.#input, 0)
    this.#options.loop.add(this.#output, OUT, { onReady: () => { this.#pump() } })
  }

  #stopWriting (): void {
    if (!this.#isWaitingToWrite) return
    this.#isWaitingToWrite = false
    this.#options.loop.remove(this.#output)
    if (this.#isReading) this.#options.loop.modify(this.#input, IN)
  }
}
