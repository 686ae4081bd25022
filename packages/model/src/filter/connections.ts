/**
 * Connections that were accepted, so that answers are known from questions. One table for both directions of a port.
 *
 *     row   [kind, state, seen, src{4}, dst{4}, ports]        as the first frame had them; answers are looked up turned round
 *     set of WAYS rows by hash; a full set loses its row that is nearest to its end
 *
 * A frame is asked about before rules see it, and noted when it was accepted: what is dropped leaves no trace. The table
 * grows to MAX_ROWS and no further, whatever arrives. An unknown TCP segment in the middle of a connection is `new`, as
 * with Linux, so that connections outlive a table that was lost; an answer without a question is `invalid`.
 *
 * A first fragment leaves a row under its number, by which the later ones are known. An ICMP error is `related` when the
 * packet that it quotes is of a connection. What is not IP has no state.
 */
import { big16, big32 } from '@vde-ts/frame/checksum.js'
import { HAS, ICMP, ICMPV6, WORD, type Packet } from './packet.ts'
import { STATES } from './rule-table.ts'

const [KIND, STATE, SEEN, SRC, DST, PORTS, ROW] = [0, 1, 2, 3, 7, 11, 12] as const
const WAYS = 8
const FIRST_SETS = 8
/** 48 octets each. */
export const MAX_ROWS = 8192
const [TCP, UDP, SCTP] = [6, 17, 132] as const
const IS_SIX = 0x100
const IS_FRAGMENT = 0x200
const [ASKED, ANSWERED, CLOSING] = [1, 2, 3] as const
/** Seconds without a frame: a question, what is open, TCP that is open, what was closed. */
const [ASKED_SEC, OPEN_SEC, TCP_SEC, CLOSING_SEC, FRAGMENT_SEC] = [30, 180, 24 * 3600, 10, 30] as const
const [FIN, SYN, RST, ACK] = [1, 2, 4, 16] as const
const isError = (protocol: number, type: number): boolean =>
  protocol === ICMP ? type === 3 || type === 4 || type === 5 || type === 11 || type === 12 : type >= 1 && type <= 4

/** See above. */
export class Connections {
  /** Whole seconds of any steady clock. */
  nowSec = 0
  /** Rows that were lost to others before their time. */
  evicted = 0
  #rows = new Int32Array(FIRST_SETS * WAYS * ROW)
  #sets = FIRST_SETS
  readonly #seed: number
  /** What the frame in hand was found to be. */
  #found = -1
  #isAnswer = false
  #kind = 0
  readonly #key = new Int32Array(9)
  #flags = 0
  #mayBegin = false

