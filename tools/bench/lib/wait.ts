/** Waiting for what the world does, with a deadline. Nothing sleeps for a guess. */

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })

/** Looks every few milliseconds until `isSo`. @throws {Error} naming `what` after `ms` */
export const waitFor = async (isSo: () => boolean | Promise<boolean>, ms: number, what: string): Promise<void> => {
  const end = performance.now() + ms
  while (!await isSo()) {
    if (performance.now() > end) throw new Error(`Cannot go on: no ${what} within ${ms} ms`)
    await sleep(5)
  }
}

/** The promise, or an error naming `what` after `ms`. */
export const within = async <T> (promise: Promise<T>, ms: number, what: string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => { reject(new Error(`Cannot go on: no ${what} within ${ms} ms`)) }, ms)
  })
  return await Promise.race([promise, late]).finally(() => { clearTimeout(timer) })
}
