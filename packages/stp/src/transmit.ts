/**
 * Port transmit, 17.26: hellos, and news, at most TxHoldCount BPDUs and then one a second.
 */
import {
  FLAG_AGREEMENT, FLAG_FORWARDING, FLAG_LEARNING, FLAG_PROPOSAL, FLAG_TC, FLAG_TC_ACK, ROLE_ALTERNATE_BACKUP, ROLE_DESIGNATED,
  ROLE_ROOT, TCN, type Bpdu, type BpduKind
} from '@vde-ts/frame/bpdu.js'
import { toFstp } from './dialect.ts'
import type { PortRole, TreePort } from './port.ts'
import { helloTime, type TreeState } from './state.ts'

const ROLE_CODE: Readonly<Record<PortRole, number>> =
  { Disabled: 0, Root: ROLE_ROOT, Designated: ROLE_DESIGNATED, Alternate: ROLE_ALTERNATE_BACKUP, Backup: ROLE_ALTERNATE_BACKUP }

/** 17.26 */
export const portTransmit = (tree: TreeState, port: TreePort): boolean => {
  if (port.ptx === 'TRANSMIT_INIT') {
    port.newInfo = true
    port.txCount = 0
    return idle(port)
  }
  if (!port.selected || port.updtInfo) return false
  if (port.helloWhen === 0) { // TRANSMIT_PERIODIC
    const isSpeaker = port.speaksFstp && port.role !== 'Disabled'
    port.newInfo ||= port.role === 'Designated' || (port.role === 'Root' && port.tcWhile !== 0) || isSpeaker
    return idle(port)
  }
  if (!port.newInfo || port.txCount >= tree.txHoldCount || !mayTransmit(port)) return false
  port.newInfo = false
  port.txCount++
  if (port.sendRSTP) txRstp(tree, port)
  else if (port.role === 'Root') txTcn(tree, port)
  else txConfig(tree, port)
  return idle(port)
}

const idle = (port: TreePort): boolean => {
  port.ptx = 'IDLE'
  port.helloWhen = helloTime(port)
  return true
}

/** Without RSTP only root ports (a TCN) and designated ports have something to send. */
const mayTransmit = (port: TreePort): boolean =>
  port.portEnabled && port.guard !== 'filter' && (port.sendRSTP || port.role === 'Root' || port.role === 'Designated')

/** 17.21.19 */
const txConfig = (tree: TreeState, port: TreePort): void => {
  port.counters.txConfig++
  tree.host.transmit(port.number, message(port, 'config', tcFlag(port) | (port.tcAck ? FLAG_TC_ACK : 0)))
  port.tcAck = false
}

/** 17.21.20 */
const txRstp = (tree: TreeState, port: TreePort): void => {
  port.counters.txRst++
  const flags = tcFlag(port) | ROLE_CODE[port.role] |
    (port.agree ? FLAG_AGREEMENT : 0) | (port.proposing ? FLAG_PROPOSAL : 0) |
    (port.learning ? FLAG_LEARNING : 0) | (port.forwarding ? FLAG_FORWARDING : 0)
  const bpdu = message(port, 'rst', flags)
  tree.host.transmit(port.number, port.speaksFstp ? toFstp(bpdu) : bpdu)
  port.tcAck = false
}

/** 17.21.21 */
const txTcn = (tree: TreeState, port: TreePort): void => {
  port.counters.txTcn++
  tree.host.transmit(port.number, TCN)
}

const tcFlag = (port: TreePort): number => port.tcWhile !== 0 ? FLAG_TC : 0

const message = ({ designatedPriority, designatedTimes }: TreePort, kind: BpduKind, flags: number): Bpdu => ({
  kind,
  version: kind === 'rst' ? 2 : 0,
  flags,
  rootId: designatedPriority.rootBridgeId,
  rootPathCost: designatedPriority.rootPathCost,
  bridgeId: designatedPriority.designatedBridgeId,
  portId: designatedPriority.designatedPortId,
  messageAge: designatedTimes.messageAge,
  maxAge: designatedTimes.maxAge,
  helloTime: designatedTimes.helloTime,
  forwardDelay: designatedTimes.forwardDelay
})
