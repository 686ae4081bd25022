/**
 * Which signals vdens passes on to its command.
 *
 * Both are in one process group. What the kernel sends for a terminal (^C, ^\, its end) reaches both already, so passing
 * it on would make two of one. What kill sent to vdens is passed on. Either way vdens goes on waiting: the command
 * decides what the signal means, and vdens ends as the command does.
 */

/** Passed on when kill sent them. SIGUSR1 is among them because Node would open its debugger on it. */
export const PASSED_ON = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const

/** Signals whose default action leaves a core file: dying of them once more would leave a second, of Node. */
const CORE: readonly number[] = [3, 4, 5, 6, 7, 8, 11, 24, 25, 31]

/** How to end as the command did: by the same signal, or with a status. */
export const endFor = (code: number, signal: number): { readonly die: number } | { readonly exit: number } => {
  if (signal === 0) return { exit: code }
  return CORE.includes(signal) ? { exit: 128 + signal } : { die: signal }
}
