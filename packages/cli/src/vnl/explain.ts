/**
 * What a VNL says, network by network, without opening anything.
 *
 *     vlan://4{/tmp/sw[3]}  ->  vlan: address 4, its parameters, and inside: vde: path /tmp/sw, port 3
 */
import { readVnl, type Level } from '@vde-ts/schemes'

/** A parameter of a network. */
export interface ExplainedParameter {
  /** Full name; empty: positional. */
  readonly name: string
  /** As typed, else what holds without it. */
  readonly value: string
  readonly isDefault: boolean
  readonly help: string
  /** It counts by being there; a value makes no difference. */
  readonly isFlag: boolean
}

/** One scheme of a VNL with what it was given. */
export interface Explained {
  readonly scheme: string
  readonly summary: string
  /** Unquoted path or address; all of a raw tail. */
  readonly path: string
  readonly parameters: readonly ExplainedParameter[]
  /** What is put around each frame; null: nothing that costs an interface its MTU. */
  readonly overhead: string | null
  /** The network in the braces; null: none. */
  readonly inner: Explained | null
}

/** A whole VNL. */
export interface ExplainedVnl extends Explained {
  /** The user's default network, which was asked for by an empty VNL, or null. */
  readonly fallback: string | null
  /** The indirect file that was followed, or null, and what it says. */
  readonly file: string | null
  readonly vnl: string
}

/** Reads a VNL. @throws {VdeError} as opening it would, for text that is no VNL or names an unknown scheme */
export const explain = async (typed: string): Promise<ExplainedVnl> => {
  const { vnl, fallback, file, top } = await readVnl(typed)
  return { vnl, fallback, file, ...explainLevel(top) }
}

const explainLevel = ({ scheme, tail: { path, params }, inner }: Level): Explained => {
  const parameters = Object.entries(scheme.params).map(([name, { help, fallback, value: form }]) => {
    const value = params.get(name)
    return { name, value: value ?? fallback, isDefault: value === undefined, help, isFlag: form === '' }
  })
  const positional = params.get('')
  if (positional !== undefined) parameters.unshift({ name: '', value: positional, isDefault: false, help: '', isFlag: false })
  const overhead = scheme.overhead ?? null
  const below = inner === null ? null : explainLevel(inner)
  return { scheme: scheme.name, summary: scheme.summary, path, parameters, overhead, inner: below }
}

const COLUMN = 14

/** For people: a line for each network, below it what it was given, the one inside further in. */
export const explainText = (explained: ExplainedVnl): string => {
  const { fallback, file, vnl } = explained
  const found = [
    ...(fallback === null ? [] : [`Your default network is ${fallback === '' ? 'that of the system' : fallback}.`]),
    ...(file === null ? [] : [`The file ${file} says ${vnl}`])
  ]
  return [...found, ...levelLines(explained)].join('\n')
}

const levelLines = (level: Explained): string[] => [
  `${level.scheme}://`.padEnd(COLUMN + 1) + ' ' + level.summary,
  ...(level.path === '' ? [] : [row('', level.path)]),
  ...level.parameters.map(parameterLine),
  ...(level.overhead === null ? [] : [row('(overhead)', level.overhead)]),
  ...(level.inner === null ? [] : levelLines(level.inner).map((line, i) => i === 0 ? `  in it: ${line}` : `         ${line}`))
]

const parameterLine = ({ name, value, isDefault, help, isFlag }: ExplainedParameter): string => {
  if (name === '') return row('', value)
  if (!isDefault && isFlag) return row(name, `given${value === '' ? '' : `, and "${value}" does not count`} - ${help}`)
  if (!isDefault) return row(name, `${value === '' ? 'empty' : value} - ${help}`)
  return row(name, `${value === '' ? 'not given' : `${value} unless given`} - ${help}`)
}

/** A long name has a blank behind it all the same. */
const row = (left: string, right: string): string => `  ${left.padEnd(COLUMN - 1)} ${right}`
