/** What is set for each port. */
import { formatHalves } from '@vde-ts/frame/mac.js'
import { parseIp, formatIp } from '@vde-ts/switch/ip-address.js'
import {
  DEFAULT_MULTICAST_PORT, DEFAULT_TREE_PORT, formatRate, MAX_ADDRESSES, MAX_ISOLATION, readRate, UNGUARDED, type Binding,
  type MulticastPortSettings, type PortGuardSettings, type Rate,
  type StormKind, type TreePortSettings
} from '@vde-ts/switch'
import { MAX_PATH_COST } from '@vde-ts/stp'
import { NONE } from '@vde-ts/switch/access.js'
import type { SwitchContext } from '../context.ts'
import { readMac } from '../format.ts'
import { readPortChange } from '../impair-commands.ts'
import { vlanSetting } from './port-vlan-setting.ts'
import { flag, oneOf, setting, text, unless, whole, type Schema, type Setting } from './setting.ts'

const owner = (
  key: 'user' | 'group', command: string, number: (names: SwitchContext['names'], text: string) => number,
  name: (names: SwitchContext['names'], id: number) => string, write: (sw: SwitchContext['sw'], port: number, id: number) => void
): Setting => setting<string>({
  key,
  schema: { title: `the only ${key} who may have the port`, type: ['string', 'integer'], minimum: 0, description: `a ${key}, by name or number` },
  commands: [command],
  read: ({ sw, names }, port) => unless('NONE', name(names, sw.port(port)[key])),
  write ({ sw, names }, value, port) { write(sw, port, value === undefined ? NONE : number(names, value)) },
  normal: (value: string | number, { names }) => unless('NONE', name(names, number(names, String(value))))
})

const accessRows: readonly Setting[] = [
  setting<boolean>({
    key: 'allocatable',
    schema: flag('clients that name no port may get this one', true),
    commands: ['port/create', 'port/createauto', 'port/allocatable', 'port/remove'],
    read: ({ sw }, port) => unless(true, sw.port(port).isAllocatable),
    write ({ sw }, value = true, port) { sw.setAllocatable(port, value) }
  }),
  owner('user', 'port/setuser', (names, text) => names.uid(text), (names, id) => names.user(id), (sw, port, id) => { sw.setUser(port, id) }),
  owner('group', 'port/setgroup', (names, text) => names.gid(text), (names, id) => names.group(id), (sw, port, id) => { sw.setGroup(port, id) })
]

/** A guard whose value in the file is that of the switch, or nearly so. */
const guard = <K extends keyof PortGuardSettings, T>(
  key: string, field: K, commands: readonly string[], schema: Schema,
  form: (value: PortGuardSettings[K]) => T | undefined, parse: (value: T) => PortGuardSettings[K]
): Setting => setting<T>({
    key,
    schema,
    commands,
    read: ({ sw }, port) => form(sw.guards.settings(port)[field]),
    write ({ sw }, value, port) { sw.guards.configure(port, { [field]: value === undefined ? UNGUARDED[field] : parse(value) }) },
    normal: (value: T) => form(parse(value))
  })

const RATE = text('', 'bits (10M) or frames (1000f) per second, and behind / the burst')
const same = <T>(value: T): T => value
const rateForm = (rate: Rate | null): string | undefined => rate === null ? undefined : formatRate(rate)

const storm = (kind: StormKind, title: string): Setting => setting<string>({
  key: `storm.${kind}`,
  schema: { ...RATE, title },
  commands: ['port/storm'],
  read: ({ sw }, port) => rateForm(sw.guards.settings(port).storm[kind]),
  write ({ sw }, value, port) {
    const before = sw.guards.settings(port).storm
    sw.guards.configure(port, { storm: { ...before, [kind]: value === undefined ? null : readRate(value) } })
  },
  normal: (value: string) => rateForm(readRate(value))
})

/** `02:00:00:00:00:01: [10.0.0.1]` for each binding. */
type FileBindings = Readonly<Record<string, readonly string[]>>

const bindingForm = (bindings: readonly Binding[]): FileBindings | undefined => bindings.length === 0
  ? undefined
  : Object.fromEntries([...bindings].sort((a, b) => a.mac < b.mac ? -1 : 1).map(({ mac, addresses }) => [mac, addresses]))

const parseBindings = (found: FileBindings): Binding[] => Object.entries(found).map(([mac, addresses]) => ({
  mac: formatHalves(...readMac(mac)),
  addresses: addresses.map((address) => {
    const words = parseIp(address)
    if (words === null) throw new RangeError(`found "${address}", want an IP address`)
    return formatIp(words)
  })
}))

/** Every sixteen of them are `standard`. */
const reservedForm = (digits: readonly number[]): number[] | 'standard' | undefined =>
  digits.length === 0 ? undefined : digits.length === 16 ? 'standard' : [...digits]

const parseReserved = (value: readonly number[] | 'standard'): number[] =>
  value === 'standard' ? Array.from({ length: 16 }, (_, digit) => digit) : [...new Set(value)].sort((a, b) => a - b)

