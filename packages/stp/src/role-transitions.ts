/**
 * Port role transitions, 17.29: how a port comes to do what its role demands without a loop on the way. A root port has
 * the others synced before it agrees, a designated port proposes and waits for agreement or for time to pass.
 *
 * The states that only do something and return (ROOT_AGREED, DESIGNATED_LEARN ...) are functions here.
 */
import type { TreePort } from './port.ts'
import { allSynced, edgeDelay, forwardDelay, fwdDelay, helloTime, maxAge, reRooted, rstpVersion, type TreeState } from './state.ts'

/** Figures 17-20 to 17-23. */
export const roleTransitions = (tree: TreeState, port: TreePort): boolean => {
  if (port.prt === 'INIT_PORT') return initialize(port)
  if (!port.selected || port.updtInfo) return false
  if (port.role !== port.selectedRole) return enter(port)
  if (port.blocked !== null && (port.learn || port.forward)) return discard(port)
  switch (port.prt) {
    case 'DISABLE_PORT': return !port.learning && !port.forwarding && disabled(port)
    case 'DISABLED_PORT': return (port.fdWhile !== maxAge(port) || port.sync || port.reRoot || !port.synced) && disabled(port)
    case 'ROOT_PORT': return rootPort(tree, port)
    case 'DESIGNATED_PORT': return designatedPort(port)
    case 'BLOCK_PORT': return !port.learning && !port.forwarding && alternate(port)
    case 'ALTERNATE_PORT': return alternatePort(tree, port)
  }
}

const initialize = (port: TreePort): boolean => {
  port.prt = 'DISABLE_PORT'
  port.role = 'Disabled'
  port.learn = port.forward = port.synced = false
  port.sync = port.reRoot = true
  port.rrWhile = fwdDelay(port)
  port.fdWhile = maxAge(port)
  port.rbWhile = 0
  return true
}

const enter = (port: TreePort): boolean => {
  port.role = port.selectedRole
  switch (port.role) {
    case 'Root':
      port.prt = 'ROOT_PORT'
      port.rrWhile = fwdDelay(port)
      return true
    case 'Designated':
      port.prt = 'DESIGNATED_PORT'
      return true
    case 'Disabled':
      port.prt = 'DISABLE_PORT'
      port.learn = port.forward = false
      return true
    default:
      port.prt = 'BLOCK_PORT'
      port.learn = port.forward = false
      return true
  }
}

const disabled = (port: TreePort): boolean => rest(port, 'DISABLED_PORT', maxAge(port))

/** What DISABLED_PORT and ALTERNATE_PORT do: they discard already, and have nothing left to agree upon. */
const rest = (port: TreePort, state: 'DISABLED_PORT' | 'ALTERNATE_PORT', fdWhile: number): boolean => {
  port.prt = state
  port.fdWhile = fdWhile
  port.synced = true
  port.rrWhile = 0
  port.sync = port.reRoot = false
  return true
}

/** Figure 17-21 */
const rootPort = (tree: TreeState, port: TreePort): boolean => {
  if (port.proposed && !port.agree) return propose(tree, port)
  if ((!port.agree && allSynced(tree)) || (port.proposed && port.agree)) { // ROOT_AGREED
    port.proposed = port.sync = false
    port.agree = port.newInfo = true
    return true
  }
  if (!port.forward && !port.reRoot) { // REROOT, setReRootTree 17.21.15
    for (const other of tree.ports) other.reRoot = true
    return true
  }
  if (port.rrWhile !== fwdDelay(port)) {
    port.rrWhile = fwdDelay(port)
    return true
  }
  if (port.reRoot && port.forward) { // REROOTED
    port.reRoot = false
    return true
  }
  if (port.forward || port.blocked !== null) return false
  const mayPass = port.fdWhile === 0 || (rstpVersion(tree) && port.rbWhile === 0 && reRooted(tree, port))
  if (!mayPass) return false
  if (port.learn) { // ROOT_FORWARD
    port.fdWhile = 0
    port.forward = true
  } else { // ROOT_LEARN
    port.fdWhile = forwardDelay(port)
    port.learn = true
  }
  return true
}

/** ROOT_PROPOSED, ALTERNATE_PROPOSED: setSyncTree 17.21.14. */
const propose = (tree: TreeState, port: TreePort): boolean => {
  for (const other of tree.ports) other.sync = true
  port.proposed = false
  return true
}

/** Figure 17-22 */
const designatedPort = (port: TreePort): boolean => {
  if (!port.forward && !port.agreed && !port.proposing && !port.operEdge) { // DESIGNATED_PROPOSE
    port.proposing = port.newInfo = true
    port.edgeDelayWhile = edgeDelay(port)
    return true
  }
  const isQuiet = !port.learning && !port.forwarding
  if (((isQuiet || port.agreed || port.operEdge) && !port.synced) || (port.sync && port.synced)) { // DESIGNATED_SYNCED
    port.rrWhile = 0
    port.synced = true
    port.sync = false
    return true
  }
  if (port.rrWhile === 0 && port.reRoot) { // DESIGNATED_RETIRED
    port.reRoot = false
    return true
  }
  return mustDiscard(port) ? discard(port) : advance(port)
}

const mustDiscard = (port: TreePort): boolean =>
  !port.operEdge && (port.learn || port.forward) &&
  ((port.sync && !port.synced) || (port.reRoot && port.rrWhile !== 0) || port.disputed)

/** DESIGNATED_DISCARD, and what a guard does to a port of any role. */
const discard = (port: TreePort): boolean => {
  port.learn = port.forward = port.disputed = false
  port.fdWhile = forwardDelay(port)
  return true
}

/** DESIGNATED_LEARN, DESIGNATED_FORWARD */
const advance = (port: TreePort): boolean => {
  if (port.forward || port.blocked !== null || port.sync) return false
  if (port.fdWhile !== 0 && !port.agreed && !port.operEdge) return false
  if (port.rrWhile !== 0 && port.reRoot) return false
  if (port.learn) {
    port.forward = true
    port.fdWhile = 0
    port.agreed = port.sendRSTP
  } else {
    port.learn = true
    port.fdWhile = forwardDelay(port)
  }
  return true
}

/** Figure 17-23 */
const alternatePort = (tree: TreeState, port: TreePort): boolean => {
  if (port.proposed && !port.agree) return propose(tree, port)
  if ((!port.agree && allSynced(tree)) || (port.proposed && port.agree)) { // ALTERNATE_AGREED
    port.proposed = false
    port.agree = port.newInfo = true
    return true
  }
  if (port.role === 'Backup' && port.rbWhile !== 2 * helloTime(port)) { // BACKUP_PORT
    port.rbWhile = 2 * helloTime(port)
    return true
  }
  return (port.fdWhile !== forwardDelay(port) || port.sync || port.reRoot || !port.synced) && alternate(port)
}

const alternate = (port: TreePort): boolean => rest(port, 'ALTERNATE_PORT', forwardDelay(port))
