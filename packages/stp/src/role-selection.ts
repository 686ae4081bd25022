/**
 * Port role selection, 17.28: the one machine of the whole bridge. It computes the root, the way to it, and what each port
 * should be (17.21.25); the role transitions of each port then lead there.
 */
import { block, unblock } from './guards.ts'
import type { TreePort } from './port.ts'
import { isOwn, type TreeState } from './state.ts'
import { compareVectors, sameTimes, type PriorityVector, type Times } from './vector.ts'

/** 17.28: one pass, when a port asked for it. */
export const roleSelection = (tree: TreeState): boolean => {
  if (!tree.ports.some((port) => port.reselect)) return false
  for (const port of tree.ports) port.reselect = false // clearReselectTree, 17.21.2
  updtRolesTree(tree)
  for (const port of tree.ports) port.selected = true // setSelectedTree, 17.21.16
  return true
}

/** The vector of a bridge that knows no better root than itself. */
export const bridgePriority = (tree: TreeState): PriorityVector =>
  ({ rootBridgeId: tree.bridgeIdentifier, rootPathCost: 0, designatedBridgeId: tree.bridgeIdentifier, designatedPortId: 0 })

/** 17.21.25 */
const updtRolesTree = (tree: TreeState): void => {
  const root = selectRoot(tree)
  for (const port of tree.ports) {
    const { rootBridgeId, rootPathCost } = tree.rootPriority
    const designatedBridgeId = tree.bridgeIdentifier
    port.designatedPriority = { rootBridgeId, rootPathCost, designatedBridgeId, designatedPortId: port.portId }
    port.designatedTimes = { ...tree.rootTimes, helloTime: tree.bridgeTimes.helloTime }
    selectRole(tree, port, root)
  }
}

/** Computes rootPriority, rootTimes and rootPort. @returns the root port, null: this bridge is the root */
const selectRoot = (tree: TreeState): TreePort | null => {
  let best = bridgePriority(tree)
  let root: TreePort | null = null
  for (const port of tree.ports) {
    if (port.infoIs !== 'Received' || port.guard === 'root' || isOwn(tree, port.portPriority)) continue
    const path = { ...port.portPriority, rootPathCost: port.portPriority.rootPathCost + port.portPathCost }
    const order = compareVectors(path, best)
    if (order > 0 || (order === 0 && root !== null && root.portId < port.portId)) continue
    best = path
    root = port
  }
  const rootPort = root?.number ?? 0
  const isNews = tree.rootPort !== rootPort || tree.rootPriority.rootBridgeId !== best.rootBridgeId
  tree.rootPriority = best
  tree.rootTimes = root === null ? tree.bridgeTimes : older(root.portTimes)
  tree.rootPort = rootPort
  if (isNews) tree.host.rootChanged?.(best.rootBridgeId, rootPort)
  return root
}

const older = (times: Times): Times => ({ ...times, messageAge: Math.round(times.messageAge + 1) })

const selectRole = (tree: TreeState, port: TreePort, root: TreePort | null): void => {
  port.updtInfo = false
  if (port.infoIs === 'Disabled') port.selectedRole = 'Disabled'
  else if (port.infoIs === 'Received' && port === root) port.selectedRole = 'Root'
  else if (port.infoIs === 'Received' && compareVectors(port.designatedPriority, port.portPriority) >= 0) {
    port.selectedRole = isOwn(tree, port.portPriority) ? 'Backup' : 'Alternate'
  } else {
    port.selectedRole = 'Designated'
    port.updtInfo = port.infoIs !== 'Mine' || isOutdated(port)
  }
  guardRoot(tree, port)
}

const isOutdated = (port: TreePort): boolean =>
  compareVectors(port.portPriority, port.designatedPriority) !== 0 || !sameTimes(port.portTimes, port.designatedTimes)

/** What root guard is for: but for it, the way behind this port would be taken. */
const guardRoot = (tree: TreeState, port: TreePort): void => {
  const isRefused = port.guard === 'root' && port.selectedRole === 'Alternate' && isBetterRoot(tree, port)
  if (isRefused) block(tree, port, 'root-guard', 0)
  else if (port.blocked === 'root-guard') unblock(tree, port)
}

const isBetterRoot = (tree: TreeState, { portPriority, portPathCost }: TreePort): boolean =>
  compareVectors({ ...portPriority, rootPathCost: portPriority.rootPathCost + portPathCost }, tree.rootPriority) < 0
