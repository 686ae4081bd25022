/**
 * What else the machine did while something was measured: processor time of processes that are neither we nor our
 * descendants, and time the host of a virtual machine kept from it. Kernel threads work for whoever is busy and count for
 * nobody.
 *
 * The others are looked at again and again, since of one that ends nothing is left but in the figures of its parent, which
 * then has the time of its whole life. Nor can they be what /proc/stat has more than ours: it counts who runs when the
 * clock ticks, processes count what they took, and for a switch that sleeps between frames the two differ by a quarter.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { cpus } from 'node:os'

/** Of the times in /proc, whatever the kernel's own clock. */
const TICKS_PER_SEC = 100
/** Parent of all kernel threads. */
const KTHREADD = 2
/** Between two looks; one takes 2 ms. What a process takes between the last one and its end is missed. */
const LOOK_MS = 250

/** Of /proc/PID/stat, behind the name, which may hold anything. */
interface Task { readonly parent: number, readonly ticks: number }

const readTask = (pid: number): Task | null => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number)
    return { parent: fields[1]!, ticks: fields[11]! + fields[12]! }
  } catch {
    return null // ended meanwhile
  }
}

const isOurs = (pid: number, tasks: ReadonlyMap<number, Task>): boolean => {
  for (let at = pid; at > 1; at = tasks.get(at)?.parent ?? 0) {
    if (at === process.pid || at === KTHREADD) return true
  }
  return false
}

/** Ticks that each process has taken which is neither ours nor the kernel's. */
export const readOthers = (): Map<number, number> => {
  const tasks = new Map<number, Task>()
  for (const name of readdirSync('/proc')) {
    const task = /^\d+$/.test(name) ? readTask(Number(name)) : null
    if (task !== null) tasks.set(Number(name), task)
  }
  const others = new Map<number, number>()
  for (const [pid, { ticks }] of tasks) if (!isOurs(pid, tasks)) others.set(pid, ticks)
  return others
}

/** Ticks of all processors that the host gave to somebody else: the eighth figure of the first line. */
const readStolen = (): number => Number(readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]!.split(/\s+/)[8] ?? 0)

/** Starts looking. @returns a function that ends it and answers the share of all processors, 0 to 1, that others took */
export const watchOthers = (): () => number => {
  const start = performance.now()
  const stolen = readStolen()
  let ticks = 0
  let before = readOthers()
  const look = (): void => {
    const now = readOthers()
    for (const [pid, taken] of now) ticks += taken - (before.get(pid) ?? 0)
    before = now
  }
  const timer = setInterval(look, LOOK_MS)
  return () => {
    clearInterval(timer)
    look()
    return (ticks + readStolen() - stolen) / TICKS_PER_SEC / ((performance.now() - start) / 1000) / cpus().length
  }
}
