/**
 * Where one run lives: a temporary directory and the programs started for it, all as an ordinary user. `close` ends each
 * program by its pid and removes the directory, whatever happened before.
 */
import { chownSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { waitFor, within } from './wait.ts'

/** The ordinary user we play when we are root. 65534 would be the overflow uid. */
const USER = 1001
const STOP_MS = 3000
/** After SIGKILL: the kernel takes some 20 ms for each tap of a namespace. */
const KILL_MS = 60_000
/** Characters kept of what a program says, for the error that names it. */
const TAIL = 2000

const isRoot = process.getuid?.() === 0

/** `argv` as an ordinary user; exec keeps the pid. */
export const asUser = (argv: readonly string[]): string[] =>
  isRoot ? ['setpriv', '--reuid', String(USER), '--regid', String(USER), '--clear-groups', ...argv] : [...argv]

/** A program under way. */
export class Program {
  readonly pid: number
  readonly label: string
  /** All it wrote to standard output so far. */
  out = ''
  err = ''
  readonly ended: Promise<void>
  readonly #child: ChildProcessWithoutNullStreams
  #isEnded = false

  constructor (argv: readonly string[], env: NodeJS.ProcessEnv, cwd: string) {
    const [file, ...args] = asUser(argv)
    this.label = argv.slice(0, 3).map((word) => word.slice(word.lastIndexOf('/') + 1)).join(' ')
    this.#child = spawn(file!, args, { env, cwd, stdio: 'pipe' })
    this.pid = this.#child.pid ?? -1
    this.#child.stdin.on('error', () => { /* it ended: seen at `ended` */ })
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => { this.out += text })
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => { this.err = (this.err + text).slice(-TAIL) })
    this.ended = new Promise((resolve) => {
      const end = (): void => {
        this.#isEnded = true
        resolve()
      }
      this.#child.once('exit', end)
      this.#child.once('error', (error) => {
        this.err += error.message
        end()
      })
    })
  }

  get isEnded (): boolean { return this.#isEnded }

  /** What it said last, for people. */
  get story (): string { return `${this.label}: ${(this.err + this.out.slice(-TAIL)).trim() || 'without a word'}` }

  write (text: string): void { this.#child.stdin.write(text) }

  /** Waits until it says something that matches behind `from`. @throws {Error} when it ends or `ms` pass before */
  async says (pattern: RegExp, ms: number, from: number = 0): Promise<RegExpExecArray> {
    let match: RegExpExecArray | null = null
    await waitFor(() => {
      match = pattern.exec(this.out.slice(from))
      if (match === null && this.#isEnded) throw new Error(`Cannot go on: ended early, ${this.story}`)
      return match !== null
    }, ms, `"${pattern.source}" from ${this.label}`)
    return match!
  }

  /** Forgets the output so far: long runs say much. */
  forget (): void { this.out = '' }

  /** Ends it without warning. */
  kill (): void { this.#child.kill('SIGKILL') }

  /** Ends it: the end of its input and SIGTERM, then SIGKILL. */
  async stop (): Promise<void> {
    if (this.#isEnded || this.pid < 0) return
    this.#child.stdin.end()
    this.#child.kill('SIGTERM')
    await within(this.ended, STOP_MS, `end of ${this.label}`).catch(async () => {
      this.#child.kill('SIGKILL')
      await within(this.ended, KILL_MS, `end of ${this.label}`)
    })
  }
}

/** Sites under way, for who has to end early. */
const sites = new Set<Site>()
let isEnding = false

/** Ends every site, and lets none be made any more: for signals. */
export const closeSites = async (): Promise<void> => {
  isEnding = true
  for (const site of sites) await site.close().catch(() => { /* we are on our way out */ })
}

/**
 * Processes whose working directory is `dir`: what shells inside namespaces started and left when their vdens died. Nobody
 * else works in a directory made for one run.
 */
const livingIn = (dir: string): number[] => readdirSync('/proc').map(Number).filter((pid) => {
  try {
    return pid > 0 && readlinkSync(`/proc/${pid}/cwd`) === dir
  } catch {
    return false // gone, or somebody else's
  }
})

const kill = (pid: number): void => {
  try { process.kill(pid, 'SIGKILL') } catch { /* gone meanwhile */ }
}

export class Site {
  readonly dir: string
  /** True: what is not on the path that its row names is refused, not measured. */
  readonly isStrict: boolean
  readonly #programs: Program[] = []

  /** @throws {Error} once {@link closeSites} was called */
  constructor (isStrict: boolean = true) {
    if (isEnding) throw new Error('Cannot go on: the benchmark was ended')
    sites.add(this)
    this.isStrict = isStrict
    this.dir = mkdtempSync(join(tmpdir(), 'vde-bench-'))
    if (isRoot) chownSync(this.dir, USER, USER)
  }

  path (name: string): string { return join(this.dir, name) }

  /** A file that only the ordinary user may read. @returns its path */
  secret (name: string, text: string): string {
    writeFileSync(this.path(name), text, { mode: 0o600 })
    if (isRoot) chownSync(this.path(name), USER, USER)
    return this.path(name)
  }

  /** Starts a program, as the ordinary user, with pipes for input and output. */
  start (argv: readonly string[]): Program {
    const env = { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, HOME: this.dir, SHELL: '/bin/sh', LC_ALL: 'C', TERM: 'dumb' }
    const program = new Program(argv, env, this.dir)
    this.#programs.push(program)
    return program
  }

  /** Ends everything, last first, and removes the directory. */
  async close (): Promise<void> {
    const failures: unknown[] = []
    for (const program of this.#programs.reverse()) await program.stop().catch((error: unknown) => { failures.push(error) })
    for (const pid of livingIn(this.dir)) kill(pid)
    rmSync(this.dir, { recursive: true, force: true })
    sites.delete(this)
    if (failures.length > 0) throw new AggregateError(failures, `Cannot clean up: ${failures.map(String).join(', ')}`)
  }
}