const guardRows: readonly Setting[] = [
  guard<'maxAddresses', number>('maxMacs', 'maxAddresses', ['port/maxmacs'], whole('addresses behind the port at most', 0, MAX_ADDRESSES), (value) => value ?? undefined, same),
  guard<'isSticky', boolean>('sticky', 'isSticky', ['port/sticky'], flag('addresses are pinned as they are learnt', false), (value) => unless(false, value), same),
  guard<'isolation', number>('isolate', 'isolation', ['port/isolate'], whole('group of ports that do not reach each other, 0: none', 0, MAX_ISOLATION, 0), (value) => unless(0, value), same),
  storm('broadcast', 'what is broadcast at most'),
  storm('multicast', 'what is sent to groups at most'),
  storm('unknown', 'what is sent to unknown addresses at most'),
  guard<'rateIn', string>('rate.in', 'rateIn', ['port/rate'], { ...RATE, title: 'what comes in at most; more is lost' }, rateForm, readRate),
  guard<'rateOut', string>('rate.out', 'rateOut', ['port/rate'], { ...RATE, title: 'what goes out at most; more waits' }, rateForm, readRate),
  guard<'reserved', number[] | 'standard'>('reserved', 'reserved', ['port/reserved'], {
    title: 'last digits of the addresses 01:80:c2:00:00:0X whose frames end here',
    description: 'standard, or a list of numbers in 0..15',
    anyOf: [{ const: 'standard' }, { type: 'array', items: { type: 'integer', minimum: 0, maximum: 15 } }]
  }, reservedForm, parseReserved),
  guard<'isDhcpGuarded', boolean>('dhcpGuard', 'isDhcpGuarded', ['port/dhcpguard'], flag('what DHCP servers say here is dropped', false), (value) => unless(false, value), same),
  guard<'isRaGuarded', boolean>('raGuard', 'isRaGuarded', ['port/raguard'], flag('router advertisements are dropped', false), (value) => unless(false, value), same),
  guard<'bindings', FileBindings>('bind', 'bindings', ['port/bind', 'port/unbind'], {
    title: 'the only addresses behind the port, and the IP addresses of each; none: any',
    type: 'object',
    description: 'a map of MAC addresses, with lists of IP addresses',
    additionalProperties: { type: 'array', description: 'a list of IP addresses', items: { type: 'string', description: 'an IP address' } }
  }, bindingForm, parseBindings)
]

type TreeValue<K extends keyof TreePortSettings> = Exclude<TreePortSettings[K], null>

const treeRow = <K extends keyof TreePortSettings>(
  key: K, commands: readonly string[], schema: Schema
): Setting => setting<TreeValue<K>>({
    key: `tree.${key}`,
    schema,
    commands,
    read: ({ sw }, port) => unless(DEFAULT_TREE_PORT[key], sw.tree.portSettings(port)[key]) as TreeValue<K> | undefined,
    write ({ sw }, value, port) { sw.tree.configurePort(port, { [key]: value ?? DEFAULT_TREE_PORT[key] }) }
  })

const CHOICES = ['auto', 'on', 'off']

const treeRows: readonly Setting[] = [
  treeRow('cost', ['fstp/port'], whole('cost of the way through the port', 1, MAX_PATH_COST)),
  treeRow('priority', ['fstp/port'], { ...whole('among ports of the same cost, in steps of 16', 0, 240, DEFAULT_TREE_PORT.priority), multipleOf: 16, description: 'a multiple of 16 in 0..240' }),
  treeRow('edge', ['fstp/port', 'fstp/setedge'], oneOf('only stations are behind the port', CHOICES, 'auto')),
  treeRow('p2p', ['fstp/port'], oneOf('one bridge is behind the port at most', CHOICES, 'auto')),
  treeRow('guard', ['fstp/port'], oneOf('what BPDUs may do here', ['none', 'bpdu', 'filter', 'root', 'loop'], 'none'))
]

const multicastRow = <K extends keyof MulticastPortSettings>(
  key: string, field: K, schema: Schema
): Setting => setting<MulticastPortSettings[K]>({
    key: `multicast.${key}`,
    schema,
    commands: ['mcast/port'],
    read: ({ sw }, port) => unless(DEFAULT_MULTICAST_PORT[field], sw.multicast.portSettings(port)[field]),
    write ({ sw }, value = DEFAULT_MULTICAST_PORT[field], port) { sw.multicast.configurePort(port, { [field]: value }) }
  })

const multicastRows: readonly Setting[] = [
  multicastRow('router', 'router', oneOf('a router of groups is behind the port', ['auto', 'always', 'never'], 'auto')),
  multicastRow('fastLeave', 'isFastLeave', flag('one host is behind the port, and its leave counts at once', false)),
  multicastRow('flood', 'isFlooded', flag('the port gets every group', false))
]

const impair: Setting = setting<string>({
  key: 'impair',
  schema: text('a bad link in front of the port, in the words of vnl(7)', 'words such as "delay=20ms in.loss=1%"'),
  commands: ['port/impair'],
  read: ({ sw, impairments }, port) => unless('', impairments.wordsOf(sw.port(port))),
  write ({ sw, impairments }, value, port) { impairments.replace(sw.port(port), readPortChange(value ?? '')) },
  normal: (value: string, { impairments }) => unless('', impairments.wordsAfter(readPortChange(value)))
})

/** In the order in which they are set. */
export const PORT_SETTINGS: readonly Setting[] = [...accessRows, vlanSetting, ...treeRows, ...guardRows, ...multicastRows, impair]
