/**
 * Mirrors: what one port receives or sends is shown to another, tags and all. The other port only shows: it is no part of
 * any flood, and what comes in there is dropped, so that an analyser cannot disturb what it looks at.
 */
import { VdeError } from '@vde-ts/link/errors.js'
import type { Bridge } from './bridge.ts'
import { needPort } from './check.ts'
import { withoutTap, withTap, type Direction, type FrameTap } from './frame-tap.ts'
import { changeGate } from './gate.ts'
import type { Port } from './port.ts'

/** One mirror, as it was asked for. */
export interface MirrorSettings {
  readonly source: number
  readonly direction: Direction
  readonly to: number
}

class Mirror implements FrameTap {
  readonly source: Port
  readonly direction: Direction
  readonly to: Port

  constructor (source: Port, direction: Direction, to: Port) {
    this.source = source
    this.direction = direction
    this.to = to
  }

  onFrame (_isIn: boolean, buf: Uint8Array, off: number, len: number): void { this.to.send(buf, off, len) }
}

/** `switch.mirrors`. */
export class MirrorControl {
  readonly #bridge: Bridge
  #mirrors: readonly Mirror[] = []

  constructor (bridge: Bridge) { this.#bridge = bridge }

  /** The mirrors there are, in the order they were made. */
  list (): MirrorSettings[] {
    return this.#mirrors.map(({ source, direction, to }) => ({ source: source.number, direction, to: to.number }))
  }

  /**
   * Shows what `source` receives, sends, or both, at the port `to`. One such mirror of the two is replaced.
   * @throws {VdeError} EINVAL, ENXIO, ELOOP a port would show what is shown
   */
  set ({ source, direction, to }: MirrorSettings): void {
    const action = `mirror port ${source} to port ${to}`
    const from = needPort(action, this.#bridge, source)
    const target = needPort(action, this.#bridge, to)
    const isShown = this.#mirrors.some((one) => one.to === from || one.source === target)
    if (from === target || isShown) throw new VdeError('ELOOP', action, 'a port would show itself, want one that is not mirrored')
    this.#end((one) => one.source === from && one.to === target)
    const mirror = new Mirror(from, direction, target)
    this.#mirrors = [...this.#mirrors, mirror]
    if (direction !== 'out') changeGate(from, (gate) => { gate.taps = withTap(gate.taps, mirror) })
    if (direction !== 'in') from.outTaps = withTap(from.outTaps, mirror)
    this.#mark(target)
  }

  /** Ends the mirrors of `source`, or the one to `to`. @throws {VdeError} EINVAL, ENXIO no such port or mirror */
  remove (source: number, to?: number): void {
    const action = `end the mirror of port ${source}`
    const from = needPort(action, this.#bridge, source)
    if (this.#end((one) => one.source === from && (to === undefined || one.to.number === to)) === 0) {
      throw new VdeError('ENXIO', action, 'it has none')
    }
  }

  /** The port goes: so do the mirrors it is part of. */
  forget (port: Port): void { this.#end((one) => one.source === port || one.to === port) }

  #end (isMeant: (mirror: Mirror) => boolean): number {
    const ended = this.#mirrors.filter(isMeant)
    this.#mirrors = this.#mirrors.filter((one) => !ended.includes(one))
    for (const mirror of ended) {
      const { source, to } = mirror
      changeGate(source, (gate) => { gate.taps = withoutTap(gate.taps, mirror) })
      source.outTaps = withoutTap(source.outTaps, mirror)
      this.#mark(to)
    }
    return ended.length
  }

  /** A port that shows takes no part in anything else; addresses behind it are forgotten. */
  #mark (port: Port): void {
    const isMirror = this.#mirrors.some((one) => one.to === port)
    if (isMirror === port.isMirror) return
    port.isMirror = isMirror
    port.refreshApart()
    changeGate(port, (gate) => { gate.isMirror = isMirror })
    this.#bridge.portsChanged(port)
    this.#bridge.fdb.flushPort(port.number)
  }
}
