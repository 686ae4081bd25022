/** Whether two qualities are the same knobs, though other objects. Looks no deeper than settings go, and makes nothing. */
import { NOTHING } from '@vde-ts/impair/settings.js'
import type { Quality } from './quality.ts'

const KEYS = Object.keys(NOTHING) as Array<keyof Quality>

/** Same settings, value for value. */
export const equalQualities = (a: Quality, b: Quality): boolean => {
  for (const key of KEYS) if (!equalFields(a[key], b[key])) return false
  return true
}

const equalFields = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (ArrayBuffer.isView(a) !== ArrayBuffer.isView(b)) return false
  for (const key in a) if (!equalFields(a[key as keyof typeof a], b[key as keyof typeof b])) return false
  for (const key in b) if (!(key in a)) return false
  return true
}
