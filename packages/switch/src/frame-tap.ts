/** Somebody who sees the frames of a port: a capture, a mirror. */
import type { WireForms } from './wire-form.ts'

/** Sees frames as they come in (before anything decides on them) or leave (in the form that leaves). */
export interface FrameTap {
  /** Borrowed octets, as everywhere; unfinished when the offload header says so: `forms` knows what it is on the wire. */
  onFrame (isIn: boolean, buf: Uint8Array, off: number, len: number, forms: WireForms): void
}

/** Directions of a port, seen from the switch: what clients send comes in. */
export type Direction = 'in' | 'out' | 'both'

/** @returns a new list, null when it is empty: what is not there costs a frame one comparison. */
export const withTap = (taps: readonly FrameTap[] | null, tap: FrameTap): readonly FrameTap[] => [...(taps ?? []), tap]

/** The reverse of {@link withTap}. */
export const withoutTap = (taps: readonly FrameTap[] | null, tap: FrameTap): readonly FrameTap[] | null => {
  const rest = (taps ?? []).filter((one) => one !== tap)
  return rest.length === 0 ? null : rest
}

/** Shows a frame to all of `taps`. */
export const showFrame = (
  taps: readonly FrameTap[], isIn: boolean, buf: Uint8Array, off: number, len: number, forms: WireForms
): void => {
  for (let i = 0; i < taps.length; i++) taps[i].onFrame(isIn, buf, off, len, forms)
}
