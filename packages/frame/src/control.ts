/**
 * The control protocol between a plug and a switch: one request, one reply, then silence until either side hangs up.
 *
 *     version 3   0 magic | 4 version | 8 kind + (port << 8) | 12 sockaddr_un (2 + 108) | 122 description ...
 *     version 1   0 magic | 4 kind    | 8 MAC, ignored       | 14 sockaddr_un (2 + 108) | 124 description ...
 *     reply       0 sockaddr_un (2 + 108)
 *
 * Integers are in host byte order, which is little-endian everywhere we run. Nothing announces the length of the
 * description: it is what came along with the rest. So a reader accumulates until `requestLength` is reached, reads
 * what else is there, at most MAX_REQUEST, and decodes. Everything here is said by an untrusted peer.
 */

/** First word of every request. */
export const MAGIC = 0xfeedface
/** Octets of the shortest request of version 3. */
export const REQUEST = 122
/** Octets of the shortest request of version 1, and of what User Mode Linux sends as version 3 (two octets of padding). */
export const REQUEST_V1 = 124
/** Octets a switch looks at; what follows is ignored. */
export const MAX_REQUEST = 256
/** Octets of a struct sockaddr_un, and of a reply. */
export const SOCKADDR = 110
/** Octets of the longest socket path; one more is the NUL. */
export const MAX_PATH = 107
/** Octets of the longest description a client sends. */
export const MAX_DESCRIPTION = 127
/** Highest port a request can name (24 bits, signed). */
export const MAX_PORT = 0x7fffff

/** Request kinds. */
export const NEW_CONTROL = 0
export const NEW_PORT_ZERO = 1

const AF_UNIX = 1
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

/** What a client asks for. */
export interface ControlRequest {
  readonly version: 1 | 3
  readonly kind: 0 | 1
  /** The port asked for: null any, 0 port zero (kind 1, or a negative port), else that port. */
  readonly port: number | null
  /** The client's data socket, a copy of all SOCKADDR octets as they came: connect to exactly these. */
  readonly address: Uint8Array
  /** Its path; '' when the address is abstract. */
  readonly path: string
  /** Text of the client, unescaped. */
  readonly description: string
}

/** Why a request is refused; `detail` is the offending number. */
export interface RequestRefusal {
  readonly fault: 'short' | 'magic' | 'version' | 'kind' | 'family'
  readonly detail: number
}

/** True when {@link decodeRequest} refused. */
export const isRefusal = (result: ControlRequest | RequestRefusal): result is RequestRefusal => 'fault' in result

const word = (buf: Uint8Array, at: number): number =>
  buf[at] | (buf[at + 1] << 8) | (buf[at + 2] << 16) | (buf[at + 3] << 24)

const setWord = (buf: Uint8Array, at: number, value: number): void => {
  buf[at] = value
  buf[at + 1] = value >> 8
  buf[at + 2] = value >> 16
  buf[at + 3] = value >> 24
}

/**
 * Octets the shortest request has that starts with these `have` octets: 8 while that is unknown, -1 when no request
 * starts so (decode it for the reason).
 */
export const requestLength = (buf: Uint8Array, off: number, have: number): number => {
  for (let i = 0; i < Math.min(have, 4); i++) {
    if (buf[off + i] !== ((MAGIC >>> (8 * i)) & 0xff)) return -1
  }
  if (have < 8) return 8
  const version = word(buf, off + 4)
  if (version === 3) return REQUEST
  return version === 0 || version === 1 ? REQUEST_V1 : -1
}

/** Reads a request of `len` octets. Octets after MAX_REQUEST are ignored. Never throws. */
export const decodeRequest = (buf: Uint8Array, off: number, len: number): ControlRequest | RequestRefusal => {
  if (len >= 4 && word(buf, off) !== (MAGIC | 0)) return { fault: 'magic', detail: word(buf, off) >>> 0 }
  if (len < 8) return { fault: 'short', detail: len }
  const version = word(buf, off + 4)
  if (version === 3) return decodeBody(buf, off, len, 3)
  if (version === 0 || version === 1) return decodeBody(buf, off, len, 1)
  return { fault: 'version', detail: version }
}

const decodeBody = (buf: Uint8Array, off: number, len: number, version: 1 | 3): ControlRequest | RequestRefusal => {
  const least = version === 3 ? REQUEST : REQUEST_V1
  if (len < least) return { fault: 'short', detail: len }
  const type = word(buf, off + (version === 3 ? 8 : 4))
  const kind = type & 0xff
  if (kind !== NEW_CONTROL && kind !== NEW_PORT_ZERO) return { fault: 'kind', detail: kind }
  const at = off + least - SOCKADDR
  const address = new Uint8Array(buf.subarray(at, at + SOCKADDR))
  const family = address[0] | (address[1] << 8)
  if (family !== AF_UNIX) return { fault: 'family', detail: family }
  const isAbstract = address[2] === 0
  // User Mode Linux fills its two octets of padding with whatever was on its stack: no description.
  const isPadded = version === 3 && len === REQUEST_V1 && isAbstract
  return {
    version,
    kind,
    port: wantedPort(kind, type >> 8),
    address,
    path: addressPath(address, 0),
    description: isPadded ? '' : text(buf, off + least, off + Math.min(len, MAX_REQUEST))
  }
}

