/** Plain JSON values side by side. */
import type { Difference } from './plan.ts'

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Same JSON, whatever the order of keys; a field that is undefined is not there. */
export const equal = (a: unknown, b: unknown): boolean => {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => equal(item, b[i]))
  if (!isRecord(a) || !isRecord(b)) return false
  return fieldsOf(a, b).every((field) => equal(a[field], b[field]))
}

/** Attributes in which two objects differ. Objects are looked into, lists are compared whole. */
export const differences = (a: unknown, b: unknown, attribute = ''): Difference[] => {
  if (equal(a, b)) return []
  if (!isRecord(a) || !isRecord(b)) return [{ attribute, from: a ?? null, to: b ?? null }]
  return fieldsOf(a, b).flatMap((field) => differences(a[field], b[field], attribute === '' ? field : `${attribute}.${field}`))
}

const fieldsOf = (a: object, b: object): string[] => [...new Set([...Object.keys(a), ...Object.keys(b)])]
