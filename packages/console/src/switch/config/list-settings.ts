/** Things there may be any number of: VLANs, mirrors, pinned addresses, captures, TAP interfaces. */
import { formatHalves } from '@vde-ts/frame/mac.js'
import { VdeError } from '@vde-ts/link'
import { DEFAULT_VLAN, formatVlanList, MAX_PORTS, NO_BONUS, NO_VLAN, readVlanList, type Direction, type MirrorSettings } from '@vde-ts/switch'
import { WHOLE_FRAME } from '../captures.ts'
import { readMac } from '../format.ts'
import { flag, listSetting, text, whole, type ListSetting, type Schema } from './setting.ts'

const PORT = whole('a port', 1, MAX_PORTS)
const VLAN = whole('a VLAN', 0, NO_VLAN - 1)

/** A list of maps. */
const listOf = (title: string, required: readonly string[], properties: Readonly<Record<string, Schema>>): Schema => ({
  title,
  type: 'array',
  description: 'a list of maps',
  items: { type: 'object', additionalProperties: false, required, properties, description: `a map with ${required.join(', ')}` }
})

const vlans = listSetting<number>({
  key: 'vlans',
  schema: {
    title: 'VLANs there are besides VLAN 0; those of ports need not be named',
    type: ['string', 'integer'],
    pattern: '^[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?)*$',
    minimum: 1,
    maximum: NO_VLAN - 1,
    description: 'VLANs such as "10,20-29"'
  },
  commands: ['vlan/create', 'vlan/remove'],
  items: ({ sw }) => sw.vlan.list().map(({ id }) => id).filter((id) => id !== DEFAULT_VLAN),
  add ({ sw }, id) { sw.vlan.create(id) },
  remove ({ sw }, id) { sw.vlan.remove(id) },
  parse: (value: string | number) => readVlanList(String(value)).filter((id) => id !== DEFAULT_VLAN),
  form: (ids) => formatVlanList(ids),
  when: 'first'
})

interface FileMirror { readonly port: number, readonly what: Direction, readonly to: number }

const byPorts = (a: FileMirror, b: FileMirror): number => a.port - b.port || a.to - b.to

const mirrors = listSetting<FileMirror>({
  key: 'mirrors',
  schema: listOf('ports whose frames are shown at another port', ['port', 'what', 'to'], {
    port: { ...PORT, title: 'the port that is shown' },
    what: { title: 'what it gets, what it sends, or both', enum: ['in', 'out', 'both'], description: 'in, out or both' },
    to: { ...PORT, title: 'the port that shows, and does nothing else' }
  }),
  commands: ['port/mirror'],
  items: ({ sw }) => sw.mirrors.list().map(fileMirror).sort(byPorts),
  add ({ sw }, { port, what, to }) { sw.mirrors.set({ source: port, direction: what, to }) },
  remove ({ sw }, { port, to }) { sw.mirrors.remove(port, to) },
  parse: (list: readonly FileMirror[]) => list.map(({ port, what, to }) => ({ port, what, to })).sort(byPorts),
  form: (items) => items,
  when: 'last'
})

const fileMirror = ({ source, direction, to }: MirrorSettings): FileMirror => ({ port: source, what: direction, to })

interface FileAddress { readonly mac: string, readonly vlan: number, readonly port: number }

const byAddress = (a: FileAddress, b: FileAddress): number => a.vlan - b.vlan || (a.mac < b.mac ? -1 : Number(a.mac > b.mac))

const addresses = listSetting<FileAddress>({
  key: 'addresses',
  schema: listOf('addresses pinned to ports', ['mac', 'port'], {
    mac: text('the address of a station', 'six hexadecimal octets such as 02:00:00:00:00:01'),
    vlan: { ...VLAN, default: DEFAULT_VLAN },
    port: PORT
  }),
  commands: ['hash/add', 'hash/del'],
  items: ({ sw }) => [...sw.hash.list()].filter(({ isStatic }) => isStatic)
    .map(({ macHi, macLo, vlan, port }) => ({ mac: formatHalves(macHi, macLo), vlan, port })).sort(byAddress),
  add ({ sw }, { mac, vlan, port }) { sw.hash.add(...readMac(mac), vlan, port) },
  remove ({ sw }, { mac, vlan }) { sw.hash.delete(...readMac(mac), vlan) },
  parse: (list: ReadonlyArray<Omit<FileAddress, 'vlan'> & { vlan?: number }>) => list.map(({ mac, vlan = DEFAULT_VLAN, port }) => {
    const [hi, lo] = readMac(mac)
    if ((hi & 0x100) !== 0) throw new RangeError(`found ${mac}, a group address, want one of a station`)
    return { mac: formatHalves(hi, lo), vlan, port }
  }).sort(byAddress),
  form: (items) => items.map(({ mac, vlan, port }) => vlan === DEFAULT_VLAN ? { mac, port } : { mac, vlan, port }),
  when: 'last',
  // Learnt at a sticky port: what is seen there is no mistake of a file that was written before.
  isFree: (_, { port }, wanted) => wanted.get(`ports.${port}.sticky`) === true
})

