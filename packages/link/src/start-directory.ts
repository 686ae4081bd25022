/**
 * Where this program was started. With -d it goes on in `/`, so that it holds no file system, and a relative path that a
 * console names later still means what it would in the foreground.
 */
import { resolve } from 'node:path'

const here = (): string => {
  try {
    return process.cwd()
  } catch {
    return '/' // the directory was removed
  }
}

const START = here()

/** `path` from where the program was started; the empty one stays. */
export const fromStart = (path: string): string => path === '' ? '' : resolve(START, path)
