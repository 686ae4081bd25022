/**
 * The keys of a scenario and of the global configuration: what each is, as a table. Keys that this suite has no use for, as
 * those of QEMU, are known and checked, so that a scenario is read as it is; a key that is not here is an error.
 */
import { nearestHint } from '@vde-ts/vnl/nearest.js'
import { shown, type Value } from './jsonc.ts'

/** Refuses a value that its key may not have. @throws {SyntaxError} */
export type KeyCheck = (value: Value) => void
/** Keys of an object. */
export interface Keys { readonly [key: string]: KeyCheck | Keys }

const must = (value: Value, isSound: boolean, wanted: string): void => {
  if (!isSound) throw value.wrong(shown(value), wanted)
}

const text: KeyCheck = (value) => must(value, value.kind === 'string' && value.scalar !== '' && !String(value.scalar).includes('\0'), 'a text')
const flag: KeyCheck = (value) => must(value, value.kind === 'boolean', 'true or false')
const whole = (least: number, most: number): KeyCheck => (value) =>
  must(value, Number.isInteger(value.scalar) && Number(value.scalar) >= least && Number(value.scalar) <= most, `a whole number of ${least} to ${most}`)
const number = (least: number, most: number): KeyCheck => (value) =>
  must(value, typeof value.scalar === 'number' && value.scalar >= least && value.scalar <= most, `a number of ${least} to ${most}`)
const oneOf = (...names: readonly string[]): KeyCheck => (value) =>
  must(value, names.includes(String(value.scalar)) && value.kind === 'string', `one of ${names.join(', ')}`)
const regex: KeyCheck = (value) => {
  text(value)
  // Whether it is one of Python's is not checked: nothing here looks for it.
}
const list = (check: KeyCheck): KeyCheck => (value) => {
  must(value, value.kind === 'array', 'a list')
  value.items.forEach(check)
}
const any: KeyCheck = (value) => must(value, value.kind === 'object', 'an object')
const or = (check: KeyCheck, ...others: readonly unknown[]): KeyCheck => (value) => { if (!others.includes(value.kind === 'null' ? null : value.scalar)) check(value) }

const topology: KeyCheck = (value) => {
  must(value, value.kind === 'array' && value.items.length === 2, 'a pair of seconds and a file')
  number(0, 1e9)(value.items[0]!)
  text(value.items[1]!)
}
const pair: KeyCheck = (value) => {
  must(value, value.kind === 'array' && value.items.length === 2, 'a pair of numbers')
  value.items.forEach(number(-1e9, 1e9))
}
const positions: KeyCheck = (value) => {
  must(value, value.kind === 'object', 'an object of node: [x, y]')
  for (const one of value.fields.values()) pair(one)
}

const COMMANDS: Keys = { shell_cmds: list(text), shell_cmd_file_path: text }

/** The interface classes, and the numbers that MACs have of them. */
export const INTERFACE_CLASSES = { ap: 1, mesh: 2, adhoc: 3, bluetooth: 4, wifidirect: 5, hubwifi: 6, management: 10 } as const
/** Movements: MiniWorld's, and ours. */
export const WALKS = ['core', 'RandomWalk', 'MoveOnBigStreets', 'arma', 'random-walk', 'random-waypoint', 'static'] as const

