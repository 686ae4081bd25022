/**
 * The packets of `DIR/attach`, by which a client hands its TAP or packet socket to the switch, or gets one end of a pair
 * of sockets that carries frames with their offload header. SOCK_SEQPACKET, JSON, one packet each way:
 *
 *     client: {v: 1, kind: "tap" | "packet", descr, port?, exclusive?, offload?}  with the descriptor      at most 4 KiB
 *             {v: 1, kind: "socket", descr, port?, exclusive?, offload?}          without one
 *     switch: {port, id}    or    {errno, text}                                   to "socket" with the descriptor
 *
 * The connection stays: its end means that the switch does not use the descriptor any more. The switch may say why in one
 * more {errno, text}. Both sides are strangers to each other: everything is checked, nothing throws.
 */
import { constants } from 'node:os'
import { escapeControls } from '@vde-ts/frame/escape.js'

/** Name of the socket in the directory of a switch. */
export const ATTACH = 'attach'
/** Octets of the longest packet. */
export const MAX_PACKET = 4096
/** Octets wished for each queue of a connection that carries frames; the kernel gives what it allows. */
export const SOCKET_BUFFER: number = 2 * 1024 * 1024
/** How long either side waits for the other, in milliseconds. */
export const ATTACH_MS = 2000
/** What a switch answers that cannot do this, now or ever: datagrams can. */
export const UNSUPPORTED: number = constants.errno.EOPNOTSUPP

const VERSION = 1
const MAX_NUMBER = 65535
const MAX_TEXT = 512

/** What a client asks for. */
export interface AttachRequest {
  /** `tap`, `packet`, `socket`, or a kind this version does not know. */
  readonly kind: string
  readonly description: string
  readonly port: number | 'any'
  readonly isExclusive: boolean
  /** False: the descriptor is to be given finished frames only. */
  readonly hasOffload: boolean
}

/** Says that something is not to be. `errno` is positive. */
export interface AttachRefusal { readonly errno: number, readonly text: string }
/** Where the client was plugged in. */
export interface AttachPlace { readonly port: number, readonly id: number }

/** A request. */
export const encodeAttach = (request: AttachRequest): Uint8Array => {
  const { kind, description, port, isExclusive, hasOffload } = request
  return encode({
    v: VERSION,
    kind,
    descr: description,
    ...(port === 'any' ? {} : { port }),
    ...(isExclusive ? { exclusive: true } : {}),
    ...(hasOffload ? {} : { offload: false })
  })
}

/** Answers, of either kind. */
export const encodeAnswer = (answer: AttachPlace | AttachRefusal): Uint8Array => encode(answer)

const encode = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

/** Reads a request. */
export const decodeAttach = (packet: Uint8Array): AttachRequest | AttachRefusal => {
  const value = parse(packet)
  if (value === null) return { errno: constants.errno.EINVAL, text: 'the request is no JSON object of at most 4096 octets' }
  const { v, kind, descr = '', port, exclusive = false, offload = true } = value
  if (v !== VERSION) return { errno: UNSUPPORTED, text: 'version 1 is spoken here' }
  if (typeof kind !== 'string') return invalid('kind')
  if (typeof descr !== 'string') return invalid('descr')
  if (typeof exclusive !== 'boolean') return invalid('exclusive')
  if (typeof offload !== 'boolean') return invalid('offload')
  if (port !== undefined && !isNumber(port)) return invalid('port')
  return { kind, description: descr, port: port ?? 'any', isExclusive: exclusive, hasOffload: offload }
}

/** Reads an answer. Null: it is none. */
export const decodeAnswer = (packet: Uint8Array): AttachPlace | AttachRefusal | null => {
  const { port, id, errno, text } = parse(packet) ?? {}
  if (isNumber(port) && typeof id === 'number' && Number.isSafeInteger(id)) return { port, id }
  if (!isNumber(errno) || errno === 0) return null
  return { errno, text: typeof text === 'string' ? escapeControls(text.slice(0, MAX_TEXT)) : '' }
}

const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_NUMBER

const invalid = (what: string): AttachRefusal => ({ errno: constants.errno.EINVAL, text: `"${what}" of the request has no such value` })

const parse = (packet: Uint8Array): Record<string, unknown> | null => {
  if (packet.length > MAX_PACKET) return null
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(packet))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : null
  } catch {
    return null
  }
}
