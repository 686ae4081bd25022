/** How text that is no VNL is refused. */
import { show } from './show.ts'

/** A VNL that cannot be read: what was found where, and what is wanted. */
export class VnlError extends SyntaxError {
  /** Position in the VNL, from 0. */
  readonly at: number

  /** @param what found, then wanted: `found "{" that is not closed, want ...` */
  constructor (at: number, what: string, options?: ErrorOptions) {
    super(`Cannot read VNL: at character ${at + 1}: ${what}`, options)
    this.at = at
  }
}

/** The problem of one found piece of text. */
export const notA = (at: number, found: string, wanted: string, options?: ErrorOptions): VnlError =>
  new VnlError(at, `found ${show(found)}, want ${wanted}`, options)
