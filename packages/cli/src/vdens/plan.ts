/** What a command line of vdens asks for. Pure: options, operands and environment in, a plan out. */
import { isIP } from 'node:net'
import { UsageError, type Parsed, type Values } from '../command.ts'
import { impaired } from '../impaired.ts'

/** What is to be made, and what is to be run in it. Absent fields stay as they are on the host. */
export interface Plan {
  /** One per interface, ready for the registry. */
  readonly vnls: readonly string[]
  /** Never empty. */
  readonly command: readonly string[]
  readonly prefix: string
  readonly sysadm: boolean
  /** False: interfaces finish their frames (checksums, segments) themselves. */
  readonly hasOffload: boolean
  /** True: no TAPs, whether they are to be had or not. */
  readonly isPacket: boolean
  /** Of every interface; absent: 1500. */
  readonly mtu?: number
  readonly hostname?: string
  readonly resolvFile?: string
  readonly resolvAddresses?: readonly string[]
}

type Environment = Readonly<Record<string, string | undefined>>

/** First operands that stand for no interface at all. */
const NO_NETWORK: readonly string[] = ['', '-', 'no']

/** @throws {UsageError} no command and no $SHELL; no VNL behind -m; a name server that is no address */
export const planOf = ({ values, operands, isSeparated }: Parsed, env: Environment): Plan => {
  const [vnls, typed] = values.has('multi') ? several(operands, isSeparated) : single(operands)
  const command = typed.length > 0 ? typed : shell(env)
  const hostname = values.text('hostname')
  return {
    vnls: vnls.map(streamOf).map((vnl) => impaired(vnl, values.text('impair'))),
    command,
    prefix: values.text('iface') ?? 'vde',
    sysadm: values.has('sysadm'),
    hasOffload: !values.has('no-offload'),
    isPacket: values.has('packet'),
    ...mtuOf(values),
    ...(hostname === undefined ? {} : { hostname }),
    ...resolv(values, env)
  }
}

type Split = readonly [vnls: readonly string[], command: readonly string[]]

const single = (operands: readonly string[]): Split => {
  const vnl = operands[0] ?? ''
  const rest = operands.slice(1)
  // `vdens VNL -- cmd`, as with -m, is kindly understood: nobody has a command called "--".
  return [NO_NETWORK.includes(vnl) ? [] : [vnl], rest[0] === '--' ? rest.slice(1) : rest]
}

const several = (operands: readonly string[], isSeparated: boolean): Split => {
  const cut = operands.indexOf('--')
  const vnls = cut < 0 ? operands : operands.slice(0, cut)
  // `-m -- ip link`: the only -- stands before the command, and ip is no network.
  if (vnls.length === 0 || (isSeparated && cut < 0)) {
    throw new UsageError('Cannot read the command line: -m wants at least one VNL before --')
  }
  return [vnls, cut < 0 ? [] : operands.slice(cut + 1)]
}

const shell = (env: Environment): readonly string[] => {
  const found = env.SHELL
  if (found === undefined || found === '') throw new UsageError('Cannot choose a command: none is given and $SHELL is not set')
  return [found]
}

/** `=COMMAND` is a command line at the other end of the wire. */
const streamOf = (vnl: string): string => vnl.startsWith('=') ? `cmd://${vnl.slice(1)}` : vnl

/** What was typed beats the environment; of the same kind, addresses beat the file. */
const resolv = (values: Values, env: Environment): Pick<Plan, 'resolvFile' | 'resolvAddresses'> => {
  const addresses = values.text('resolvaddr')
  if (addresses !== undefined) return { resolvAddresses: addressesOf('--resolvaddr', addresses) }
  const file = values.text('resolvconf')
  if (file !== undefined) return { resolvFile: file }
  if (isSet(env.VDE_RESOLVADDR)) return { resolvAddresses: addressesOf('$VDE_RESOLVADDR', env.VDE_RESOLVADDR) }
  if (isSet(env.VDE_RESOLVCONF)) return { resolvFile: env.VDE_RESOLVCONF }
  return {}
}

/** Empty ones are passed over later. The resolver takes a zone, as of fe80::1%vde0, and no names. */
const addressesOf = (source: string, text: string): readonly string[] => {
  const addresses = text.split(',')
  const wrong = addresses.find((address) => address !== '' && isIP(address) === 0)
  if (wrong === undefined) return addresses
  throw new UsageError(`Cannot read ${source} '${wrong}': the IP address of a name server is wanted`)
}

const MIN_MTU = 68
const MAX_MTU = 65521

const mtuOf = (values: Values): Pick<Plan, 'mtu'> => {
  const text = values.text('mtu')
  if (text === undefined) return {}
  const mtu = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0
  if (mtu >= MIN_MTU && mtu <= MAX_MTU) return { mtu }
  throw new UsageError(`Cannot read --mtu "${text}": wanted a number from ${MIN_MTU} to ${MAX_MTU}`)
}

const isSet = (value: string | undefined): value is string => value !== undefined && value !== ''
