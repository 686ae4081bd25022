/** For tests: whether TAPs can be made here, in a network namespace of the test's own. */
import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'

/** Why not, or null. */
export const tapObstacle = (): string | null => {
  try {
    closeSync(openSync('/dev/net/tun', 'r+'))
  } catch (error) {
    return `/dev/net/tun cannot be opened (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`
  }
  const { status } = spawnSync('unshare', ['--user', '--net', '--map-root-user', 'true'])
  return status === 0 ? null : 'unshare cannot make user and network namespaces'
}

/** Runs the module at `path`, with `env` added, in namespaces of its own. @returns its exit status and what it wrote */
export const runIsolated = (path: string, env: Record<string, string>): { status: number | null, output: string } => {
  const argv = ['--user', '--net', '--map-root-user', process.execPath, '--conditions=source', '--import', 'tsx', path]
  const { status, stdout, stderr } = spawnSync('unshare', argv, { encoding: 'utf8', env: { ...process.env, ...env } })
  return { status, output: stdout + stderr }
}
