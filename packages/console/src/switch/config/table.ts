/** Every row, and the JSON Schema they make. */
import { MAX_PORTS } from '@vde-ts/switch'
import { FIXED_SETTINGS } from './fixed-settings.ts'
import { LIST_SETTINGS } from './list-settings.ts'
import { PLUGIN_SETTINGS } from './plugin-settings.ts'
import { PORT_SETTINGS } from './port-settings.ts'
import type { Schema, Setting } from './setting.ts'
import { SWITCH_SETTINGS } from './switch-settings.ts'

/** Rows of the switch that have one value, in the order in which they are set. */
export const SETTINGS: readonly Setting[] = [...SWITCH_SETTINGS, ...PLUGIN_SETTINGS]

/** Sections of a file, in their order. */
export const SECTIONS: readonly string[] =
  ['sockets', 'management', 'metrics', 'switch', 'limits', 'vlans', 'hash', 'tree', 'ports', 'mirrors', 'addresses', 'multicast', 'captures', 'taps', 'plugins']

type Grown = { [key: string]: unknown }

/** A row under its key, in maps of maps. */
const grow = (root: Grown, key: string, schema: Schema): void => {
  const steps = key.split('.')
  const last = steps.pop()!
  let at = root
  for (const step of steps) {
    const next = (at[step] ??= { type: 'object', description: 'a map', additionalProperties: false, properties: {} }) as { properties: Grown }
    at = next.properties
  }
  at[last] = schema
}

const propertiesOf = (rows: ReadonlyArray<{ readonly key: string, readonly schema: Schema }>): Grown => {
  const root: Grown = {}
  for (const { key, schema } of rows) grow(root, key, schema)
  return root
}

const ports = (): Schema => ({
  title: 'what is set for ports, by their number',
  type: 'object',
  description: 'a map of ports by number',
  propertyNames: { pattern: '^[1-9][0-9]{0,4}$', description: `a number in 1..${MAX_PORTS}` },
  additionalProperties: { type: 'object', additionalProperties: false, properties: propertiesOf(PORT_SETTINGS), description: 'a map of what is set for the port' }
})

/** What a file may say, as a JSON Schema (draft 7). */
export const configSchema = (): Schema => {
  const found = propertiesOf([...FIXED_SETTINGS, ...SETTINGS, ...LIST_SETTINGS, { key: 'ports', schema: ports() }])
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of vde_switch',
    type: ['object', 'null'],
    description: 'a map of settings',
    additionalProperties: false,
    properties: Object.fromEntries(SECTIONS.map((section) => [section, found[section]]))
  }
}
