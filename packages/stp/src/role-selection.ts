/**
 * Port role selection, 17.28: the one machine of the whole bridge. It computes the root, the way to it, and what each port
 * should be (17.21.25); the role transitions of each port then lead there.
 */
import type { PortRole, TreePort } from './port.ts'
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
  if (port.blocked === 'root-guard') port.blocked = null
  port.updtInfo = false
  if (port.infoIs === 'Disabled') port.selectedRole = 'Disabled'
  else if (port.infoIs === 'Received' && port === root) port.selectedRole = 'Root'
  else if (port.infoIs === 'Received' && compareVectors(port.designatedPriority, port.portPriority) >= 0) {
    port.selectedRole = unwanted(tree, port)
  } else {
    port.selectedRole = 'Designated'
    port.updtInfo = port.infoIs !== 'Mine' || isOutdated(port)
  }
}

const isOutdated = (port: TreePort): boolean =>
  compareVectors(port.portPriority, port.designatedPriority) !== 0 || !sameTimes(port.portTimes, port.designatedTimes)

/** Another port says it better: of this bridge or of another. */
const unwanted = (tree: TreeState, port: TreePort): PortRole => {
  const { portPriority } = port
  if (isOwn(tree, portPriority)) return 'Backup'
  if (port.guard === 'root' && isBetterRoot(tree, portPriority, port.portPathCost)) port.blocked = 'root-guard'
  return 'Alternate'
}

/** What root guard is for: the way over there would be taken. */
const isBetterRoot = (tree: TreeState, there: PriorityVector, cost: number): boolean =>
  compareVectors({ ...there, rootPathCost: there.rootPathCost + cost }, tree.rootPriority) < 0
