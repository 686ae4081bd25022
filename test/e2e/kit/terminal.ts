/** A program on a real terminal, by node-pty. */
import { createRequire } from 'node:module'
import type { IPty } from 'node-pty'
import type { Scene } from './scene.ts'
import { Deadline, within } from './wait.ts'

export class Terminal {
  /** Everything the program wrote. */
  screen = ''
  exit: { readonly code: number, readonly signal: number } | null = null
  readonly #pty: IPty
  readonly #ended: Promise<{ readonly code: number, readonly signal: number }>
  readonly #watchers = new Set<() => void>()

  private constructor (pty: IPty) {
    this.#pty = pty
    pty.onData((text) => { this.screen += text.replaceAll('\0', '').replaceAll('\x07', ''); this.#wake() })
    this.#ended = new Promise((resolve) => {
      pty.onExit(({ exitCode, signal }) => {
        this.exit = { code: exitCode, signal: signal ?? 0 }
        this.#wake()
        resolve(this.exit)
      })
    })
  }

  static async open (
    scene: Scene, argv: readonly string[],
    options: { readonly cwd?: string, readonly width?: number, readonly height?: number } = {}
  ): Promise<Terminal> {
    const { spawn } = createRequire(import.meta.url)('node-pty') as typeof import('node-pty')
    const [file, ...args] = argv
    const size = { cols: options.width ?? 200, rows: options.height ?? 50 }
    const env = scene.environment({ TERM: 'xterm' }) as Record<string, string>
    const pty = spawn(file!, args, { ...size, cwd: options.cwd ?? scene.dir, env })
    const terminal = new Terminal(pty)
    scene.atEnd(async () => {
      if (terminal.exit === null) {
        pty.kill('SIGKILL')
        await terminal.ends()
      }
    })
    return terminal
  }

  get pid (): number { return this.#pty.pid }

  type (text: string): void { this.#pty.write(text) }
  resize (width: number, height: number): void { this.#pty.resize(width, height) }
  kill (signal: string): void { this.#pty.kill(signal) }
  forget (): void { this.screen = '' }

  async says (pattern: RegExp, ms = 5000): Promise<RegExpExecArray> {
    return await new Promise((resolve, reject) => {
      const finish = (): void => { clearTimeout(timer); this.#watchers.delete(look) }
      const look = (): void => {
        const match = pattern.exec(this.screen)
        if (match !== null) {
          finish()
          resolve(match)
        } else if (this.exit !== null) {
          finish()
          reject(new Error(`Cannot find ${pattern}: the program ended with ${JSON.stringify(this.exit)} after ${JSON.stringify(this.screen)}`))
        }
      }
      const timer = setTimeout(() => {
        finish()
        reject(new Deadline(String(pattern), ms, JSON.stringify(this.screen.slice(-600))))
      }, ms)
      this.#watchers.add(look)
      look()
    })
  }

  async ends (ms = 5000): Promise<{ readonly code: number, readonly signal: number }> {
    return await within(this.#ended, ms, 'end of the program on the terminal', () => JSON.stringify(this.screen.slice(-600)))
  }

  #wake (): void { for (const look of [...this.#watchers]) look() }
}
