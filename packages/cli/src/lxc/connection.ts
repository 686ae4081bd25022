/**
 * One interface of a container, in a process of its own: whoever hands over a descriptor whose calls hang, or names a network
 * that does, holds up nobody else.
 */
import { native, IFF_NO_PI, IFF_TAP, IFF_VNET_HDR, IN } from '@vde-ts/native'
import { VdeError, loop, systemError, type FrameSink, type Link } from '@vde-ts/link'
import { constants } from 'node:os'
import { Wire } from '@vde-ts/link/wire.js'
import { awaitReady } from '@vde-ts/schemes/await-ready.js'
import { openVnl, readVnl } from '@vde-ts/schemes/registry.js'
import { tapLink } from '@vde-ts/schemes/tap-link.js'
import { VNET_HEADER, plainTapDevice, tapDevice } from '@vde-ts/tun-tap'
import type { Program } from '../run.ts'
import { refusedPart, type Policy } from './policy.ts'
import { MAX_REQUEST, REQUEST_MS } from './protocol.ts'

const DESCRIPTION = 'vdelxcd'
const EAGAIN = 11
const EIO = 5

/** Answers the request on `fd`, and serves it until either side goes; then the process ends. */
export const serveConnection = async (
  program: Program, fd: number, policy: Policy, say: (line: string) => void
): Promise<void> => {
  try {
    const { vnl, tap } = await receive(fd)
    const wire = new Wire(say)
    const network = await openAllowed(vnl, policy, wire.left, say)
    program.cleanup.add(() => { network.close() })
    const right = openInterface(tap, wire.right)
    answer(fd, 0)
    wire.join(network, right, (side, why) => {
      say(`${side === 'left' ? 'the network' : 'the interface'} ended${why === undefined ? '' : `: ${why.message}`}`)
      program.exit(0)
    })
  } catch (error) {
    say((error as Error).message)
    answer(fd, error instanceof VdeError ? Math.abs(constants.errno[error.code as 'EIO'] ?? EIO) : EIO)
    program.exit(1)
  }
}

const answer = (fd: number, errno: number): void => {
  const text = Buffer.from(String(errno))
  native.write(fd, text, 0, text.length)
  native.close(fd)
}

interface Request { readonly vnl: string, readonly tap: number }

/** @throws {VdeError} */
const receive = async (fd: number): Promise<Request> => {
  const action = 'read the request'
  const octets = Buffer.alloc(MAX_REQUEST)
  let tap = -1
  for (let have = 0; have < octets.length;) {
    await awaitReady(loop, fd, IN, REQUEST_MS, action, 'it does not come')
    const received = new Int32Array(1).fill(-1)
    const count = native.receiveDescriptors(fd, octets, have, octets.length - have, received)
    if (count === -EAGAIN) continue
    if (count < 0) throw systemError(count, action)
    if (count === 0) throw new VdeError('ECONNRESET', action, 'the connection ended before it was whole')
    if (tap < 0) tap = received[0]!
    else if (received[0]! >= 0) native.close(received[0]!)
    have += count
    const end = octets.subarray(0, have).indexOf(0)
    if (end < 0) continue
    if (tap < 0) throw new VdeError('EBADF', action, 'it came without an interface')
    return { vnl: octets.toString('utf8', 0, end), tap }
  }
  throw new VdeError('EINVAL', action, `found ${MAX_REQUEST} octets without a NUL, want a VNL`)
}

/** @throws {VdeError} EACCES the policy, and what opening says */
const openAllowed = async (asked: string, policy: Policy, sink: FrameSink, say: (line: string) => void): Promise<Link> => {
  const typed = asked === '' ? policy.fallback ?? '' : asked
  const action = `open "${typed}" for a container`
  const { vnl, top } = await readVnl(typed)
  const refused = refusedPart(policy, vnl, top)
  if (refused !== null) throw new VdeError('EACCES', action, `"${refused}" is not among what is allowed`)
  say(`opens ${typed === '' ? 'the default network' : typed}`)
  // What was judged, not what a file behind the name says by now.
  return await openVnl(vnl, sink, { description: DESCRIPTION, log: say })
}

/** @throws {VdeError} EINVAL a descriptor that is no TAP as wanted */
const openInterface = (fd: number, sink: FrameSink): Link => {
  const names: string[] = []
  const flags = native.tapInfo(fd, names)
  if (flags < 0 || (flags & IFF_TAP) === 0 || (flags & IFF_NO_PI) === 0) {
    throw new VdeError('EINVAL', 'use the interface', 'the descriptor is no TAP without packet information')
  }
  const hasHeader = (flags & IFF_VNET_HDR) !== 0
  if (hasHeader) native.tapHeaderSize(fd, VNET_HEADER)
  return tapLink(fd, names[0] ?? '', sink, loop, { device: hasHeader ? tapDevice : plainTapDevice })
}
