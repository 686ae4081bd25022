/** Something wrong in a file, where it is, and how to get out of it. */

/** Steps from the root of a file to a value: keys and indices. */
export type Path = ReadonlyArray<string | number>

/** Line and column, both from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** One finding. */
export interface Finding extends Position {
  readonly file: string
  /** `YAML_SYNTAX`, `KEY_UNKNOWN`, `KEY_MISSING`, `KEY_TWICE`, `VALUE_TYPE`, `VALUE_INVALID`, or one of who checks further. */
  readonly code: string
  /** `nets.shop.vid`; empty: the file itself. */
  readonly path: string
  /** What was found, what is wanted. */
  readonly message: string
  readonly hint: string | null
}

/** `links[2].a`, `nets["my net"].vid`. */
export const pathText = (path: Path): string => path.map((step, i) => {
  if (typeof step === 'number') return `[${step}]`
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(step)) return `[${JSON.stringify(step.slice(0, 64))}]`
  return i === 0 ? step : `.${step}`
}).join('')

/** One line, without a newline: `lab.yaml:3:5: nets.shop.vdi: no such key [KEY_UNKNOWN] (did you mean "vid"?)`. */
export const formatFinding = ({ file, line, column, code, path, message, hint }: Finding): string =>
  `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message} [${code}]${hint === null ? '' : ` (${hint})`}`

/** By place in the file; what is said twice of one place in the same words is said once. */
export const sortFindings = (findings: readonly Finding[]): Finding[] => {
  const sorted = [...findings].sort((a, b) => a.line - b.line || a.column - b.column)
  return [...new Map(sorted.map((one) => [formatFinding(one), one])).values()]
}
