/**
 * Everything one test started, and the proof that nothing of it is left.
 *
 * A scene has a directory of its own (`dir`, also HOME, readable by every user) and starts programs marked with its
 * name. At its end it asks the programs that still run to stop, then looks for what must not be there: marked processes
 * (daemons, grandchildren, those inside namespaces), sockets and control directories in `dir`, client sockets in the
 * fall-back directories. Each is a failure of the test unless `leaves` allowed it.
 */
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { MARK, Proc, isAlive, marked, type StartOptions } from './proc.ts'
import { waitFor, waitForFile } from './wait.ts'

/** The ordinary user of rootless tests. 65534 would be the overflow id. */
export const USER = 1001

/** Are we root, so that other users can be played? */
export const isRoot: boolean = process.getuid?.() === 0

/** `argv` run as an ordinary user: USER when we are root, ourselves otherwise. exec keeps the pid. */
export const asUser = (argv: readonly string[], id: number = USER, group: number = id): string[] =>
  isRoot ? ['/usr/bin/setpriv', '--reuid', String(id), '--regid', String(group), '--clear-groups', ...argv] : [...argv]

/** How long a program may take to stop when its scene ends, in ms. */
const STOP_MS = 4000

/** Where every user finds programs, and Node. The caller's own PATH may name directories that the ordinary user cannot enter. */
const PATH = `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`

let serial = 0

export class Scene {
  readonly dir: string
  readonly name: string
  readonly #procs: Proc[] = []
  readonly #closers: Array<() => void | Promise<void>> = []
  readonly #allowed: RegExp[] = []

  constructor () {
    this.dir = mkdtempSync(join(tmpdir(), 'e2e-'))
    chmodSync(this.dir, 0o755)
    this.name = `${process.pid}.${serial++}`
  }

  /** A path in the scene's directory. */
  path (...names: string[]): string { return join(this.dir, ...names) }

  /** A directory in the scene's directory in which every user may create files. */
  shared (name: string): string {
    const path = this.path(name)
    mkdirSync(path)
    chmodSync(path, 0o777)
    return path
  }

  /** The environment the scene's programs get. */
  environment (extra: Readonly<Record<string, string | undefined>> = {}): NodeJS.ProcessEnv {
    const env: NodeJS.ProcessEnv = { PATH, HOME: this.dir, SHELL: '/bin/sh', LC_ALL: 'C', TERM: 'dumb', [MARK]: this.name }
    for (const [key, value] of Object.entries(extra)) {
      if (value === undefined) delete env[key]
      else env[key] = value
    }
    return env
  }

  /** Starts a program. It is stopped at the end of the scene, if it did not end before. */
  start (argv: readonly string[], options: StartOptions = {}): Proc {
    const proc = new Proc(argv, this.environment(options.env), options)
    this.#procs.push(proc)
    return proc
  }

  /** Starts a program, without input, and waits for its end. */
  async run (argv: readonly string[], options: StartOptions & { readonly ms?: number } = {}): Promise<Proc> {
    const proc = this.start(argv, { stdin: 'ignore', ...options })
    await proc.ends(options.ms ?? 10_000)
    return proc
  }

  /** Something else to undo at the end, last first. */
  atEnd (close: () => void | Promise<void>): void { this.#closers.push(close) }

  /** What a test that kills with -9 knowingly leaves in its directory: matched against the path relative to it. */
  leaves (...patterns: RegExp[]): void { this.#allowed.push(...patterns) }

  /** Waits until the file exists. */
  async exists (path: string, ms = 5000): Promise<void> {
    await waitForFile(path, ms, () => lstatSync(path, { throwIfNoEntry: false }) !== undefined, `file ${path}`)
  }

  /** Waits until the file is gone. */
  async vanishes (path: string, ms = 5000): Promise<void> {
    await waitForFile(path, ms, () => lstatSync(path, { throwIfNoEntry: false }) === undefined, `end of file ${path}`)
  }

  /** Processes of this scene that exist now, those started with `start` and those they started. */
  processes (): Array<{ readonly pid: number, readonly command: string }> { return marked(this.name) }

  /** Stops everything, checks that nothing is left, removes the directory. @returns what was left, empty when clean */
  async close (): Promise<string[]> {
    const left: string[] = []
    for (const close of this.#closers.reverse()) {
      try { await close() } catch (error) { left.push(String(error)) }
    }
    for (const proc of this.#procs.reverse()) await this.#stop(proc, left)
    await this.#leakedProcesses(left)
    this.#leakedFiles(left)
    rmSync(this.dir, { recursive: true, force: true })
    return left
  }

  async #stop (proc: Proc, left: string[]): Promise<void> {
    if (proc.exit !== null || proc.pid < 0) return
    proc.endInput()
    proc.kill('SIGTERM')
    try {
      await proc.ends(STOP_MS)
    } catch {
      left.push(`a program that SIGTERM did not end: ${proc.argv.join(' ')}`)
      proc.kill('SIGKILL')
      await proc.ends(STOP_MS).catch(() => {})
    }
  }

  async #leakedProcesses (left: string[]): Promise<void> {
    let rest = this.processes()
    // What saw the end of its peer only now gets a moment to finish.
    await waitFor(() => (rest = this.processes()).length === 0, 1500, 'end of the rest').catch(() => {})
    for (const { pid, command } of rest) {
      left.push(`process ${pid}: ${command}`)
      try { process.kill(pid, 'SIGKILL') } catch { /* gone */ }
    }
    if (rest.length > 0) await waitFor(() => rest.every(({ pid }) => !isAlive(pid)), 2000, 'killed').catch(() => {})
  }

  #leakedFiles (left: string[]): void {
    const note = (path: string): void => {
      const relative = path.slice(this.dir.length + 1)
      if (!this.#allowed.some((pattern) => pattern.test(relative))) left.push(`file ${path}`)
    }
    const walk = (dir: string): void => {
      for (const entry of readdirSync(dir, { withFileTypes: true })) {
        const path = join(dir, entry.name)
        if (entry.isSocket() || /\.pid$|^ctl$/.test(entry.name)) note(path)
        if (entry.isDirectory()) walk(path)
      }
    }
    walk(this.dir)
    for (const dir of ['/var/run', '/var/tmp', '/tmp']) {
      for (const entry of readdirSync(dir)) {
        const match = /^vde\.0*(\d+)-\d+$/.exec(entry)
        if (match !== null && this.#procs.some(({ pid }) => pid === Number(match[1]))) left.push(`file ${join(dir, entry)}`)
      }
    }
  }
}