  /** @param seed of the hash: who sends is not trusted */
  constructor (seed: number) { this.#seed = seed }

  /** Writes the state of the packet into its words. */
  ask (packet: Packet, buf: Uint8Array): void {
    this.#found = -1
    this.#mayBegin = false
    packet.has &= ~HAS.state
    if ((packet.has & HAS.upper) === 0) return
    packet.has |= HAS.state
    packet.words[WORD.state] = this.#stateOf(packet, buf)
  }

  /** The packet that was last asked about, this one, was accepted. */
  accepted (packet: Packet): void {
    if ((packet.has & HAS.state) === 0 || packet.isLaterFragment) return
    if (this.#found < 0 && this.#mayBegin) this.#insert(ASKED)
    else if (this.#found >= 0) this.#touch(this.#found)
    if (packet.isFirstFragment) this.#noteFragment(packet)
  }

  #stateOf (packet: Packet, buf: Uint8Array): number {
    const { words } = packet
    const protocol = words[WORD.protocol]!
    const family = (packet.has & HAS.ipv6) !== 0 ? IS_SIX : 0
    this.#flags = 0
    if (packet.isLaterFragment) {
      this.#setKey(packet, protocol | family | IS_FRAGMENT, packet.fragmentId)
      return this.#find(false) < 0 ? STATES.invalid : STATES.established
    }
    if (protocol === ICMP || protocol === ICMPV6) return this.#icmp(packet, buf, protocol, family)
    const hasPorts = protocol === TCP || protocol === UDP || protocol === SCTP
    if (protocol === TCP && hasPorts) this.#flags = packet.upper + 14 <= packet.end ? buf[packet.upper + 13]! : 0
    this.#setKey(packet, protocol | family, hasPorts ? (words[WORD.srcPort]! << 16) | words[WORD.dstPort]! : 0)
    return this.#known(protocol === TCP ? this.#tcpMayBegin() : true, protocol === TCP && !this.#isSane())
  }

  #isSane (): boolean {
    const kinds = this.#flags & (FIN | SYN | RST)
    return (kinds & (kinds - 1)) === 0 && (this.#flags & (FIN | SYN | RST | ACK)) !== 0
  }

  #tcpMayBegin (): boolean {
    return (this.#flags & RST) === 0 && (this.#flags & (SYN | ACK)) !== (SYN | ACK)
  }

  #known (mayBegin: boolean, isInvalid: boolean): number {
    if (isInvalid) return STATES.invalid
    this.#found = this.#find(false)
    this.#isAnswer = false
    if (this.#found < 0) {
      this.#found = this.#find(true)
      this.#isAnswer = this.#found >= 0
    }
    return this.#stateOfFound(mayBegin)
  }

  #stateOfFound (mayBegin: boolean): number {
    if (this.#found < 0) {
      this.#mayBegin = mayBegin
      return mayBegin ? STATES.new : STATES.invalid
    }
    const state = this.#rows[this.#found + STATE]!
    if (state === CLOSING && (this.#flags & (SYN | ACK)) === SYN) return this.#again()
    return this.#isAnswer || state !== ASKED ? STATES.established : STATES.new
  }

  /** The same ports for a new connection. */
  #again (): number {
    this.#rows[this.#found + KIND] = 0
    this.#found = -1
    this.#mayBegin = true
    return STATES.new
  }

  #icmp (packet: Packet, buf: Uint8Array, protocol: number, family: number): number {
    if ((packet.has & HAS.icmp) === 0) return STATES.invalid
    const type = packet.words[WORD.icmpType]!
    if (isError(protocol, type)) return this.#quotes(packet, buf) ? STATES.related : STATES.invalid
    const request = protocol === ICMP ? 8 : 128
    const reply = protocol === ICMP ? 0 : 129
    if (type !== request && type !== reply) return STATES.new
    if (packet.upper + 6 > packet.end) return STATES.invalid
    const id = big16(buf, packet.upper + 4)
    this.#setKey(packet, protocol | family, (id << 16) | id)
    // A request is of who asked, a reply of who was asked: the two may use the same number.
    this.#isAnswer = type === reply
    this.#found = this.#find(this.#isAnswer)
    return this.#stateOfFound(type === request)
  }

