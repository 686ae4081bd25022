/**
 * What 802.1Q lets a port decide about tags, as plain values: which VLAN frames without a tag belong to, which VLANs leave
 * with a tag and which without, which frames come in, and which tag it is.
 *
 *     access 10       untagged 10                              takes no tagged frames
 *     trunk 10,20     tagged 10, 20                            takes no untagged frames
 *     native 10 20    untagged 10, tagged 20                   takes both
 *     qinq 100        untagged 100, tag type 0x88a8            a customer's port of a provider: his tags are payload
 *
 * A port of type 0x88a8 sees only service tags (802.1Q 3.x S-TAG); everything else, a customer's 0x8100 included, is a
 * frame without a tag to it. So a provider's network port is a trunk of that type. Between ports of the two types in one
 * VLAN the tag changes its type and keeps priority, drop eligibility and VID.
 */
import { VdeError } from '@vde-ts/link/errors.js'
import { SERVICE_TPID, TPID } from '@vde-ts/frame/vlan.js'
import { checkRange } from './check.ts'
import type { Port } from './port.ts'
import { NO_VLAN } from './vlan.ts'

/** Frames a port takes: bit 0 those without a tag and priority tags, bit 1 those with a VLAN's tag. */
export const ADMIT_UNTAGGED = 1
/** The other bit. */
export const ADMIT_TAGGED = 2

/** Acceptable frame types [802.1Q 6.9]. */
export type FrameTypes = 'all' | 'untagged' | 'tagged'
/** Their bits. */
export const ADMITS: Readonly<Record<FrameTypes, number>> = {
  all: ADMIT_UNTAGGED | ADMIT_TAGGED, untagged: ADMIT_UNTAGGED, tagged: ADMIT_TAGGED
}

/** Everything a port decides about VLANs, to be shown, kept and set again. */
export interface PortVlanSettings {
  /** VLAN of frames that come in without a tag; 4095: none. */
  readonly pvid: number
  /** VLAN that leaves without a tag; 4095: none. */
  readonly untagged: number
  /** VLANs that leave with one, rising. */
  readonly tagged: readonly number[]
  readonly admits: FrameTypes
  /** Refuse frames of VLANs the port is no member of [802.1Q 8.6.2]. */
  readonly isFiltering: boolean
  /** Priority of frames that come in without a tag, 0..7 [802.1Q 6.9]. */
  readonly priority: number
  /** Type of the tags: 0x8100 or 0x88a8. */
  readonly tpid: number
}

type Membership = Pick<PortVlanSettings, 'pvid' | 'untagged' | 'tagged' | 'admits' | 'tpid'>

/** An end station's port in one VLAN. */
export const accessPort = (vlan: number): Membership => ({ pvid: vlan, untagged: vlan, tagged: [], admits: 'untagged', tpid: TPID })

/** A port to another bridge: every frame has its tag. */
export const trunkPort = (vlans: readonly number[]): Membership => ({ pvid: NO_VLAN, untagged: NO_VLAN, tagged: vlans, admits: 'tagged', tpid: TPID })

/** A trunk where frames without a tag belong to `vlan`, and (`isTagged`) still leave with one. */
export const nativePort = (vlan: number, vlans: readonly number[], isTagged: boolean): Membership => ({
  pvid: vlan,
  untagged: isTagged ? NO_VLAN : vlan,
  tagged: isTagged ? [...new Set([...vlans, vlan])].sort((a, b) => a - b) : vlans.filter((one) => one !== vlan),
  admits: 'all',
  tpid: TPID
})

/** A customer's port: all he sends gets the service tag of `vlan` where it leaves with one. */
export const customerPort = (vlan: number): Membership => ({ ...accessPort(vlan), tpid: SERVICE_TPID })

/** What `port` decides now; `tagged` are the VLANs it is a tagged member of. */
export const settingsOf = (port: Port, tagged: readonly number[]): PortVlanSettings => ({
  pvid: port.pvid,
  untagged: port.untaggedVlan,
  tagged,
  admits: port.admits === ADMITS.all ? 'all' : port.admits === ADMITS.tagged ? 'tagged' : 'untagged',
  isFiltering: port.isFiltering,
  priority: port.defaultTci >>> 13,
  tpid: port.tpid
})

/** @throws {VdeError} EINVAL a value that cannot be */
export const checkSettings = (action: string, settings: PortVlanSettings): void => {
  const { pvid, untagged, tagged, priority, tpid, admits } = settings
  checkRange(action, 'the VLAN of untagged frames', pvid, 0, NO_VLAN)
  checkRange(action, 'the VLAN that leaves untagged', untagged, 0, NO_VLAN)
  for (const vlan of tagged) checkRange(action, 'a VLAN', vlan, 0, NO_VLAN - 1)
  checkRange(action, 'the priority', priority, 0, 7)
  if (tagged.includes(untagged)) throw new VdeError('EINVAL', action, `VLAN ${untagged} is to leave with and without a tag, want one`)
  if (tpid !== TPID && tpid !== SERVICE_TPID) throw new VdeError('EINVAL', action, `the tag type is ${tpid}, want 0x8100 or 0x88a8`)
  if (!Object.hasOwn(ADMITS, admits)) throw new VdeError('EINVAL', action, `"${admits}" is to be let in, want all, tagged or untagged`)
}

/**
 * VLANs as people write them, `1,10-20`, rising, each once.
 * @throws {VdeError} EINVAL
 */
export const readVlanList = (text: string): number[] => {
  const found = new Set<number>()
  for (const part of text.split(',')) {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part)
    const first = Number(match?.[1] ?? NaN)
    const last = Number(match?.[2] ?? match?.[1] ?? NaN)
    if (!(first <= last && last < NO_VLAN)) {
      throw new VdeError('EINVAL', 'read VLANs', `got "${part}", want a number or a range in 0..${NO_VLAN - 1} such as 10 or 10-20`)
    }
    for (let vlan = first; vlan <= last; vlan++) found.add(vlan)
  }
  return [...found].sort((a, b) => a - b)
}

/** The reverse of {@link readVlanList}; `-` for none. `vlans` rise. */
export const formatVlanList = (vlans: readonly number[]): string => {
  const parts: string[] = []
  for (let i = 0; i < vlans.length;) {
    let end = i
    while (end + 1 < vlans.length && vlans[end + 1] === vlans[end]! + 1) end++
    parts.push(end === i ? String(vlans[i]) : `${vlans[i]}-${vlans[end]}`)
    i = end + 1
  }
  return parts.length === 0 ? '-' : parts.join(',')
}
