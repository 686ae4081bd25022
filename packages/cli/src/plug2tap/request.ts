/** What a command line of vde_plug2tap, or vde_pcapplug, asks for. Pure. */
import { UsageError, type Parsed } from '../command.ts'

/** Such a command line, read. */
export interface Request {
  /** Of the interface. */
  readonly name: string
  /** A VNL; empty: the default network. `-`: the stream on descriptors 0 and 1. */
  readonly network: string
  /** 0: any. */
  readonly port: number
  readonly group: string
  /** 0: the default. */
  readonly mode: number
  readonly pidFile?: string
}

const MAX_PORT = 65535
const MAX_MODE = 0o777

/** @throws {UsageError} no interface or several, a port or a mode that is none */
export const requestOf = ({ values, operands }: Parsed): Request => {
  if (operands.length !== 1) {
    throw new UsageError(`Cannot read the command line: ${operands.length} interfaces are named, wanted one`)
  }
  if (values.has('daemon') && values.text('sock') === '-') {
    throw new UsageError('Cannot read the command line: -d has no standard input and output, which -s - wants')
  }
  const pidFile = values.text('pidfile')
  return {
    name: operands[0]!,
    network: values.text('sock') ?? '',
    port: number('port', values.text('port'), 10, MAX_PORT),
    group: values.text('group') ?? '',
    mode: number('mode', values.text('mode'), 8, MAX_MODE),
    ...(pidFile === undefined ? {} : { pidFile })
  }
}

const number = (name: string, text: string | undefined, base: 8 | 10, most: number): number => {
  if (text === undefined) return 0
  const value = (base === 8 ? /^[0-7]{1,6}$/ : /^\d{1,6}$/).test(text) ? parseInt(text, base) : 0
  if (value > 0 && value <= most) return value
  throw new UsageError(`Cannot read --${name} "${text}": wanted ${base === 8 ? 'an octal mode up to 777' : `a number from 1 to ${most}`}`)
}
