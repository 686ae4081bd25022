/** What a lab's daemon must know to go on after it was killed: written whole or not at all. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Model } from '@vde-ts/model'
import { VdeError } from '@vde-ts/link'
import { fileError } from '@vde-ts/link/socket-file.js'
import type { ProgramState } from '../realm/programs.ts'

/** One lab. */
export interface LabState {
  readonly version: 1
  /** The file it was made from, absolute. */
  readonly file: string
  readonly fileDir: string
  readonly declared: Model
  /** What was declared before, for `rollback`; null: nothing. */
  readonly previous: Model | null
  /** When a trial ends, in milliseconds since 1970; null: it is no trial. */
  readonly trialUntil: number | null
  readonly programs: Readonly<Record<string, readonly ProgramState[]>>
}

const FILE = 'state.json'

/** @throws {VdeError} ENOSPC, EACCES, ...; what was there before stays */
export const writeState = (dir: string, state: LabState): void => {
  const path = join(dir, FILE)
  try {
    writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 })
    renameSync(`${path}.new`, path)
  } catch (error) {
    rmSync(`${path}.new`, { recursive: true, force: true })
    throw fileError(error, 'remember the network')
  }
}

/** Null: there is none. @throws {VdeError} EINVAL it cannot be read */
export const readState = (dir: string): LabState | null => {
  let text: string
  try {
    text = readFileSync(join(dir, FILE), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw fileError(error, 'read what runs')
  }
  try {
    const state = JSON.parse(text) as LabState
    if (state.version === 1) return state
  } catch { /* below */ }
  throw new VdeError('EINVAL', 'read what runs', `"${join(dir, FILE)}" is no state of this version`)
}
