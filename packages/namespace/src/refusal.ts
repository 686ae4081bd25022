/**
 * Why a namespace was refused, and the way out.
 *
 *     step that failed + its errno + what /proc says  -->  one line for people
 *
 * {@link explain} is pure; {@link readFacts} looks at the machine.
 */
import { readFileSync, statSync } from 'node:fs'
import type { SpawnFailure } from '@vde-ts/native'
import { VdeError, errnoName, systemError, type Errno } from '@vde-ts/link/errors.js'

/** What decides about namespaces on this machine. A file the kernel does not have is ''. */
export interface Facts {
  readonly uid: number
  /** kernel.unprivileged_userns_clone (Debian's patch). */
  readonly usernsClone: string
  /** kernel.apparmor_restrict_unprivileged_userns (Ubuntu). */
  readonly apparmor: string
  /** user.max_{user,net,mnt,uts}_namespaces. */
  readonly max: Readonly<Record<Kind, string>>
  /** Seccomp mode of this process: '2' is a filter. */
  readonly seccomp: string
  /** Permission bits of /dev/net/tun in octal, '' when it is missing. */
  readonly tunMode: string
}

type Kind = 'user' | 'net' | 'mnt' | 'uts'
const KINDS: readonly Kind[] = ['user', 'net', 'mnt', 'uts']

/** What was asked for, to be named. */
export interface Asked {
  readonly interfaces: readonly string[]
  readonly hostname: string
  readonly cwd: string
}

/** The error of a failure before the command was run. */
export const explain = (failure: SpawnFailure, facts: Facts, asked: Asked): VdeError => {
  const code = errnoName(failure.errno)
  const [action, detail] = lineOf(failure, code, facts, asked)
  return detail === '' ? systemError(failure.errno, action) : new VdeError(code, action, detail)
}

/** What this machine says, read now. */
export const readFacts = (): Facts => ({
  uid: process.geteuid?.() ?? 0,
  usernsClone: sysctl('kernel/unprivileged_userns_clone'),
  apparmor: sysctl('kernel/apparmor_restrict_unprivileged_userns'),
  max: Object.fromEntries(KINDS.map(kind => [kind, sysctl(`user/max_${kind}_namespaces`)])) as Record<Kind, string>,
  seccomp: /^Seccomp:\s*(\d+)/m.exec(text('/proc/self/status'))?.[1] ?? '',
  tunMode: modeOf('/dev/net/tun')
})

type Line = readonly [action: string, detail: string]

const lineOf = (failure: SpawnFailure, code: Errno, facts: Facts, asked: Asked): Line => {
  const name = asked.interfaces[failure.index] ?? 'of the namespace'
  switch (failure.step) {
    case 'clone': return ['create namespace', cloneRefused(code, facts)]
    case 'setgroups':
    case 'uid_map':
    case 'gid_map': return ['create namespace', denied(code, facts) || mapRefused(failure.step, code, facts)]
    case 'tun': return [`create interface ${asked.interfaces[0] ?? ''}`, tunRefused(code, facts)]
    case 'tap': return [`create interface ${name}`, apparmorDenied(code, facts) || tapRefused(code)]
    case 'packet': return ['make a network namespace for the other ends of the interfaces', cloneRefused(code, facts)]
    case 'mount': return ['give the namespace its own resolv.conf', apparmorDenied(code, facts) || mountRefused(code)]
    case 'hostname': return [`set hostname "${asked.hostname}" in the namespace`, apparmorDenied(code, facts)]
    case 'capabilities': return ['raise capabilities in the namespace', apparmorDenied(code, facts)]
    case 'chdir': return [`change directory to "${asked.cwd}"`, '']
    case 'pgid': return ['join the process group', '']
    case 'fds': return ['pass descriptors to the command', '']
    case 'exec': return ['run the command', '']
    case 'join': return ['join the namespace', '']
  }
}

