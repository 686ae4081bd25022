/** The line editor of vdeterm: node:readline with completion, and text that appears above the line being typed. */
import { createInterface, clearScreenDown, cursorTo, moveCursor, type Interface } from 'node:readline'
import { PassThrough } from 'node:stream'
import type { ReadStream } from 'node:tty'
import { complete } from './completion.ts'

const HISTORY = 1000

/** What the editor is for: it gives lines away one at a time, the next when the answer to the one before is shown. */
export interface EditorHandler {
  /** A line was entered. @returns what to show, null: the session has ended */
  onLine (line: string): Promise<string | null>
  /** No more lines. */
  onEnd (): void
}

/**
 * Owns the terminal (standard input in raw mode, standard output) from its making to {@link Editor.close}. One per
 * process.
 */
export class Editor {
  /** What TAB completes. */
  commands: readonly string[]
  readonly #readline: Interface
  readonly #handler: EditorHandler
  #isBusy = false
  #isClosed = false
  #typedAhead: string[] = []

  constructor (prompt: string, commands: readonly string[], handler: EditorHandler) {
    this.commands = commands
    this.#handler = handler
    this.#readline = createInterface({
      input: keysOf(process.stdin),
      output: process.stdout,
      terminal: true,
      prompt,
      historySize: HISTORY,
      removeHistoryDuplicates: true,
      completer: (line: string) => complete(this.commands, line)
    })
    this.#readline.on('line', (line) => { this.#enter(line) })
    this.#readline.on('SIGINT', () => { this.#clearLine() })
    this.#readline.on('close', () => { this.#end() })
    this.#readline.prompt()
  }

  /** Shows text now; the line being typed, and the place in it, stay as they are. */
  showAbove (text: string): void {
    if (this.#isBusy || this.#isClosed) {
      process.stdout.write(text)
      return
    }
    moveCursor(process.stdout, 0, -this.#readline.getCursorPos().rows)
    cursorTo(process.stdout, 0)
    clearScreenDown(process.stdout)
    process.stdout.write(text)
    // readline believes that the cursor still is in the row it left it in, and would go up by that much.
    Object.assign(this.#readline, { prevRows: 0 })
    this.#readline.prompt(true)
  }

  /** Idempotent. Gives the terminal back as it was. */
  close (): void { this.#readline.close() }

  #enter (line: string): void {
    if (this.#isBusy) {
      this.#typedAhead.push(line)
      return
    }
    this.#isBusy = true
    void this.#handler.onLine(line).then((text) => { this.#show(text) })
  }

  #show (text: string | null): void {
    this.#isBusy = false
    if (text === null || this.#isClosed) {
      this.close()
      return
    }
    process.stdout.write(text)
    this.#readline.prompt()
    const next = this.#typedAhead.shift()
    if (next !== undefined) this.#enter(next)
  }

  #clearLine (): void {
    this.#readline.write(null, { ctrl: true, name: 'e' })
    this.#readline.write(null, { ctrl: true, name: 'u' })
  }

  #end (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    process.stdout.write('\n')
    this.#handler.onEnd()
  }
}

/**
 * The terminal's input, one character at a time. readline takes several at once for a paste, and a paste it appends to the
 * line wherever the cursor stands (Node 20.20), so what was pasted, or typed ahead, in the middle of a line would go astray.
 */
const keysOf = (terminal: ReadStream): PassThrough => {
  const keys = Object.assign(new PassThrough(), { setRawMode: (on: boolean) => terminal.setRawMode(on) })
  terminal.setEncoding('utf8')
  terminal.on('data', (text: string) => { for (const character of text) keys.write(character) })
  terminal.on('end', () => { keys.end() })
  return keys
}
