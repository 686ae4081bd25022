/**
 * `fstp/print`. The lines that scripts know come first, in their old form; what a tree of 802.1D has besides follows each,
 * indented. While the tree is off there are only the old ones.
 */
import { bridgeId } from '@vde-ts/frame/bpdu.js'
import { FSTP_PATH_COST, type TreeInstance, type VlanMember } from '@vde-ts/switch'
import type { TreePort } from '@vde-ts/stp'
import type { SwitchContext } from './context.ts'
import { digits } from './format.ts'
import { membersOf } from './members.ts'

const NOBODY = 'ffffffffffffffff'

/** A bridge identifier with a colon between its octets. */
export const idText = (id: string): string => id.replace(/..(?!$)/g, '$&:')

const ownId = ({ sw }: SwitchContext): string => bridgeId(sw.tree.settings.priority, sw.macHi, sw.macLo)

/** Active members of a VLAN, untagged before tagged. */
const members = (context: SwitchContext, vlan: number): VlanMember[] => {
  const active = membersOf(context, vlan).filter((member) => member.isActive)
  return [...active.filter((member) => !member.isTagged), ...active.filter((member) => member.isTagged)]
}

/** The tree of a VLAN, as lines. */
export function * treeLines (context: SwitchContext, vlan: number): Generator<string> {
  const { sw: { tree: control } } = context
  const instance = control.instance(vlan)
  const bonus = control.bonus(vlan)
  const root = instance?.tree.rootPriority.rootBridgeId ?? ownId(context)
  const rootPort = instance?.tree.rootPort ?? 0
  yield `FST DATA VLAN ${digits(vlan, 4)} ${rootPort === 0 ? 'ROOTSWITCH' : ''} ${instance === undefined ? 'FSTP IS DISABLED' : ''}`
  yield ` ++ root ${idText(root)}`
  yield ` ++ designated ${idText(rootPort === 0 ? NOBODY : instance!.tree.port(rootPort)!.portPriority.designatedBridgeId)}`
  yield ` ++ rootport ${digits(rootPort, 4)} cost ${instance?.tree.rootPriority.rootPathCost ?? 0} age ${ageOf(context, instance)} ` +
    `bonusport ${digits(bonus.port, 4)} bonuscost ${bonus.cost}`
  if (instance !== undefined) yield `    ${bridgeText(context, instance)}`
  for (const member of members(context, vlan)) yield * portLines(context, instance, member)
}

const ageOf = ({ facts }: SwitchContext, instance: TreeInstance | undefined): number =>
  instance === undefined ? facts.uptimeSec() : instance.tree.rootTimes.messageAge

const bridgeText = (context: SwitchContext, { tree }: TreeInstance): string => {
  const { maxAge, helloTime, forwardDelay } = tree.rootTimes
  return `bridge ${idText(ownId(context))} mode ${context.sw.tree.mode} ` +
    `hello ${helloTime} maxage ${maxAge} forward ${forwardDelay} hold ${tree.txHoldCount}`
}

function * portLines (context: SwitchContext, instance: TreeInstance | undefined, member: VlanMember): Generator<string> {
  const { port: number, isTagged, state } = member
  const port = instance?.tree.port(number)
  const cost = port?.portPathCost ?? FSTP_PATH_COST
  yield ` -- Port ${digits(number, 4)} tagged=${Number(isTagged)} portcost=${cost} role=${roleText(instance, port)}`
  if (instance === undefined) return
  if (port === undefined) yield `    state=${state} blocked=${context.sw.tree.isShut(number) ? 'outside-tree' : 'none'}`
  else yield * detailLines(context, port)
}

const roleText = (instance: TreeInstance | undefined, port: TreePort | undefined): string => {
  if (instance === undefined) return 'Designated'
  if (port === undefined || port.role === 'Disabled') return 'Unknown'
  if (port.operEdge) return 'Edge'
  return port.role === 'Alternate' || port.role === 'Backup' ? 'Alternate/Backup' : port.role
}

