/** What a process undoes at its end, last thing first. Every undo runs once, whatever the others do. */
export class Cleanup {
  readonly #undo: Array<() => void> = []

  /** Has `undo` called at the end. @returns what takes it off the list again, without calling it */
  add (undo: () => void): () => void {
    this.#undo.push(undo)
    return () => {
      const at = this.#undo.indexOf(undo)
      if (at >= 0) this.#undo.splice(at, 1)
    }
  }

  /** @returns what the undoing functions threw; each was called all the same */
  run (): unknown[] {
    const failures: unknown[] = []
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) {
      try { undo() } catch (error) { failures.push(error) }
    }
    return failures
  }
}
