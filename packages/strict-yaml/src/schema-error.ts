/** What a schema's refusal means, in words. */
import type { ErrorObject } from 'ajv'
import { nearestHint } from '@vde-ts/vnl/nearest.js'
import { pathText, type Path } from './finding.ts'
import type { Spot } from './places.ts'

/** What is wrong with a name is told once, by the map that has it. */
export const isDoubled = (error: ErrorObject): boolean => error.propertyName !== undefined && error.keyword !== 'propertyNames'

/** A refusal explained. */
export interface Explanation {
  readonly code: string
  /** For people; of an unknown key the key's own, also where only the map around it has a place. */
  readonly path: string
  /** For looking up the place. */
  readonly where: Path
  readonly spot: Spot
  readonly message: string
  readonly hint: string | null
}

/** Longest piece of a file that is shown in a message. */
const SHOWN = 60

/** @param error of a validator with `verbose` */
export const explain = (error: ErrorObject): Explanation => {
  const path = stepsOf(error.instancePath)
  const told = (code: string, message: string, where: Path = path, spot: Spot = 'value', hint: string | null = null): Explanation =>
    ({ code, path: pathText(where), where, spot, message, hint })
  const params = error.params as Readonly<Record<string, unknown>>
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty'])
      return told('KEY_UNKNOWN', `no such key "${cut(key)}"`, [...path, key], 'key', nearestKey(key, error.parentSchema))
    }
    case 'required': return told('KEY_MISSING', `key "${String(params['missingProperty'])}" is missing`)
    case 'type': return told('VALUE_TYPE', `found ${show(error.data)}, want ${wanted(error) ?? listed(params['type'])}`)
    case 'propertyNames': {
      const name = String(params['propertyName'])
      return told('VALUE_INVALID', `found the name "${cut(name)}", want ${describedBy(error.schema) ?? 'another'}`, [...path, name], 'key')
    }
    case 'enum': return enumRefusal(error, told)
    case 'const': return told('VALUE_INVALID', `found ${show(error.data)}, want ${JSON.stringify(params['allowedValue'])}`)
    default: return told('VALUE_INVALID', `found ${show(error.data)}, want ${wanted(error) ?? error.message ?? 'something else'}`)
  }
}

const enumRefusal = (
  error: ErrorObject, told: (code: string, message: string, where?: Path, spot?: Spot, hint?: string | null) => Explanation
): Explanation => {
  const allowed = ((error.params as { allowedValues?: unknown[] }).allowedValues ?? []).map(String)
  const hint = nearestHint(String(error.data), allowed)
  return told('VALUE_INVALID', `found ${show(error.data)}, want one of ${allowed.join(', ')}`, undefined, undefined, hint)
}

/** JSON pointer to steps; numbers stay text, since a map may have them as keys too. */
const stepsOf = (pointer: string): Array<string | number> => pointer.split('/').slice(1)
  .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  .map((step) => /^\d{1,9}$/.test(step) ? Number(step) : step)

const nearestKey = (key: string, schema: ErrorObject['parentSchema']): string | null => {
  const known = Object.keys((schema?.['properties'] as object | undefined) ?? {})
  return nearestHint(key, known) ?? (known.length === 0 ? null : `want one of ${known.join(', ')}`)
}

/** The schema's own words for what stands here. */
const wanted = ({ parentSchema }: ErrorObject): string | null => describedBy(parentSchema)

const describedBy = (schema: unknown): string | null => {
  const description = (schema as { description?: unknown } | undefined)?.description
  return typeof description === 'string' ? description : null
}

const TYPES: Readonly<Record<string, string>> =
  { object: 'a map', array: 'a list', string: 'text', integer: 'a whole number', number: 'a number', boolean: 'true or false', null: 'nothing' }

const listed = (type: unknown): string => [type].flat().map((one) => TYPES[String(one)] ?? String(one)).join(' or ')

const cut = (text: string): string => text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text

const show = (value: unknown): string => {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'a map' : cut(JSON.stringify(value))
}
