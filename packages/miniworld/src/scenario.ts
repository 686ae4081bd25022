/**
 * A scenario of MiniWorld, read as it is: JSON with comments, every key checked, each looked up in the order
 *
 *     node_details.<id>.PATH      PATH      the default
 */
import { checkConfig, checkScenario } from './keys.ts'
import { plainOf, readJsonc, type Source, type Value } from './jsonc.ts'

/** Defaults, by path. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  cnt_nodes: 0,
  'provisioning.parallel': true,
  'network.backend.name': 'bridged',
  'network.backend.connection_mode': 'single',
  'network.links.interfaces': ['mesh'],
  'network.links.configuration.auto_ipv4': true,
  'network.links.configuration.nic_prefix': 'eth',
  'network.links.configuration.ip_provisioner.base_network_cidr': '10.0.0.0/8',
  'network.links.configuration.ip_provisioner.prefixlen': 16,
  'network.links.configuration.connectivity_check.enabled': true,
  'network.links.configuration.connectivity_check.timeout': 60,
  'network.links.configuration.connectivity_check.cmd': 'ping -c 1 -w {timeout} {ip}',
  'network.core.topologies': [],
  'network.core.mode': 'wifi',
  'network.core.loop': false,
  'walk_model.seed': 1,
  'walk_model.width': 100,
  'walk_model.height': 100,
  'walk_model.speed': [1, 5],
  'walk_model.pause': 0,
  'walk_model.leg': 10
}

/** A checked scenario. */
export class Scenario {
  readonly name: string
  /** As loaded, for `info scenario`. */
  readonly plain: unknown
  readonly #root: Value

  constructor (root: Value) {
    checkScenario(root)
    const scenario = root.fields.get('scenario')
    if (scenario === undefined) throw root.wrong('no scenario', 'its name')
    this.#root = root
    this.name = String(scenario.scalar)
    this.plain = plainOf(root)
  }

  /** How many nodes; their ids are 1 to this. */
  get nodes (): number { return this.look<number>('cnt_nodes') ?? 0 }

  /** What is said at `path`, for one node or for all; the default where nothing is. */
  look<T> (path: string, node?: number): T | null {
    const found = this.at(path, node)
    return (found === null ? DEFAULTS[path] ?? null : plainOf(found)) as T | null
  }

  /** The value of the file itself, for errors that name its place; null: the file does not say. */
  at (path: string, node?: number): Value | null {
    const steps = path.split('.')
    const own = node === undefined ? null : follow(this.#root, ['node_details', String(node), ...steps])
    const found = own ?? follow(this.#root, steps)
    return found === null || found.kind === 'null' ? null : found
  }

  /** The error of what stands at `path`, or of the whole file. */
  wrong (path: string, found: string, wanted: string): SyntaxError {
    return (this.at(path) ?? this.#root).wrong(found, wanted, path)
  }
}

const follow = (root: Value, steps: readonly string[]): Value | null => {
  let at: Value | undefined = root
  for (const step of steps) at = at?.fields.get(step)
  return at ?? null
}

/**
 * @param change JSON that is laid over the file: objects are merged key by key, everything else is replaced
 * @throws {SyntaxError} what is wrong, with its line and path
 */
export const readScenario = (source: Source, change: string | null = null): Scenario => {
  const root = readJsonc(source)
  const over = change === null ? null : readJsonc({ name: 'the JSON of -cs', text: change })
  if (over !== null && over.kind !== 'object') throw over.wrong(`an ${over.kind}`, 'an object')
  return new Scenario(over === null ? root : merge(root, over))
}

const merge = (below: Value, above: Value): Value => {
  if (below.kind !== 'object' || above.kind !== 'object') return above
  const fields = new Map(below.fields)
  for (const [key, value] of above.fields) fields.set(key, fields.has(key) ? merge(fields.get(key)!, value) : value)
  return { ...below, fields }
}

/** What the global configuration says that matters here. */
export interface Config {
  /** Name of the management network; null: there is none. */
  readonly management: string | null
  /** Seconds. */
  readonly timeStep: number
}

/** Without a file: as MiniWorld's sample has it, which its server writes when it finds none. */
export const USUAL_CONFIG: Config = { management: 'mgmt', timeStep: 1 }

/** @throws {SyntaxError} what is wrong, with its line and path */
export const readConfig = (source: Source): Config => {
  const root = readJsonc(source)
  checkConfig(root)
  const scalar = (...steps: string[]): unknown => follow(root, steps)?.scalar
  const device = String(scalar('management', 'device') ?? USUAL_CONFIG.management)
  if (!/^[A-Za-z][A-Za-z0-9_.-]{0,14}$/.test(device)) {
    throw follow(root, ['management', 'device'])!.wrong(`"${device.slice(0, 40)}"`, 'the name of an interface')
  }
  return {
    // Written by hand without the key, a configuration has no such network: that is the original's default.
    management: scalar('management', 'use') === true ? device : null,
    timeStep: Number(scalar('simulation', 'time_step') ?? USUAL_CONFIG.timeStep)
  }
}
