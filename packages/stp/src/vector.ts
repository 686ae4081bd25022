/**
 * What bridges compare, 17.5 and 17.6: bridge identifiers, priority vectors, and the times that travel with them.
 */

/** Sixteen hexadecimal digits: priority, then address. Ordered as texts. */
export type BridgeId = string

/** The address of a bridge identifier: what makes it the same bridge whatever its priority. */
export const addressOf = (id: BridgeId): string => id.substring(4)

/** Bits of a port identifier that number the port; the four above are its priority. */
export const PORT_NUMBER = 0xfff

/** 17.5. The lower vector is the better one. */
export interface PriorityVector {
  readonly rootBridgeId: BridgeId
  readonly rootPathCost: number
  readonly designatedBridgeId: BridgeId
  readonly designatedPortId: number
}

/** Seconds. */
export interface Times {
  readonly messageAge: number
  readonly maxAge: number
  readonly helloTime: number
  readonly forwardDelay: number
}

/** Less than zero: `a` is the better one. The port identifier of the receiver is for the caller to add. */
export const compareVectors = (a: PriorityVector, b: PriorityVector): number =>
  compareIds(a.rootBridgeId, b.rootBridgeId) ||
  a.rootPathCost - b.rootPathCost ||
  compareIds(a.designatedBridgeId, b.designatedBridgeId) ||
  a.designatedPortId - b.designatedPortId

const compareIds = (a: BridgeId, b: BridgeId): number => a < b ? -1 : a > b ? 1 : 0

/** True when both were sent by the same port of the same bridge. */
export const isSameSender = (a: PriorityVector, b: PriorityVector): boolean =>
  addressOf(a.designatedBridgeId) === addressOf(b.designatedBridgeId) &&
  (a.designatedPortId & PORT_NUMBER) === (b.designatedPortId & PORT_NUMBER)

/** 17.6: better, or of the same sender, whose word replaces its former one. */
export const isSuperior = (message: PriorityVector, held: PriorityVector): boolean =>
  compareVectors(message, held) < 0 || isSameSender(message, held)

/** All four times are the same. */
export const sameTimes = (a: Times, b: Times): boolean =>
  a.messageAge === b.messageAge && a.maxAge === b.maxAge && a.helloTime === b.helloTime && a.forwardDelay === b.forwardDelay
