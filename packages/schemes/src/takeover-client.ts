/**
 * The process that takes over: asks at `DIR/.takeover`, see takeover-protocol.ts. Everything here holds up the whole
 * process, which has nothing else to do yet, and is quick: the other one stands still meanwhile.
 */
import { native, IN, SEQPACKET } from '@vde-ts/native'
import { VdeError, errnoName, systemError } from '@vde-ts/link'
import type { Arrival, Ticket } from '@vde-ts/link/part.js'
import { stateOf } from '@vde-ts/link/state-text.js'
import { checkLength, connectNow } from '@vde-ts/link/socket-file.js'
import { BATCH, STATE_VERSION, TAKEOVER, TAKEOVER_MS, hear, leftMs, parting, say, type Step } from './takeover-protocol.ts'

/** For the answer to the greeting: the other may be in the middle of something. */
const ANSWER_MS = 5000

/** Parts of the other process by their names, and what goes with them. */
export class Takeover implements Arrival {
  /** The process that is left. */
  readonly pid: number
  readonly #fd: number
  readonly #action: string
  readonly #descriptors: number[]
  readonly #parts: Map<string, unknown>
  readonly #starts: Array<() => void> = []

  /**
   * Gets everything from the process that serves `directory`, which stands still from now until {@link start} or our end.
   * @param known names of the parts that the caller can make something of
   * @throws {VdeError} ENOENT, ECONNREFUSED nobody is there; EACCES, EPERM another user's; EPROTONOSUPPORT other versions;
   * EMFILE too few descriptors are allowed here; ETIMEDOUT, ECONNRESET, EPROTO
   */
  static begin (directory: string, known: readonly string[]): Takeover {
    const action = `take over "${directory}"`
    return Takeover.on(connect(`${directory}/${TAKEOVER}`, action), known, action)
  }

  /** The same over the connection `fd`, which is ours from now on. */
  static on (fd: number, known: readonly string[], action: string): Takeover {
    greet(fd, action)
    const { pid, octets, descriptors } = announcement(hear(fd, performance.now() + ANSWER_MS, action), action)
    const luggage = receive(fd, octets, descriptors, action)
    const parts = new Map(Object.entries(read(luggage.state, action)))
    const strange = [...parts.keys()].find((name) => !known.includes(name))
    if (strange !== undefined) {
      throw new VdeError('EPROTONOSUPPORT', action, `it has "${strange}", which this version does not know, take a newer one`)
    }
    return new Takeover(fd, action, pid, luggage.descriptors, parts)
  }

  private constructor (fd: number, action: string, pid: number, descriptors: number[], parts: Map<string, unknown>) {
    this.#fd = fd
    this.#action = action
    this.#descriptors = descriptors
    this.#parts = parts
    this.pid = pid
  }

  /** The snapshot of a part, which is of the type that the name stands for; undefined: the other process had none. */
  part (name: string): unknown { return this.#parts.get(name) }

  descriptor (ticket: Ticket): number {
    const fd = this.#descriptors[ticket]
    if (fd === undefined) throw new VdeError('EPROTO', this.#action, `descriptor ${ticket} of ${this.#descriptors.length} is named`)
    return fd
  }

  atStart (start: () => void): void { this.#starts.push(start) }

  /**
   * Everything is made: has the other process let go, and starts. Returns when that one has ended or is about to.
   * @throws {VdeError} it has gone on by itself; the caller must end without a trace
   */
  start (): void {
    say(this.#fd, { ready: true }, this.#action)
    const answer = hear(this.#fd, performance.now() + TAKEOVER_MS, this.#action)
    if (answer.go !== true) throw refusal(answer, this.#action)
    for (const start of this.#starts) start()
    // An older one has left by now.
    sayIfThere(this.#fd, { started: true }, this.#action)
    native.poll(this.#fd, IN, TAKEOVER_MS)
    native.close(this.#fd)
  }
}

/** Who is refused may be told, and left, before he has said a word: the answer is waiting then, and says why. */
const greet = (fd: number, action: string): void => {
  sayIfThere(fd, { takeover: 1, versions: [STATE_VERSION], confirms: true }, action)
}

const sayIfThere = (fd: number, step: Step, action: string): void => {
  try {
    say(fd, step, action)
  } catch (error) {
    if (!(error instanceof VdeError && (error.code === 'EPIPE' || error.code === 'ECONNRESET'))) throw error
  }
}

const connect = (path: string, action: string): number => {
  checkLength(path, action)
  const result = connectNow(SEQPACKET, path)
  if (result >= 0) return result
  const found = result === -2 ? 'no switch that can be taken over serves it' : result === -111 ? 'its switch has died, start without --takeover' : ''
  throw systemError(result, action, found === '' ? native.strerror(-result) : `${native.strerror(-result)}: ${found}`)
}

const refusal = ({ errno, text }: Step, action: string): VdeError =>
  typeof errno === 'number' && typeof text === 'string'
    ? new VdeError(errnoName(errno), action, `the running program answers: ${text.slice(0, 300)}`)
    : new VdeError('EPROTO', action, 'the other process says what is no step of a takeover')

interface Announcement { readonly pid: number, readonly octets: number, readonly descriptors: number }

const announcement = (step: Step, action: string): Announcement => {
  const { version, pid, octets, descriptors } = step
  if (version !== STATE_VERSION || typeof pid !== 'number' || typeof octets !== 'number' || typeof descriptors !== 'number') {
    throw refusal(step, action)
  }
  return { pid, octets, descriptors }
}

interface Luggage { readonly state: Buffer, readonly descriptors: number[] }

const receive = (fd: number, octets: number, count: number, action: string): Luggage => {
  const deadline = performance.now() + TAKEOVER_MS
  const state = Buffer.alloc(octets)
  const descriptors: number[] = []
  const batch = new Int32Array(BATCH)
  const { packets, piece } = parting(octets, count)
  for (let i = 0; i < packets; i++) {
    say(fd, { next: i }, action)
    if (native.poll(fd, IN, leftMs(deadline)) === 0) throw new VdeError('ETIMEDOUT', action, 'the other process says nothing')
    const want = Math.min(piece, octets - i * piece)
    const got = native.receiveDescriptors(fd, state, i * piece, want, batch)
    if (got !== want) throw new VdeError('ECONNRESET', action, 'the other process has left')
    for (let n = 0; n < BATCH && batch[n]! >= 0; n++) descriptors.push(batch[n]!)
    const wanted = Math.min(count, (i + 1) * BATCH)
    if (descriptors.length !== wanted) {
      throw new VdeError('EMFILE', action, `${descriptors.length} of ${count} descriptors came in, raise the limit of open files (ulimit -n)`)
    }
  }
  return { state, descriptors }
}

const read = (state: Buffer, action: string): object => {
  try {
    const value = stateOf(state.toString())
    if (typeof value === 'object' && value !== null) return value
  } catch { /* said below */ }
  throw new VdeError('EPROTO', action, 'its state is no JSON object')
}
