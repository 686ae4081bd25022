/**
 * Port information, 17.27: what the best bridge on the LAN says, and for how long it counts.
 */
import {
  FLAG_AGREEMENT, FLAG_LEARNING, FLAG_PROPOSAL, FLAG_TC, FLAG_TC_ACK, ROLE_ALTERNATE_BACKUP, ROLE_MASK, ROLE_ROOT, type Bpdu
} from '@vde-ts/frame/bpdu.js'
import { fromFstp } from './dialect.ts'
import { infoExpired } from './guards.ts'
import type { TreePort } from './port.ts'
import { rstpVersion, type TreeState } from './state.ts'
import { compareVectors, isSuperior, sameTimes, type PriorityVector, type Times } from './vector.ts'

type ReceivedInfo = 'SuperiorDesignated' | 'RepeatedDesignated' | 'InferiorDesignated' | 'InferiorRootAlternate' | 'Other'

/** Least Hello Time, table 17-1. */
const MIN_HELLO_TIME = 1

/** 17.27 */
export const portInformation = (tree: TreeState, port: TreePort): boolean => {
  if (!port.portEnabled && port.infoIs !== 'Disabled') return disable(port)
  switch (port.pim) {
    case 'DISABLED':
      if (port.rcvdMsg) return disable(port)
      return port.portEnabled && age(port)
    case 'AGED':
      return port.selected && port.updtInfo && update(port)
    case 'CURRENT':
      if (port.selected && port.updtInfo) return update(port)
      if (port.infoIs === 'Received' && port.rcvdInfoWhile === 0 && !port.updtInfo && !port.rcvdMsg) {
        infoExpired(tree, port)
        return age(port)
      }
      return port.rcvdMsg && !port.updtInfo && receive(tree, port)
  }
}

const disable = (port: TreePort): boolean => {
  port.pim = 'DISABLED'
  port.rcvdMsg = port.proposing = port.proposed = port.agree = port.agreed = false
  port.rcvdInfoWhile = 0
  port.infoIs = 'Disabled'
  reselect(port)
  return true
}

const age = (port: TreePort): boolean => {
  port.pim = 'AGED'
  port.infoIs = 'Aged'
  reselect(port)
  return true
}

const reselect = (port: TreePort): void => {
  port.reselect = true
  port.selected = false
}

const update = (port: TreePort): boolean => {
  port.pim = 'CURRENT'
  port.proposing = port.proposed = false
  port.agreed &&= port.infoIs === 'Mine' && compareVectors(port.designatedPriority, port.portPriority) <= 0 // betterOrSameInfo, 17.21.1
  port.synced &&= port.agreed
  port.portPriority = port.designatedPriority
  port.portTimes = port.designatedTimes
  port.updtInfo = false
  port.infoIs = 'Mine'
  port.newInfo = true
  return true
}

const receive = (tree: TreeState, port: TreePort): boolean => {
  port.pim = 'CURRENT'
  port.rcvdMsg = false
  const bpdu = port.bpdu!
  if (bpdu.kind === 'tcn') {
    port.rcvdTcn = true
    return true
  }
  const said = port.speaksFstp ? inStandardWords(tree, port, bpdu) : bpdu
  port.msgPriority = vectorOf(said)
  port.msgTimes = said
  switch (rcvInfo(port, said)) {
    case 'SuperiorDesignated':
      port.agreed = port.proposing = false
      recordProposal(port, said)
      setTcFlags(port, said)
      port.agree &&= port.infoIs === 'Received' && compareVectors(port.msgPriority, port.portPriority) <= 0 // 17.21.1
      port.portPriority = port.msgPriority // recordPriority, 17.21.12
      recordTimes(port)
      updtRcvdInfoWhile(port)
      port.infoIs = 'Received'
      reselect(port)
      break
    case 'RepeatedDesignated':
      recordProposal(port, said)
      setTcFlags(port, said)
      updtRcvdInfoWhile(port)
      break
    case 'InferiorDesignated':
      recordDispute(port, said)
      answer(port)
      break
    case 'InferiorRootAlternate':
      recordAgreement(tree, port, said)
      setTcFlags(port, said)
      break
    case 'Other':
      break
  }
  return true
}

