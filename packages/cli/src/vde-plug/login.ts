/**
 * vde_plug as the login shell of users who may plug in and nothing else, and what it tells the system log.
 *
 * sshd starts it as `vde_plug -c "COMMAND"`. An interactive login has a `-` in front of argv[0], which a script's
 * interpreter never sees; no argument on a terminal stands for it, since a stream on a terminal makes no sense anyway.
 */
import { native } from '@vde-ts/native'
import type { Parsed } from '../command.ts'
import { writeAll } from '../stderr.ts'
import type { Program } from '../run.ts'

const LOG_INFO = 6
/** Members have their addresses logged. */
const GROUP = 'vdeplug_iplog'
const REFUSED = 255

/** How much is logged. */
export interface LogLevel { readonly isOn: boolean, readonly withAddresses: boolean }

/** Refuses, with 255, whoever wants another command than vde_plug. @returns what to log of this session */
export const checkLogin = (program: Program, { values, operands, rest }: Parsed): LogLevel => {
  const login = values.text('login')
  const hasArguments = process.argv.length > 2
  if (login === undefined && (hasArguments || !native.isTty(0))) {
    return { isOn: values.has('log') || values.has('iplog'), withAddresses: values.has('iplog') }
  }
  if (login !== 'vde_plug' || operands.length > 0 || rest.length > 0) return refuse(program)
  return { isOn: true, withAddresses: values.has('iplog') || isMember() }
}

const refuse = (program: Program): never => {
  writeSystemLog('FAILED')
  writeAll(2, 'This account reaches a virtual Ethernet (VDE) network, it is no login shell.\nOnly vde_plug can be run here.\n')
  program.exit(REFUSED)
}

const isMember = (): boolean => {
  const gid = native.groupByName(GROUP)
  return gid >= 0 && (process.getegid!() === gid || process.getgroups!().includes(gid))
}

/** Login name, or the number of a user that has none. */
const user = (): string => native.userById(process.getuid!())?.name ?? String(process.getuid!())

/** Where the ssh session comes from. */
const realAddress = (): string => process.env['SSH_CLIENT']?.split(' ')[0] || 'UNKNOWN_IP_ADDRESS'

/** `START: user U IP A`, as scripts over the log expect it. */
export const writeSystemLog = (what: 'START' | 'STOP' | 'FAILED'): void => {
  native.openlog('vde_plug')
  native.syslog(LOG_INFO, `${what}: user ${user()} IP ${realAddress()}`)
}

/** `user U Real-IP A has got VDE-IP4 X on vlan V`, likewise. */
export const logAddress = (family: 4 | 6, address: string, vlan: number): void => {
  native.syslog(LOG_INFO, `user ${user()} Real-IP ${realAddress()} has got VDE-IP${family} ${address} on vlan ${vlan}`)
}
