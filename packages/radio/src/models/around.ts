/** Models around another model: what keeps links from flapping at an edge, and what is added to each direction. */
import type { Quality, QualityModel } from '../quality.ts'

/** Just inside of a distance: models that round may have a link there and none at the distance itself. */
const INSIDE = 1 - 2 ** -40

/**
 * A direction opens nearer than `connect` metres and closes beyond `disconnect`: in between it stays what it is. Where it is
 * open and the inner model has no link any more, it has the quality of the last place on the way in, just inside of `connect`.
 * @throws {RangeError} not 0 < connect <= disconnect, or the inner model does not reach as far as `connect`
 */
export const hysteresis = (inner: QualityModel, connect: number, disconnect: number): QualityModel => {
  if (!(connect > 0 && connect <= disconnect)) {
    throw new RangeError(`Cannot make the model: found hysteresis from ${connect} to ${disconnect} m, want connect above 0 and at most disconnect`)
  }
  if (connect > inner.reach) {
    throw new RangeError(`Cannot make the model: found connect ${connect} m, want at most ${inner.reach} m, as far as the model reaches`)
  }
  return {
    reach: disconnect,
    quality: (distance, from, to, isOpen) => {
      if (isOpen ? distance > disconnect : distance >= connect) return null
      const found = distance > inner.reach ? null : inner.quality(distance, from, to, isOpen)
      return found ?? (isOpen ? inner.quality(connect * INSIDE, from, to, isOpen) : null)
    }
  }
}

/** Makes another quality of one. */
export type Adjust = (quality: Quality) => Quality

/** Each quality of the inner model, and on it what `of` says of the direction: asymmetry, loss that the model does not know. */
export const adjusted = (inner: QualityModel, of: (from: string, to: string) => Adjust | null): QualityModel => ({
  reach: inner.reach,
  quality: (distance, from, to, isOpen) => {
    const found = inner.quality(distance, from, to, isOpen)
    if (found === null) return null
    const adjust = of(from, to)
    return adjust === null ? found : adjust(found)
  }
})
