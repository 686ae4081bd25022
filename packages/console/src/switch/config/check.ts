/** What a schema cannot say: things in a file that do not go together, or not with the switch that runs. */
import { DEFAULT_PORTS } from '@vde-ts/switch'
import type { SwitchContext } from '../context.ts'
import type { ConfigProblem } from './files.ts'
import { FIXED_SETTINGS } from './fixed-settings.ts'
import { LIST_SETTINGS } from './list-settings.ts'
import { valueAt, type Flat } from './setting.ts'

type Value = Readonly<Record<string, unknown>>

/** What makes two items of a list one thing. */
const IDENTITY: Readonly<Record<string, readonly string[]>> = {
  mirrors: ['port', 'to'], addresses: ['vlan', 'mac'], captures: ['file'], 'tree.bonus': ['vlan'], multicast: ['vlan'], taps: []
}

/** Everything that is wrong with `flat`. */
export const checkConfig = (flat: Flat): ConfigProblem[] => [...checkPorts(flat), ...checkLists(flat), ...checkHub(flat)]

function * checkHub (flat: Flat): Generator<ConfigProblem> {
  if (flat.get('switch.hub') === true && flat.get('tree.enabled') === true) {
    yield { path: ['tree', 'enabled'], message: 'found true, and switch.hub is true: a hub has no tree, want one of them' }
  }
}

function * checkPorts (flat: Flat): Generator<ConfigProblem> {
  const most = (flat.get('switch.ports') ?? DEFAULT_PORTS) as number
  const seen = new Set<string>()
  for (const key of flat.keys()) {
    const [section, port = ''] = key.split('.')
    if (section !== 'ports' || seen.has(port) || Number(port) <= most) continue
    seen.add(port)
    yield { path: ['ports', port], message: `found port ${port}, want at most switch.ports, which is ${most}` }
  }
}

function * checkLists (flat: Flat): Generator<ConfigProblem> {
  const most = (flat.get('switch.ports') ?? DEFAULT_PORTS) as number
  const vlans = new Set([0, ...(flat.get('vlans') ?? []) as number[]])
  for (const { key } of LIST_SETTINGS) {
    const keys = IDENTITY[key]
    if (keys === undefined) continue
    const seen = new Set<string>()
    for (const item of (flat.get(key) ?? []) as readonly unknown[]) {
      const path = key.split('.')
      const identity = keys.length === 0 ? String(item) : keys.map((field) => (item as Value)[field]).join(' ')
      if (seen.has(identity)) yield { path, message: `found ${identity} twice, want it once` }
      seen.add(identity)
      const { port, to, vlan } = item as Value
      for (const number of [port, to]) {
        if (number !== undefined && (number as number) > most) yield { path, message: `found port ${String(number)}, want at most switch.ports, which is ${most}` }
      }
      if (vlan !== undefined && !vlans.has(vlan as number)) yield { path, message: `found VLAN ${String(vlan)}, want one of vlans` }
    }
  }
}

/** What a file decides otherwise than the start did. */
export const checkFixed = ({ facts }: SwitchContext, value: Value): ConfigProblem[] => {
  const fixed = facts.fixed ?? {}
  return FIXED_SETTINGS.flatMap(({ key }) => {
    const path = key.split('.')
    const found = valueAt(value, path)
    if (found === undefined || String(found) === String(fixed[key] ?? '')) return []
    return [{ path, message: `found ${JSON.stringify(found)}, want ${JSON.stringify(fixed[key] ?? null)}: it cannot be changed while the switch runs` }]
  })
}
