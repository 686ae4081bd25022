/**
 * A spanning tree, as the bridge around it sees it: ports come and go, BPDUs arrive, seconds pass, and the host is told
 * what each port does to frames from now on.
 *
 * Whatever happens, the machines of clause 17 run until none has a transition to take. What is to be sent is sent after
 * that: the neighbour hears of a state when it is settled, and a port that must discard first does so before the agreement
 * goes out. A medium that delivers at once may call back while that happens: what it brings waits for its turn.
 */
import { readBpdu, type Bpdu } from '@vde-ts/frame/bpdu.js'
import { isFstp } from './dialect.ts'
import { GUARD_RECOVERY, guardReceive, setHeard, unblock } from './guards.ts'
import { portInformation } from './information.ts'
import { MAX_TREE_PORT, TreePort, type Guard } from './port.ts'
import { bridgeDetection, checkRstp, portReceive, protocolMigration } from './receive.ts'
import { bridgePriority, roleSelection } from './role-selection.ts'
import { roleTransitions } from './role-transitions.ts'
import type { TreeHost, TreeState } from './state.ts'
import { stateTransition, topologyChange } from './topology.ts'
import { portTransmit } from './transmit.ts'
import type { BridgeId, PriorityVector, Times } from './vector.ts'

/** Table 17-1, in seconds. */
export const DEFAULT_TIMES: Times = { messageAge: 0, maxAge: 20, helloTime: 2, forwardDelay: 15 }
/** Those of the C switch; its Forward Delay is 0 and never used. */
export const FSTP_TIMES: Times = { messageAge: 0, maxAge: 40, helloTime: 4, forwardDelay: 15 }

const TX_HOLD_COUNT = 6
const MAX_WAITING = 1024

/** What of a tree may be chosen. */
export interface TreeSettings {
  readonly bridgeIdentifier: BridgeId
  readonly bridgeTimes?: Times
  /** 0: STP, 2 (default): RSTP. */
  readonly forceProtocolVersion?: number
  readonly txHoldCount?: number
  readonly guardRecovery?: number
  /** Speak the dialect of the C switch on every port. */
  readonly isFstp?: boolean
}

/** What of a port may be chosen. */
export interface PortSettings {
  readonly adminEdge?: boolean
  readonly autoEdge?: boolean
  readonly priority?: number
  readonly portPathCost?: number
  readonly operPointToPointMAC?: boolean
  readonly guard?: Guard
}

/** One tree: the bridge's part of it. */
export class SpanningTree implements TreeState {
  readonly host: TreeHost
  bridgeIdentifier: BridgeId
  bridgeTimes: Times
  rootPriority: PriorityVector
  rootTimes: Times
  rootPort = 0
  forceProtocolVersion: number
  txHoldCount: number
  guardRecovery: number
  isFstp: boolean
  #ports: readonly TreePort[] = []
  readonly #byNumber: Array<TreePort | undefined> = []
  /** What came while the machines ran. */
  #waiting: Array<() => void> = []
  #isRunning = false

  constructor (host: TreeHost, settings: TreeSettings) {
    this.host = host
    this.bridgeIdentifier = settings.bridgeIdentifier
    this.bridgeTimes = settings.bridgeTimes ?? DEFAULT_TIMES
    this.forceProtocolVersion = settings.forceProtocolVersion ?? 2
    this.txHoldCount = settings.txHoldCount ?? TX_HOLD_COUNT
    this.guardRecovery = settings.guardRecovery ?? GUARD_RECOVERY
    this.isFstp = settings.isFstp ?? false
    this.rootPriority = bridgePriority(this)
    this.rootTimes = this.bridgeTimes
  }

  /** By rising number. */
  get ports (): readonly TreePort[] { return this.#ports }

  port (number: number): TreePort | undefined { return this.#byNumber[number] }

  /** Adds a port, which is down. @throws {RangeError} not 1..4095, or there already */
  addPort (number: number, settings: PortSettings = {}): TreePort {
    if (!(number >= 1 && number <= MAX_TREE_PORT) || this.#byNumber[number] !== undefined) {
      throw new RangeError(`Cannot add port ${number} to the tree: want a new one in 1..${MAX_TREE_PORT}`)
    }
    const port = new TreePort(number)
    port.speaksFstp = this.isFstp
    Object.assign(port, settings)
    checkRstp(this, port)
    this.#byNumber[number] = port
    this.#ports = [...this.#ports, port].sort((a, b) => a.number - b.number)
    this.#run(() => { reselect(port) })
    return port
  }

  removePort (number: number): void {
    this.setUp(number, false)
    this.#run(() => {
      this.#byNumber[number] = undefined
      this.#ports = this.#ports.filter((port) => port.number !== number)
    })
  }

