/** What a schema cannot say: things in a file that do not go together, or not with the switch that runs. */
import { DEFAULT_PORTS } from '@vde-ts/switch'
import type { ConfigProblem } from './files.ts'
import { FIXED_SETTINGS } from './fixed-settings.ts'
import { Misfits } from './misfits.ts'
import { valueAt, type FileContext, type Flat } from './setting.ts'
import type { Flattened, Placed } from './values.ts'

type Value = Readonly<Record<string, unknown>>

/** What makes two items of a list one thing. */
const IDENTITY: Readonly<Record<string, readonly string[]>> = {
  mirrors: ['port', 'to'], addresses: ['vlan', 'mac'], captures: ['file'], 'tree.bonus': ['vlan'], multicast: ['vlan'], taps: []
}

/** Everything that is wrong with a file of which `misfits` are known already, and of what needs those nothing. */
export const checkConfig = ({ flat, lists }: Flattened, misfits: Misfits = new Misfits()): ConfigProblem[] => {
  const ports = misfits.touches(['switch', 'ports']) ? Infinity : (flat.get('switch.ports') ?? DEFAULT_PORTS) as number
  const areVlansKnown = !misfits.touches(['vlans']) && !misfits.touches(['ports', '*', 'vlan'])
  const vlans = areVlansKnown ? new Set([0, ...(flat.get('vlans') ?? []) as number[]]) : null
  const found = [...lists].flatMap(([key, items]) =>
    [...checkTwice(items, IDENTITY[key]), ...items.flatMap((one) => [...checkNames(one, ports, vlans)])])
  return [...checkPorts(flat, ports), ...found, ...checkHub(flat)]
}

function * checkHub (flat: Flat): Generator<ConfigProblem> {
  if (flat.get('switch.hub') === true && flat.get('tree.enabled') === true) {
    yield { path: ['tree', 'enabled'], message: 'found true, and switch.hub is true: a hub has no tree, want one of them' }
  }
}

function * checkPorts (flat: Flat, most: number): Generator<ConfigProblem> {
  const seen = new Set<string>()
  for (const key of flat.keys()) {
    const [section, port = ''] = key.split('.')
    if (section !== 'ports' || seen.has(port) || Number(port) <= most) continue
    seen.add(port)
    yield { path: ['ports', port], message: `found port ${port}, want at most switch.ports, which is ${most}` }
  }
}

function * checkTwice (items: readonly Placed[], fields: readonly string[] = []): Generator<ConfigProblem> {
  const seen = new Set<string>()
  for (const { path, item } of items) {
    const identity = fields.length === 0 ? String(item) : fields.map((field) => (item as Value)[field]).join(' ')
    if (seen.has(identity)) yield { path, message: `found ${identity} twice, want it once` }
    seen.add(identity)
  }
}

/** The ports and the VLAN that an item names. @param vlans null: nobody knows */
function * checkNames ({ path, item }: Placed, ports: number, vlans: ReadonlySet<number> | null): Generator<ConfigProblem> {
  const named = item as { readonly port?: number, readonly to?: number, readonly vlan?: number }
  for (const field of ['port', 'to'] as const) {
    const number = named[field]
    if (number !== undefined && number > ports) {
      yield { path: [...path, field], message: `found port ${number}, want at most switch.ports, which is ${ports}` }
    }
  }
  const { vlan } = named
  if (vlan !== undefined && vlans?.has(vlan) === false) yield { path: [...path, 'vlan'], message: `found VLAN ${vlan}, want one of vlans` }
}

/** What a file decides otherwise than the start did. */
export const checkFixed = ({ facts }: FileContext, value: Value, misfits: Misfits): ConfigProblem[] => {
  const fixed = facts.fixed ?? {}
  return FIXED_SETTINGS.flatMap(({ key }) => {
    const path = key.split('.')
    const found = misfits.touches(path) ? undefined : valueAt(value, path)
    if (found === undefined || String(found) === String(fixed[key] ?? '')) return []
    return [{ path, message: `found ${JSON.stringify(found)}, want ${JSON.stringify(fixed[key] ?? null)}: it cannot be changed while the switch runs` }]
  })
}
