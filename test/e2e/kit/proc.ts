/**
 * One started program: its output as it comes, its end, its signals. The environment of every program a test starts
 * carries MARK=<scene>, which grandchildren and daemons inherit: that is how nothing it left behind is missed.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { within, Deadline } from './wait.ts'

/** Environment variable that marks the programs of a scene. */
export const MARK = 'VDE_E2E_SCENE'

/** How a program ended: `code` or, when a signal killed it, `signal`. */
export interface Exit { readonly code: number | null, readonly signal: NodeJS.Signals | null }

export interface StartOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** `pipe` (default), `ignore` (/dev/null), or a descriptor to inherit. */
  readonly stdin?: 'pipe' | 'ignore' | number
  readonly stdout?: 'pipe' | 'ignore' | number
  /** Take stdout as octets: not collected as text, given to `onData`. */
  readonly onData?: (chunk: Buffer) => void
  /** argv[0] to show, when it is not the program. */
  readonly argv0?: string
  readonly detached?: boolean
  /** More descriptors for the child, from 3 on. */
  readonly extra?: readonly number[]
}

export class Proc {
  readonly argv: readonly string[]
  readonly pid: number
  readonly ended: Promise<Exit>
  /** Set once it ended. */
  exit: Exit | null = null
  /** Everything on standard output so far, as text. */
  out = ''
  /** Everything on standard error so far. */
  err = ''
  readonly #child: ChildProcess
  readonly #watchers = new Set<() => void>()

  constructor (argv: readonly string[], env: NodeJS.ProcessEnv, options: StartOptions = {}) {
    this.argv = argv
    const [file, ...args] = argv
    const child = spawn(file!, args, {
      env,
      stdio: [options.stdin ?? 'pipe', options.stdout ?? 'pipe', 'pipe', ...(options.extra ?? [])],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.argv0 === undefined ? {} : { argv0: options.argv0 }),
      ...(options.detached === undefined ? {} : { detached: options.detached })
    })
    this.#child = child
    this.pid = child.pid ?? -1
    child.stdin?.on('error', () => {}) // EPIPE: the program's end is seen as such
    child.stdout?.on('data', options.onData ?? ((chunk: Buffer) => { this.out += chunk.toString('latin1'); this.#wake() }))
    child.stderr?.on('data', (chunk: Buffer) => { this.err += chunk.toString('latin1'); this.#wake() })
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => { this.err += error.message; this.#end({ code: 127, signal: null }, resolve) })
      child.on('exit', (code, signal) => {
        // The last output may still be in the pipe; but a grandchild may also hold the pipe open for long.
        const end = (): void => { this.#end({ code, signal }, resolve) }
        child.once('close', end)
        setTimeout(end, 200)
      })
    })
  }

  get name (): string { return basename(this.argv.find((word) => !/^(\/usr\/bin\/)?setpriv$|^--|^1001$/.test(word)) ?? '') }

  /** Where everything it writes is: for the message of a failed test. */
  get story (): string { return `${this.name} (pid ${this.pid}) wrote ${JSON.stringify(this.out)} and on stderr ${JSON.stringify(this.err)}` }

  write (data: string | Uint8Array): boolean { return this.#child.stdin?.write(data) ?? false }
  /** Closes its standard input. */
  endInput (): void { this.#child.stdin?.end() }
  /** Stops reading its standard output, as a slow reader does. */
  holdOutput (): void { this.#child.stdout?.pause() }
  takeOutput (): void { this.#child.stdout?.resume() }
  /** Closes our end of its standard output. */
  dropOutput (): void { this.#child.stdout?.destroy() }
  /** Resolves when the pipe took what was written before. */
  async drained (): Promise<void> {
    const stdin = this.#child.stdin
    if (stdin?.writableNeedDrain === true) await new Promise((resolve) => { stdin.once('drain', resolve) })
  }

  kill (signal: NodeJS.Signals = 'SIGTERM'): void {
    if (this.exit === null && this.pid > 0) this.#child.kill(signal)
  }

  /** Waits until it ends by itself. */
  async ends (ms = 5000): Promise<Exit> {
    return await within(this.ended, ms, `end of ${this.name}`, () => this.story)
  }

  /** Sends `signal` and waits for the end. */
  async stop (signal: NodeJS.Signals = 'SIGTERM', ms = 5000): Promise<Exit> {
    this.kill(signal)
    return await this.ends(ms)
  }

  /** Waits until its output (standard output by default) matches, and answers the match. */
  async says (pattern: RegExp, ms = 5000, where: 'out' | 'err' = 'out'): Promise<RegExpExecArray> {
    const found = pattern.exec(this[where])
    if (found !== null) return found
    return await new Promise((resolve, reject) => {
      const finish = (): void => { clearTimeout(timer); this.#watchers.delete(look) }
      const look = (): void => {
        const match = pattern.exec(this[where])
        if (match !== null) {
          finish()
          resolve(match)
        } else if (this.exit !== null) {
          finish()
          reject(new Error(`Cannot find ${pattern} in the output: the program ended with ${JSON.stringify(this.exit)}; ${this.story}`))
        }
      }
      const timer = setTimeout(() => { finish(); reject(new Deadline(String(pattern), ms, this.story)) }, ms)
      this.#watchers.add(look)
    })
  }

  #wake (): void { for (const look of this.#watchers) look() }

  #end (exit: Exit, resolve: (exit: Exit) => void): void {
    if (this.exit !== null) return
    this.exit = exit
    this.#wake()
    resolve(exit)
  }
}

/** Processes whose environment carries MARK=`scene`, zombies left out. */
export const marked = (scene: string): Array<{ readonly pid: number, readonly command: string }> => {
  const found: Array<{ pid: number, command: string }> = []
  const needle = `${MARK}=${scene}\0`
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue
    try {
      if (!readFileSync(`/proc/${entry}/environ`, 'latin1').includes(needle)) continue
      found.push({ pid: Number(entry), command: readFileSync(`/proc/${entry}/cmdline`, 'latin1').replaceAll('\0', ' ').trim() })
    } catch { /* ended meanwhile, or not ours to look at */ }
  }
  return found
}

/** True while the process exists and is not a zombie. */
export const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))
  } catch { return false }
}

/** The name `killall` and `ps` know a process by. */
export const commOf = (pid: number): string => readFileSync(`/proc/${pid}/comm`, 'latin1').trim()

/** How many descriptors a process has open. */
export const openDescriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length

/** Resident memory of a process, in octets. */
export const residentMemory = (pid: number): number => {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
  return match === null ? 0 : Number(match[1]) * 1024
}
