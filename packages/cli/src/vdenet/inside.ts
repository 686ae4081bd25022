/**
 * vdenet: commands in a node. Whoever types them joins the node's namespaces: their terminal, descriptors and process group
 * are the command's, and no octet passes through anybody.
 */
import { closeSync, openSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { NodeControl } from '@vde-ts/lab/node/control.js'
import { RunningNode } from '@vde-ts/lab/node/node.js'
import { NODE_ENV } from '@vde-ts/lab/realm/settle.js'
import type { NodePlace } from '@vde-ts/lab/daemon/protocol.js'
import { native } from '@vde-ts/native'
import { environment, startChild, type Child } from '@vde-ts/link/child.js'
import { VdeError } from '@vde-ts/link/errors.js'
import { fileError } from '@vde-ts/link/socket-file.js'
import { UsageError, type Parsed } from '../command.ts'
import type { Program } from '../run.ts'
import { print } from '../stdout.ts'
import { commandError } from '../vdens/start.ts'
import { needDaemon } from './control.ts'

const place = async (lab: string | null, node: string): Promise<NodePlace> => await (await needDaemon()).ask({ op: 'where', lab, node })

/** Runs a command in a node with these descriptors, and answers its status. */
const runIn = async (
  program: Program, { socket, cwd }: NodePlace, name: string, command: readonly string[], fds: readonly number[] = [0, 1, 2],
  isShell: boolean = false
): Promise<number> => {
  const node = new RunningNode(name, NodeControl.connect(socket, name))
  const { TERM = 'dumb' } = process.env
  try {
    const child = node.run({ command, cwd, fds, env: { ...NODE_ENV, TERM, PS1: `${name}# ` }, pgid: isShell ? 0 : -1 })
    // Keys reach the command itself: it is in our process group.
    for (const signal of ['SIGINT', 'SIGQUIT'] as const) program.onSignal(signal, () => {})
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) program.onSignal(signal, () => { child.signal(signal) })
    if (isShell) giveTerminal(child)
    return (await child.exited).code
  } catch (error) {
    throw commandError(command[0]!, NODE_ENV['PATH'], error)
  } finally {
    if (isShell) native.terminalGroup(0, native.getpgid(0))
    node.close()
  }
}

/** A shell wants a process group that it can see, and ours is none in its PID namespace. It may have asked too early. */
const giveTerminal = (child: Child): void => {
  native.terminalGroup(0, child.pid)
  child.signal('SIGCONT')
}

/** vdenet exec NODE COMMAND */
export const execCommand = async (program: Program, { values, operands }: Parsed): Promise<number> => {
  const [node, ...command] = operands
  return await runIn(program, await place(values.text('lab') ?? null, node!), node!, command[0] === '--' ? command.slice(1) : command)
}

/** vdenet shell NODE */
export const shellCommand = async (program: Program, { values, operands }: Parsed): Promise<number> => {
  const node = operands[0]!
  const shell = process.env['SHELL'] ?? '/bin/sh'
  return await runIn(program, await place(values.text('lab') ?? null, node), node, [shell], [0, 1, 2], native.isTty(0))
}

/** `NODE:PATH`, or null: a file outside. A name with a slash in front of its colon is outside. */
const inNode = (text: string): readonly [node: string, path: string] | null => {
  const colon = text.indexOf(':')
  return colon <= 0 || text.slice(0, colon).includes('/') ? null : [text.slice(0, colon), text.slice(colon + 1)]
}

/** vdenet cp A B */
export const cpCommand = async (program: Program, { values, operands }: Parsed): Promise<number> => {
  const [from, to] = [inNode(operands[0]!), inNode(operands[1]!)]
  const lab = values.text('lab') ?? null
  if ((from === null) === (to === null)) {
    throw new UsageError('Cannot copy: one of the two is in a node, as in NODE:/etc/hosts, and the other is not')
  }
  return from === null
    ? await copyIn(program, await place(lab, to![0]), operands[0]!, to!)
    : await copyOut(program, await place(lab, from[0]), from, operands[1]!)
}

