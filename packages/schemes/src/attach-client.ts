/**
 * The client side of `DIR/attach`: hands our TAP to a switch, which then reads and writes it without us, or gets a
 * socket for our frames.
 *
 * Of a TAP we keep the open file, so the interface survives the switch. {@link AttachedLink} stands for the network as any
 * Link does, but no frame passes through it: it only ends when the switch does.
 */
import { native, IN, RDHUP, SEQPACKET } from '@vde-ts/native'
import { VdeError, errnoName, systemError, type FrameSink, type Link, type Loop, type Watcher } from '@vde-ts/link'
import { SLOT_OCTETS } from '@vde-ts/link/receive-slab.js'
import { MAX_DESCRIPTION } from '@vde-ts/frame/control.js'
import { socketDevice } from '@vde-ts/tun-tap'
import { describeSelf } from './accounts.ts'
import {
  ATTACH, ATTACH_MS, MAX_PACKET, SOCKET_BUFFER, UNSUPPORTED, decodeAnswer, encodeAttach, type AttachPlace, type AttachRefusal
} from './attach-protocol.ts'
import { awaitReady, connectBy } from './await-ready.ts'
import { tapLink, type TapLink } from './tap-link.ts'

/** How to be plugged in, and where. */
export interface AttachOffer {
  readonly directory: string
  /** ` user=… pid=…` is appended. */
  readonly description: string
  readonly port: number | 'any'
  readonly isExclusive: boolean
  readonly hasOffload: boolean
  readonly loop: Loop
}

/** What to hand over, too. */
export interface TapOffer extends AttachOffer {
  /** Stays the caller's. */
  readonly tap: number
  /** What `tap` is. */
  readonly kind: 'tap' | 'packet'
}

/** Why a TAP is not attached: nobody listens there, or whoever does cannot take it. Datagrams may do. */
export type NotAttached = 'absent' | 'unsupported'

/**
 * Hands a TAP to the switch of a directory.
 * @throws {VdeError} EACCES, EBUSY, ENOSPC, EINVAL … a refusal for good
 */
export const attachTap = async (offer: TapOffer, sink: FrameSink): Promise<AttachedLink | NotAttached> => {
  return await attach(offer, offer.kind, [offer.tap], (fd, place) => new AttachedLink(fd, offer, place, sink))
}

/**
 * Joins the switch of a directory by a socket that carries frames with their offload header.
 * @throws {VdeError} as {@link attachTap}
 */
export const attachSocket = async (offer: AttachOffer, sink: FrameSink): Promise<TapLink | NotAttached> =>
  await attach(offer, 'socket', [], (connection, _place, fd) => {
    if (fd < 0) throw new VdeError('EPROTO', `open vde://${offer.directory}`, 'the switch answers without a socket')
    native.refuseDescriptors(fd)
    native.setBuffers(fd, SOCKET_BUFFER, SOCKET_BUFFER)
    return tapLink(fd, '', sink, offer.loop, {
      device: socketDevice,
      label: `vde://${offer.directory}`,
      onRelease: () => { native.close(connection) }
    })
  })

/** @param make makes a link of the connection, which it takes over unless it throws, and of the descriptor received, or -1 */
const attach = async <T>(
  offer: AttachOffer, kind: string, fds: readonly number[], make: (fd: number, place: AttachPlace, received: number) => T
): Promise<T | NotAttached> => {
  const fd = await connectBy(performance.now() + ATTACH_MS, SEQPACKET, `${offer.directory}/${ATTACH}`)
  if (fd < 0) return 'absent'
  const request = encodeAttach({ ...offer, kind, description: describeSelf(offer.description, MAX_DESCRIPTION) })
  const received = new Int32Array(kind === 'socket' ? 1 : 0).fill(-1)
  let answer: AttachPlace | AttachRefusal | null = null
  try {
    answer = await ask(fd, request, offer.loop, fds, received)
    if (answer !== null && 'id' in answer) return make(fd, answer, received[0] ?? -1)
  } catch (error) {
    for (const one of [fd, ...received]) native.close(one)
    throw error
  }
  for (const one of received) native.close(one)
  native.close(fd)
  if (answer === null || answer.errno === UNSUPPORTED) return 'unsupported'
  throw new VdeError(errnoName(answer.errno), `open vde://${offer.directory}`, answer.text)
}

/** Null: no answer, or none that is understood. */
const ask = async (
  fd: number, request: Uint8Array, loop: Loop, fds: readonly number[], received: Int32Array
): Promise<AttachPlace | AttachRefusal | null> => {
  if (native.sendDescriptors(fd, request, 0, request.length, Int32Array.from(fds)) < 0) return null
  try {
    await awaitReady(loop, fd, IN | RDHUP, ATTACH_MS, 'attach', 'no answer')
  } catch (error) {
    if (error instanceof VdeError && error.code === 'ETIMEDOUT') return null
    throw error
  }
  return receiveAnswer(fd, received)
}

/** @param received room for descriptors */
const receiveAnswer = (fd: number, received: Int32Array): AttachPlace | AttachRefusal | null => {
  const packet = new Uint8Array(MAX_PACKET)
  const count = native.receiveDescriptors(fd, packet, 0, packet.length, received)
  return count > 0 && count <= MAX_PACKET ? decodeAnswer(packet.subarray(0, count)) : null
}

/** The network of a TAP that was handed over. It takes no frames and delivers none. */
export class AttachedLink implements Link, Watcher {
  readonly offload = true
  readonly maxFrame: number = SLOT_OCTETS
  readonly label: string
  /** Where we are plugged in. */
  readonly port: number
  readonly id: number
  /** The switch ended this because it cannot serve our TAP (it is too slow): datagrams are to be used. */
  isHandedBack = false

  readonly #fd: number
  readonly #loop: Loop
  readonly #sink: FrameSink
  #isClosed = false

  /** Takes over `fd`. @throws {VdeError} when it cannot be watched */
  constructor (fd: number, offer: AttachOffer, place: AttachPlace, sink: FrameSink) {
    this.label = `vde://${offer.directory}`
    this.port = place.port
    this.id = place.id
    this.#fd = fd
    this.#loop = offer.loop
    this.#sink = sink
    offer.loop.add(fd, IN | RDHUP, this)
  }

  /** What the TAP delivered before it was handed over: lost. */
  send (): boolean { return true }
  pause (): void {}
  resume (): void {}

  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#loop.remove(this.#fd)
    native.close(this.#fd)
  }

  onReady (): void {
    const last = receiveAnswer(this.#fd, new Int32Array(0))
    this.#loop.remove(this.#fd)
    const reason = last !== null && 'errno' in last ? last : null
    this.isHandedBack = reason?.errno === UNSUPPORTED
    this.#sink.onClose(reason === null ? undefined : systemError(-reason.errno, `use ${this.label}`, reason.text))
  }
}
