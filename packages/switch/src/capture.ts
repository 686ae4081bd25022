/**
 * A capture of one port: frames of the wire as pcapng blocks, into memory that whoever writes the file lends. Super-frames
 * are cut and checksums completed before they are recorded, once for the capture and the links together.
 */
import { packetBlockSize, writePacketBlock } from '@vde-ts/frame/pcapng.js'
import type { PacketFilter } from '@vde-ts/frame/packet-filter.js'
import { changeGate } from './gate.ts'
import { showWire, withoutTap, withTap, type Direction, type FrameTap, type WireWatcher } from './frame-tap.ts'
import type { Port } from './port.ts'
import type { WireForms } from './wire-form.ts'

/** Takes blocks: the data path writes them where they are to lie, and never waits. */
export interface CaptureSink {
  /** Memory that {@link reserve} gives out. */
  readonly buf: Uint8Array
  /** Where `octets` of {@link buf} are free, -1 when there is no room. What is reserved counts as written. */
  reserve (octets: number): number
  /** Microseconds since 1970, in memory that the next call overwrites. */
  now (): Float64Array
}

/** What to capture. */
export interface CaptureOptions {
  readonly direction: Direction
  /** Octets kept of a frame at most. */
  readonly snapLen: number
  /** Null: every frame. */
  readonly filter: PacketFilter | null
}

/** Runs from its birth to {@link Capture.stop}. */
export class Capture implements FrameTap, WireWatcher {
  readonly port: Port
  /** Frames recorded. */
  frames = 0
  /** Octets of them on the wire. */
  octets = 0
  /** Frames that matched and found no room, or could not be cut. */
  drops = 0

  readonly #sink: CaptureSink
  readonly #snapLen: number
  readonly #filter: PacketFilter | null

  constructor (port: Port, sink: CaptureSink, { direction, snapLen, filter }: CaptureOptions) {
    this.port = port
    this.#sink = sink
    this.#snapLen = snapLen
    this.#filter = filter
    if (direction !== 'out') changeGate(port, (gate) => { gate.taps = withTap(gate.taps, this) })
    if (direction !== 'in') port.outTaps = withTap(port.outTaps, this)
  }

  /** Idempotent. */
  stop (): void {
    changeGate(this.port, (gate) => { gate.taps = withoutTap(gate.taps, this) })
    this.port.outTaps = withoutTap(this.port.outTaps, this)
  }

  onFrame (isIn: boolean, buf: Uint8Array, off: number, len: number, forms: WireForms): void {
    showWire(this, this.port.number, isIn, buf, off, len, forms)
  }

  onUncut (frames: number): void { this.drops += frames }

  onWireFrame (_port: number, isIn: boolean, buf: Uint8Array, off: number, len: number): void {
    if (this.#filter !== null && !this.#filter.matches(buf, off, len)) return
    const sink = this.#sink
    const captured = len < this.#snapLen ? len : this.#snapLen
    const at = sink.reserve(packetBlockSize(captured))
    if (at < 0) {
      this.drops++
      return
    }
    this.frames++
    this.octets += len
    writePacketBlock(sink.buf, at, 0, sink.now(), isIn, buf, off, len, captured)
  }
}
