/**
 * One port of a tree: its parameters, its timers (17.17), its variables (17.19) and the states of its machines, all under
 * the names of the standard. Nothing here decides anything.
 */
import type { Bpdu } from '@vde-ts/frame/bpdu.js'
import { DEFAULT_PATH_COST } from './path-cost.ts'
import type { PriorityVector, Times } from './vector.ts'

/** Highest number a port of a tree has: port identifiers have 12 bits for it. */
export const MAX_TREE_PORT = 4095

/** Role of a port in the tree, 17.7. */
export type PortRole = 'Disabled' | 'Root' | 'Designated' | 'Alternate' | 'Backup'

/** What a port does to frames of stations. */
export type PortState = 'Discarding' | 'Learning' | 'Forwarding'

/** Who guards a port, see guards.ts. */
export type Guard = 'none' | 'bpdu' | 'filter' | 'root' | 'loop'

/** Why a guard, or what the port hears, keeps it from forwarding. */
export type BlockReason = 'bpdu-guard' | 'root-guard' | 'loop-guard' | 'loopback'

/** What is known of a port's information, 17.19.10. */
export type InfoIs = 'Disabled' | 'Aged' | 'Mine' | 'Received'

/** What a port counted. */
export class PortCounters {
  rxRst = 0
  rxConfig = 0
  rxTcn = 0
  /** Refused by 9.3.4. */
  rxInvalid = 0
  /** Not read: a guard, the port is down, or too many came at once. */
  rxIgnored = 0
  /** Its own BPDUs, come back. */
  rxOwn = 0
  txRst = 0
  txConfig = 0
  txTcn = 0
  /** Times the port began to forward. */
  forwardTransitions = 0
  /** Topology changes the port told of. */
  topologyChanges = 0
}

const NO_VECTOR: PriorityVector = { rootBridgeId: 'ffffffffffffffff', rootPathCost: 0, designatedBridgeId: 'ffffffffffffffff', designatedPortId: 0 }
const NO_TIMES: Times = { messageAge: 0, maxAge: 20, helloTime: 2, forwardDelay: 15 }

/** A port; read by everybody, written by the machines. */
export class TreePort {
  readonly number: number

  // Parameters, 17.13.
  adminEdge = false
  autoEdge = true
  /** 0..240 in steps of 16. */
  priority = 128
  portPathCost: number = DEFAULT_PATH_COST
  operPointToPointMAC = true
  guard: Guard = 'none'

  // Timers, 17.17, in seconds.
  edgeDelayWhile = 0
  fdWhile = 0
  helloWhen = 0
  mdelayWhile = 0
  rbWhile = 0
  rcvdInfoWhile = 0
  rrWhile = 0
  tcWhile = 0
  txCount = 0

  // Variables, 17.19.
  agree = false
  agreed = false
  designatedPriority: PriorityVector = NO_VECTOR
  designatedTimes: Times = NO_TIMES
  disputed = false
  fdbFlush = false
  forward = false
  forwarding = false
  infoIs: InfoIs = 'Disabled'
  learn = false
  learning = false
  mcheck = false
  msgPriority: PriorityVector = NO_VECTOR
  msgTimes: Times = NO_TIMES
  newInfo = false
  operEdge = false
  portEnabled = false
  portPriority: PriorityVector = NO_VECTOR
  portTimes: Times = NO_TIMES
  proposed = false
  proposing = false
  /** The BPDU that is being read: rcvdBPDU is that there is one, rcvdMsg that it waits for the port information machine. */
  bpdu: Bpdu | null = null
  rcvdBPDU = false
  rcvdMsg = false
  rcvdRSTP = false
  rcvdSTP = false
  rcvdTc = false
  rcvdTcAck = false
  rcvdTcn = false
  reRoot = false
  reselect = false
  role: PortRole = 'Disabled'
  selected = false
  selectedRole: PortRole = 'Disabled'
  sendRSTP = true
  sync = false
  synced = false
  tcAck = false
  tcProp = false
  updtInfo = false

  // The machines, 17.16.
  prx: 'DISCARD' | 'RECEIVE' = 'DISCARD'
  ppm: 'CHECKING_RSTP' | 'SELECTING_STP' | 'SENSING' = 'CHECKING_RSTP'
  bdm: 'EDGE' | 'NOT_EDGE' = 'NOT_EDGE'
  ptx: 'TRANSMIT_INIT' | 'IDLE' = 'TRANSMIT_INIT'
  pim: 'DISABLED' | 'AGED' | 'CURRENT' = 'DISABLED'
  prt: 'INIT_PORT' | 'DISABLE_PORT' | 'DISABLED_PORT' | 'ROOT_PORT' | 'DESIGNATED_PORT' | 'BLOCK_PORT' | 'ALTERNATE_PORT' = 'INIT_PORT'
  pst: PortState = 'Discarding'
  tcm: 'INACTIVE' | 'LEARNING' | 'ACTIVE' = 'INACTIVE'

  // Ours.
  /** The medium is there. The port is enabled unless a guard closed it. */
  isUp = false
  /** The port speaks the dialect of the C switch, see dialect.ts. */
  speaksFstp = false
  /** Keeps the port from learning and forwarding, whatever its role; null: nothing does. */
  blocked: BlockReason | null = null
  /** Seconds until `blocked` ends by itself; 0: it does not. */
  blockedWhile = 0
  /** A neighbour spoke, and its word did not expire since. */
  isHeard = false
  counters: PortCounters = new PortCounters()

  constructor (number: number) { this.number = number }

  /** 17.19.19: priority in the four high bits, number in the twelve low ones. */
  get portId (): number { return (this.priority & 0xf0) << 8 | this.number }
}