const cloneRefused = (code: Errno, facts: Facts): string => {
  const zero = KINDS.find(kind => facts.max[kind] === '0')
  if (zero !== undefined && (code === 'ENOSPC' || code === 'EPERM')) {
    return `${LONG[zero]} namespaces are disabled (user.max_${zero}_namespaces=0), ` +
      `enable them with "sysctl user.max_${zero}_namespaces=15000"`
  }
  switch (code) {
    case 'ENOSPC': return `the limit of namespaces is reached (user.max_user_namespaces=${facts.max.user}, ` +
      `user.max_net_namespaces=${facts.max.net}) or 32 are nested, end some or raise the limit`
    case 'EINVAL':
    case 'ENOSYS': return 'this kernel has no user or network namespaces, wanted one with CONFIG_USER_NS and CONFIG_NET_NS'
    case 'EAGAIN': return 'too many processes, end some or raise the limit (ulimit -u)'
    case 'ENOMEM': return 'out of memory, free some'
    default: return denied(code, facts)
  }
}

const LONG: Readonly<Record<Kind, string>> = { user: 'user', net: 'network', mnt: 'mount', uts: 'UTS' }

/** EPERM and EACCES at the creation: the policies that are known, most telling first. */
const denied = (code: Errno, facts: Facts): string => {
  if (code !== 'EPERM' && code !== 'EACCES') return ''
  if (facts.uid !== 0 && facts.usernsClone === '0') {
    return 'user namespaces are disabled (kernel.unprivileged_userns_clone=0), ' +
      'enable them with "sysctl kernel.unprivileged_userns_clone=1" or run as root'
  }
  const restricted = apparmorDenied(code, facts)
  if (restricted !== '') return restricted
  if (facts.seccomp === '2') {
    return 'a seccomp filter forbids it (a container?), ' +
      'let its profile allow clone and unshare (docker: --security-opt seccomp=unconfined)'
  }
  return 'user namespaces are not permitted here (a chroot, a container or a security module), run outside of it'
}

const apparmorDenied = (code: Errno, facts: Facts): string =>
  (code === 'EPERM' || code === 'EACCES') && facts.uid !== 0 && facts.apparmor === '1'
    ? 'AppArmor restricts user namespaces (kernel.apparmor_restrict_unprivileged_userns=1), ' +
      'set it to 0 with sysctl, give node a profile with "userns," or run as root'
    : ''

const mapRefused = (step: string, code: Errno, facts: Facts): string =>
  `the kernel did not take the ${step} of uid ${facts.uid} (${code}), is that id mapped in this container?`

const tunRefused = (code: Errno, facts: Facts): string => {
  switch (code) {
    case 'ENOENT': return '/dev/net/tun is missing, load the driver with "modprobe tun" or give the container this device'
    case 'ENODEV':
    case 'ENXIO': return 'the driver behind /dev/net/tun is not there, load it with "modprobe tun"'
    case 'EACCES': return `/dev/net/tun is closed to uid ${facts.uid} (mode ${facts.tunMode || 'unknown'}), ` +
      'open it with "chmod 0666 /dev/net/tun"'
    case 'EPERM': return '/dev/net/tun is forbidden by the container\'s device list, allow "c 10:200 rwm"'
    default: return ''
  }
}

const tapRefused = (code: Errno): string => {
  switch (code) {
    case 'EBUSY':
    case 'EEXIST': return 'the name is taken, choose another prefix'
    case 'EINVAL': return 'the kernel refuses this name or these flags of a TAP interface'
    case 'EPERM':
    case 'EACCES': return 'TAP interfaces are not permitted here (a security module or a container)'
    default: return ''
  }
}

const mountRefused = (code: Errno): string => {
  switch (code) {
    case 'ENOENT': return '/etc/resolv.conf is missing, create it (it may be empty) so that ours can be bound over it'
    case 'EPERM':
    case 'EACCES': return 'mounts are not permitted here (a security module or a container)'
    default: return ''
  }
}

const text = (path: string): string => {
  try { return readFileSync(path, 'utf8') } catch { return '' }
}

const sysctl = (name: string): string => text(`/proc/sys/${name}`).trim()

const modeOf = (path: string): string => {
  try {
    return (statSync(path).mode & 0o7777).toString(8).padStart(4, '0')
  } catch { return '' }
}
