/**
 * Bridge protocol data units, IEEE 802.1D-2004 clause 9, in an 802.3 frame: codec, no meaning.
 *
 *     0    6    12      14          17
 *     | dst | src | length | 42 42 03 | BPDU: length - 3 octets | padding to 60 |
 *
 *     BPDU   0        2         3      4       5    13     17        25     27    29    31      33      35
 *     TCN    | 0 0    | version | 0x80 |
 *     Config | 0 0    | version | 0    | flags | root | cost | bridge | port | age | max | hello | delay |
 *     RST    | 0 0    | version | 2    | flags | ... the same ...                                        | 0 |
 *
 * Times are in 1/256 s on the wire and in seconds here. A bridge identifier is sixteen hexadecimal digits, priority first,
 * so that identifiers compare as texts do.
 */
import { setMac } from './ethernet.ts'

/** 01:80:c2:00:00:00, the group address of bridges. */
export const BRIDGES_HI = 0x0180
export const BRIDGES_LO: number = 0xc2000000 | 0

/** Flags, figure 9-5. */
export const FLAG_TC = 0x01
export const FLAG_PROPOSAL = 0x02
export const ROLE_MASK = 0x0c
export const FLAG_LEARNING = 0x10
export const FLAG_FORWARDING = 0x20
export const FLAG_AGREEMENT = 0x40
export const FLAG_TC_ACK = 0x80

/** Port roles as the flags hold them, table 9-1. Zero, unknown, counts as designated (9.3.3). */
export const ROLE_ALTERNATE_BACKUP = 0x04
export const ROLE_ROOT = 0x08
export const ROLE_DESIGNATED = 0x0c

/** Octets of a frame that {@link writeBpdu} makes. */
export const BPDU_FRAME = 60

const LLC = 14
const BODY = 17
const TYPE_CONFIG = 0x00
const TYPE_RST = 0x02
const TYPE_TCN = 0x80
/** Least octets of each kind, 9.3.4, and those written. */
const LEAST: Readonly<Record<BpduKind, number>> = { config: 35, rst: 36, tcn: 4 }

/** Configuration BPDU of STP, Rapid Spanning Tree BPDU, Topology Change Notification. */
export type BpduKind = 'config' | 'rst' | 'tcn'

/** One BPDU; of a TCN only `kind` and `version` count. Times in seconds. */
export interface Bpdu {
  readonly kind: BpduKind
  readonly version: number
  readonly flags: number
  readonly rootId: string
  readonly rootPathCost: number
  readonly bridgeId: string
  readonly portId: number
  readonly messageAge: number
  readonly maxAge: number
  readonly helloTime: number
  readonly forwardDelay: number
}

/** A BPDU that has nothing to say but its kind. */
export const TCN: Bpdu = {
  kind: 'tcn', version: 0, flags: 0, rootId: '', rootPathCost: 0, bridgeId: '', portId: 0, messageAge: 0, maxAge: 0, helloTime: 0, forwardDelay: 0
}

/** Bridge identifier of a priority, 0..65535, and an address in halves. */
export const bridgeId = (priority: number, hi: number, lo: number): string =>
  priority.toString(16).padStart(4, '0') + hi.toString(16).padStart(4, '0') + (lo >>> 0).toString(16).padStart(8, '0')

/**
 * The BPDU in an untagged frame, valid as 9.3.4 says; null: there is none, or an invalid one. Whether it is the receiving
 * port's own is for that port to see.
 */
export const readBpdu = (buf: Uint8Array, off: number, len: number): Bpdu | null => {
  const body = off + BODY
  const octets = Math.min(word(buf, off + 12), len - LLC) - 3
  if (octets < LEAST.tcn || buf[off + LLC] !== 0x42 || buf[off + LLC + 1] !== 0x42 || buf[off + LLC + 2] !== 0x03) return null
  const kind = kindOf(buf[body + 3], buf[body + 2])
  if (word(buf, body) !== 0 || kind === null || octets < LEAST[kind]) return null
  if (kind === 'tcn') return TCN
  const bpdu = readFields(kind, buf, body)
  return kind === 'config' && bpdu.messageAge >= bpdu.maxAge ? null : bpdu
}

const kindOf = (type: number, version: number): BpduKind | null => {
  if (type === TYPE_CONFIG) return 'config'
  if (type === TYPE_TCN) return 'tcn'
  return type === TYPE_RST && version >= 2 ? 'rst' : null
}

const readFields = (kind: BpduKind, buf: Uint8Array, body: number): Bpdu => ({
  kind,
  version: buf[body + 2],
  flags: buf[body + 4],
  rootId: readId(buf, body + 5),
  rootPathCost: ((word(buf, body + 13) << 16) | word(buf, body + 15)) >>> 0,
  bridgeId: readId(buf, body + 17),
  portId: word(buf, body + 25),
  messageAge: word(buf, body + 27) / 256,
  maxAge: word(buf, body + 29) / 256,
  helloTime: word(buf, body + 31) / 256,
  forwardDelay: word(buf, body + 33) / 256
})

/** Writes an untagged frame of {@link BPDU_FRAME} octets with the source address of the halves `hi` and `lo`. */
export const writeBpdu = (buf: Uint8Array, off: number, bpdu: Bpdu, hi: number, lo: number): void => {
  buf.fill(0, off, off + BPDU_FRAME)
  setMac(buf, off, BRIDGES_HI, BRIDGES_LO)
  setMac(buf, off + 6, hi, lo)
  setWord(buf, off + 12, LEAST[bpdu.kind] + 3)
  buf[off + LLC] = buf[off + LLC + 1] = 0x42
  buf[off + LLC + 2] = 0x03
  const body = off + BODY
  buf[body + 2] = bpdu.version
  buf[body + 3] = bpdu.kind === 'config' ? TYPE_CONFIG : bpdu.kind === 'rst' ? TYPE_RST : TYPE_TCN
  if (bpdu.kind === 'tcn') return
  buf[body + 4] = bpdu.flags
  writeId(buf, body + 5, bpdu.rootId)
  setWord(buf, body + 13, bpdu.rootPathCost >>> 16)
  setWord(buf, body + 15, bpdu.rootPathCost)
  writeId(buf, body + 17, bpdu.bridgeId)
  setWord(buf, body + 25, bpdu.portId)
  setWord(buf, body + 27, Math.round(bpdu.messageAge * 256))
  setWord(buf, body + 29, Math.round(bpdu.maxAge * 256))
  setWord(buf, body + 31, Math.round(bpdu.helloTime * 256))
  setWord(buf, body + 33, Math.round(bpdu.forwardDelay * 256))
}

const word = (buf: Uint8Array, at: number): number => (buf[at] << 8) | buf[at + 1]

const setWord = (buf: Uint8Array, at: number, value: number): void => {
  buf[at] = value >>> 8
  buf[at + 1] = value
}

const readId = (buf: Uint8Array, at: number): string => {
  let text = ''
  for (let i = 0; i < 8; i++) text += buf[at + i].toString(16).padStart(2, '0')
  return text
}

const writeId = (buf: Uint8Array, at: number, id: string): void => {
  for (let i = 0; i < 8; i++) buf[at + i] = parseInt(id.substring(2 * i, 2 * i + 2), 16)
}
