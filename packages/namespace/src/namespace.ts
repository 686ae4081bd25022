/**
 * A command in network namespaces of its own, without privileges.
 *
 *     caller: startNamespace --> clone(user + net [+ mount] [+ UTS]) --> child makes the taps, sends them up, waits
 *             joins the taps --> release() ----------------------------> child runs the command
 *             exited         <------------------------------------------ its status
 *
 * Everything that happens between the clone and the command is C of `@vde-ts/native`, because a threaded process cannot
 * unshare its user namespace and a child of a threaded process may only do what is async-signal-safe.
 */
import {
  native, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWUTS, IFF_NO_PI, IFF_TAP, type Spawned, type SpawnSpec
} from '@vde-ts/native'
import { loop } from '@vde-ts/link/loop.js'
import { capabilityMask } from './capabilities.ts'
import { checkedHostname, interfaceName } from './interfaces.ts'
import { explain, readFacts } from './refusal.ts'
import { privateFile, resolvContent, type ResolvOptions } from './resolv.ts'
import { makePackets } from './packets.ts'
import { Namespace } from './running.ts'

/** What to run, and what it finds inside. */
export interface NamespaceOptions extends ResolvOptions {
  /** The command and its arguments; searched in the PATH of `env` when it has no slash. */
  readonly command: readonly string[]
  /** Names of the interfaces made inside: down, without address. */
  readonly interfaces?: readonly string[]
  /** What they are: TAPs, or veth pairs with packet sockets, for where /dev/net/tun is missing or closed. Default `tap`. */
  readonly medium?: 'tap' | 'packet'
  /** IFF_* flags of TAPs; default a plain TAP without packet information. */
  readonly tapFlags?: number
  /** MTU of these interfaces; absent: 1500. */
  readonly mtu?: number
  /** Mbit/s that ethtool shows of each TAP; 0, or absent: the kernel's. A veth says 10 000. */
  readonly speeds?: readonly number[]
  /** Hostname inside; absent: the host's. */
  readonly hostname?: string
  /** True: CAP_SYS_ADMIN too, and a mount namespace. */
  readonly sysadm?: boolean
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** `fds[i]` becomes descriptor i of the command; default 0, 1 and 2. Nothing else is inherited. */
  readonly fds?: readonly number[]
  /** Process group, as in SpawnSpec; default the caller's, so that a shell inside keeps the terminal. */
  readonly pgid?: number
}

/**
 * Starts the namespaces and makes the interfaces; the command waits for `release`.
 * @throws {VdeError} with the reason of the refusal and the way out; nothing is left behind
 */
export const startNamespace = (options: NamespaceOptions): Namespace => {
  const interfaces = (options.interfaces ?? []).map(interfaceName)
  if (options.hostname !== undefined) checkedHostname(options.hostname)
  const content = resolvContent(options, process.geteuid?.() === 0)
  const file = content === null ? null : privateFile(content)
  try {
    return furnish(start(options, interfaces, file?.path), interfaces, options)
  } finally {
    // The mount holds the file by now (or there is none).
    file?.remove()
  }
}

/** @throws {VdeError} an interface cannot be made; nothing is left behind */
const furnish = (spawned: Spawned, interfaces: readonly string[], options: NamespaceOptions): Namespace => {
  const namespace = new Namespace(spawned, loop, options.command[0] ?? '')
  if (spawned.packets.length === 0) return namespace
  try {
    namespace.devices = makePackets(spawned, interfaces, options.mtu ?? 0)
    return namespace
  } catch (error) {
    namespace.close()
    for (const fd of spawned.packets) native.close(fd)
    throw error
  }
}

const start = (options: NamespaceOptions, interfaces: readonly string[], resolvConf: string | undefined): Spawned => {
  const hostname = options.hostname
  const cwd = options.cwd
  const sysadm = options.sysadm ?? false
  let namespaces = CLONE_NEWUSER | CLONE_NEWNET
  if (sysadm || resolvConf !== undefined) namespaces |= CLONE_NEWNS
  if (hostname !== undefined) namespaces |= CLONE_NEWUTS
  const result = native.spawn({
    file: options.command[0] ?? '',
    argv: options.command,
    env: environment(options.env ?? process.env),
    fds: options.fds ?? [0, 1, 2],
    pgid: options.pgid ?? -1,
    namespaces,
    capabilities: capabilityMask(sysadm),
    hold: true,
    ...(cwd === undefined ? {} : { cwd }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(resolvConf === undefined ? {} : { resolvConf }),
    ...interfacesOf(options, interfaces)
  })
  if ('step' in result) throw explain(result, readFacts(), { interfaces, hostname: hostname ?? '', cwd: cwd ?? '' })
  return result
}

const interfacesOf = (options: NamespaceOptions, interfaces: readonly string[]): Partial<SpawnSpec> => {
  if (interfaces.length === 0) return {}
  if (options.medium === 'packet') return { packets: interfaces.length }
  return {
    taps: interfaces,
    tapFlags: options.tapFlags ?? (IFF_TAP | IFF_NO_PI),
    tapMtu: options.mtu ?? 0,
    tapSpeeds: options.speeds ?? []
  }
}

const environment = (env: Readonly<Record<string, string | undefined>>): string[] =>
  Object.entries(env).filter(([, value]) => value !== undefined).map(([key, value]) => `${key}=${value}`)
