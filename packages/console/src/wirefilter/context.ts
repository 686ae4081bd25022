/** What the commands of a wirefilter work on. */
import type { Engine, ImpairedLink, Markov, WordFiles } from '@vde-ts/impair'

/** Files of decisions: what was decided about each frame, written and read. */
export interface Records {
  /** The file being written; null: none. */
  readonly path: string | null
  /** @throws {VdeError} ENOENT, EACCES, EEXIST */
  start (path: string): void
  /** Writes what is left. Nothing is being written: no effect. */
  stop (): void
  /** Has frames meet the fates of a file, null: those of the seed again. @throws {VdeError} EINVAL no record */
  replay (path: string | null): void
}

/** One filter. */
export interface WirefilterContext {
  readonly engine: Engine
  readonly link: ImpairedLink
  readonly states: Markov
  /** One direction only, from standard input to standard output. */
  readonly isOneWay: boolean
  /** Started as vde-netemu: values may be in bits. */
  readonly hasBits: boolean
  /** The listener that is told of each frame. */
  readonly blink: { readonly path: string, readonly id: string } | null
  readonly records: Records
  readonly files: WordFiles
}
