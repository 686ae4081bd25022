/** The options of vde_switch, read: numbers in range, groups as numbers, paths absolute. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { isGroup } from '@vde-ts/frame/ethernet.js'
import { parseMac } from '@vde-ts/frame/mac.js'
import { groupNumber } from '@vde-ts/schemes/accounts.js'
import { deriveModes, type Modes } from '@vde-ts/schemes/control-directory.js'
import { DEFAULT_HASH_SIZE, DEFAULT_PORTS, DEFAULT_PRIORITY, LIMITED, MAX_PORTS, NO_LIMITS, type EndpointLimits } from '@vde-ts/switch'
import { parseCNumber } from '@vde-ts/vnl'
import { UsageError, type Parsed, type Values } from '../command.ts'
import { readMetricsAddress, type MetricsAddress } from './metrics/address.ts'

/** Everything the command line of vde_switch decides, defaults filled in. */
export interface SwitchSettings {
  /** Control directory as typed: it is resolved, links included, when it is made. */
  readonly path: string
  readonly modes: Modes
  /** Group of the control directory; -1: unchanged. */
  readonly gid: number
  readonly management: { readonly path: string, readonly mode: number, readonly gid: number } | null
  /** Mode and group of the management, also without a socket: port zero is for them. */
  readonly mgmtMode: number
  readonly mgmtGid: number
  readonly numPorts: number
  /** Endpoints let in at most. */
  readonly limits: EndpointLimits
  readonly isHub: boolean
  readonly wantsTree: boolean
  readonly isVlanTransparent: boolean
  /** Six octets; null: by chance. */
  readonly mac: Uint8Array | null
  readonly priority: number
  readonly hashSize: number
  readonly taps: readonly string[]
  readonly pidFile: string | null
  /** Start-up file named on the command line. */
  readonly rcFile: string | null
  /** Console commands typed there. */
  readonly commands: readonly string[]
  /** Configuration; null: none. */
  readonly configFile: string | null
  readonly readsStdin: boolean
  /** Go on in the place of a running switch. */
  readonly takesOver: boolean
  /** Where metrics are served; null: nowhere. */
  readonly metrics: MetricsAddress | null
}

/** What goes on in the process that takes over, unless its command line says otherwise. */
export type Service = Pick<SwitchSettings, 'pidFile' | 'metrics'>

/** What a switch that is taken over leaves of the above: how others may use it. */
export type Access = Pick<SwitchSettings, 'modes' | 'gid' | 'mgmtMode' | 'mgmtGid'>

/** @see Access */
export const accessOf = ({ modes, gid, mgmtMode, mgmtGid }: SwitchSettings): Access => ({ modes, gid, mgmtMode, mgmtGid })

/** Descriptors that are not for endpoints. */
const RESERVED_FILES = 64
/** Sizes above this are of no use, the number is for display. */
const MAX_HASH = 2 ** 30

/** @throws {UsageError} a value that cannot be; {VdeError} EINVAL no such group */
export const readSettings = ({ values, operands }: Parsed, isRoot: boolean): SwitchSettings => {
  if (operands.length > 0) throw new UsageError(`Cannot read '${operands[0]}': options are wanted, see vde_switch --help`)
  if (values.text('sock') === '') throw new UsageError("Cannot read --sock '': the name of the control directory is empty, a path is wanted")
  const mgmt = values.text('mgmt')
  const mgmtMode = octal(values, 'mgmtmode') ?? 0o600
  const mgmtGid = group(values, 'mgmtgroup')
  return {
    path: values.text('sock') ?? (isRoot ? '/var/run/vde.ctl' : '/tmp/vde.ctl'),
    modes: deriveModes({ mode: octal(values, 'mode') ?? -1, dirMode: octal(values, 'dirmode') ?? -1 }),
    gid: group(values, 'group'),
    management: mgmt === undefined ? null : { path: resolve(mgmt), mode: mgmtMode, gid: mgmtGid },
    mgmtMode,
    mgmtGid,
    numPorts: number(values, 'numports', 1, MAX_PORTS) ?? DEFAULT_PORTS,
    limits: limits(values),
    isHub: values.has('hub'),
    wantsTree: values.has('fstp') && !values.has('hub'),
    isVlanTransparent: values.has('vlan-transparent'),
    mac: address(values),
    priority: number(values, 'priority', 0, 0xffff) ?? DEFAULT_PRIORITY,
    hashSize: roundUp(number(values, 'hashsize', 0, MAX_HASH) ?? DEFAULT_HASH_SIZE),
    taps: values.list('tap'),
    pidFile: path(values, 'pidfile'),
    rcFile: path(values, 'rcfile'),
    commands: values.list('command'),
    configFile: path(values, 'config'),
    readsStdin: !values.has('nostdin') && !values.has('daemon'),
    takesOver: values.has('takeover'),
    metrics: metrics(values)
  }
}

const metrics = (values: Values): MetricsAddress | null => {
  const text = values.text('metrics')
  return text === undefined ? null : readMetricsAddress(text)
}

const number = (values: Values, name: string, low: number, high: number): number | undefined => {
  const text = values.text(name)
  if (text === undefined) return undefined
  const value = parseCNumber(text)
  if (value >= low && value <= high) return value
  throw new UsageError(`Cannot read --${name} '${text}': a number in ${low}..${high} is wanted`)
}

const limits = (values: Values): EndpointLimits => {
  const found: { -readonly [K in keyof EndpointLimits]: EndpointLimits[K] } = { ...NO_LIMITS, total: affordable() }
  for (const text of values.list('limit')) {
    const [, what = '', count] = /^(user|port|total)=(\d{1,9})$/.exec(text) ?? []
    const limited = LIMITED[what]
    if (limited === undefined) throw new UsageError(`Cannot read --limit '${text}': user=N, port=N or total=N is wanted`)
    found[limited] = Number(count)
  }
  return found
}

/** Each endpoint has two descriptors; some are for the program itself, its consoles, and those who only ask. */
const affordable = (): number | null => {
  const [, text] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
  return text === undefined ? null : Math.max(1, Math.floor((Number(text) - RESERVED_FILES) / 2))
}

const octal = (values: Values, name: string): number | undefined => {
  const text = values.text(name)
  if (text === undefined) return undefined
  const value = /^[0-7]{1,6}$/.test(text) ? parseInt(text, 8) : Infinity
  if (value <= 0o7777) return value
  throw new UsageError(`Cannot read --${name} '${text}': permissions as an octal number are wanted, such as 660`)
}

const group = (values: Values, name: string): number => {
  const text = values.text(name)
  return text === undefined ? -1 : groupNumber(text, `read --${name}`)
}

const path = (values: Values, name: string): string | null => {
  const text = values.text(name)
  return text === undefined ? null : resolve(text)
}

const address = (values: Values): Uint8Array | null => {
  const text = values.text('macaddr')
  if (text === undefined) return null
  const mac = parseMac(text)
  if (mac !== null && isGroup(mac, 0)) throw new UsageError(`Cannot read --macaddr '${text}': it is the address of a group, that of one station is wanted`)
  if (mac !== null) return mac
  throw new UsageError(`Cannot read --macaddr '${text}': six hexadecimal numbers with : or . between them are wanted`)
}

const roundUp = (size: number): number => {
  let power = 1
  while (power < size) power *= 2
  return power
}
