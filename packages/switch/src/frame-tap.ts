/** Somebody who sees the frames of a port: a capture, a mirror. */
import { isPlain } from '@vde-ts/frame/offload.js'
import type { WireForms } from './wire-form.ts'

/** Sees frames as they come in (before anything decides on them) or leave (in the form that leaves). */
export interface FrameTap {
  /** It watches all ports there are: when this one goes, so does it. */
  readonly goesWithPort?: boolean
  /** Borrowed octets, as everywhere; unfinished when the offload header says so: `forms` knows what it is on the wire. */
  onFrame (isIn: boolean, buf: Uint8Array, off: number, len: number, forms: WireForms): void
}

/** Somebody who wants frames as they are on the wire: super-frames cut, checksums complete. */
export interface WireWatcher {
  /** Borrowed octets. */
  onWireFrame (port: number, isIn: boolean, buf: Uint8Array, off: number, len: number): void
  /** So many frames could not be made of what passed. */
  onUncut (frames: number): void
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

/** Shows `watcher` what a frame is on the wire; it is cut once for all who watch and all links. */
export const showWire = (
  watcher: WireWatcher, port: number, isIn: boolean, buf: Uint8Array, off: number, len: number, forms: WireForms
): void => {
  if (isPlain(buf, off)) {
    watcher.onWireFrame(port, isIn, buf, off, len)
    return
  }
  const form = forms.of(buf, off, len)
  const count = form.isMalformed ? 0 : form.cut()
  if (count <= 0) watcher.onUncut(form.frames)
  for (let i = 0; i < count; i++) watcher.onWireFrame(port, isIn, form.buf, form.at(i), form.len(i))
}

/** Shows a frame to all of `taps`. */
export const showFrame = (
  taps: readonly FrameTap[], isIn: boolean, buf: Uint8Array, off: number, len: number, forms: WireForms
): void => {
  for (let i = 0; i < taps.length; i++) taps[i].onFrame(isIn, buf, off, len, forms)
}