const opened = (path: string, flags: string): number => {
  try {
    return openSync(path, flags)
  } catch (error) { throw fileError(error, `copy "${path}"`) }
}

const copyIn = async (
  program: Program, where: NodePlace, path: string, [node, target]: readonly [string, string]
): Promise<number> => {
  const fd = opened(path, 'r')
  const script = 'if [ -d "$1" ]; then cat > "$1/$2"; else cat > "$1"; fi'
  const code = await runIn(program, where, node, ['sh', '-c', script, 'sh', target === '' ? '.' : target, basename(path)], [fd, 1, 2])
  closeSync(fd)
  return code
}

const copyOut = async (
  program: Program, where: NodePlace, [node, source]: readonly [string, string], path: string
): Promise<number> => {
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  const fd = opened(isDirectory ? join(path, basename(source)) : path, 'w')
  const code = await runIn(program, where, node, ['cat', '--', source], [0, fd, 2])
  closeSync(fd)
  return code
}

/** vdenet capture NODE:IF|LINK [FILTER] */
export const captureCommand = async (program: Program, { values, operands }: Parsed): Promise<number> => {
  const [target, ...filter] = operands
  const lab = values.text('lab') ?? null
  const [node, iface] = inNode(target!.includes('--') ? target!.split('--')[0]! : target!) ?? await endOf(lab, target!)
  const where = await place(lab, node)
  const file = values.text('write') ?? '-'
  if (file === '-') return await runIn(program, where, node, tcpdump(iface, filter))
  const fd = opened(file, 'w')
  const code = await runIn(program, where, node, tcpdump(iface, filter), [0, fd, 2])
  closeSync(fd)
  return code
}

/** Each frame as it comes: whoever reads may be looking on, and what a ring still holds at the end is lost. */
const tcpdump = (iface: string, filter: readonly string[]): string[] =>
  ['tcpdump', '-U', '--immediate-mode', '-i', iface, '-w', '-', ...filter]

/** The first end of a link. */
const endOf = async (lab: string | null, link: string): Promise<readonly [string, string]> => {
  const { links } = await (await needDaemon()).ask({ op: 'status', lab })
  const found = links.find(({ name }) => name === link)
  const end = found === undefined ? null : inNode(found.a)
  if (end !== null) return end
  throw new VdeError('ENOENT', `capture "${link}"`, 'there is no such link; an interface is NODE:IF')
}

/** vdenet logs [NODE] */
export const logsCommand = async (program: Program, { values, operands }: Parsed): Promise<number> => {
  const { nodes, dir } = await (await needDaemon()).ask({ op: 'status', lab: values.text('lab') ?? null })
  const node = operands[0]
  if (node !== undefined && !nodes.some(({ name }) => name === node)) throw new VdeError('ENOENT', `show the logs of "${node}"`, 'there is no such node')
  const files = logFiles(join(dir, 'logs'), operands[0])
  if (values.has('follow')) return await follow(program, files)
  for (const path of files) {
    if (files.length > 1) print(`==> ${basename(path, '.log')} <==\n`)
    print(readFileSync(path, 'utf8'))
  }
  return 0
}

const logFiles = (dir: string, node: string | undefined): string[] => {
  let names: string[] = []
  try { names = readdirSync(dir).sort() } catch { /* nothing was run */ }
  return names.filter((file) => node === undefined || file.replace(/\.\d+\.log$/, '') === node).map((file) => join(dir, file))
}

const follow = async (program: Program, files: readonly string[]): Promise<number> => {
  const tail = startChild({ file: 'tail', argv: ['tail', '-n', '+1', '-F', ...files], env: environment(), fds: [0, 1, 2] })
  program.onSignal('SIGTERM', () => { tail.signal('SIGTERM') })
  return (await tail.exited).code
}
