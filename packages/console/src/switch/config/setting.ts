/**
 * What can be set, as rows: the configuration file, its JSON Schema, what `config/save` writes and what `config/load` does all
 * come from them. A row reads one thing of the running switch and sets it; a value that is the default is undefined, and is in
 * no file. Values are plain JSON in the one form that a row's `normal` makes of what people write, so that two are the same
 * when their JSON is.
 */
import type { SwitchContext } from '../context.ts'

/** What a file is read with, also when there is no switch yet. */
export type FileContext = Pick<SwitchContext, 'facts' | 'names' | 'impairments'>

/** A JSON Schema (draft 7). Its `description` is what is wanted, in words, and its `title` what the thing is. */
export type Schema = Readonly<Record<string, unknown>>

/** One thing that has one value: of the switch, or of a port. */
export interface Setting<T = unknown> {
  /** Where it stands in the file: `hash.expire`; of a port, under its number. */
  readonly key: string
  readonly schema: Schema
  /** Console commands that set it. */
  readonly commands: readonly string[]
  /** @param port a port that exists; 0 for what is the switch's */
  readonly read: (context: SwitchContext, port: number) => T | undefined
  /** Makes it so, all or nothing. @throws {VdeError} */
  readonly write: (context: SwitchContext, value: T | undefined, port: number) => void
  /** A value that fits the schema, in the one form. @throws {VdeError | RangeError | SyntaxError} there is none */
  readonly normal?: (value: never, context: FileContext) => T | undefined
  /** What holds while other things change, where neither may be in the way: absent, the value before. */
  readonly meanwhile?: (before: T | undefined, after: T | undefined) => T | undefined
  /** Its last step comes behind all others. */
  readonly isLate?: boolean
}

/** A number of things of one kind. */
export interface ListSetting<T = unknown> {
  readonly key: string
  readonly schema: Schema
  readonly commands: readonly string[]
  readonly items: (context: SwitchContext) => readonly T[]
  /** @throws {VdeError} nothing was added */
  readonly add: (context: SwitchContext, item: T) => void
  readonly remove: (context: SwitchContext, item: T) => void
  /** From a value of the file. @throws {VdeError | RangeError | SyntaxError} */
  readonly parse: (value: never, context: FileContext) => readonly T[]
  /** The reverse, of one item or more. */
  readonly form: (items: readonly T[]) => unknown
  /** `first`: there before others change, and gone after. `last`: gone before, there after. `end`: there and gone after. */
  readonly when: 'first' | 'last' | 'end'
  /** Things that are there by themselves, and no business of a file that does not name them. */
  readonly isFree?: (context: SwitchContext, item: T, wanted: Flat) => boolean
}

/** What is decided when the switch starts, and cannot be changed while it runs. */
export interface FixedSetting {
  readonly key: string
  readonly schema: Schema
  /** Command-line options that decide the same. */
  readonly options: readonly string[]
}

/** Values by key: `hash.expire`, `ports.3.user`, and lists of items. What has its default has no entry. */
export type Flat = ReadonlyMap<string, unknown>

/** Rows of one table, whatever their values. */
export const setting = <T>(row: Setting<T>): Setting => row as unknown as Setting
/** The same of a list. */
export const listSetting = <T>(row: ListSetting<T>): ListSetting => row as unknown as ListSetting

/** What a file says at the key of a row, whose parts are `steps`; undefined: nothing. */
export const valueAt = (root: unknown, steps: readonly string[]): unknown => {
  let at = root
  for (const step of steps) at = (at as Readonly<Record<string, unknown>> | null | undefined)?.[step]
  return at ?? undefined
}

/** Whether two values are the same. */
export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** `value`, unless it is the default. */
export const unless = <T>(fallback: T, value: T): T | undefined => isSame(value, fallback) ? undefined : value

/** Schema of a whole number. */
export const whole = (title: string, minimum: number, maximum: number, fallback: number | null = null): Schema => ({
  title,
  type: 'integer',
  minimum,
  maximum,
  description: `a whole number in ${minimum}..${maximum}`,
  ...(fallback === null ? {} : { default: fallback })
})

/** Schema of a choice. */
export const flag = (title: string, fallback: boolean): Schema =>
  ({ title, type: 'boolean', description: 'true or false', default: fallback })

/** Schema of one of some words. */
export const oneOf = (title: string, words: readonly string[], fallback: string): Schema =>
  ({ title, enum: words, description: `one of ${words.join(', ')}`, default: fallback })

/** Schema of a text. */
export const text = (title: string, description: string, more: Schema = {}): Schema =>
  ({ title, type: 'string', minLength: 1, description, ...more })
