/**
 * What else the machine did while something was measured: processor time that neither we nor anything we started took, and
 * time the host of a virtual machine kept from it. Kernel threads work for whoever is busy and count for nobody, as do
 * interrupts.
 *
 *     others = user + nice + system + steal of /proc/stat - what we, our descendants and kernel threads took
 *
 * Not by adding up the others: of those that came and went in between nothing is left but in the figures of their parents,
 * which also have the whole life of a child that ends.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { cpus } from 'node:os'

/** Of the times in /proc, whatever the kernel's own clock. */
const TICKS_PER_SEC = 100
/** Parent of all kernel threads. */
const KTHREADD = 2

/** Of /proc/PID/stat, behind the name, which may hold anything. Ticks are its own and those of its children that ended. */
interface Task { readonly parent: number, readonly ticks: number }

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

/** Ticks that we, all we started, and the kernel's threads have taken, by process. */
export const readOurs = (): Map<number, number> => {
  const tasks = new Map<number, Task>()
  for (const name of readdirSync('/proc')) {
    const task = /^\d+$/.test(name) ? readTask(Number(name)) : null
    if (task !== null) tasks.set(Number(name), task)
  }
  const ours = new Map<number, number>()
  for (const [pid, { ticks }] of tasks) if (isOurs(pid, tasks)) ours.set(pid, ticks)
  return ours
}

/** Ticks of all processors together that somebody took. */
const readTaken = (): number => {
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]!.trim().split(/\s+/).slice(1).map(Number)
  return user + nice + system + steal
}

const sum = (ticks: ReadonlyMap<number, number>): number => [...ticks.values()].reduce((total, more) => total + more, 0)

/** Starts looking. @returns a function that answers the share of all processors, 0 to 1, that others took since then */
export const watchOthers = (): () => number => {
  const start = performance.now()
  const before = readTaken() - sum(readOurs())
  return () => {
    const ticks = readTaken() - sum(readOurs()) - before
    return Math.max(0, ticks) / TICKS_PER_SEC / ((performance.now() - start) / 1000) / cpus().length
  }
}