/** Where the cost of a port comes from. */
const costFrom = ({ sw }: SwitchContext, number: number): 'command' | 'rate' | 'default' => {
  if (sw.tree.portSettings(number).cost !== null) return 'command'
  return sw.tree.mode === 'fstp' || sw.port(number).bitsPerSec === null ? 'default' : 'rate'
}

function * detailLines (context: SwitchContext, port: TreePort): Generator<string> {
  const blocked = port.blocked ?? 'none'
  yield `    state=${port.pst} role=${port.role} id=${hex(port.portId)} ${pairs(settings(port))} cost=${costFrom(context, port.number)} speaks=${dialectOf(port)} blocked=${blocked}`
  yield `    flags ${pairs(flags(port))}`
  yield `    timers ${pairs(timers(port))}`
  yield `    counters ${pairs(port.counters)}`
}

const hex = (value: number): string => value.toString(16).padStart(4, '0')
const pairs = (values: object): string =>
  Object.entries(values).map(([key, value]) => `${key}=${typeof value === 'boolean' ? Number(value) : value}`).join(' ')

const dialectOf = (port: TreePort): string => port.speaksFstp ? 'fstp' : port.sendRSTP ? 'rstp' : 'stp'

const settings = (port: TreePort): object =>
  ({ priority: port.priority, edge: port.operEdge, p2p: port.operPointToPointMAC, guard: port.guard })

const flags = (port: TreePort): object => ({
  agree: port.agree,
  agreed: port.agreed,
  proposed: port.proposed,
  proposing: port.proposing,
  synced: port.synced,
  disputed: port.disputed,
  heard: port.isHeard
})

const timers = (port: TreePort): object => ({
  helloWhen: port.helloWhen,
  fdWhile: port.fdWhile,
  rcvdInfoWhile: port.rcvdInfoWhile,
  rrWhile: port.rrWhile,
  rbWhile: port.rbWhile,
  tcWhile: port.tcWhile,
  mdelayWhile: port.mdelayWhile,
  edgeDelayWhile: port.edgeDelayWhile,
  txCount: port.txCount
})

/** The tree of a VLAN, as a value. */
export const treeJson = (context: SwitchContext, vlan: number): object => {
  const { sw: { tree: control } } = context
  const instance = control.instance(vlan)
  return {
    vlan,
    isEnabled: instance !== undefined,
    mode: control.mode,
    isRoot: (instance?.tree.rootPort ?? 0) === 0,
    bridge: idText(ownId(context)),
    root: idText(instance?.tree.rootPriority.rootBridgeId ?? ownId(context)),
    rootPort: instance?.tree.rootPort ?? 0,
    rootPathCost: instance?.tree.rootPriority.rootPathCost ?? 0,
    times: instance?.tree.rootTimes ?? control.times,
    bonus: control.bonus(vlan),
    ports: members(context, vlan).map((member) => portJson(context, instance, member))
  }
}

const portJson = (context: SwitchContext, instance: TreeInstance | undefined, member: VlanMember): object => {
  const { port: number, isTagged, state } = member
  const port = instance?.tree.port(number)
  const set = context.sw.tree.portSettings(number)
  const common = { port: number, isTagged, state, cost: port?.portPathCost ?? FSTP_PATH_COST, role: port?.role ?? 'Designated', set }
  if (port === undefined) return { ...common, blocked: context.sw.tree.isShut(number) ? 'outside-tree' : null }
  const { rootBridgeId, rootPathCost: rootCost, designatedBridgeId, designatedPortId } = port.portPriority
  return {
    ...common,
    blocked: port.blocked,
    id: hex(port.portId),
    costFrom: costFrom(context, number),
    bitsPerSec: context.sw.port(number).bitsPerSec,
    ...settings(port),
    speaks: dialectOf(port),
    designated: { root: idText(rootBridgeId), rootCost, bridge: idText(designatedBridgeId), port: hex(designatedPortId) },
    flags: flags(port),
    timers: timers(port),
    counters: port.counters
  }
}
