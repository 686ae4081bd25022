/**
 * What follows from a port's decision: port state transition (17.30), and topology change (17.31), which tells the whole
 * network to forget where stations were.
 */
import type { PortState, TreePort } from './port.ts'
import { helloTime, type TreeState } from './state.ts'

/** 17.30. Discarding comes first when both are due, since a loop is worse than a gap. */
export const stateTransition = (tree: TreeState, port: TreePort): boolean => {
  switch (port.pst) {
    case 'Discarding': return port.learn && setState(tree, port, 'Learning')
    case 'Learning':
      if (!port.learn) return setState(tree, port, 'Discarding')
      if (!port.forward) return false
      port.counters.forwardTransitions++
      return setState(tree, port, 'Forwarding')
    case 'Forwarding': return !port.forward && setState(tree, port, 'Discarding')
  }
}

const setState = (tree: TreeState, port: TreePort, state: PortState): boolean => {
  port.pst = state
  port.learning = state !== 'Discarding'
  port.forwarding = state === 'Forwarding'
  tree.host.setState(port.number, state)
  return true
}

const isActive = (port: TreePort): boolean => port.role === 'Root' || port.role === 'Designated'

/** 17.31 */
export const topologyChange = (tree: TreeState, port: TreePort): boolean => {
  switch (port.tcm) {
    case 'INACTIVE':
      if (!port.learn || port.fdbFlush) return false
      port.tcm = 'LEARNING'
      return forget(port)
    case 'LEARNING': return learning(tree, port)
    case 'ACTIVE': return active(tree, port)
  }
}

const hasNews = (port: TreePort): boolean => port.rcvdTc || port.rcvdTcn || port.rcvdTcAck || port.tcProp

/** Enters LEARNING: what was told meanwhile does not count. */
const forget = (port: TreePort): boolean => {
  port.rcvdTc = port.rcvdTcn = port.rcvdTcAck = port.tcProp = false
  return true
}

const learning = (tree: TreeState, port: TreePort): boolean => {
  if (hasNews(port)) return forget(port)
  if (isActive(port)) {
    if (!port.forward || port.operEdge) return false
    port.tcm = 'ACTIVE' // DETECTED
    port.counters.topologyChanges++
    newTcWhile(tree, port)
    setTcPropTree(tree, port)
    port.newInfo = true
    return true
  }
  if (port.learn || port.learning) return false
  port.tcm = 'INACTIVE'
  port.fdbFlush = true
  port.tcWhile = 0
  port.tcAck = false
  return true
}

const active = (tree: TreeState, port: TreePort): boolean => {
  if (!isActive(port) || port.operEdge) {
    port.tcm = 'LEARNING'
    return forget(port)
  }
  if (port.rcvdTcn || port.rcvdTc) { // NOTIFIED_TCN, NOTIFIED_TC
    if (port.rcvdTcn) newTcWhile(tree, port)
    if (port.role === 'Designated') port.tcAck = true
    port.rcvdTcn = port.rcvdTc = false
    setTcPropTree(tree, port)
    return true
  }
  if (port.rcvdTcAck) { // ACKNOWLEDGED
    port.tcWhile = 0
    port.rcvdTcAck = false
    return true
  }
  if (!port.tcProp) return false
  newTcWhile(tree, port) // PROPAGATING
  port.fdbFlush = true
  port.tcProp = false
  return true
}

/** 17.21.7 */
const newTcWhile = (tree: TreeState, port: TreePort): void => {
  if (port.tcWhile !== 0) return
  if (port.sendRSTP) {
    port.tcWhile = helloTime(port) + 1
    port.newInfo = true
  } else port.tcWhile = tree.rootTimes.maxAge + tree.rootTimes.forwardDelay
}

/** 17.21.18 */
const setTcPropTree = (tree: TreeState, port: TreePort): void => {
  for (const other of tree.ports) {
    if (other !== port) other.tcProp = true
  }
}
