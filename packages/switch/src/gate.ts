/**
 * What stands at the entry of a port before its frames are looked at: those who watch, and what refuses frames whatever
 * VLAN they are of. A port where nothing of this is set up has none, which costs a frame one comparison.
 */
import { macHi, macLo } from '@vde-ts/frame/ethernet.js'
import { showFrame, type FrameTap } from './frame-tap.ts'
import type { Port } from './port.ts'
import type { ProtocolGuard } from './protocol-guard.ts'
import type { TokenBucket } from './token-bucket.ts'
import type { WireForms } from './wire-form.ts'

/** 01:80:c2:00:00:0X, which bridges keep to themselves. */
const RESERVED_HI = 0x0180
const RESERVED_LO = 0xc2000000 | 0

/** Made by the switch when the first feature of a port needs it. */
export class Gate {
  /** Those who see what comes in. */
  taps: readonly FrameTap[] | null = null
  /** The port only shows what happens elsewhere: nothing comes in. */
  isMirror = false
  /** What may come in; null: everything. */
  rate: TokenBucket | null = null
  /** Reads packets; null: nobody does. */
  protocols: ProtocolGuard | null = null
  /** Bit X: frames to 01:80:c2:00:00:0X end here. */
  reserved = 0

  readonly #port: Port

  constructor (port: Port) { this.#port = port }

  /** The same at the entry of another port, apart; nobody watches there. */
  copy (port: Port): Gate {
    const made = new Gate(port)
    made.rate = this.rate?.copy() ?? null
    made.protocols = this.protocols
    made.reserved = this.reserved
    return made
  }

  /** Nothing is set up any more: the port needs it no longer. */
  get isIdle (): boolean {
    return this.taps === null && !this.isMirror && this.rate === null && this.reserved === 0 && this.protocols === null
  }

  /**
   * False: the frame, of so many frames and octets on the wire, ends here and is counted. A BPDU that a tree listens to
   * (`isHeard`) is not held up by limits.
   */
  pass (buf: Uint8Array, off: number, len: number, isHeard: boolean, frames: number, octets: number, forms: WireForms): boolean {
    if (this.taps !== null) showFrame(this.taps, true, buf, off, len, forms)
    const { drops } = this.#port
    if (this.isMirror) drops.mirror += frames
    else if (isHeard) return true
    else if (this.reserved !== 0 && this.#isReserved(buf, off)) drops.reserved += frames
    else if (this.protocols !== null && !this.protocols.pass(buf, off, len, frames, drops)) return false
    else if (this.rate !== null && !this.rate.take(frames, octets)) drops.rate += frames
    else return true
    return false
  }

  #isReserved (buf: Uint8Array, off: number): boolean {
    const lo = macLo(buf, off)
    return (lo & ~15) === RESERVED_LO && macHi(buf, off) === RESERVED_HI && (this.reserved >>> (lo & 15) & 1) === 1
  }
}

/** Sets something up at the entry of `port`, or ends it. */
export const changeGate = (port: Port, change: (gate: Gate) => void): void => {
  const gate = port.gate ?? new Gate(port)
  change(gate)
  port.gate = gate.isIdle ? null : gate
}

/** Somebody sees its frames who wants this very port. */
export const isWatched = (port: Port): boolean =>
  [...(port.outTaps ?? []), ...(port.gate?.taps ?? [])].some((tap) => tap.goesWithPort !== true)
