/** Networks of `vdenet` and scenarios of `mwcli`, as an ordinary user with a runtime directory of the scene's. */
import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ours } from './pick.ts'
import type { Proc, StartOptions } from './proc.ts'
import { USER, asUser, isRoot, type Scene } from './scene.ts'
import { waitFor } from './wait.ts'

/** However the command was started: by its name, bundled, or unbuilt. */
const isDaemonLine = (line: string): boolean => /\bvdenet(?:\.cjs|\.ts)? daemon$/.test(line)

/** What tests of networks need. */
export const LAB_NEEDS: readonly string[] = ['userns', 'tun', 'ip', 'ping']

/** The commands of one user. */
export class LabUser {
  readonly #scene: Scene
  readonly #runtime: string
  readonly #inside: (argv: readonly string[]) => string[]
  readonly #command: string

  /**
   * @param inside how a command line gets to where the user is
   * @param name of its runtime directory: one each
   * @param command whose words are run
   */
  constructor (
    scene: Scene, inside: (argv: readonly string[]) => string[] = asUser, name: string = 'run', command: 'vdenet' | 'mwcli' = 'vdenet'
  ) {
    this.#scene = scene
    this.#inside = inside
    this.#command = command
    this.#runtime = scene.path(name)
    mkdirSync(this.#runtime)
    chmodSync(this.#runtime, 0o700)
    if (isRoot) chownSync(this.#runtime, USER, USER)
    scene.atEnd(async () => { await this.#end() })
  }

  /** A file in the scene's directory. */
  file (name: string, text: string): string {
    const path = this.#scene.path(name)
    writeFileSync(path, text)
    return path
  }

  /** The words of a command line, and where it runs. */
  argv (...words: readonly string[]): string[] { return this.#argvOf(this.#command, words) }

  #argvOf (command: string, words: readonly string[]): string[] {
    const env = Object.entries(this.env).map(([key, value]) => `${key}=${value}`)
    return this.#inside(['/usr/bin/env', ...env, ours(command), ...words])
  }

  /** The daemon's socket. */
  get socket (): string {
    const [dir = ''] = readdirSync(join(this.#runtime, 'vde-ts'))
    return join(this.#runtime, 'vde-ts', dir, 'daemon')
  }

  get env (): Readonly<Record<string, string>> { return { XDG_RUNTIME_DIR: this.#runtime } }

  start (words: readonly string[], options: StartOptions = {}): Proc {
    return this.#scene.start(this.argv(...words), { ...options, env: { ...this.env, ...options.env } })
  }

  /** Runs a command to its end, whatever that is. */
  async run (words: readonly string[], ms = 20_000): Promise<Proc> {
    const proc = this.start(words, { stdin: 'ignore' })
    await proc.ends(ms)
    return proc
  }

  /** Runs a command that must succeed. @returns what it printed */
  async must (...words: readonly string[]): Promise<string> {
    const proc = await this.run(words)
    assert.equal(proc.exit?.code, 0, proc.story)
    return proc.out
  }

  /** Runs a command that must fail. @returns what it said */
  async fails (...words: readonly string[]): Promise<string> {
    const proc = await this.run(words)
    assert.notEqual(proc.exit?.code, 0, proc.story)
    return proc.err
  }

  /** pid of the daemon. */
  daemon (): number {
    const found = this.#processes().filter(({ line }) => isDaemonLine(line))
    assert.equal(found.length, 1, `daemons: ${JSON.stringify(found)}`)
    return found[0]!.pid
  }

  /** Whether this daemon still runs. */
  daemonIs (pid: number): boolean { return this.#processes().some((one) => one.pid === pid) }

  /** Inits of nodes, and the daemon. */
  #processes (): Array<{ readonly pid: number, readonly line: string }> {
    const found: Array<{ pid: number, line: string }> = []
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry)) continue
      try {
        const line = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0').join(' ').trim()
        const isNode = line.startsWith('vde_node ') && line.includes(this.#runtime)
        const isDaemon = isDaemonLine(line) && readFileSync(`/proc/${entry}/environ`, 'utf8').includes(this.#runtime)
        if (isNode || isDaemon) found.push({ pid: Number(entry), line })
      } catch { /* gone, or another user's */ }
    }
    return found
  }

  /** Nothing may be left: no process, no file. */
  async isClean (): Promise<void> {
    await waitFor(() => this.#processes().length === 0, 2000, 'end of the nodes and the daemon', () => JSON.stringify(this.#processes()))
    assert.deepEqual(readdirSync(this.#runtime, { recursive: true }), [])
  }

  async #end (): Promise<void> {
    await this.#scene.run(this.#argvOf('vdenet', ['clean']), { ms: 20_000 })
    await this.isClean()
  }
}
