/** What vde_plug is asked to join, from its command line. Pure. */
import { UsageError, type Parsed, type Values } from '../command.ts'
import { impaired } from '../impaired.ts'

/** One network and how to open it. */
export interface PlugEnd {
  readonly vnl: string
  readonly port: number
  readonly group: string
  /** 0: the default. */
  readonly mode: number
}

/** One cable. */
export interface PlugPlan {
  /** What it joins, for people. */
  readonly label: string
  readonly first: PlugEnd
  /** What the first network is joined with: the standard streams, a second network, a command. */
  readonly other:
    | { readonly kind: 'streams' }
    | { readonly kind: 'network', readonly end: PlugEnd }
    | { readonly kind: 'command', readonly argv: readonly string[] }
}

/** @throws {UsageError} operands that make no sense, a port or mode that is none */
export const planPlug = ({ values, operands, rest }: Parsed): PlugPlan => {
  const first = readEnd(values, impaired(operands[0] ?? '', values.text('impair')), '')
  const [, ...argv] = rest
  if (rest.length > 0) {
    if (operands.length > 1) throw new UsageError('Cannot read the command line: one VNL at most is wanted before =')
    if (argv.length === 0) throw new UsageError('Cannot read the command line: a command is wanted behind =')
    return { label: `${named(operands[0])} = ${argv[0]}`, first, other: { kind: 'command', argv } }
  }
  if (operands.length > 2) throw new UsageError(`Cannot read '${operands[2]}': two VNLs at most are wanted, or a command behind =`)
  const second = operands[1]
  if (second === undefined) return { label: named(operands[0]), first, other: { kind: 'streams' } }
  return { label: `${named(operands[0])} ${named(second)}`, first, other: { kind: 'network', end: readEnd(values, second, '2') } }
}

const named = (vnl: string | undefined): string => vnl === undefined || vnl === '' ? 'default' : vnl

const readEnd = (values: Values, vnl: string, suffix: string): PlugEnd => ({
  vnl,
  port: number(values, `port${suffix}`, /^[0-9]{1,9}$/, 10, 'a port from 1'),
  group: values.text(`group${suffix}`) ?? '',
  mode: number(values, `mod${suffix}`, /^[0-7]{1,6}$/, 8, 'an octal number')
})

const number = (values: Values, name: string, shape: RegExp, base: number, wanted: string): number => {
  const text = values.text(name)
  if (text === undefined) return 0
  const value = shape.test(text) ? parseInt(text, base) : NaN
  if (Number.isNaN(value) || (base === 10 && value === 0)) throw new UsageError(`Cannot read --${name} '${text}': ${wanted} is wanted`)
  return value
}
