/** What a port is allowed: addresses, neighbours, floods, rates, reserved groups. */
import {
  formatRate, NO_STORM_CONTROL, readRate, STANDARD_RESERVED, type Drops, type Port, type PortGuardSettings, type Rate,
  type StormKind
} from '@vde-ts/switch'
import { formatHalves } from '@vde-ts/frame/mac.js'
import { VdeError } from '@vde-ts/link'
import type { Args, Command, Row } from '../command.ts'
import type { SwitchContext } from './context.ts'
import { digits, readMac } from './format.ts'

/** A command that changes guards of the port that is its first word. */
const guard = (
  path: string, syntax: string, help: string, read: (args: Args, before: PortGuardSettings) => Partial<PortGuardSettings>
): Command<SwitchContext> => ({
  path,
  syntax,
  help,
  isOurs: true,
  run: ({ sw }, args) => {
    const port = args.int(0, 'N')
    sw.guards.configure(port, read(args, sw.guards.settings(port)))
  }
})

export const guardCommands: ReadonlyArray<Row<SwitchContext>> = [
  guard('port/maxmacs', 'N MAX', 'drop frames from more than MAX addresses at port N (off: no limit)', (args) => ({
    maxAddresses: args.words[1] === 'off' ? null : args.int(1, 'MAX')
  })),
  guard('port/sticky', 'N 0/1', 'pin addresses to port N as they are learnt (1), or not (0)', (args) => ({ isSticky: args.flag(1, '0/1') })),
  guard('port/isolate', 'N GROUP', 'keep port N from the other ports of GROUP (0: from none)', (args) => ({ isolation: args.int(1, 'GROUP') })),
  guard('port/storm', 'N KIND RATE', 'limit what port N floods: broadcast, multicast, unknown or all (RATE off: no limit)', readStorm),
  guard('port/rate', 'N in/out RATE', 'limit what port N sends in (dropped), or what goes out there (waits); off: no limit', (args) => {
    const rate = readLimit(args)
    return readSide(args) === 'in' ? { rateIn: rate } : { rateOut: rate }
  }),
  guard('port/reserved', 'N WHAT', 'end frames to 01:80:c2:00:00:0X: none, standard (all), or digits such as 0,2,e', (args) => ({
    reserved: readReserved(args.word(1, 'WHAT'))
  })),
  guard('port/dhcpguard', 'N 0/1', 'drop what DHCP servers say at port N (1), or not (0)', (args) => ({ isDhcpGuarded: args.flag(1, '0/1') })),
  guard('port/raguard', 'N 0/1', 'drop router advertisements at port N (1), or not (0)', (args) => ({ isRaGuarded: args.flag(1, '0/1') })),
  guard('port/bind', 'N MAC [IP ...]', 'let only bound addresses use port N: MAC, with these IP addresses (none: any)', (args, { bindings }) => {
    const mac = canonicalMac(args)
    return { bindings: [...bindings.filter((one) => one.mac !== mac), { mac, addresses: args.words.slice(2) }] }
  }),
  guard('port/unbind', 'N [MAC]', 'end the binding of MAC to port N, or all of them', (args, { bindings }) => {
    const mac = args.count > 1 ? canonicalMac(args) : undefined
    return { bindings: mac === undefined ? [] : bindings.filter((one) => one.mac !== mac) }
  }),
  {
    path: 'port/guards',
    syntax: '[N]',
    help: 'print what the ports are allowed, and what was refused there',
    isOurs: true,
    output: 'data',
    * run ({ sw }, args) {
      for (const port of chosen(sw, args)) {
        yield line(port, sw.guards.settings(port))
        const refused = Object.entries(refusedAt(sw.port(port)))
        if (refused.length > 0) yield ` refused: ${refused.map(([reason, frames]) => `${reason} ${frames}`).join(', ')}`
      }
    },
    * json ({ sw }, args) {
      for (const port of chosen(sw, args)) yield { port, ...sw.guards.settings(port), refused: refusedAt(sw.port(port)) }
    }
  }
]

/** Reasons that are a guard's. */
const REASONS: ReadonlyArray<keyof Drops> =
  ['addresses', 'pinned', 'isolated', 'storm', 'rate', 'reserved', 'dhcp', 'routerAdvertisement', 'binding']

/** Frames by reason, of a port that is or was in violation. */
const refusedAt = ({ drops }: Port): Partial<Drops> =>
  Object.fromEntries(REASONS.filter((reason) => drops[reason] > 0).map((reason) => [reason, drops[reason]]))

function canonicalMac (args: Args): string {
  const [hi, lo] = readMac(args.word(1, 'MAC'))
  return formatHalves(hi, lo)
}

function readStorm (args: Args, { storm }: PortGuardSettings): Partial<PortGuardSettings> {
  const word = args.word(1, 'KIND')
  const kinds = Object.keys(NO_STORM_CONTROL) as StormKind[]
  const wanted = word === 'all' ? kinds : kinds.filter((kind) => kind === word)
  if (wanted.length === 0) throw new VdeError('EINVAL', 'read KIND', `got "${word}", want ${kinds.join(', ')} or all`)
  const rate = readLimit(args)
  return { storm: { ...storm, ...Object.fromEntries(wanted.map((kind) => [kind, rate])) } }
}

function readLimit (args: Args): Rate | null {
  const word = args.word(2, 'RATE')
  return word === 'off' ? null : readRate(word)
}

function readSide (args: Args): 'in' | 'out' {
  const word = args.word(1, 'in/out')
  if (word === 'in' || word === 'out') return word
  throw new VdeError('EINVAL', 'read a direction', `got "${word}", want in or out`)
}

function readReserved (word: string): readonly number[] {
  if (word === 'none') return []
  if (word === 'standard') return STANDARD_RESERVED
  const found = word.split(',').map((digit) => /^[0-9a-f]$/i.test(digit) ? parseInt(digit, 16) : NaN)
  if (!found.some(Number.isNaN)) return [...new Set(found)].sort((a, b) => a - b)
  throw new VdeError('EINVAL', 'read WHAT', `got "${word}", want none, standard, or hexadecimal digits with commas`)
}

const chosen = (sw: SwitchContext['sw'], args: Args): number[] => {
  const number = args.optionalInt(0, 'N')
  return number === undefined ? sw.ports().map((port) => port.number) : [sw.port(number).number]
}

const reservedText = (reserved: readonly number[]): string =>
  reserved.length === 0 ? 'none' : reserved.length === 16 ? 'standard' : reserved.map((digit) => digit.toString(16)).join(',')

const bindingText = ({ mac, addresses }: PortGuardSettings['bindings'][number]): string => [mac, ...addresses].join(',')

const line = (port: number, s: PortGuardSettings): string =>
  `Port ${digits(port, 4)} maxmacs ${s.maxAddresses ?? '-'} sticky ${Number(s.isSticky)} isolate ${s.isolation} ` +
  `storm broadcast ${formatRate(s.storm.broadcast)} multicast ${formatRate(s.storm.multicast)} unknown ${formatRate(s.storm.unknown)} ` +
  `rate in ${formatRate(s.rateIn)} out ${formatRate(s.rateOut)} reserved ${reservedText(s.reserved)} ` +
  `dhcpguard ${Number(s.isDhcpGuarded)} raguard ${Number(s.isRaGuarded)} bound ${s.bindings.map(bindingText).join(' ') || '-'}`
