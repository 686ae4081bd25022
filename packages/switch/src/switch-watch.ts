/** Somebody who sees the frames of every port of a switch, ports that are made later included. */
import { showWire, withoutTap, withTap, type Direction, type FrameTap, type WireWatcher } from './frame-tap.ts'
import { changeGate } from './gate.ts'
import type { Port } from './port.ts'
import type { Switch } from './switch.ts'
import type { WireForms } from './wire-form.ts'

class PortWatch implements FrameTap {
  readonly goesWithPort = true
  readonly #number: number
  readonly #watcher: WireWatcher

  constructor (number: number, watcher: WireWatcher) {
    this.#number = number
    this.#watcher = watcher
  }

  onFrame (isIn: boolean, buf: Uint8Array, off: number, len: number, forms: WireForms): void {
    showWire(this.#watcher, this.#number, isIn, buf, off, len, forms)
  }
}

/** Shows `watcher` what comes in, leaves, or both, at every port, as on the wire. @returns ends it; idempotent */
export const watchSwitch = (sw: Switch, direction: Direction, watcher: WireWatcher): () => void => {
  const taps = new Map<number, { readonly port: Port, readonly tap: FrameTap }>()
  const add = (port: Port): void => {
    const tap = new PortWatch(port.number, watcher)
    taps.set(port.number, { port, tap })
    if (direction !== 'out') changeGate(port, (gate) => { gate.taps = withTap(gate.taps, tap) })
    if (direction !== 'in') port.outTaps = withTap(port.outTaps, tap)
  }
  for (const port of sw.ports()) add(port)
  const ignore = sw.observe({ portAdded (number) { add(sw.port(number)) } })
  return () => {
    ignore()
    for (const { port, tap } of taps.values()) {
      changeGate(port, (gate) => { gate.taps = withoutTap(gate.taps, tap) })
      port.outTaps = withoutTap(port.outTaps, tap)
    }
    taps.clear()
  }
}
