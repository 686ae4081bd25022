/**
 * What a network of bridges must come to, computed from the picture: no state machines, no messages. 17.2 to 17.6 in five
 * steps: the best bridge of each part is its root, the cost of the way there, the designated bridge of each LAN, root
 * ports, the rest.
 */
import { compareVectors, type PortRole } from '@vde-ts/stp'
import type { Bridge, End, Lan, Network } from './network.ts'

const isAlive = (end: End): boolean => !end.bridge.isOff && !end.lan.isDown && end.port.isUp

/** What must come. */
export interface Expectation {
  readonly ways: ReadonlyMap<Bridge, Way>
  readonly roles: ReadonlyMap<End, PortRole>
}

/** The way of each bridge, and the role of each port; ports whose LAN is cut stand alone on it. */
export const expectation = (network: Network): Expectation => {
  const cost = costs(network)
  const roles = new Map<End, PortRole>()
  for (const lan of network.lans.values()) {
    for (const end of lan.ends) {
      if (!isAlive(end)) roles.set(end, 'Disabled')
      else if (lan.isCut || designated(lan, cost) === end) roles.set(end, 'Designated')
      else roles.set(end, designated(lan, cost)!.bridge === end.bridge ? 'Backup' : 'Alternate')
    }
  }
  for (const bridge of network.bridges) {
    const root = rootEnd(bridge, cost)
    if (root !== null) roles.set(root, 'Root')
  }
  return { ways: cost, roles }
}

interface Way { readonly root: string, readonly cost: number }

/** Root, and the least cost to it, of every bridge that runs. */
const costs = (network: Network): Map<Bridge, Way> => {
  const ways = new Map<Bridge, Way>()
  const alive = network.bridges.filter((bridge) => !bridge.isOff)
  for (const bridge of alive) ways.set(bridge, { root: bridge.tree.bridgeIdentifier, cost: 0 })
  for (let isChanged = true; isChanged;) {
    isChanged = false
    for (const bridge of alive) {
      for (const end of bridge.ends) {
        if (!isAlive(end) || end.lan.isCut) continue
        for (const other of end.lan.ends) {
          if (!isAlive(other) || other.bridge === bridge) continue
          const there = ways.get(other.bridge)!
          const mine = ways.get(bridge)!
          const cost = there.cost + end.port.portPathCost
          if (there.root < mine.root || (there.root === mine.root && cost < mine.cost)) {
            ways.set(bridge, { root: there.root, cost })
            isChanged = true
          }
        }
      }
    }
  }
  return ways
}

const vector = (end: End, ways: Map<Bridge, Way>, extra: number) => {
  const { root, cost } = ways.get(end.bridge)!
  const designatedBridgeId = end.bridge.tree.bridgeIdentifier
  return { rootBridgeId: root, rootPathCost: cost + extra, designatedBridgeId, designatedPortId: end.port.portId }
}

/** The port that speaks for a LAN. */
const designated = (lan: Lan, ways: Map<Bridge, Way>): End | null => {
  let best: End | null = null
  for (const end of lan.ends) {
    if (isAlive(end) && (best === null || compareVectors(vector(end, ways, 0), vector(best, ways, 0)) < 0)) best = end
  }
  return best
}

/** The port of a bridge that leads to the root; null: it is the root. */
const rootEnd = (bridge: Bridge, ways: Map<Bridge, Way>): End | null => {
  if (bridge.isOff || ways.get(bridge)!.root === bridge.tree.bridgeIdentifier) return null
  let best: End | null = null
  let bestVector = null
  for (const end of bridge.ends) {
    if (!isAlive(end) || end.lan.isCut) continue
    const there = designated(end.lan, ways)!
    if (there.bridge === bridge) continue
    const path = vector(there, ways, end.port.portPathCost)
    const order = bestVector === null ? -1 : compareVectors(path, bestVector)
    if (order < 0 || (order === 0 && end.port.portId < best!.port.portId)) {
      best = end
      bestVector = path
    }
  }
  return best
}

/** What is not as it must be yet: roots, costs, roles, and states that follow from them. Empty: settled. */
export const differences = (network: Network, { ways, roles }: Expectation = expectation(network)): string[] => {
  const found: string[] = []
  for (const [{ name, tree: { rootPriority } }, way] of ways) {
    const is = { root: rootPriority.rootBridgeId, cost: rootPriority.rootPathCost }
    if (is.root === way.root && is.cost === way.cost) continue
    found.push(`${name} has root ${is.root} at ${is.cost}, want ${way.root} at ${way.cost}`)
  }
  for (const [end, role] of roles) {
    const { port } = end
    if (end.bridge.isOff) continue
    if (port.role !== role) found.push(`${nameOf(end)} is ${port.role}, want ${role}`)
    else if (port.forwarding !== (role === 'Root' || role === 'Designated')) found.push(`${nameOf(end)}, ${role}, is ${port.pst}`)
  }
  return found
}

const nameOf = ({ bridge, lan }: End): string => `${bridge.name}.${lan.name}`