const vectorOf = (bpdu: Bpdu): PriorityVector => ({
  rootBridgeId: bpdu.rootId, rootPathCost: bpdu.rootPathCost, designatedBridgeId: bpdu.bridgeId, designatedPortId: bpdu.portId
})

const inStandardWords = (tree: TreeState, port: TreePort, bpdu: Bpdu): Bpdu =>
  fromFstp(bpdu, tree.bridgeTimes.forwardDelay, isSuperior(vectorOf(bpdu), port.portPriority))

/** 17.21.8 */
const rcvInfo = (port: TreePort, bpdu: Bpdu): ReceivedInfo => {
  const order = compareVectors(port.msgPriority, port.portPriority)
  const role = bpdu.kind === 'rst' ? bpdu.flags & ROLE_MASK : 0
  if (role === ROLE_ROOT || role === ROLE_ALTERNATE_BACKUP) return order >= 0 ? 'InferiorRootAlternate' : 'Other'
  if (order === 0) return sameTimes(port.msgTimes, port.portTimes) ? 'RepeatedDesignated' : 'SuperiorDesignated'
  return isSuperior(port.msgPriority, port.portPriority) ? 'SuperiorDesignated' : 'InferiorDesignated'
}

/** 17.21.9 */
const recordAgreement = (tree: TreeState, port: TreePort, bpdu: Bpdu): void => {
  port.agreed = rstpVersion(tree) && port.operPointToPointMAC && (bpdu.flags & FLAG_AGREEMENT) !== 0
  if (port.agreed) port.proposing = false
}

/**
 * 17.21.10, as 802.1Q corrects it: the text of 2004 sets agreed, which would let the port forward towards a neighbour that
 * does not hear it.
 */
const recordDispute = (port: TreePort, bpdu: Bpdu): void => {
  if (bpdu.kind !== 'rst' || (bpdu.flags & FLAG_LEARNING) === 0) return
  port.disputed = true
  port.agreed = false
}

/**
 * Beyond the standard, as bridges of 1998 did: who says less than we propose came up after our proposal, and need not wait
 * for the next hello. The two ends of a cable in user space always come up one after the other. What is too old to be
 * believed over there is no answer.
 */
const answer = (port: TreePort): void => {
  if (port.role === 'Designated' && port.proposing && isYoung(port.designatedTimes)) port.newInfo = true
}

/** Whether a receiver of these times believes the message. */
const isYoung = ({ messageAge, maxAge }: Times): boolean => Math.round(messageAge + 1) <= maxAge

/** 17.21.11 */
const recordProposal = (port: TreePort, bpdu: Bpdu): void => {
  if (bpdu.kind === 'rst' && (bpdu.flags & FLAG_PROPOSAL) !== 0) port.proposed = true
}

/** 17.21.13 */
const recordTimes = (port: TreePort): void => {
  const { messageAge, maxAge, helloTime, forwardDelay } = port.msgTimes
  port.portTimes = { messageAge, maxAge, helloTime: Math.max(helloTime, MIN_HELLO_TIME), forwardDelay }
}

/** 17.21.17 */
const setTcFlags = (port: TreePort, bpdu: Bpdu): void => {
  if ((bpdu.flags & FLAG_TC) !== 0) port.rcvdTc = true
  if ((bpdu.flags & FLAG_TC_ACK) !== 0 && bpdu.kind === 'config') port.rcvdTcAck = true
}

/** 17.21.23 */
const updtRcvdInfoWhile = (port: TreePort): void => {
  port.rcvdInfoWhile = isYoung(port.portTimes) ? 3 * port.portTimes.helloTime : 0
}
