/**
 * The client's half of the protocol: bytes of a session into greeting, replies and events.
 *
 *     greeting prompt ( reply prompt | event )*
 *
 * A reply ends where the prompt follows it: `load` answers with many status lines, only the last one counts. The prompt
 * has no newline, so it is known by its text, which is whatever the greeting ended with: switches, filters and other
 * programs with this protocol differ in that only.
 */

/** One answer. */
export interface Reply {
  /** 0 on success, else the error number; -1 when the line had no answer (empty line, comment). */
  readonly code: number
  /** Words of the status: `Success`, `File exists`. */
  readonly text: string
  /** Lines of the data blocks, in order. */
  readonly data: readonly string[]
  /** Every line but the status and the marks of data blocks: `load` also echoes what it runs. */
  readonly lines: readonly string[]
  /** The console ended the session with this reply. */
  readonly isEnd: boolean
}

/** One asynchronous line. */
export interface ConsoleEvent {
  readonly tag: number
  readonly path: string
  readonly text: string
}

/** Told of what was said, in the order in which it was said. Called from within {@link ReplyParser.push} and `end`. */
export interface ReplyHandler {
  onGreeting (lines: readonly string[], prompt: string): void
  onReply (reply: Reply): void
  onEvent (event: ConsoleEvent): void
}

const DATA = "0000 DATA END WITH '.'"
const STATUS = /^1(\d{3})(?: (.*))?$/
const EVENT = /^3([0-7]{3}) (\S+)(?: (.*))?$/
const END = /^9999/
/** The first prompt follows an empty line. */
const PROMPT = /^\S.*?\$ /

/** Text of one session in, {@link ReplyHandler} calls out. */
export class ReplyParser {
  readonly #handler: ReplyHandler
  #rest = ''
  #prompt: string | null = null
  #lines: string[] = []
  #data: string[] = []
  #inData = false
  #status: readonly [code: number, text: string] | null = null

  constructor (handler: ReplyHandler) { this.#handler = handler }

  /** Takes text as it arrives, in any pieces. */
  push (text: string): void {
    this.#rest += text
    let from = 0
    for (let end = this.#rest.indexOf('\n'); end >= 0; end = this.#rest.indexOf('\n', from)) {
      this.#line(this.#rest.substring(from, end))
      from = end + 1
    }
    this.#rest = this.#rest.substring(from)
    this.#tryPrompt()
  }

  /** The stream ended. A reply under way is given as it is. */
  end (): void {
    if (END.test(this.#rest)) this.#finish(true)
    else if (this.#lines.length > 0 || this.#status !== null) this.#finish(true)
  }

  #line (line: string): void {
    if (this.#prompt === null) {
      const prompt = this.#lines.at(-1) === '' ? PROMPT.exec(line) : null
      if (prompt === null) {
        this.#lines.push(line)
        return
      }
      this.#greet(prompt[0])
      this.#text(line.substring(prompt[0].length))
    } else if (!this.#inData && line.startsWith(this.#prompt)) {
      // The prompt and an event behind it arrived together.
      this.#finish(false)
      this.#text(line.substring(this.#prompt.length))
    } else {
      this.#text(line)
    }
  }

  #text (text: string): void {
    if (this.#isEvent(text)) return
    if (this.#inData) this.#dataLine(text)
    else if (text === DATA) this.#inData = true
    else this.#plainLine(text)
  }

  #isEvent (line: string): boolean {
    const match = EVENT.exec(line)
    if (match === null) return false
    this.#handler.onEvent({ tag: parseInt(match[1], 8), path: match[2], text: match[3] ?? '' })
    return true
  }

  #dataLine (line: string): void {
    if (line === '.') {
      this.#inData = false
      return
    }
    this.#data.push(line)
    this.#lines.push(line)
  }

  #plainLine (line: string): void {
    const match = STATUS.exec(line)
    if (match !== null) {
      this.#status = [Number(match[1]), match[2] ?? '']
    } else if (line !== '' || this.#status === null) {
      this.#lines.push(line)
    }
  }

  #tryPrompt (): void {
    if (this.#prompt === null) {
      if (this.#lines.at(-1) !== '' || PROMPT.exec(this.#rest)?.[0] !== this.#rest) return
      this.#greet(this.#rest)
      this.#rest = ''
    } else if (this.#rest === this.#prompt && !this.#inData) {
      this.#rest = ''
      this.#finish(false)
    } else if (this.#inData === false && END.test(this.#rest)) {
      this.#status = [0, this.#rest.substring(5)]
    }
  }

  #greet (prompt: string): void {
    this.#prompt = prompt
    const lines = this.#lines
    this.#lines = []
    this.#handler.onGreeting(lines.slice(0, -1), prompt)
  }

  #finish (isEnd: boolean): void {
    const [code, text] = this.#status ?? [-1, '']
    // The empty line that belongs to the prompt, when no status came before it.
    if (this.#status === null && this.#lines.at(-1) === '') this.#lines.pop()
    const reply = { code, text, data: this.#data, lines: this.#lines, isEnd }
    this.#lines = []
    this.#data = []
    this.#status = null
    this.#inData = false
    this.#handler.onReply(reply)
  }
}
