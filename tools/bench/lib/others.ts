/**
 * What else the machine did while something was measured: processor time that neither we nor anything we started took, and
 * time the host of a virtual machine kept from it. Kernel threads work for whoever is busy and count for nobody.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { cpus } from 'node:os'

/** Of the times in /proc, whatever the kernel's own clock. */
const TICKS_PER_SEC = 100
/** Parent of all kernel threads. */
const KTHREADD = 2

/** Of /proc/PID/stat, behind the name, which may hold anything. Ticks are its own and those of its children that ended. */
export interface Task { readonly parent: number, readonly ticks: number }

const readTask = (pid: number): Task | null => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number)
    return { parent: fields[1]!, ticks: fields[11]! + fields[12]! + fields[13]! + fields[14]! }
  } catch {
    return null // ended meanwhile; its parent has its time
  }
}

const isOurs = (pid: number, tasks: ReadonlyMap<number, Task>): boolean => {
  for (let at = pid; at > 1; at = tasks.get(at)?.parent ?? 0) {
    if (at === process.pid || at === KTHREADD) return true
  }
  return false
}

/** All processes that are neither we nor started by us. */
export const readOthers = (): Map<number, Task> => {
  const tasks = new Map<number, Task>()
  for (const name of readdirSync('/proc')) {
    const task = /^\d+$/.test(name) ? readTask(Number(name)) : null
    if (task !== null) tasks.set(Number(name), task)
  }
  return new Map([...tasks].filter(([pid]) => !isOurs(pid, tasks)))
}

/** Ticks of all processors that the host gave to somebody else: the eighth figure of the first line. */
const stolenTicks = (): number => Number(readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]!.split(/\s+/)[8] ?? 0)

/** Starts looking. @returns a function that answers the share of all processors, 0 to 1, that others took since then */
export const watchOthers = (): () => number => {
  const start = performance.now()
  const before = readOthers()
  const stolen = stolenTicks()
  return () => {
    let ticks = stolenTicks() - stolen
    for (const [pid, task] of readOthers()) ticks += task.ticks - (before.get(pid)?.ticks ?? 0)
    return ticks / TICKS_PER_SEC / ((performance.now() - start) / 1000) / cpus().length
  }
}