const SCENARIO: Keys = {
  scenario: text,
  cnt_nodes: whole(0, 99_999),
  walk_model: {
    name: oneOf(...WALKS),
    filepath: text,
    // Ours, for what needs no road map.
    seed: whole(0, Number.MAX_SAFE_INTEGER),
    width: number(0, 1e9),
    height: number(0, 1e9),
    speed: pair,
    pause: number(0, 1e9),
    leg: number(0.001, 1e9),
    positions
  },
  provisioning: {
    image: text,
    regex_shell_prompt: regex,
    regex_boot_completed: regex,
    parallel: flag,
    boot_mode: oneOf('selectors', 'pexpect'),
    overlay_images: list(text),
    shell: { pre_network_start: COMMANDS, post_network_start: COMMANDS }
  },
  qemu: { ram: text, nic: { model: text }, qemu_user_addition: or(text, '', null) },
  network: {
    backend: {
      name: oneOf('bridged', 'vde'),
      connection_mode: oneOf('single', 'multi'),
      execution_mode: { name: oneOf('brctl', 'iproute2', 'pyroute2'), batch: flag, parallel: flag, one_shell_call: flag },
      event_hook_script: text,
      distributed_mode: oneOf('gretap', 'vxlan', 'vlan'),
      tunnel_endpoints: or(any, null),
      num_ports: whole(1, 65537)
    },
    links: {
      model: text,
      bandwidth: or(number(0, 1e9), null),
      interfaces: list(oneOf(...Object.keys(INTERFACE_CLASSES).filter((name) => name !== 'management'))),
      configuration: {
        auto_ipv4: flag,
        nic_prefix: text,
        ip_provisioner: { name: oneOf('p2p', 'same_subnet'), base_network_cidr: text, prefixlen: whole(1, 31) },
        connectivity_check: { enabled: flag, timeout: whole(1, 3600), cmd: text }
      }
    },
    core: { topologies: list(topology), mode: oneOf('lan', 'wifi'), loop: flag }
  },
  distributed: { server_id: or(whole(0, 1e6), null), server_node_mapping: or(any, null) }
}

const CONFIG: Keys = {
  server: { address: text, execution_mode: any, port: whole(1, 65535) },
  logging: any,
  management: { use: flag, device: text },
  simulation: { time_step: number(0.001, 1e6) },
  qemu: { snapshot_boot: flag },
  provisioning: { boot_wait_timeout: number(0, 1e6), boot_prompt_timeout: number(0, 1e6) },
  distributed: { use: flag, cnt_servers: whole(1, 1e6), scheduler: oneOf('equal', 'score') },
  network: {
    protocol: {
      name: oneOf('json', 'msgpack'),
      zeromq: { mode: oneOf('multicast', 'p2p'), publish_individual_distance_matrices: flag },
      publish_individual_distance_matrices: flag
    }
  }
}

/** Every key with its path, for finding where a misplaced one belongs. */
const pathsOf = (keys: Keys, before: string): string[] => Object.entries(keys).flatMap(([key, inner]) => {
  const path = before === '' ? key : `${before}.${key}`
  return typeof inner === 'function' ? [path] : [path, ...pathsOf(inner, path)]
})
const SCENARIO_PATHS = pathsOf(SCENARIO, '')

/** @throws {SyntaxError} the first key that is not there, or value that it may not have */
export const checkScenario = (root: Value): void => {
  const { node_details: _, ...rest } = Object.fromEntries(root.fields)
  must(root, root.kind === 'object', 'an object')
  checkKeys({ ...root, fields: new Map(Object.entries(rest)) }, SCENARIO, 'node_details')
  const details = root.fields.get('node_details')
  if (details === undefined) return
  must(details, details.kind === 'object', 'an object of node: keys')
  for (const [id, keys] of details.fields) {
    if (!/^[1-9]\d{0,4}$/.test(id)) throw keys.wrong(`the node "${id.slice(0, 40)}"`, 'its number')
    checkKeys(keys, SCENARIO)
  }
}

/** @throws {SyntaxError} as {@link checkScenario} */
export const checkConfig = (root: Value): void => { checkKeys(root, CONFIG) }

const checkKeys = (value: Value, keys: Keys, ...more: readonly string[]): void => {
  must(value, value.kind === 'object', 'an object')
  for (const [key, field] of value.fields) {
    const known = Object.hasOwn(keys, key) ? keys[key]! : null
    if (known === null) throw field.wrong('a key that is not known', `${whereItBelongs(key, keys, field.path) ?? `one of ${[...Object.keys(keys), ...more].join(', ')}`}`)
    if (typeof known === 'function') known(field)
    else checkKeys(field, known)
  }
}

/** A key in the wrong place, or a slip of the fingers. */
const whereItBelongs = (key: string, keys: Keys, path: string): string | null => {
  const places = SCENARIO_PATHS.filter((one) => one === key || one.endsWith(`.${key}`))
  if (places.length > 0 && keys !== CONFIG) return `it as ${places.slice(0, 3).join(' or ')}`
  const hint = nearestHint(key, Object.keys(keys))
  return hint === null ? null : `another (${hint.replace(`"${key}"`, path)})`
}
