/** How operations on a network end: LSDN's result codes under its numbers, and the error that carries one. */

/** Result codes; the index is LSDN's number. */
export const RESULTS =
  ['OK', 'NOMEM', 'PARSE', 'DUPLICATE', 'NOIF', 'NETLINK', 'VALIDATE', 'COMMIT', 'INCONSISTENT'] as const

/** Any of them. */
export type Result = typeof RESULTS[number]

/** LSDN's number. */
export const resultNumber = (result: Result): number => RESULTS.indexOf(result)

/** An operation that was refused and changed nothing. Branch on `result`, show `message`. */
export class ModelError extends Error {
  override readonly name = 'ModelError'
  readonly result: Result

  /**
   * @param action what was being done, for people: "add net shop"
   * @param detail what was found, what is wanted
   */
  constructor (result: Exclude<Result, 'OK'>, action: string, detail: string) {
    super(`Cannot ${action}: ${detail}`)
    this.result = result
  }
}