  /** The medium of a port came or went. What its guard found is forgotten. */
  setUp (number: number, isUp: boolean): void {
    const port = this.#byNumber[number]
    if (port === undefined) return
    this.#run(() => {
      unblock(this, port)
      port.isUp = port.portEnabled = isUp
      if (isUp) return
      port.speaksFstp = this.isFstp
      setHeard(this, port, false)
    })
  }

  /** Changes settings of a port; what is not named stays. */
  configurePort (number: number, settings: PortSettings): void {
    const port = this.#byNumber[number]
    if (port === undefined) return
    this.#run(() => {
      Object.assign(port, settings)
      if (settings.adminEdge === true && port.portEnabled && !port.isHeard) {
        port.operEdge = true
        port.bdm = 'EDGE'
      } else if (settings.adminEdge === false) port.operEdge = false
      if (settings.guard !== undefined) unblock(this, port)
      reselect(port)
    })
  }

  /** Changes settings of the bridge; what is not named stays. */
  configure (settings: Partial<TreeSettings>): void {
    this.#run(() => {
      const version = this.forceProtocolVersion
      Object.assign(this, settings)
      for (const port of this.#ports) {
        reselect(port)
        if (version !== this.forceProtocolVersion) checkRstp(this, port)
      }
    })
  }

  /** 17.19.13, mcheck: has the port find out anew what its neighbour speaks. Also opens a port that a guard closed. */
  restart (number: number): void {
    const port = this.#byNumber[number]
    if (port === undefined) return
    this.#run(() => {
      unblock(this, port)
      port.mcheck = this.forceProtocolVersion >= 2
      port.speaksFstp = this.isFstp
    })
  }

  /** An untagged frame to the bridges' address came in. Borrowed. */
  onFrame (number: number, buf: Uint8Array, off: number, len: number): void {
    const port = this.#byNumber[number]
    if (port === undefined) return
    const bpdu = readBpdu(buf, off, len)
    if (bpdu === null) port.counters.rxInvalid++
    else this.receive(port, bpdu)
  }

  /** Counts a BPDU that nobody reads. */
  ignore (number: number): void {
    const port = this.#byNumber[number]
    if (port !== undefined) port.counters.rxIgnored++
  }

  /** A valid BPDU came in. */
  receive (port: TreePort, bpdu: Bpdu): void {
    if (this.#isRunning && this.#waiting.length >= MAX_WAITING) port.counters.rxIgnored++ // lost as on any medium
    else this.#run(() => { this.#receive(port, bpdu) }, port)
  }

  #receive (port: TreePort, bpdu: Bpdu): void {
    const { counters } = port
    if (bpdu.kind === 'rst') counters.rxRst++
    else if (bpdu.kind === 'config') counters.rxConfig++
    else counters.rxTcn++
    if (!guardReceive(this, port, bpdu)) return
    port.bpdu = bpdu
    port.rcvdBPDU = true
    if (bpdu.kind !== 'tcn') port.speaksFstp = this.isFstp || isFstp(bpdu)
  }

  /** A second went by, 17.22. */
  tick (): void {
    this.#run(() => { for (const port of this.#ports) this.#tickPort(port) })
  }

  #tickPort (port: TreePort): void {
    port.helloWhen = less(port.helloWhen)
    port.tcWhile = less(port.tcWhile)
    port.fdWhile = less(port.fdWhile)
    port.rcvdInfoWhile = less(port.rcvdInfoWhile)
    port.rrWhile = less(port.rrWhile)
    port.rbWhile = less(port.rbWhile)
    port.mdelayWhile = less(port.mdelayWhile)
    port.edgeDelayWhile = less(port.edgeDelayWhile)
    port.txCount = less(port.txCount)
    if (port.blockedWhile === 0) return
    port.blockedWhile = less(port.blockedWhile)
    if (port.blockedWhile === 0) unblock(this, port)
  }

  /** Does something and has the machines follow. @param only the port that it concerns at first */
  #run (act: () => void, only: TreePort | null = null): void {
    if (this.#isRunning) {
      this.#waiting.push(act)
      return
    }
    this.#isRunning = true
    act()
    if (only === null || !this.#isQuiet(only)) this.#settle()
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting
      this.#waiting = []
      for (const next of waiting) {
        next()
        this.#settle()
      }
    }
    this.#isRunning = false
  }

  /** Most BPDUs repeat what is known: then nobody but the port itself has anything to do. */
  #isQuiet (port: TreePort): boolean {
    while (this.#receives(port));
    return !port.reselect && port.portEnabled && !this.#acts(port) && !portTransmit(this, port)
  }

  #settle (): void {
    do {
      while (this.#pass());
    } while (this.#transmit())
  }

  #pass (): boolean {
    let isChanged = false
    for (const port of this.#ports) while (this.#receives(port)) isChanged = true
    if (roleSelection(this)) isChanged = true
    for (const port of this.#ports) while (this.#acts(port)) isChanged = true
    return isChanged
  }

  #receives (port: TreePort): boolean {
    return portReceive(this, port) || protocolMigration(this, port) || bridgeDetection(this, port) || portInformation(this, port)
  }

  #acts (port: TreePort): boolean {
    if (port.fdbFlush) {
      this.host.flush(port.number)
      port.fdbFlush = false
      return true
    }
    return roleTransitions(this, port) || stateTransition(this, port) || topologyChange(this, port)
  }

  #transmit (): boolean {
    let isChanged = false
    for (const port of this.#ports) while (portTransmit(this, port)) isChanged = true
    return isChanged
  }
}

const less = (timer: number): number => timer > 1 ? timer - 1 : 0

const reselect = (port: TreePort): void => {
  port.reselect = true
  port.selected = false
}
