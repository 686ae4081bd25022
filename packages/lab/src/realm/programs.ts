/**
 * The programs of a node's `run:` lines. They are the node's own: they go on when the daemon ends, and end with the node.
 * What they print is kept in files, one a program.
 */
import { accessSync, closeSync, constants, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Node } from '@vde-ts/model'
import { VdeError, type Child, type ChildEnd } from '@vde-ts/link'
import type { RunningNode } from '../node/node.ts'
import { NODE_ENV } from './settle.ts'

/** A program, as it is remembered. */
export interface ProgramState {
  readonly command: string
  readonly pid: number
  /** When the process began, in ticks since boot; with the pid it names one process. */
  readonly startTime: number
  /** Null while it runs, or when nobody saw the end. */
  end: ChildEnd | null
}

/** Words that a shell knows itself, or that no path is looked up for. */
const BUILTIN = /^(?:\.|:|\[|cd|echo|eval|exec|exit|export|for|if|case|while|until|set|test|trap|true|false|ulimit|umask|wait|printf|\(|\{)$/

/** @throws {VdeError} ENOENT a program that is not installed: before anything is started */
export const checkPrograms = (node: Pick<Node, 'name' | 'run'>): void => {
  for (const line of node.run) {
    const word = /^\s*(\S+)/.exec(line)?.[1] ?? ''
    if (!/^[\w.+/-]+$/.test(word) || BUILTIN.test(word) || word.startsWith('.') || isInstalled(word)) continue
    throw new VdeError('ENOENT', `run "${line}" in node "${node.name}"`, `"${word}" is not installed`)
  }
}

/** Whether a program is to be found the way a node looks for it. */
export const isInstalled = (name: string): boolean => {
  const paths = name.includes('/') ? [name] : NODE_ENV['PATH']!.split(':').map((dir) => join(dir, name))
  return paths.some((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch { return false }
  })
}

/** Where a program's output goes. */
export const logPath = (dir: string, node: string, index: number): string => join(dir, 'logs', `${node}.${index + 1}.log`)

/** Starts all, in their order. @param dir of the lab's own files. @throws {VdeError} */
export const startPrograms = (running: RunningNode, node: Node, cwd: string, dir: string): ProgramState[] =>
  node.run.map((command, index) => {
    mkdirSync(join(dir, 'logs'), { recursive: true, mode: 0o700 })
    const log = openSync(logPath(dir, node.name, index), 'w', 0o600)
    try {
      return remembered(command, running.run({ command: ['sh', '-c', command], cwd, fds: [-1, log, log], env: NODE_ENV, pgid: 0 }))
    } finally { closeSync(log) }
  })

const remembered = (command: string, child: Child): ProgramState => {
  const state: ProgramState = { command, pid: child.pid, startTime: startTimeOf(child.pid), end: null }
  void child.exited.then((end) => { state.end = end })
  return state
}

/** When a process began, in ticks since boot; 0: there is none. */
export const startTimeOf = (pid: number): number => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field is the name, which may have anything in it.
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19])
  } catch { return 0 }
}

/** Whether it runs, as far as can be seen. */
export const isProgramRunning = ({ pid, startTime, end }: ProgramState): boolean =>
  end === null && startTime !== 0 && startTimeOf(pid) === startTime
