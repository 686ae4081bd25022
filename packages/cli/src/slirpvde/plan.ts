/** What slirpvde is asked for, from its command line. Pure: X displays are still to be found. */
import { formatForward, parseForward, type ForwardKind, type Forward } from '@vde-ts/schemes/slirp/forwards.js'
import { readSettings, type SlirpSettings } from '@vde-ts/schemes/slirp/settings.js'
import { UsageError, type Parsed, type Values } from '../command.ts'

/** A guest's display. */
export interface Display { readonly guest: string, readonly display: number, readonly screen: number }

/** A command line, read. */
export interface SlirpPlan {
  /** A VNL; empty: the default network. `-`: the standard streams. */
  readonly network: string
  /** 0: any. */
  readonly port: number
  readonly group: string
  /** 0: the default. */
  readonly mode: number
  readonly settings: SlirpSettings
  readonly displays: readonly Display[]
}

/** TCP port of display 0. */
export const X_PORT = 6000
const MAX_DISPLAY = 65535 - X_PORT
const MAX_PORT = 65535
const MAX_MODE = 0o777

/** @throws {UsageError} */
export const planSlirp = ({ values, operands }: Parsed): SlirpPlan => {
  const [operand, extra] = operands
  if (extra !== undefined) throw new UsageError(`Cannot read '${extra}': one network is wanted`)
  return {
    network: values.text('sock') ?? operand ?? '',
    port: number(values, 'port', /^\d{1,5}$/, 10, MAX_PORT),
    group: values.text('group') ?? '',
    mode: number(values, 'mod', /^[0-7]{1,6}$/, 8, MAX_MODE),
    settings: asUsage(() => settingsOf(values)),
    displays: values.list('x11').map(parseDisplay)
  }
}

/** Options that are keys of the scheme. */
const KEYS: ReadonlyArray<readonly [option: string, key: string]> = [
  ['net', 'host'], ['host', 'host'], ['dns', 'vnameserver'], ['dhcp', 'dhcp'], ['tftp', 'tftp_path'], ['mgmt', 'mgmt'], ['mgmtmode', 'mgmtmode']
]
const FORWARDS: ReadonlyArray<readonly [option: string, kind: ForwardKind]> = [['tcp', 'tcp'], ['udp', 'udp'], ['unix-forward', 'unix']]

const settingsOf = (values: Values): SlirpSettings => {
  const params = new Map([['v4', '']])
  for (const [option, key] of KEYS) {
    const value = values.text(option)
    if (value !== undefined) params.set(key, value)
  }
  const forwards = FORWARDS.flatMap(([option, kind]) => values.list(option).map((text) => parseForward(kind, text)))
  return { ...readSettings({ params }), hasDhcp: values.has('dhcp'), forwards }
}

/** What a value means is the scheme's matter, what to say of the command line ours. */
const asUsage = <T>(read: () => T): T => {
  try {
    return read()
  } catch (error) {
    throw error instanceof SyntaxError ? new UsageError(error.message) : error
  }
}

const parseDisplay = (text: string): Display => {
  const [, guest = '', display = '0', screen = '0'] = /^(\d+\.\d+\.\d+\.\d+)(?::(\d{1,5})(?:\.(\d{1,5}))?)?$/.exec(text) ?? []
  if (guest === '' || Number(display) > MAX_DISPLAY) throw new UsageError(`Cannot read -X '${text}': GUEST[:DISPLAY[.SCREEN]] is wanted`)
  return { guest, display: Number(display), screen: Number(screen) }
}

const number = (values: Values, name: string, shape: RegExp, base: number, most: number): number => {
  const text = values.text(name)
  if (text === undefined) return 0
  const value = shape.test(text) ? parseInt(text, base) : NaN
  if (value <= most) return value
  throw new UsageError(`Cannot read --${name} '${text}': ${base === 8 ? 'permissions in octal are' : `a number up to ${most} is`} wanted`)
}

/** The forward of a display: `local` is the one it has on this host. */
export const displayForward = ({ guest, display }: Display, local: number): Forward =>
  ({ kind: 'tcp', host: '0.0.0.0', port: X_PORT + local, guest, guestPort: X_PORT + display })

/** What the original says when it starts. */
export function * startLines ({ network, settings, displays }: SlirpPlan): Generator<string> {
  const { host, mask, nameServer, dhcp, hasDhcp, tftpPath, forwards } = settings
  const line = (name: string, value: string): string => `                   ${name.padEnd(12)}=${value}`
  yield `Starting slirpvde: virtual_host=${host}/${prefixOf(mask)}`
  yield line('DNS', nameServer)
  if (hasDhcp) yield line('dhcp_start', dhcp)
  if (tftpPath !== '') yield line('tftp prefix', tftpPath)
  yield line('vde switch', network === '' ? '*DEFAULT*' : network)
  for (const forward of forwards) yield line(`redir ${forward.kind.toUpperCase()}`, formatForward(forward).replace(/^0\.0\.0\.0:/, ''))
  for (const { guest, display, screen } of displays) yield line('redir X', `${guest}:${display}.${screen}`)
}

const prefixOf = (mask: string): number =>
  mask.split('.').reduce((bits, part) => bits + Number(part).toString(2).replaceAll('0', '').length, 0)
