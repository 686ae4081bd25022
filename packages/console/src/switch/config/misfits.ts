/** Places of a file at which a value does not fit the schema: what stands there, and what needs it, is not looked at further. */
import type { ConfigPath } from './files.ts'

export class Misfits {
  readonly #paths: ReadonlyArray<readonly string[]>

  constructor (paths: readonly ConfigPath[] = []) { this.#paths = paths.map((path) => path.map(String)) }

  /** Whether one is at `path`, or at something that has it. */
  covers (path: ConfigPath): boolean { return this.#paths.some((misfit) => misfit.every((step, i) => step === String(path[i]))) }

  /** Whether one is there, or at something within. `*` stands for any step. */
  touches (path: ConfigPath): boolean {
    return this.#paths.some((misfit) => misfit.every((step, i) => i >= path.length || path[i] === '*' || step === String(path[i])))
  }
}
