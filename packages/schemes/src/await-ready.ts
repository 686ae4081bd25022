/** Waiting for one descriptor through the loop: hand-shakes only, never the data path. */
import { VdeError, type Loop, type Watcher } from '@vde-ts/link'
import { connectNow } from '@vde-ts/link/socket-file.js'

/**
 * Resolves with the events once `fd` has one of `mask` (or an error or hang-up). The descriptor stays the caller's and is
 * not watched any more when the promise settles.
 * @throws {VdeError} ETIMEDOUT with `detail` after `timeoutMs`
 */
export const awaitReady = (
  loop: Loop, fd: number, mask: number, timeoutMs: number, action: string, detail: string
): Promise<number> => new Promise((resolve, reject) => {
  const done = (): void => {
    clearTimeout(timer)
    loop.remove(fd)
  }
  const watcher: Watcher = {
    onReady (events) {
      done()
      resolve(events)
    }
  }
  const timer = setTimeout(() => {
    done()
    reject(new VdeError('ETIMEDOUT', action, detail))
  }, Math.max(0, timeoutMs))
  try {
    loop.add(fd, mask, watcher)
  } catch (error) {
    clearTimeout(timer)
    reject(error instanceof Error ? error : new Error(String(error)))
  }
})

/** Between two tries at a full backlog. */
const RETRY_MS = 10
const EAGAIN = 11

/**
 * {@link connectNow}, again and again until `deadline` of performance.now() while the answer is EAGAIN: so a full backlog
 * answers at once instead of waiting, and epoll does not tell when there is room.
 */
export const connectBy = async (deadline: number, type: number, path: string): Promise<number> => {
  for (;;) {
    const result = connectNow(type, path)
    if (result !== -EAGAIN || performance.now() >= deadline) return result
    await sleep(RETRY_MS)
  }
}

/** Resolves after `ms`. */
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })
