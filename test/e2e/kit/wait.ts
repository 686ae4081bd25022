/** Waiting for something to become true, always with a deadline: uvu has none, and a sleep is never a synchronisation. */
import { watch } from 'node:fs'
import { dirname } from 'node:path'

/** Between two looks at something the kernel does not announce (a process's state, a descriptor count), in ms. */
const LOOK_MS = 10

/** @throws Error `Cannot wait: no <what> within <ms> ms`, with what `detail` says at that moment. */
export class Deadline extends Error {
  override readonly name = 'Deadline'
  constructor (what: string, ms: number, detail = '') {
    super(`Cannot wait: no ${what} within ${ms} ms${detail === '' ? '' : `; ${detail}`}`)
  }
}

/**
 * Looks until `condition` answers something truthy, and answers that. For what sends no event; where there is one
 * (a line, an exit, a file) use its own wait.
 */
export const waitFor = async <T>(
  condition: () => T | Promise<T>, ms: number, what: string, detail: () => string = () => ''
): Promise<NonNullable<T>> => {
  const end = Date.now() + ms
  for (;;) {
    const value = await condition()
    if (value) return value
    if (Date.now() > end) throw new Deadline(what, ms, detail())
    await pause(LOOK_MS)
  }
}

/** Lets `ms` pass. Only for retrying something, never to hope that it happened. */
export const pause = async (ms: number): Promise<void> => { await new Promise((resolve) => { setTimeout(resolve, ms) }) }

/** Settles as `promise` does, or fails after `ms`. */
export const within = async <T>(promise: Promise<T>, ms: number, what: string, detail: () => string = () => ''): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => { reject(new Deadline(what, ms, detail())) }, ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits until `check()` holds for a directory's contents: woken by inotify, with a slow look in case a watch is lost. */
export const waitForFile = async (path: string, ms: number, check: () => boolean, what: string): Promise<void> => {
  if (check()) return
  await new Promise<void>((resolve, reject) => {
    let watcher: ReturnType<typeof watch> | null = null
    const done = (error?: Error): void => {
      clearTimeout(timer)
      clearInterval(slow)
      watcher?.close()
      if (error === undefined) resolve()
      else reject(error)
    }
    const look = (): void => { if (check()) done() }
    const timer = setTimeout(() => { done(new Deadline(what, ms)) }, ms)
    const slow = setInterval(look, 100)
    try {
      watcher = watch(dirname(path), look)
      watcher.on('error', () => {})
    } catch { /* the directory does not exist yet: the slow look finds it */ }
    look()
  })
}
