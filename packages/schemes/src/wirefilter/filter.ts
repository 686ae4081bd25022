/**
 * A wirefilter without its ends: an impaired link, its states, its console and lamps, as the original has them.
 *
 *     sink <-- ImpairedLink <--> inner link          left is whoever opened it, right the inner link: LR is `out`
 *                  ^ Markov <-- Console <-- management socket, start-up file, terminal
 */
import { ConsoleServer, runScript, wirefilterConsole, type Console, type WirefilterContext } from '@vde-ts/console'
import { ImpairedLink, Markov, NOTHING, type Settings } from '@vde-ts/impair'
import type { FrameSink, Link, Loop } from '@vde-ts/link'
import { engineOf } from '../impairment.ts'
import { randomSeed, wordFiles } from '../word-files.ts'
import { Blink } from './blink.ts'
import { RecordFile } from './record-file.ts'

/** Octets that the original adds to every frame in every reckoning: the header of the stream. */
export const CLASSIC_ADDED = 2

/** How it differs from another. */
export interface FilterOptions {
  /** Absent: random. */
  readonly seed?: number | undefined
  /** Only from left to right. */
  readonly isOneWay?: boolean
  /** As vde-netemu: sizes without the octets of the stream's header, values in bits too. */
  readonly isNetemu?: boolean
  /** What holds before any command; absent: nothing, as the original has it. */
  readonly initial?: Settings
  readonly blink?: { readonly path: string, readonly id: string } | undefined
  log (line: string): void
}

/** One filter, not connected yet. */
export class Filter {
  readonly link: ImpairedLink
  readonly states: Markov
  readonly console: Console<WirefilterContext>
  readonly #loop: Loop
  readonly #log: (line: string) => void

  /** @throws {VdeError} EMFILE, ENAMETOOLONG */
  constructor (loop: Loop, sink: FrameSink, options: FilterOptions) {
    const engine = engineOf(loop)
    this.#loop = loop
    this.#log = options.log
    const added = options.isNetemu === true ? 0 : CLASSIC_ADDED
    this.link = new ImpairedLink(engine, sink, { seed: options.seed ?? randomSeed(), added })
    this.link.out.settings = this.link.in.settings = options.initial ?? NOTHING
    this.states = new Markov(engine, this.link)
    this.link.own(this.states)
    const records = new RecordFile(engine, this.link, options.isOneWay ?? false, options.log)
    this.link.own({ close () { records.stop() } })
    this.console = wirefilterConsole({
      engine,
      link: this.link,
      states: this.states,
      isOneWay: options.isOneWay ?? false,
      hasBits: options.isNetemu ?? false,
      blink: options.blink ?? null,
      records,
      files: wordFiles
    }, (error, line) => { options.log(`our own mistake in "${line}": ${error instanceof Error ? error.stack : String(error)}`) })
    if (options.blink !== undefined) this.#light(options.blink.path, options.blink.id, options.isOneWay ?? false)
  }

  #light (path: string, id: string, isOneWay: boolean): void {
    const blink = new Blink(path, id)
    this.link.own(blink)
    this.link.out.onDelivered = (len) => { blink.tell(isOneWay ? '--' : 'LR', len) }
    this.link.in.onDelivered = (len) => { blink.tell('RL', len) }
  }

  /** Wraps the inner link, opened with {@link link} as its sink. */
  connect (inner: Link): void { this.link.connect(inner) }

  /** Runs a start-up file now; its mistakes are logged, the rest of it runs. */
  load (path: string): void { runScript(this.console, path, (text) => { this.#log(`rc command error: ${text}`) }) }

  /** Runs one command, as an option does. @returns why it failed, or '' */
  command (line: string): string {
    const reply = this.console.execute(line, null)
    for (;;) {
      const step = reply.next()
      if (step.done === true) return step.value.message
    }
  }

  /** Opens the management socket; it is closed with the link. @throws {VdeError} EADDRINUSE, EEXIST, EACCES, ENOENT */
  listen (path: string, mode: number, onShutdown: () => void): void {
    const server = new ConsoleServer({ path, mode, console: this.console, loop: this.#loop, onShutdown })
    this.link.own(server)
  }
}
