/** Where the programs are: Debian's by looking, ours as users run them, built and bundled. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const repository: string = fileURLToPath(new URL('../../../', import.meta.url))

/** Our own command. */
export const ours = (command: string): string[] => [process.execPath, `${repository}packages/cli/dist/bin/${command}.cjs`]

const DIRECTORIES = ['/usr/bin', '/usr/sbin', '/bin', '/sbin']

/** Path of a program of the system; undefined when it is not installed. */
export const find = (program: string): string | undefined =>
  DIRECTORIES.map((directory) => `${directory}/${program}`).find((path) => existsSync(path))

/** Debian's program. @throws {Error} when it is not installed, which its need says before */
export const peer = (program: string): string => {
  const path = find(program)
  if (path === undefined) throw new Error(`Cannot run ${program}: it is not installed`)
  return path
}

/** Starts `argv` with as many descriptors as the system lets it have; exec keeps the pid. */
export const manyFiles = (argv: readonly string[]): string[] => ['sh', '-c', 'ulimit -Sn "$(ulimit -Hn)"; exec "$@"', 'sh', ...argv]
