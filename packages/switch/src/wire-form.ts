/**
 * What a frame with work left to do amounts to on the wire: how many frames, how many octets, and the frames themselves
 * for links that take no offload header. Read once and cut once for a frame in one form, however many links it goes to.
 *
 * A link that delivers at once can bring the next frame in while the segments of this one are still being sent, so there
 * is one form per depth of such frames within frames. Ordinary frames never come here.
 */
import { Segmenter, TOO_MANY } from '@vde-ts/frame/segment.js'
import { needsFullChecksum, SuperFrame } from '@vde-ts/frame/super-frame.js'

const NOTHING: Uint8Array = new Uint8Array(0)

/** One frame, tagged or not. Valid until the next frame at its depth. */
export class WireForm {
  /** The offload header lies: the frame counts as one, and goes nowhere. */
  isMalformed = false
  /** Has to go with its checksum complete to links with offload too. */
  mustFinish = false
  /** Frames on the wire, and octets of them together. */
  frames = 1
  octets = 0
  /** Octets of the longest of these frames, and of the headers each repeats. */
  largest = 0
  headers = 0

  readonly #frame: SuperFrame = new SuperFrame()
  #segmenter: Segmenter | null = null
  #buf: Uint8Array = NOTHING
  #off = 0
  #len = 0
  /** What the cut answered; 1 or more is how many, CUT_PENDING not cut yet. */
  #cut: number = CUT_PENDING

  /** Forgets the frame: the same octets of the same buffer may be another one next time. */
  forget (): void { this.#buf = NOTHING }

  read (buf: Uint8Array, off: number, len: number): void {
    if (buf === this.#buf && off === this.#off && len === this.#len) return
    this.#buf = buf
    this.#off = off
    this.#len = len
    this.#cut = CUT_PENDING
    const frame = this.#frame
    this.isMalformed = !frame.read(buf, off, len)
    this.frames = this.isMalformed ? 1 : frame.segments
    this.octets = this.isMalformed ? len : frame.octets
    this.largest = frame.largest
    this.headers = frame.isCut ? frame.headers : 0
    this.mustFinish = !this.isMalformed && needsFullChecksum(buf, off, len)
  }

  /** Makes the segments, if they are not there yet. @returns how many, or TOO_MANY. Not of a malformed frame. */
  cut (): number {
    if (this.#cut !== CUT_PENDING) return this.#cut
    this.#segmenter ??= new Segmenter()
    this.#cut = this.#segmenter.cut(this.#buf, this.#off, this.#len)
    return this.#cut
  }

  /** Where segment `i` lies, once {@link cut} has answered more than `i`. */
  get buf (): Uint8Array { return this.#segmenter?.buf ?? NOTHING }
  at (i: number): number { return this.#segmenter?.at(i) ?? 0 }
  len (i: number): number { return this.#segmenter?.len(i) ?? 0 }
}

const CUT_PENDING = TOO_MANY - 1

/** The forms of one switch, by depth. */
export class WireForms {
  /** Frames being passed on, one within the other. Kept by the bridge. */
  depth = 0
  readonly #levels: WireForm[] = [new WireForm()]

  /** A new frame begins at this depth. */
  forget (): void { this.#level().forget() }

  /** The form of the frame being passed on, which is not plain. `off` >= OFFLOAD. */
  of (buf: Uint8Array, off: number, len: number): WireForm {
    const form = this.#level()
    form.read(buf, off, len)
    return form
  }

  #level (): WireForm {
    while (this.#levels.length <= this.depth) this.#levels.push(new WireForm())
    return this.#levels[this.depth]
  }
}
