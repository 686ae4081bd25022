/**
 * Rates from two looks at the counters of a switch. A counter that went back was reset: it has no rate this time.
 */

/** A port as one look finds it, from `port/print --json` and `port/counters --json`. */
export interface PortCounters {
  readonly port: number
  readonly isUp: boolean
  readonly endpoints: readonly string[]
  readonly inFrames: number
  readonly inOctets: number
  readonly outFrames: number
  readonly outOctets: number
  /** Frames, by reason. */
  readonly drops: Readonly<Record<string, number>>
  readonly queueFrames: number
  readonly addresses: number
  /** How it stands in the spanning tree, in a word; empty: there is none. */
  readonly tree: string
}

/** One look at one switch. */
export interface Look {
  readonly atMs: number
  readonly pid: number
  readonly uptimeSec: number
  readonly numPorts: number
  readonly queueOctets: number
  readonly addresses: number
  readonly ports: readonly PortCounters[]
}

/** What a port does now. */
export interface PortFigures {
  readonly port: number
  readonly isUp: boolean
  readonly endpoints: readonly string[]
  readonly inBitsPerSec: number
  readonly outBitsPerSec: number
  readonly inFramesPerSec: number
  readonly outFramesPerSec: number
  readonly lostPerSec: number
  readonly lostFrames: number
  /** The reason most frames were lost for; null: none was. */
  readonly reason: string | null
  readonly queueFrames: number
  readonly addresses: number
  readonly tree: string
}

/** Figures of all ports between two looks; a port that is new is compared with nothing. */
export const figuresBetween = (before: Look | null, now: Look): PortFigures[] => {
  const former = new Map(before?.ports.map((port) => [port.port, port]))
  const seconds = before === null ? 0 : (now.atMs - before.atMs) / 1000
  return now.ports.map((port) => figuresOf(former.get(port.port), port, seconds))
}

const figuresOf = (before: PortCounters | undefined, now: PortCounters, seconds: number): PortFigures => {
  const rate = (read: (port: PortCounters) => number): number =>
    before === undefined || seconds <= 0 ? 0 : Math.max(0, read(now) - read(before)) / seconds
  return {
    port: now.port,
    isUp: now.isUp,
    endpoints: now.endpoints,
    inBitsPerSec: rate(({ inOctets }) => inOctets * 8),
    outBitsPerSec: rate(({ outOctets }) => outOctets * 8),
    inFramesPerSec: rate(({ inFrames }) => inFrames),
    outFramesPerSec: rate(({ outFrames }) => outFrames),
    lostPerSec: rate(lost),
    lostFrames: lost(now),
    reason: Object.entries(now.drops).reduce((most, one) => one[1] > most[1] ? one : most, ['', 0] as [string, number])[0] || null,
    queueFrames: now.queueFrames,
    addresses: now.addresses,
    tree: now.tree
  }
}

const lost = ({ drops }: PortCounters): number => Object.values(drops).reduce((sum, frames) => sum + frames, 0)
