/** What a port decides about tags: the words of `vlan/port` as keys, or each thing by itself. */
import {
  accessPort, ADMITS, checkSettings, customerPort, formatVlanList, NO_VLAN, readVlanList, trunkPort, type FrameTypes,
  type PortVlanSettings
} from '@vde-ts/switch'
import { TPID } from '@vde-ts/frame/vlan.js'
import { flag, isSame, oneOf, setting, whole, type Setting } from './setting.ts'

/** As in the file. */
interface FileVlan {
  readonly access?: number
  readonly qinq?: number
  readonly trunk?: string | number
  readonly pvid?: number | 'none'
  readonly untagged?: number | 'none'
  readonly tagged?: string | number
  readonly admit?: FrameTypes
  readonly tpid?: '0x8100' | '0x88a8'
  readonly filter?: boolean
  readonly priority?: number
}

const WAYS = ['access', 'trunk', 'qinq'] as const
const PARTS = ['pvid', 'untagged', 'tagged', 'admit', 'tpid'] as const

const number = (value: number | 'none'): number => value === 'none' ? NO_VLAN : value
const word = (vlan: number): number | 'none' => vlan === NO_VLAN ? 'none' : vlan

/** Settings of a port of which nothing is set, where there is a VLAN 0, or not. */
const initial = (hasVlan0: boolean): PortVlanSettings => ({
  pvid: hasVlan0 ? 0 : NO_VLAN, untagged: hasVlan0 ? 0 : NO_VLAN, tagged: [], admits: 'all', isFiltering: true, priority: 0, tpid: TPID
})

/** Each of {@link PARTS} for itself; the VLAN that leaves untagged is the PVID unless told otherwise. */
const parts = (value: FileVlan): Partial<PortVlanSettings> => ({
  ...(value.pvid === undefined ? {} : { pvid: number(value.pvid), untagged: number(value.pvid) }),
  ...(value.untagged === undefined ? {} : { untagged: number(value.untagged) }),
  ...(value.tagged === undefined ? {} : { tagged: readVlanList(String(value.tagged)) }),
  ...(value.admit === undefined ? {} : { admits: value.admit }),
  ...(value.tpid === undefined ? {} : { tpid: Number(value.tpid) })
})

/** The whole of what `value` says, on top of the settings of a new port. */
const parse = (value: FileVlan, hasVlan0: boolean): PortVlanSettings => {
  const ways = WAYS.filter((key) => value[key] !== undefined)
  const found = [...ways, ...PARTS.filter((key) => value[key] !== undefined)]
  if (ways.length > 0 && found.length > 1) throw new RangeError(`found ${found.join(', ')} together, want ${WAYS.join(', ')}, one of them, or ${PARTS.join(', ')}`)
  const how = value.access !== undefined
    ? accessPort(value.access)
    : value.qinq !== undefined
      ? customerPort(value.qinq)
      : value.trunk !== undefined ? trunkPort(readVlanList(String(value.trunk))) : parts(value)
  const { filter = true, priority = 0 } = value
  const settings = { ...initial(hasVlan0), ...how, isFiltering: filter, priority }
  checkSettings('read the VLANs', settings)
  return settings
}

/** The reverse, as short as can be. */
const form = (settings: PortVlanSettings, hasVlan0: boolean): FileVlan | undefined => {
  const { pvid, untagged, tagged, admits, tpid, isFiltering, priority } = settings
  const rest = { ...(isFiltering ? {} : { filter: false }), ...(priority === 0 ? {} : { priority }) }
  const isLike = (way: Partial<PortVlanSettings>): boolean => isSame({ pvid, untagged, tagged, admits, tpid }, { ...pick(way) })
  if (isLike(initial(hasVlan0))) return Object.keys(rest).length === 0 ? undefined : rest
  if (pvid !== NO_VLAN && isLike(accessPort(pvid))) return { access: pvid, ...rest }
  if (pvid !== NO_VLAN && isLike(customerPort(pvid))) return { qinq: pvid, ...rest }
  if (tagged.length > 0 && isLike(trunkPort(tagged))) return { trunk: formatVlanList(tagged), ...rest }
  return {
    pvid: word(pvid),
    ...(untagged === pvid ? {} : { untagged: word(untagged) }),
    ...(tagged.length === 0 ? {} : { tagged: formatVlanList(tagged) }),
    ...(admits === 'all' ? {} : { admit: admits }),
    ...(tpid === TPID ? {} : { tpid: '0x88a8' as const }),
    ...rest
  }
}

const pick = ({ pvid, untagged, tagged, admits, tpid }: Partial<PortVlanSettings>): object =>
  ({ pvid, untagged, tagged, admits, tpid })

/** The VLANs a value of this row needs; they are made with it. */
export const vlansOf = (value: unknown): number[] => {
  if (value === undefined) return []
  const { pvid, untagged, tagged } = parse(value as FileVlan, true)
  return [pvid, untagged, ...tagged].filter((id) => id !== NO_VLAN)
}

const LIST = {
  type: ['string', 'integer'], pattern: '^[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?)*$', minimum: 0, maximum: NO_VLAN - 1, description: 'VLANs such as "10,20-29"'
}
const OR_NONE = { anyOf: [{ type: 'integer', minimum: 0, maximum: NO_VLAN - 1 }, { const: 'none' }], description: `none, or a whole number in 0..${NO_VLAN - 1}` }

/** The row. */
export const vlanSetting: Setting = setting<FileVlan>({
  key: 'vlan',
  schema: {
    title: 'which VLAN frames without a tag belong to, and which VLANs the port has with a tag',
    type: 'object',
    additionalProperties: false,
    description: 'a map such as { access: 10 } or { trunk: "10,20-29" }',
    properties: {
      access: whole('a station in one VLAN', 0, NO_VLAN - 1),
      trunk: { title: 'another bridge: every frame has its tag', ...LIST },
      qinq: whole('a customer: all he sends has the service tag of this VLAN', 0, NO_VLAN - 1),
      pvid: { title: 'VLAN of frames without a tag', ...OR_NONE },
      untagged: { title: 'VLAN that leaves without a tag; absent: that of pvid', ...OR_NONE },
      tagged: { title: 'VLANs that leave with a tag', ...LIST },
      admit: oneOf('frames that come in', Object.keys(ADMITS), 'all'),
      tpid: { title: 'type of the tags', enum: ['0x8100', '0x88a8'], description: '"0x8100" or "0x88a8", in quotes', default: '0x8100' },
      filter: flag('frames of VLANs that the port is no member of are dropped', true),
      priority: whole('priority of frames without a tag', 0, 7, 0)
    }
  },
  commands: ['vlan/port', 'vlan/addport', 'vlan/delport', 'port/setvlan'],
  read: ({ sw }, port) => form(sw.vlan.settings(port), hasVlan0(sw)),
  write ({ sw }, value = {}, port) { sw.vlan.configure(port, parse(value, hasVlan0(sw))) },
  normal: (value: FileVlan) => form(parse(value, true), true)
})

const hasVlan0 = (sw: Parameters<Setting['read']>[0]['sw']): boolean => sw.vlan.list()[0]?.id === 0
