/** What is noted while a file is read: what is wrong, and where each object of the network was declared. */
import { pathText, type Finding, type Path, type Position } from '@vde-ts/strict-yaml/finding.js'

/** Where something stands, see strict-yaml. */
export type Places = (path: Path, spot?: 'key' | 'value') => Position

/** Of one file. */
export class Notes {
  readonly findings: Finding[] = []
  /** Path of an object by `kind key`: `virt shop/till`. */
  readonly sources: Map<string, Path> = new Map<string, Path>()
  readonly #file: string
  readonly #at: Places

  constructor (file: string, at: Places) {
    this.#file = file
    this.#at = at
  }

  /** Notes that what stands at `path` is refused. `message`: what was found, what is wanted. */
  refuse (path: Path, message: string, code: string = 'VALUE_INVALID', hint: string | null = null): void {
    this.findings.push({ file: this.#file, ...this.#at(path), code, path: pathText(path), message, hint })
  }

  /** Notes where an object was declared. */
  declare (kind: string, key: string, path: Path): void { this.sources.set(`${kind} ${key}`, path) }

  /** `read` of a text; what it answers null to is refused, and what it throws. */
  value<T> (path: Path, text: string, wanted: string, read: (text: string) => T | null): T | null {
    try {
      const value = read(text)
      if (value !== null) return value
      this.refuse(path, `found "${text.slice(0, 60)}", want ${wanted}`)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      this.refuse(path, error.message)
    }
    return null
  }
}
