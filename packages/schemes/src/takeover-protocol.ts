/**
 * The packets of `DIR/.takeover`, by which a new process gets everything from the one that serves the directory.
 * SOCK_SEQPACKET, one step at a time, so that at most one batch of descriptors is on its way:
 *
 *     new                                       old
 *     {takeover: 1, versions: [1],
 *      confirms: true}                  ---->   our user or root? a version we can write? else {errno, text}
 *                                       <----   {version: 1, pid, octets, descriptors}    holds still from here on
 *     {next: 0}                         ---->
 *                                       <----   a piece of the state, with a batch of descriptors
 *     {next: 1} ...                     ---->
 *     {ready: true}                     ---->   everything is there and understood
 *                                       <----   {go: true}
 *     {started: true}                   ---->
 *                                       <----   end of file: it has let go
 *
 * Until `go` the old process can go on as if nothing had been; after TAKEOVER_MS, an end of file, or anything else than
 * the next step, it does. The new one acts only after `go`, so never both, and never neither while one of them lives. When
 * it is killed before it has started, its connection ends without a word, and the old one goes on: only where the new one
 * has said beforehand that it confirms, since older ones hang up instead.
 */
import { native, IN } from '@vde-ts/native'
import { VdeError, systemError } from '@vde-ts/link'

/** Name of the socket in the directory of a switch. */
export const TAKEOVER = '.takeover'
/** Its permissions, whatever those of the others. */
export const TAKEOVER_MODE = 0o600
/** Version of the state: changed when an older reader would misunderstand it. Parts that are added need no new one. */
export const STATE_VERSION = 1
/** How long the old process holds still at most, and waits for a step, in milliseconds. */
export const TAKEOVER_MS = 2000
/** Most descriptors of one packet: SCM_MAX_FD of the kernel. */
export const BATCH = 253
/** Octets of state in one packet at most; well below what a socket buffer takes. */
const PIECE = 65536
/** Octets of the other packets at most. */
const MAX_STEP = 4096
const EAGAIN = 11
const ECONNRESET = 104

/** What is said besides the pieces of the state. */
export interface Step {
  readonly takeover?: unknown
  readonly versions?: unknown
  readonly confirms?: unknown
  readonly version?: unknown
  readonly pid?: unknown
  readonly octets?: unknown
  readonly descriptors?: unknown
  readonly next?: unknown
  readonly ready?: unknown
  readonly go?: unknown
  readonly started?: unknown
  readonly errno?: unknown
  readonly text?: unknown
}

/** How a state of `octets` (some) and its descriptors are parted: packets, and octets of each but the last. */
export const parting = (octets: number, descriptors: number): { readonly packets: number, readonly piece: number } => {
  const packets = Math.max(Math.ceil(octets / PIECE), Math.ceil(descriptors / BATCH))
  return { packets, piece: Math.ceil(octets / packets) }
}

/** @throws {VdeError} EPIPE the other side has left, EAGAIN it does not take what was said before */
export const say = (fd: number, step: Step, action: string): void => {
  const packet = Buffer.from(JSON.stringify(step))
  const result = native.send(fd, packet, 0, packet.length)
  if (result < 0) throw systemError(result, action, native.strerror(-result))
}

/** Milliseconds left until `deadline` of performance.now(). */
export const leftMs = (deadline: number): number => Math.max(0, Math.ceil(deadline - performance.now()))

/** Waits for the next step, and holds up the whole process meanwhile. @throws {VdeError} ETIMEDOUT, ECONNRESET, EPROTO */
export const hear = (fd: number, deadline: number, action: string): Step => {
  if (native.poll(fd, IN, leftMs(deadline)) === 0) throw new VdeError('ETIMEDOUT', action, 'the other process says nothing')
  return hearNow(fd, action) ?? hear(fd, deadline, action)
}

/** The step that is there; null: none is. @throws {VdeError} ECONNRESET, EPROTO */
export const hearNow = (fd: number, action: string): Step | null => {
  const packet = new Uint8Array(MAX_STEP)
  let count = native.receive(fd, packet, 0, packet.length)
  // Who hung up without having read everything is told first, his last words after that.
  if (count === -ECONNRESET) count = native.receive(fd, packet, 0, packet.length)
  if (count === -EAGAIN) return null
  if (count <= 0) throw new VdeError('ECONNRESET', action, 'the other process has left')
  const step = count > MAX_STEP ? null : stepOf(packet.subarray(0, count))
  if (step === null) throw new VdeError('EPROTO', action, 'the other process says what is no step of a takeover')
  return step
}

const stepOf = (packet: Uint8Array): Step | null => {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(packet))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}
