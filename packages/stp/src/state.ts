/**
 * What the machines of all ports share: the variables of the bridge (17.18), the conditions they test (17.20), and the
 * outside world as a few callbacks.
 */
import type { Bpdu } from '@vde-ts/frame/bpdu.js'
import type { BlockReason, PortState, TreePort } from './port.ts'
import { addressOf, type BridgeId, type PriorityVector, type Times } from './vector.ts'

/** What a tree needs of the bridge it is in. Calls back into the tree are done after what is under way. */
export interface TreeHost {
  /** From now on the port does this to frames. Ports that were never told discard. */
  setState (port: number, state: PortState): void
  /** Forget the addresses learnt on the port. */
  flush (port: number): void
  /** Send. */
  transmit (port: number, bpdu: Bpdu): void
  /** Another root, or another way to it; port 0: this bridge is the root. */
  rootChanged? (root: BridgeId, port: number): void
  /** BPDUs began to arrive, or ceased to. */
  heard? (port: number, isHeard: boolean): void
  /** A guard closed the port; null: it is open again. */
  blocked? (port: number, reason: BlockReason | null): void
}

/** Migrate Time, table 17-1, in seconds. */
export const MIGRATE_TIME = 3

/** Parameters of the bridge, 17.13, and variables, 17.18. */
export interface TreeState {
  readonly host: TreeHost
  readonly ports: readonly TreePort[]
  bridgeIdentifier: BridgeId
  bridgeTimes: Times
  rootPriority: PriorityVector
  rootTimes: Times
  /** Port number; 0: this bridge is the root. */
  rootPort: number
  /** 0: STP, 2: RSTP. */
  forceProtocolVersion: number
  txHoldCount: number
  /** Seconds a port stays closed by BPDU guard; 0: until the command. */
  guardRecovery: number
  /** All ports speak the dialect, see dialect.ts. */
  isFstp: boolean
}

/** 17.20.3 */
export const allSynced = ({ ports }: TreeState): boolean => {
  for (const port of ports) {
    if (!port.selected || port.role !== port.selectedRole || (port.role !== 'Root' && !port.synced)) return false
  }
  return true
}

/** 17.20.10: no port but this one was root a moment ago. */
export const reRooted = ({ ports }: TreeState, port: TreePort): boolean => {
  for (const other of ports) {
    if (other !== port && other.rrWhile !== 0) return false
  }
  return true
}

/** 17.20.11 */
export const rstpVersion = (tree: TreeState): boolean => tree.forceProtocolVersion >= 2

/** 17.20.4 */
export const edgeDelay = (port: TreePort): number => port.operPointToPointMAC ? MIGRATE_TIME : maxAge(port)

/** 17.20.5 */
export const forwardDelay = (port: TreePort): number => port.sendRSTP ? helloTime(port) : fwdDelay(port)

/** 17.20.6 */
export const fwdDelay = (port: TreePort): number => port.designatedTimes.forwardDelay
/** 17.20.7 */
export const helloTime = (port: TreePort): number => port.designatedTimes.helloTime
/** 17.20.8 */
export const maxAge = (port: TreePort): number => port.designatedTimes.maxAge

/** True when the vector was sent by the bridge itself. */
export const isOwn = (tree: TreeState, vector: PriorityVector): boolean =>
  addressOf(vector.designatedBridgeId) === addressOf(tree.bridgeIdentifier)
