/**
 * The files behind `record` and `replay`. What is decided is gathered and written in blocks, for whoever asked for it: a
 * filter that records does more work per frame, one that does not does none.
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { VdeError, systemError } from '@vde-ts/link'
import { RECORD_HEADER, decisionLine, dropLine, parseRecord, type Engine, type ImpairedLink, type Recorder } from '@vde-ts/impair'
import type { Records } from '@vde-ts/console'
import { wordFiles } from '../word-files.ts'

/** Octets gathered before they are written. */
const BLOCK = 65536
/** A regular file or nothing: a FIFO would stop the filter until somebody reads. */
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Of one link; both directions go to one file. */
export class RecordFile implements Records {
  readonly #engine: Engine
  readonly #link: ImpairedLink
  readonly #isOneWay: boolean
  readonly #log: (line: string) => void
  readonly #directory: string = process.cwd()
  #path: string | null = null
  #fd = -1
  #text = ''

  constructor (engine: Engine, link: ImpairedLink, isOneWay: boolean, log: (line: string) => void) {
    this.#engine = engine
    this.#link = link
    this.#isOneWay = isOneWay
    this.#log = log
  }

  get path (): string | null { return this.#path }

  start (path: string): void {
    this.stop()
    const file = resolve(this.#directory, path)
    try {
      this.#fd = openSync(file, FLAGS, 0o644)
    } catch (error) {
      throw systemError((error as NodeJS.ErrnoException).errno ?? -5, `write "${file}"`)
    }
    this.#path = file
    this.#text = `${RECORD_HEADER}\n`
    this.#link.out.recorder = this.#recorder('out')
    if (!this.#isOneWay) this.#link.in.recorder = this.#recorder('in')
  }

  #recorder (name: string): Recorder {
    const seconds = (): number => this.#engine.clock[0]! / 1e9
    return {
      onJudged: (index, len, reason, fate, settings) => {
        this.#add(decisionLine(seconds(), name, index, len, reason, fate, settings))
      },
      onDropped: (index, len, reason) => { this.#add(dropLine(seconds(), name, index, len, reason)) }
    }
  }

  #add (line: string): void {
    this.#text += line
    if (this.#text.length >= BLOCK) this.#write()
  }

  #write (): void {
    const text = this.#text
    this.#text = ''
    try {
      writeSync(this.#fd, text)
    } catch (error) {
      this.#log(`Cannot write "${this.#path}": ${(error as Error).message}; the record ends`)
      this.#end()
    }
  }

  stop (): void {
    if (this.#fd < 0) return
    this.#write()
    this.#end()
  }

  #end (): void {
    this.#link.out.recorder = this.#link.in.recorder = null
    if (this.#fd >= 0) closeSync(this.#fd)
    this.#fd = -1
    this.#path = null
  }

  replay (path: string | null): void {
    const text = path === null ? null : wordFiles.readFile(resolve(this.#directory, path))
    let replay
    try {
      replay = text === null ? null : parseRecord(text)
    } catch (error) {
      throw new VdeError('EINVAL', `replay "${path}"`, (error as Error).message, { cause: error })
    }
    this.#link.out.follow(replay)
    if (!this.#isOneWay) this.#link.in.follow(replay)
  }
}
