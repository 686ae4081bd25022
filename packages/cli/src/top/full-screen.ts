/**
 * The whole terminal, on a screen of its own: what stood there comes back at the end. Only lines that changed are written,
 * which is what makes it bearable over a slow ssh.
 */

const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'
const CLEAR_LINE = '\x1b[K'

/** What happens at the terminal. */
export interface FullScreenHandler {
  /** One key; a sequence (an arrow) comes as a whole. */
  onKey (key: string): void
  onResize (): void
}

/** Owns standard input (raw) and output from its making to {@link FullScreen.close}. One per process. */
export class FullScreen {
  readonly #handler: FullScreenHandler
  #lines: readonly string[] = []
  #isClosed = false

  constructor (handler: FullScreenHandler) {
    this.#handler = handler
    process.stdin.setRawMode(true)
    process.stdin.setEncoding('utf8')
    process.stdin.on('data', (text: string) => { this.#take(text) })
    process.stdin.on('end', () => { this.#handler.onKey('q') })
    process.stdout.on('resize', () => {
      this.#lines = []
      process.stdout.write('\x1b[2J')
      this.#handler.onResize()
    })
    process.stdout.write(ENTER)
  }

  get size (): { readonly width: number, readonly height: number } {
    return { width: process.stdout.columns, height: process.stdout.rows }
  }

  /** Shows these lines, the first at the top. */
  show (lines: readonly string[]): void {
    if (this.#isClosed) return
    let text = ''
    lines.forEach((line, i) => {
      if (line !== this.#lines[i]) text += `\x1b[${i + 1};1H${line}${CLEAR_LINE}`
    })
    this.#lines = lines
    if (text !== '') process.stdout.write(text)
  }

  /** Idempotent. */
  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    process.stdin.setRawMode(false)
    process.stdin.pause()
    process.stdout.write(LEAVE)
  }

  /** A paste or a fast typist brings several keys at once. */
  #take (text: string): void {
    if (text.startsWith('\x1b')) return this.#handler.onKey(text)
    for (const key of text) {
      if (this.#isClosed) return
      this.#handler.onKey(key)
    }
  }
}
