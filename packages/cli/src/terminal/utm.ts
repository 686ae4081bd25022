/**
 * The script language of unixcmd: numbered states, each one command, executed in rising order unless one jumps.
 *
 *     TIMEOUT 1000
 *     1 IN '$ ' 100            read until the buffer ends so; on time-out or end go to 100
 *     3 SEND '$*\n'            the words of the command line
 *     7 IF '10' 20             the buffer begins so, from the cursor: go to 20
 *
 * A state with an unknown command is passed over, as ever.
 */

export const COMMANDS = [
  'IN', 'THROW', 'SEND', 'IF', 'GOTO', 'EXIT', 'EXITRV', 'EXITATOI', 'COPY', 'SKIP', 'SHIFT', 'IFARG', 'RVATOI', 'OUTSHIFT', 'OUTTAG'
] as const

/** A word that a state can have. */
export type UtmCommand = typeof COMMANDS[number]

/** One line of a script. What has no text has the empty one, what has no number has 0. */
export interface State {
  readonly number: number
  readonly command: UtmCommand
  readonly text: string
  readonly value: number
}

/** A script, read. It may well jump to numbers that no state has: that means the next higher one. */
export interface Script {
  readonly timeoutMs: number
  /** In rising order. */
  readonly states: readonly State[]
}

const LINE = /^\s*(\d+)\s+([A-Z]+)\s*(?:'((?:[^'\\]|\\.)*)')?\s*(-?\d+)?/
const TIMEOUT = /^\s*TIMEOUT\s+(\d+)/
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', f: '\f' }

/** Reads a script. Lines that are none of it are passed over. */
export const parseScript = (text: string): Script => {
  let timeoutMs = 10_000
  const states = new Map<number, State>()
  for (const line of text.split('\n')) {
    const timeout = TIMEOUT.exec(line)
    if (timeout !== null) timeoutMs = Number(timeout[1])
    const state = readState(line)
    if (state !== null) states.set(state.number, state)
  }
  return { timeoutMs, states: [...states.values()].sort((a, b) => a.number - b.number) }
}

const readState = (line: string): State | null => {
  const [, number, word, quoted = '', value = '0'] = LINE.exec(line) ?? []
  const command = COMMANDS.find((name) => name === word)
  if (number === undefined || command === undefined) return null
  const text = quoted.replace(/\\(.)/g, (_, letter: string) => ESCAPES[letter] ?? letter)
  return { number: Number(number), command, text, value: Number(value) }
}

/** What the other side said next: one character, or null at its end or the time-out. */
export type Read = () => Promise<string | null>

/** How a script ended: the exit status, 0 to 255, and what is to go to standard output. */
export interface Conversation {
  readonly status: number
  readonly output: string
}

/** The machine that follows a script. It reads and sends through functions and knows no socket. */
export class Machine {
  readonly #script: Script
  readonly #words: string[]
  readonly #read: Read
  readonly #send: (text: string) => void
  readonly #trace: (text: string) => void
  #buffer = ''
  #cursor = 0
  #remembered = 0
  #output = ''
  #status: number | null = null

  constructor (
    script: Script, words: readonly string[], read: Read, send: (text: string) => void, trace: (text: string) => void
  ) {
    this.#script = script
    this.#words = [...words]
    this.#read = read
    this.#send = send
    this.#trace = trace
  }

  /** Runs to an EXIT, or off the end of the script. */
  async run (): Promise<Conversation> {
    const { states } = this.#script
    for (let at = 0, steps = 1; at < states.length && this.#status === null; steps++) {
      const state = states[at]
      this.#trace(`${state.number} ${state.command} ${JSON.stringify(this.#buffer.substring(this.#cursor))}`)
      const next = state.command === 'IN' ? await this.#in(state) : this.#step(state)
      at = next === null ? at + 1 : this.#find(next)
      // A script that jumps in a circle must not make the program deaf to signals.
      if (steps % 1000 === 0) await new Promise((resolve) => { setImmediate(resolve) })
    }
    return { status: (this.#status ?? 0) & 0xff, output: this.#output }
  }

  /** First state with this number or a higher one. */
  #find (number: number): number {
    const at = this.#script.states.findIndex((state) => state.number >= number)
    return at < 0 ? this.#script.states.length : at
  }

  async #in ({ text, value }: State): Promise<number | null> {
    while (!this.#buffer.endsWith(text)) {
      const character = await this.#read()
      if (character === null) return value
      this.#buffer += character
    }
    return null
  }

  /** One state other than IN. @returns where to go, null for the next one */
  #step (state: State): number | null {
    switch (state.command) {
      case 'IF': return this.#buffer.startsWith(state.text, this.#cursor) ? state.value : null
      case 'GOTO': return state.value
      case 'IFARG': return this.#words.length > 0 ? state.value : null
      default: this.#act(state)
    }
    return null
  }

  #act ({ command, text, value }: State): void {
    switch (command) {
      case 'THROW':
        this.#buffer = ''
        this.#cursor = 0
        break
      case 'SEND': this.#send(this.#expand(text)); break
      case 'EXIT': this.#status = value; break
      case 'EXITRV': this.#status = this.#remembered; break
      // The original's own script ends with this word, which the original does not know.
      case 'EXITATOI': this.#status = this.#number(10); break
      case 'COPY': this.#output += this.#buffer; break
      case 'SKIP': this.#cursor += value; break
      case 'SHIFT': this.#words.shift(); break
      case 'RVATOI': this.#remembered = this.#number(value === 0 ? 10 : value); break
    }
  }

  #number (base: number): number {
    const value = parseInt(this.#buffer.substring(this.#cursor), base)
    return Number.isNaN(value) ? 0 : value
  }

  /** `$*` and `$0` are all words, `$1` the first. */
  #expand (text: string): string {
    return text.replace(/\$(\*|\d)/g, (_, which: string) =>
      which === '*' || which === '0' ? this.#words.join(' ') : this.#words[Number(which) - 1] ?? '')
  }
}
