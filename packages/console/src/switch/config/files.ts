/** What the console wants of whoever knows configuration files: the libraries for them are large, and loaded late. */

/** Steps from the root of a file to a value. */
export type ConfigPath = ReadonlyArray<string | number>

/** Something that is wrong with a file. */
export interface ConfigProblem {
  readonly path: ConfigPath
  /** What was found, what is wanted. */
  readonly message: string
}

/** What came out of a file. */
export interface ConfigReading {
  /** Fits the schema but for {@link misfits}; null: there is nothing to look at. */
  readonly value: Readonly<Record<string, unknown>> | null
  /** Where values do not fit. */
  readonly misfits: readonly ConfigPath[]
  /** What is wrong, `problems` that others found included, in the order of the file: file, line, column, path, what is wanted. */
  readonly tell: (problems?: readonly ConfigProblem[]) => string[]
}

/** Reads and writes them. */
export interface ConfigFiles {
  /** The file the switch was started with, absolute; null: none. */
  readonly path: string | null
  /** Makes ready; null: it is. Until then the others throw {VdeError} EAGAIN. */
  readonly prepare: () => Promise<void> | null
  /** @throws {VdeError} the file's */
  readonly read: (path: string) => ConfigReading
  /** The text of a file. */
  readonly text: (value: object) => string
  /** All of it or nothing: the old file is there until the new one is. @throws {VdeError} the file's */
  readonly write: (path: string, value: object) => void
}