  /** Whether the packet behind an ICMP error is of a connection: it went the other way, so its key is looked up both ways. */
  #quotes (packet: Packet, buf: Uint8Array): boolean {
    const at = packet.upper + 8
    const isSix = (packet.has & HAS.ipv6) !== 0
    const header = isSix ? 40 : (buf[at]! & 15) * 4
    if (at + header + 8 > packet.end || buf[at]! >> 4 !== (isSix ? 6 : 4) || header < 20) return false
    const protocol = buf[at + (isSix ? 6 : 9)]!
    const count = isSix ? 4 : 1
    this.#key.fill(0)
    for (let i = 0; i < count; i++) {
      this.#key[i] = big32(buf, at + (isSix ? 8 : 12) + 4 * i)
      this.#key[4 + i] = big32(buf, at + (isSix ? 24 : 16) + 4 * i)
    }
    const isEcho = protocol === ICMP || protocol === ICMPV6
    const id = isEcho ? big16(buf, at + header + 4) : 0
    const hasPorts = protocol === TCP || protocol === UDP || protocol === SCTP
    this.#key[8] = isEcho ? (id << 16) | id : hasPorts ? big32(buf, at + header) : 0
    this.#kind = protocol | (isSix ? IS_SIX : 0)
    return this.#find(false) >= 0 || this.#find(true) >= 0
  }

  #setKey ({ words }: Packet, kind: number, ports: number): void {
    this.#kind = kind
    for (let i = 0; i < 4; i++) {
      this.#key[i] = words[WORD.srcIp + i]!
      this.#key[4 + i] = words[WORD.dstIp + i]!
    }
    this.#key[8] = ports
  }

  /** The same for both ways. */
  #hash (): number {
    const key = this.#key
    let mixed = this.#seed ^ this.#kind
    for (let i = 0; i < 4; i++) {
      const both = Math.imul(key[i]! ^ this.#seed, 0x9e3779b1) + Math.imul(key[4 + i]! ^ this.#seed, 0x9e3779b1)
      mixed = Math.imul(mixed ^ both, 0x85ebca77)
    }
    const src = key[8]! >>> 16
    const dst = key[8]! & 0xffff
    mixed = Math.imul(mixed ^ (src + dst) ^ Math.imul(src ^ dst, 0x27d4eb2f), 0xc2b2ae3d)
    return ((mixed ^ (mixed >>> 15)) & (this.#sets - 1)) * WAYS * ROW
  }

  #find (isTurned: boolean): number {
    const first = this.#hash()
    for (let way = 0; way < WAYS; way++) {
      const at = first + way * ROW
      if (this.#rows[at + KIND] === this.#kind && this.#isKey(at, isTurned) && this.#leftSec(at) > 0) return at
    }
    return -1
  }

  #isKey (at: number, isTurned: boolean): boolean {
    const rows = this.#rows
    const key = this.#key
    const ports = key[8]!
    if (rows[at + PORTS] !== (isTurned ? (ports << 16) | (ports >>> 16) : ports)) return false
    const src = isTurned ? DST : SRC
    const dst = isTurned ? SRC : DST
    for (let i = 0; i < 4; i++) if (rows[at + src + i] !== key[i] || rows[at + dst + i] !== key[4 + i]) return false
    return true
  }

  /** Seconds a row has left; 0 and less: it has ended, or is none. */
  #leftSec (at: number): number {
    const kind = this.#rows[at + KIND]!
    if (kind === 0) return 0
    const state = this.#rows[at + STATE]!
    const open = (kind & 0xff) === TCP ? TCP_SEC : OPEN_SEC
    const answered = state === CLOSING ? CLOSING_SEC : open
    const life = (kind & IS_FRAGMENT) !== 0 ? FRAGMENT_SEC : state === ASKED ? ASKED_SEC : answered
    return this.#rows[at + SEEN]! + life - this.nowSec
  }

  #touch (at: number): void {
    const rows = this.#rows
    rows[at + SEEN] = this.nowSec
    if (this.#isAnswer && rows[at + STATE] === ASKED) rows[at + STATE] = ANSWERED
    if ((this.#flags & (FIN | RST)) !== 0) rows[at + STATE] = CLOSING
  }

  #noteFragment (packet: Packet): void {
    const family = (packet.has & HAS.ipv6) !== 0 ? IS_SIX : 0
    this.#setKey(packet, packet.words[WORD.protocol]! | family | IS_FRAGMENT, packet.fragmentId)
    this.#insert(ANSWERED)
  }

  #insert (state: number): void {
    let at = this.#place()
    while (this.#leftSec(at) > 0 && this.#sets * WAYS < MAX_ROWS) {
      this.#grow()
      at = this.#place()
    }
    if (this.#leftSec(at) > 0) this.evicted++
    this.#rows[at + KIND] = this.#kind
    this.#rows[at + STATE] = state
    this.#rows[at + SEEN] = this.nowSec
    this.#rows.set(this.#key, at + SRC)
  }

  /** The row of the set that is nearest to its end, or has reached it. */
  #place (): number {
    const first = this.#hash()
    let best = first
    for (let way = 0; way < WAYS; way++) {
      const at = first + way * ROW
      if (this.#leftSec(at) < this.#leftSec(best)) best = at
    }
    return best
  }

  #grow (): void {
    const [old, kind, key] = [this.#rows, this.#kind, Int32Array.from(this.#key)]
    this.#sets *= 2
    this.#rows = new Int32Array(old.length * 2)
    for (let at = 0; at < old.length; at += ROW) {
      if (old[at + KIND] === 0) continue
      this.#kind = old[at + KIND]!
      this.#key.set(old.subarray(at + SRC, at + ROW))
      this.#rows.set(old.subarray(at, at + ROW), this.#place())
    }
    this.#kind = kind
    this.#key.set(key)
  }
}
