/**
 * What stands at the entry of a port before its frames are looked at: those who watch, and what refuses frames whatever
 * VLAN they are of. A port where nothing of this is set up has none, which costs a frame one comparison.
 */
import { showFrame, type FrameTap } from './frame-tap.ts'
import type { Port } from './port.ts'
import type { WireForms } from './wire-form.ts'

/** Made by the switch when the first feature of a port needs it. */
export class Gate {
  /** Those who see what comes in. */
  taps: readonly FrameTap[] | null = null
  /** The port only shows what happens elsewhere: nothing comes in. */
  isMirror = false

  readonly #port: Port

  constructor (port: Port) { this.#port = port }

  /** Nothing is set up any more: the port needs it no longer. */
  get isIdle (): boolean { return this.taps === null && !this.isMirror }

  /** False: the frame, `wireFrames` on the wire, ends here and is counted. */
  pass (buf: Uint8Array, off: number, len: number, wireFrames: number, forms: WireForms): boolean {
    if (this.taps !== null) showFrame(this.taps, true, buf, off, len, forms)
    if (this.isMirror) {
      this.#port.drops.mirror += wireFrames
      return false
    }
    return true
  }
}

/** Sets something up at the entry of `port`, or ends it. */
export const changeGate = (port: Port, change: (gate: Gate) => void): void => {
  const gate = port.gate ?? new Gate(port)
  change(gate)
  port.gate = gate.isIdle ? null : gate
}

/** Somebody sees its frames. */
export const isWatched = (port: Port): boolean => port.outTaps !== null || (port.gate?.taps ?? null) !== null
