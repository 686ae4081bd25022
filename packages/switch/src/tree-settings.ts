/** What of the spanning tree is set by hand, per port, and what a port makes of it. */
import { DEFAULT_PATH_COST, MAX_PATH_COST, pathCost, type Guard, type PortSettings, type Times, type TreePort } from '@vde-ts/stp'
import type { Endpoint } from './endpoint.ts'
import type { Port } from './port.ts'

/** Which trees there are, and what they speak. */
export type TreeMode = 'rstp' | 'stp' | 'fstp'
/** `auto` finds out. */
export type Choice = 'auto' | 'on' | 'off'

/** Settings of the bridge. */
export interface TreeBridgeSettings {
  /** 0..65535; 802.1D wants steps of 4 096. */
  readonly priority: number
  /** Null: those of the mode. */
  readonly times: Times | null
  readonly txHoldCount: number
  /** Seconds a port stays shut by BPDU guard, or outside of the tree; 0: until the command. */
  readonly guardRecovery: number
}

/** The port whose cost is lowered in a tree, and by how much. */
export interface Bonus {
  /** 0: none. */
  readonly port: number
  readonly cost: number
}

/** No port is preferred. */
export const NO_BONUS: Bonus = { port: 0, cost: 0 }

/** Settings of a port; kept also when the tree is off. */
export interface TreePortSettings {
  /** Null: that of the link's rate, or of the mode. */
  readonly cost: number | null
  /** 0..240 in steps of 16. */
  readonly priority: number
  /** Only stations are behind it. `auto`: what is plugged in says it is a host, or no BPDU comes for a while. */
  readonly edge: Choice
  /** `auto`: with one endpoint it is point to point. */
  readonly p2p: Choice
  readonly guard: Guard
}

/** What holds for a port of which nothing is set. */
export const DEFAULT_TREE_PORT: TreePortSettings = { cost: null, priority: 128, edge: 'auto', p2p: 'auto', guard: 'none' }

/** The tree as it travels to the process that takes the switch over. */
export interface TreeSnapshot {
  readonly isEnabled: boolean
  readonly mode: TreeMode
  readonly settings: TreeBridgeSettings
  readonly ports: ReadonlyArray<TreePortSettings & { readonly number: number }>
  readonly bonuses: ReadonlyArray<Bonus & { readonly tree: number }>
  /** Ports without a bridge behind them. */
  readonly edges: readonly number[]
}

/** What the C switch reckons for every port. */
export const FSTP_PATH_COST = 20_000_000

/** What a port's cost is reckoned from. */
export interface CostGround {
  readonly mode: TreeMode
  /** Bits per second; null: no link of the port has a rate. */
  readonly rate: number | null
  readonly bonus: number
}

/** A port's cost: as set, of its rate, or of the mode; less what `bonus` grants. */
export const costOf = ({ cost }: TreePortSettings, { mode, rate, bonus }: CostGround): number =>
  Math.min(MAX_PATH_COST, Math.max(1, (cost ?? costInMode(mode, rate)) - bonus))

const costInMode = (mode: TreeMode, rate: number | null): number => {
  if (mode === 'fstp') return FSTP_PATH_COST
  return rate === null ? DEFAULT_PATH_COST : pathCost(rate)
}

/** The same in the words of the standard. */
export const portSettings = (settings: TreePortSettings, port: Port, portPathCost: number, wasEdge: boolean): PortSettings => ({
  adminEdge: settings.edge === 'on' || (settings.edge === 'auto' && (wasEdge || hasOnlyHosts(port))),
  autoEdge: settings.edge !== 'off',
  priority: settings.priority,
  portPathCost,
  operPointToPointMAC: settings.p2p === 'on' || (settings.p2p === 'auto' && port.endpoints.length <= 1),
  guard: settings.guard
})

/** Those of `wanted` that differ from what a port has; null: none does. */
export const changes = (port: TreePort, wanted: PortSettings): PortSettings | null => {
  const found = Object.entries(wanted).filter(([key, value]) => port[key as keyof PortSettings] !== value)
  return found.length === 0 ? null : Object.fromEntries(found)
}

const hasOnlyHosts = ({ endpoints }: Port): boolean => endpoints.length > 0 && endpoints.every(isHost)

/** An interface handed over, a virtual machine, a namespace: no bridge, most of the time, and the first BPDU says otherwise. */
const isHost = ({ isHost, module, description }: Endpoint): boolean =>
  isHost || module.startsWith('tap') || /^(?:qemu|vdeqemu|vdens)\b/i.test(description)
