/**
 * What a node does once its interfaces are there: routes, forwarding, address translation. All of it can be done again,
 * so it is, whenever something of the node has changed.
 */
import { dirname } from 'node:path'
import type { Node, Route } from '@vde-ts/model'
import { native } from '@vde-ts/native'
import { VdeError, systemError } from '@vde-ts/link'
import { commandsDir } from '../node/commands.ts'
import type { RunningNode } from '../node/node.ts'

/** Where programs are looked for: first the commands of this suite, last the Node that runs them. */
const PATH = [
  commandsDir, '/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin', dirname(process.execPath)
]

/** What programs in a node find in their environment. */
export const NODE_ENV: Readonly<Record<string, string>> = {
  PATH: PATH.join(':'),
  HOME: '/root',
  USER: 'root',
  LOGNAME: 'root',
  SHELL: '/bin/sh',
  LANG: 'C.UTF-8'
}

const FORWARD = ['net/ipv4/ip_forward', 'net/ipv6/conf/all/forwarding']
const TABLE = 'vdenet'

/** Has `node` do what `now` says, knowing that it did what `old` says (null: nothing yet). @throws {VdeError} */
export const settle = async (node: RunningNode, old: Node | null, now: Node, dir: string): Promise<void> => {
  if (now.forward !== (old?.forward ?? false)) {
    for (const path of FORWARD) await node.sysctl(path, now.forward ? '1' : '0')
  }
  for (const route of old?.routes ?? []) {
    if (!now.routes.some((one) => isSame(one, route))) await tolerate(node.route('remove', route.to, route.via), 'ESRCH')
  }
  for (const { to, via } of now.routes) await tolerate(node.route('add', to, via), 'EEXIST')
  if (now.nat !== (old?.nat ?? null)) await translate(node, now.nat, dir)
}

const isSame = (a: Route, b: Route): boolean => a.to === b.to && a.via === b.via

const tolerate = async (action: Promise<void>, code: string): Promise<void> => {
  try {
    await action
  } catch (error) {
    if (!(error instanceof VdeError) || error.code !== code) throw error
  }
}

/** The rules of address translation towards an interface; null: none. Pure. */
export const natRules = (iface: string | null): string => {
  const clear = `table inet ${TABLE} {}\ndelete table inet ${TABLE}\n`
  if (iface === null) return clear
  const chain = `chain post {\ntype nat hook postrouting priority srcnat\noifname "${iface}" masquerade\n}`
  return `${clear}table inet ${TABLE} {\n${chain}\n}\n`
}

const translate = async (node: RunningNode, iface: string | null, dir: string): Promise<void> => {
  const ends = new Int32Array(2)
  const made = native.pipe(ends, false)
  if (made < 0) throw systemError(made, `translate addresses in ${node.name}`)
  const rules = Buffer.from(natRules(iface))
  native.write(ends[1]!, rules, 0, rules.length)
  native.close(ends[1]!)
  try {
    const nft = node.run({ command: ['nft', '-f', '-'], cwd: dir, fds: [ends[0]!, -1, -1], env: NODE_ENV, pgid: 0 })
    const { code } = await nft.exited
    if (code !== 0) throw new VdeError('EIO', `translate addresses in ${node.name}`, `nft ended with ${code}, wanted 0`)
  } finally { native.close(ends[0]!) }
}
