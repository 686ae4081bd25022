/**
 * Where a daemon and its labs have their files. One daemon per user and network namespace:
 *
 *     RUNTIME/lab-NETNS/daemon       its socket         RUNTIME/lab-NETNS/daemon.log
 *     RUNTIME/lab-NETNS/labs/NAME/   state.json, nodes/NODE (sockets of the inits), nets/NET (control directories), logs/
 */
import { mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runtimeDir } from '@vde-ts/link/runtime-dir.js'

/** Paths of a daemon. */
export interface Paths {
  readonly root: string
  readonly socket: string
  readonly log: string
  readonly labs: string
}

/** Those of the caller's user and network namespace. Makes nothing but the runtime directory itself. */
export const daemonPaths = (): Paths => {
  const root = join(runtimeDir(), `lab-${statSync('/proc/self/ns/net').ino}`)
  return { root, socket: join(root, 'daemon'), log: join(root, 'daemon.log'), labs: join(root, 'labs') }
}

/** Makes the directories. */
export const makeDirectories = ({ labs }: Paths): void => { mkdirSync(labs, { recursive: true, mode: 0o700 }) }

/** Removes what is empty of them, upwards. */
export const removeDirectories = ({ labs, root }: Paths): void => {
  for (const dir of [labs, root, dirname(root)]) {
    try {
      rmdirSync(dir)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return // others are in it
    }
  }
}

/** Names of the labs that have left something, running or not. */
export const labNames = ({ labs }: Paths): string[] => {
  try {
    return readdirSync(labs).sort()
  } catch { return [] }
}