const wantedPort = (kind: number, port: number): number | null => {
  if (kind === NEW_PORT_ZERO || port < 0) return 0
  return port === 0 ? null : port
}

const text = (buf: Uint8Array, from: number, to: number): string => {
  const end = buf.subarray(from, to).indexOf(0)
  return decoder.decode(buf.subarray(from, end === -1 ? to : from + end))
}

/** Path in the sockaddr_un at `at`: '' when abstract. */
export const addressPath = (buf: Uint8Array, at: number): string => text(buf, at + 2, at + SOCKADDR)

const setAddress = (out: Uint8Array, at: number, path: string): void => {
  const octets = encoder.encode(path)
  if (octets.length > MAX_PATH) {
    throw new RangeError(`Cannot name a socket: path of ${octets.length} octets "${path}", want at most ${MAX_PATH}`)
  }
  out[at] = AF_UNIX
  out[at + 1] = 0
  out.set(octets, at + 2)
}

/** Cut to at most `most` octets of UTF-8, between characters. */
const cut = (value: string, most: number): Uint8Array => {
  const octets = new Uint8Array(most)
  return octets.subarray(0, encoder.encodeInto(value, octets).written)
}

/** What a client asks for, to be encoded. */
export interface RequestFields {
  /** 1 cannot name a port but zero. */
  readonly version?: 1 | 3
  /** null any, 0 port zero, else 1..MAX_PORT. */
  readonly port: number | null
  /** The client's data socket: a path, or all octets of a sockaddr_un. */
  readonly address: string | Uint8Array
  /** Cut to MAX_DESCRIPTION octets. */
  readonly description: string
}

/**
 * A request, to be written in one piece: the C switch reads once.
 * @throws {RangeError} a path over MAX_PATH octets, a port a request cannot carry
 */
export const encodeRequest = (fields: RequestFields): Uint8Array => {
  const { version = 3, port, address } = fields
  if (port !== null && (!Number.isInteger(port) || port < 0 || port > MAX_PORT || (version === 1 && port !== 0))) {
    throw new RangeError(`Cannot encode a request: port ${port}, want ${version === 1 ? 'any or 0' : `0..${MAX_PORT}`}`)
  }
  const description = cut(fields.description, MAX_DESCRIPTION)
  const least = version === 3 ? REQUEST : REQUEST_V1
  const out = new Uint8Array(least + description.length)
  const type = port === 0 ? NEW_PORT_ZERO : (port ?? 0) << 8
  setWord(out, 0, MAGIC)
  setWord(out, 4, version === 3 ? 3 : type)
  if (version === 3) setWord(out, 8, type)
  if (typeof address === 'string') setAddress(out, least - SOCKADDR, address)
  else out.set(address.subarray(0, SOCKADDR), least - SOCKADDR)
  out.set(description, least)
  return out
}

/**
 * The reply: where the switch's data socket is.
 * @throws {RangeError} a path over MAX_PATH octets
 */
export const encodeReply = (path: string): Uint8Array => {
  const out = new Uint8Array(SOCKADDR)
  setAddress(out, 0, path)
  return out
}

/** What a switch answered: the address to connect to, its path ('' when abstract), and the port if the name tells it. */
export interface ControlReply {
  readonly address: Uint8Array
  readonly path: string
  readonly port: number | null
}

/** Reads a reply; null when it is none (shorter than SOCKADDR, another address family). Never throws. */
export const decodeReply = (buf: Uint8Array, off: number, len: number): ControlReply | null => {
  if (len < SOCKADDR || buf[off] !== AF_UNIX || buf[off + 1] !== 0) return null
  const address = new Uint8Array(buf.subarray(off, off + SOCKADDR))
  const path = addressPath(address, 0)
  const name = /(?:^|\/)(\d{3,7})\.\d+$/.exec(path)
  return { address, path, port: name === null ? null : Number(name[1]) }
}

/**
 * Collects one request that may come in pieces: read into `octets` from `have`, at most `room`, then tell `filled`.
 * When `state` is `ready`, read on until nothing is there (a description has no end of its own), then `decode`.
 */
export class RequestBuffer {
  readonly octets: Uint8Array = new Uint8Array(MAX_REQUEST)
  have = 0

  get room (): number { return MAX_REQUEST - this.have }

  /** `refused`: no further octet can make it a request. */
  get state (): 'more' | 'ready' | 'refused' {
    const need = requestLength(this.octets, 0, this.have)
    if (need === -1) return 'refused'
    return this.have >= need && this.have > 8 ? 'ready' : 'more'
  }

  filled (count: number): void { this.have += count }

  decode (): ControlRequest | RequestRefusal { return decodeRequest(this.octets, 0, this.have) }
}
