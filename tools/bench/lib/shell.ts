/** A shell inside a namespace, driven line by line through its pipes. */
import type { Program, Site } from './site.ts'

export class Shell {
  readonly program: Program
  readonly #site: Site
  #serial = 0

  /** Runs `argv /bin/sh`: `argv` is anything that ends in running the command behind it. */
  constructor (site: Site, argv: readonly string[]) {
    this.#site = site
    this.program = site.start([...argv, '/bin/sh'])
  }

  /** Runs a command line and answers what it wrote, errors included. @throws {Error} when it fails or takes over `ms` */
  async run (line: string, ms: number = 10_000): Promise<string> {
    const mark = `:done${this.#serial++}:`
    this.program.forget()
    this.program.write(`{ ${line}\n} 2>&1 </dev/null; echo "${mark}$?"\n`)
    const match = await this.program.says(new RegExp(`${mark}(\\d+)\n`), ms)
    const out = this.program.out.slice(0, match.index)
    if (match[1] !== '0') throw new Error(`Cannot run "${line.slice(0, 80)}": status ${match[1]}, ${out.trim().slice(-300)}`)
    return out
  }

  /** Starts a command line in the background, its output to `log` in the site's directory. */
  async background (line: string, log: string): Promise<void> {
    await this.run(`${line} >${this.#site.path(log)} 2>&1 &`)
  }

  /** Pid, in our own process name space, of the shell itself. */
  async pid (): Promise<number> { return Number(await this.run('echo $$')) }
}
