/**
 * What a port makes of an arriving BPDU before its content counts: port receive (17.23), port protocol migration (17.24)
 * and bridge detection (17.25).
 *
 * Each machine is a function that takes at most one transition and tells whether it did. States that a machine leaves at
 * once (UCT) are not held: their actions belong to the transition that enters them.
 */
import type { TreePort } from './port.ts'
import { MIGRATE_TIME, rstpVersion, type TreeState } from './state.ts'

/** 17.23 */
export const portReceive = (_tree: TreeState, port: TreePort): boolean => {
  if (!port.portEnabled) {
    if (!port.rcvdBPDU && port.edgeDelayWhile === MIGRATE_TIME) return false
    port.prx = 'DISCARD'
    port.rcvdBPDU = port.rcvdRSTP = port.rcvdSTP = port.rcvdMsg = false
    port.edgeDelayWhile = MIGRATE_TIME
    return true
  }
  if (!port.rcvdBPDU || port.rcvdMsg) return false
  port.prx = 'RECEIVE'
  updtBPDUVersion(port)
  port.operEdge = port.rcvdBPDU = false
  port.rcvdMsg = true
  port.edgeDelayWhile = MIGRATE_TIME
  return true
}

/** 17.21.22 */
const updtBPDUVersion = (port: TreePort): void => {
  if (port.bpdu?.kind === 'rst') port.rcvdRSTP = true
  else port.rcvdSTP = true
}

/** 17.24 */
export const protocolMigration = (tree: TreeState, port: TreePort): boolean => {
  switch (port.ppm) {
    case 'CHECKING_RSTP':
      if (port.mdelayWhile === 0) return sense(port)
      return port.mdelayWhile !== MIGRATE_TIME && !port.portEnabled && checkRstp(tree, port)
    case 'SELECTING_STP':
      return (port.mdelayWhile === 0 || !port.portEnabled || port.mcheck) && sense(port)
    case 'SENSING':
      if (!port.portEnabled || port.mcheck || (rstpVersion(tree) && !port.sendRSTP && port.rcvdRSTP)) return checkRstp(tree, port)
      if (!port.sendRSTP || !port.rcvdSTP) return false
      port.ppm = 'SELECTING_STP'
      port.sendRSTP = false
      port.mdelayWhile = MIGRATE_TIME
      return true
  }
}

const sense = (port: TreePort): boolean => {
  port.ppm = 'SENSING'
  port.rcvdRSTP = port.rcvdSTP = false
  return true
}

/** Enters CHECKING_RSTP, where the machine begins. */
export const checkRstp = (tree: TreeState, port: TreePort): boolean => {
  port.ppm = 'CHECKING_RSTP'
  port.mcheck = false
  port.sendRSTP = rstpVersion(tree)
  port.mdelayWhile = MIGRATE_TIME
  return true
}

/** 17.25 */
export const bridgeDetection = (_tree: TreeState, port: TreePort): boolean => {
  if (port.bdm === 'EDGE') return ((!port.portEnabled && !port.adminEdge) || !port.operEdge) && setEdge(port, false)
  const isAlone = port.edgeDelayWhile === 0 && port.autoEdge && port.sendRSTP && port.proposing
  return ((!port.portEnabled && port.adminEdge) || isAlone) && setEdge(port, true)
}

const setEdge = (port: TreePort, isEdge: boolean): boolean => {
  port.bdm = isEdge ? 'EDGE' : 'NOT_EDGE'
  port.operEdge = isEdge
  return true
}
