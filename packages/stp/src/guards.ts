/**
 * Guards: what a port refuses to believe of its neighbour.
 *
 *     bpdu     a port for stations: a BPDU closes it, until it recovers by time or by command
 *     filter   no BPDUs either way: the port is at the edge whatever is behind it, loops included
 *     root     the root is not to be found behind this port: better information makes it Alternate (restrictedRole of
 *              802.1Q 13.25.14) instead of Root, for as long as it comes
 *     loop     the neighbour is a bridge that is known to speak: its silence does not make the port forward
 *
 * Besides, whatever the guard, a port that hears its own BPDUs discards: something behind it turns frames around.
 */
import type { Bpdu } from '@vde-ts/frame/bpdu.js'
import type { BlockReason, TreePort } from './port.ts'
import { helloTime, type TreeState } from './state.ts'

/** Seconds after which a port closed by BPDU guard tries again. */
export const GUARD_RECOVERY = 300

/** Whether the machines are to see the BPDU. */
export const guardReceive = (tree: TreeState, port: TreePort, bpdu: Bpdu): boolean => {
  if (!port.portEnabled || port.guard === 'filter') {
    port.counters.rxIgnored++
    return false
  }
  if (isReflected(port, bpdu)) {
    port.counters.rxOwn++
    block(tree, port, 'loopback', 3 * helloTime(port))
    return false
  }
  if (port.guard === 'bpdu') {
    block(tree, port, 'bpdu-guard', tree.guardRecovery)
    port.portEnabled = false
    return false
  }
  if (port.blocked === 'loop-guard') unblock(tree, port)
  if (!port.isHeard) setHeard(tree, port, true)
  return true
}

/** 9.3.4: identifiers as this very port sends them. */
const isReflected = (port: TreePort, { kind, bridgeId, portId }: Bpdu): boolean =>
  kind !== 'tcn' && bridgeId === port.designatedPriority.designatedBridgeId && portId === port.portId

/** What the neighbour said has expired. */
export const infoExpired = (tree: TreeState, port: TreePort): void => {
  setHeard(tree, port, false)
  if (port.guard === 'loop') block(tree, port, 'loop-guard', 0)
}

/** Notes whether BPDUs are heard on the port. */
export const setHeard = (tree: TreeState, port: TreePort, isHeard: boolean): void => {
  if (port.isHeard === isHeard) return
  port.isHeard = isHeard
  tree.host.heard?.(port.number, isHeard)
}

/** Keeps a port from forwarding; 0 seconds: until something ends it. */
export const block = (tree: TreeState, port: TreePort, reason: BlockReason, seconds: number): void => {
  const isNew = port.blocked !== reason
  port.blocked = reason
  port.blockedWhile = seconds
  if (isNew) tree.host.blocked?.(port.number, reason)
}

/** Ends what keeps the port from forwarding; what caused it may do so again. */
export const unblock = (tree: TreeState, port: TreePort): void => {
  if (port.blocked === null) return
  port.blocked = null
  port.blockedWhile = 0
  port.portEnabled = port.isUp
  tree.host.blocked?.(port.number, null)
}
