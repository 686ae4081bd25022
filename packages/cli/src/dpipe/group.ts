/** The process group of dpipe, and what falls to it as the first process of a container. */
import { readdirSync, readFileSync } from 'node:fs'
import { native } from '@vde-ts/native'

/**
 * Makes this process the leader of a group, so that `kill -- -$(pid)` reaches all commands. Not where it would take the
 * terminal's keyboard and Ctrl-C from the commands (a script in the foreground), unless `isWanted`; a session's leader
 * (setsid, a container's first process) leads a group already.
 */
export const leadGroup = (isWanted: boolean): void => {
  if (native.getpgid(0) === process.pid || (!isWanted && isForeground())) return
  native.setpgid(0, 0)
}

/** Fields 5, 7 and 8 of /proc/self/stat: group, terminal, the terminal's foreground group. */
const isForeground = (): boolean => {
  const stat = readFileSync('/proc/self/stat', 'latin1')
  const [, , group, , terminal, foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return terminal !== '0' && group === foreground
}

/**
 * As process 1: collects orphans that end, which nobody else would. Those in `own` are left to their watchers.
 */
export const adoptOrphans = (own: () => ReadonlySet<number>): void => {
  if (process.pid !== 1) return
  process.on('SIGCHLD', () => {
    const known = own()
    for (const pid of children()) if (!known.has(pid)) reap(pid)
  })
}

const reap = (pid: number): void => {
  const pidfd = native.pidfdOpen(pid)
  if (pidfd < 0) return
  native.pidfdWait(pidfd)
  native.close(pidfd)
}

const children = (): number[] => {
  try {
    return readdirSync('/proc/self/task').flatMap((task) =>
      readFileSync(`/proc/self/task/${task}/children`, 'latin1').split(' ').filter((p) => p !== '').map(Number))
  } catch { return [] } // a kernel without CONFIG_PROC_CHILDREN
}
