/** How a script ends before its end. */

/** Something is wrong; `catch` gets the message. */
export class TclError extends Error {
  override readonly name = 'TclError'
  /** Lines of the scripts it went through, innermost first; for people. */
  readonly trace: string[] = []
}

/** The script used up what it may use; `catch` does not get this. */
export class LimitError extends Error {
  override readonly name = 'LimitError'
}

/** `return`, `break` and `continue` on their way to who they are for. */
export class Jump {
  readonly kind: 'return' | 'break' | 'continue'
  readonly value: string

  constructor (kind: Jump['kind'], value: string = '') {
    this.kind = kind
    this.value = value
  }
}
