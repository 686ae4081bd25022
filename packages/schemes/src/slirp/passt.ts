/**
 * slirp:///engine=passt - the program passt in place of libslirp: it keeps TCP in the kernel's hands, and frames of 64 KiB
 * pass where the interface has that MTU. It stands for this host's own interface: it wants one with a route to the outside,
 * and IPv6 addresses are that interface's.
 *
 * It speaks the 4-octet stream on the end of a socket pair that it inherits (`-F`). Keys it has no equal for are refused.
 */
import { native, STREAM } from '@vde-ts/native'
import { VdeError, systemError, type FrameSink, type Link, type Loop } from '@vde-ts/link'
import { environment, startChild } from '@vde-ts/link/child.js'
import { SLOT_OCTETS } from '@vde-ts/link/receive-slab.js'
import { LONG_STREAM_HEADER } from '@vde-ts/frame/stream.js'
import { ChildLink } from '../child-link.ts'
import type { Tail } from '../scheme.ts'
import { StreamLink } from '../stream-link.ts'
import { ANY_ADDRESS, type Forward } from './forwards.ts'
import { readSettings, type SlirpSettings } from './settings.ts'

const ACTION = 'open slirp:///engine=passt'
/** What it tells clients when nothing else is said. */
const PASST_MTU = 65520
/** Where it finds its socket: behind the standard streams. */
const SOCKET_FD = 3

/** Keys without an equal in passt. */
const MISSING: readonly string[] = [
  'restricted', 'host6', 'addr6', 'hostname', 'tftp_server_name', 'tftp_path', 'bootfile', 'vdomainname', 'mru', 'unixfwd', 'cmdfwd',
  'mgmt', 'mgmtmode'
]

/** @throws {VdeError} EINVAL a key it lacks, ENOENT no such program */
export const openPasst = async (tail: Pick<Tail, 'params'>, sink: FrameSink, loop: Loop): Promise<Link> => {
  const settings = readSettings(tail)
  const argv = ['passt', ...passtArguments(tail, settings)]
  const open: number[] = []
  try {
    const [ours, theirs] = pairOf((out) => native.socketPair(STREAM, out), open)
    const [errors, theirErrors] = pairOf((out) => native.pipe(out, true), open)
    native.setNonblock(theirs, false)
    const child = startPasst(argv, [-1, -1, theirErrors, theirs], loop)
    open.splice(0, open.length, ours, errors)
    for (const fd of [theirs, theirErrors]) native.close(fd)
    const parts = { label: 'slirp:///engine=passt', name: 'passt', child, errors, mtu: settings.mtu === 0 ? PASST_MTU : settings.mtu }
    return new ChildLink(parts, sink, (inner) => new StreamLink(ours, ours, inner, loop, {
      label: parts.label, maxFrame: SLOT_OCTETS, header: LONG_STREAM_HEADER
    }))
  } catch (error) {
    for (const fd of open) native.close(fd)
    throw error
  }
}

const startPasst = (argv: readonly string[], fds: readonly number[], loop: Loop): ReturnType<typeof startChild> => {
  try {
    return startChild({ file: 'passt', argv, env: environment(), fds, pgid: 0 }, loop)
  } catch (error) {
    if (!(error instanceof VdeError) || error.code !== 'ENOENT') throw error
    throw new VdeError('ENOENT', ACTION, 'the program passt is not installed (Debian: apt install passt)', { cause: error })
  }
}

/** Both are in `open`, too. */
const pairOf = (make: (out: Int32Array) => number, open: number[]): readonly [number, number] => {
  const out = new Int32Array(2)
  const result = make(out)
  if (result < 0) throw systemError(result, ACTION)
  open.push(...out)
  return [out[0]!, out[1]!]
}

/** Its command line. @throws {VdeError} EINVAL a key, or a forward, that it cannot do */
export const passtArguments = (tail: Pick<Tail, 'params'>, settings: SlirpSettings): string[] => {
  const missing = MISSING.filter((key) => tail.params.has(key))
  if (missing.length > 0) throw new VdeError('EINVAL', ACTION, `passt has no ${missing.join(', ')}; engine=slirp has`)
  const { isIpv4, isIpv6, host, mask, dhcp, nameServer, nameServer6, search, mtu, hasLoopback, forwards } = settings
  const words = ['--foreground', '--stderr', '--quiet', '--fd', String(SOCKET_FD)]
  if (!isIpv6) words.push('--ipv4-only')
  if (!isIpv4) words.push('--ipv6-only')
  if (isIpv4) words.push('--address', dhcp, '--netmask', mask, '--gateway', host, '--dns', nameServer, '--dns-forward', nameServer)
  if (isIpv6 && tail.params.has('vnameserver6')) words.push('--dns', nameServer6, '--dns-forward', nameServer6)
  if (search.length > 0) words.push('--search', search.join(' '))
  if (mtu > 0) words.push('--mtu', String(mtu))
  if (!hasLoopback) words.push('--no-map-gw')
  for (const forward of forwards) words.push(...forwardWords(forward, dhcp))
  return words
}

/** A port of its own host, which leads to its only guest. */
const forwardWords = (forward: Forward, guest: string): string[] => {
  if (!('guest' in forward) || forward.guest !== guest) {
    throw new VdeError('EINVAL', ACTION, `passt forwards to its only guest, ${guest}, ${'guest' in forward ? forward.guest : forward.kind} was wanted`)
  }
  const place = forward.host === ANY_ADDRESS ? '' : `${forward.host}/`
  return [forward.kind === 'tcp' ? '--tcp-ports' : '--udp-ports', `${place}${forward.port}:${forward.guestPort}`]
}