interface FileMulticast { readonly vlan: number, readonly strict: boolean }

const multicast = listSetting<FileMulticast>({
  key: 'multicast',
  schema: listOf('VLANs in which groups go where hosts joined them', ['vlan'], {
    vlan: VLAN, strict: flag('groups that nobody joined go to routers only', false)
  }),
  commands: ['mcast/snoop', 'mcast/strict'],
  items: ({ sw }) => sw.multicast.list().map(({ vlan, isStrict }) => ({ vlan, strict: isStrict })),
  add ({ sw }, { vlan, strict }) {
    sw.multicast.setSnooping(vlan, true)
    sw.multicast.setStrict(vlan, strict)
  },
  remove ({ sw }, { vlan }) { sw.multicast.setSnooping(vlan, false) },
  parse: (list: ReadonlyArray<{ readonly vlan: number, readonly strict?: boolean }>) =>
    list.map(({ vlan, strict = false }) => ({ vlan, strict })).sort((a, b) => a.vlan - b.vlan),
  form: (items) => items.map(({ vlan, strict }) => strict ? { vlan, strict } : { vlan }),
  when: 'last'
})

interface FileBonus { readonly vlan: number, readonly port: number, readonly cost: number }

const bonuses = listSetting<FileBonus>({
  key: 'tree.bonus',
  schema: listOf('ports preferred as way to the root: one in each tree, that of the bridge being VLAN 0', ['port', 'cost'], {
    vlan: { ...VLAN, default: DEFAULT_VLAN }, port: PORT, cost: { title: 'what it costs less', type: 'integer', description: 'a whole number' }
  }),
  commands: ['fstp/bonus'],
  items: ({ sw }) => sw.tree.snapshot().bonuses.filter(({ tree, port }) => port !== 0 && (sw.tree.mode === 'fstp' || tree === DEFAULT_VLAN))
    .map(({ tree, port, cost }) => ({ vlan: tree, port, cost })).sort((a, b) => a.vlan - b.vlan),
  add ({ sw }, { vlan, port, cost }) { sw.tree.setBonus(vlan, { port, cost }) },
  remove ({ sw }, { vlan }) { sw.tree.setBonus(vlan, NO_BONUS) },
  parse: (list: ReadonlyArray<Omit<FileBonus, 'vlan'> & { vlan?: number }>) =>
    list.map(({ vlan = DEFAULT_VLAN, port, cost }) => ({ vlan, port, cost })).sort((a, b) => a.vlan - b.vlan),
  form: (items) => items.map(({ vlan, port, cost }) => vlan === DEFAULT_VLAN ? { port, cost } : { vlan, port, cost }),
  when: 'last'
})

interface FileCapture { readonly port: number, readonly file: string, readonly snapLen: number, readonly filter: string }
type WrittenCapture = Pick<FileCapture, 'port' | 'file'> & Partial<FileCapture>

const captures = listSetting<FileCapture>({
  key: 'captures',
  schema: listOf('ports whose frames are recorded', ['port', 'file'], {
    port: PORT,
    file: text('a new pcapng file, a FIFO or a socket', 'the name of a file that is not there'),
    snapLen: whole('octets kept of a frame', 14, WHOLE_FRAME, WHOLE_FRAME),
    filter: { title: 'in the language of libpcap', type: 'string', description: 'a filter such as "arp or icmp"', default: '' }
  }),
  commands: ['port/capture', 'port/capstop'],
  items: (context) => context.captures.list().filter(({ failure }) => failure === null)
    .map(({ request: { port, path, snapLen, filter } }) => ({ port: port.number, file: path, snapLen, filter })),
  add ({ sw, facts, captures }, { port, file, snapLen, filter }) {
    captures.start({ port: sw.port(port), path: file, name: `${facts.controlDir}[${port}]`, direction: 'both', snapLen, filter })
  },
  remove ({ captures }, { port, file }) { captures.stop(port, file) },
  parse: (list: readonly WrittenCapture[]) => list.map(({ port, file, snapLen = WHOLE_FRAME, filter = '' }) => ({ port, file, snapLen, filter })),
  form: (items) => items.map(({ port, file, snapLen, filter }) =>
    ({ port, file, ...(snapLen === WHOLE_FRAME ? {} : { snapLen }), ...(filter === '' ? {} : { filter }) })),
  when: 'end'
})

const taps = listSetting<string>({
  key: 'taps',
  schema: { title: 'TAP interfaces, each at the next free port', type: 'array', description: 'a list of names', items: text('an interface', 'the name of an interface', { maxLength: 15 }) },
  commands: [],
  items: ({ facts }) => facts.taps?.().names() ?? [],
  add ({ facts }, name) {
    if (facts.taps === undefined) throw new VdeError('ENOSYS', `connect the tap '${name}'`, 'this program has none')
    facts.taps().plug(name)
  },
  remove ({ facts }, name) { facts.taps?.().unplug(name) },
  parse: (names: readonly string[]) => names,
  form: (names) => names,
  when: 'end'
})

/** In the order in which they are set. */
export const LIST_SETTINGS: readonly ListSetting[] = [vlans, mirrors, addresses, multicast, bonuses, captures, taps]
