/**
 * The state of one cable: who the peer is, where, and by which keys. No sockets and no clock: they are given.
 *
 *     initiator                                      listener
 *        | initiation (stamp) ----------------------> |   gate, stamp, curve; keys wait in `next`
 *        | <------------------------------- response  |
 *     `current` = the new keys                        |
 *        | ping, sealed ----------------------------> |   authentic: `next` becomes `current`
 *        | <----------------------------------- pong  |
 *
 * Only the initiator begins: at first, every two minutes, and when the peer is silent although it was asked. Former keys
 * are kept in `previous` for what is on its way. A replayed initiation changes nothing: its stamp is no news, and after a
 * restart of the listener, which has forgotten stamps, its keys wait in `next` for a message that nobody can make. Stamps are
 * from a clock, which may have been set back while the initiator was away: one that is no news is answered too when an
 * initiation is due, with keys in `older`, where a replay is in nobody's way. A message by them makes its stamp the last.
 *
 * Strangers get no answer and leave no trace: an index out of 2^24, a MAC and a window stand in front of all that costs
 * or is kept. The address of the peer is the one that its newest authentic message came from.
 */
import { VdeError } from '@vde-ts/link'
import { ADDRESS_WORDS } from '@vde-ts/schemes/internet/address.js'
import { FOREIGN, MALFORMED, NO_FRAME, type Encapsulation } from '@vde-ts/schemes/overlay/encapsulation.js'
import type { Credentials } from './credentials.ts'
import { conclude, initiate, initiationLength, newIndex, respond, responseLength, type Initiated } from './handshake.ts'
import { MAX_MESSAGES, REPLAYED, Session } from './session.ts'
import { BYE, DATA, DATA_HEADER, INITIATION, PING, PONG, RESPONSE, TAG, indexOf, stampOf } from './wire.ts'

/** Keys are renewed at that age, and not used beyond the other one. */
const REKEY_MS = 120_000
const REJECT_MS = 180_000
/** And renewed after so many messages. */
const REKEY_MESSAGES = MAX_MESSAGES / 2
/** Silence after which the peer is asked, after which an initiator begins anew, after which the cable is down. */
const PING_MS = 2000
const TRY_MS = 5000
const LOST_MS = 10_000
/** Between two initiations, and a random part on top; between two pings. */
const RETRY_MS = 1000
const MAX_RETRY_MS = 5000
const RETRY_JITTER_MS = 300
const REPING_MS = 1000
/** A listener answers no sooner than that after the initiation before. */
const GAP_MS = 50
/** Initiations without an answer before somebody is told. */
const TOLD_TRIES = 4
/** Between two lines about strangers. */
const QUIET_MS = 60_000
/** An Ethernet header; what is shorter is control. */
const SHORTEST = 14

/** The world of a tunnel. */
export interface TunnelOptions {
  readonly isInitiator: boolean
  readonly credentials: Credentials
  /** A steady clock, and the one on the wall; milliseconds. */
  now (): number
  clock (): number
  /** Sends a datagram, borrowed, to an address. */
  transmit (datagram: Uint8Array, len: number, to: Int32Array): void
  /** Nobody answers: time to find out again where the listener is, see {@link Tunnel.moveTo}. */
  lookUp (): void
  /** An address for people. */
  nameOf (address: Int32Array): string
  onUp (): void
  onDown (why: Error): void
  log (line: string): void
}

/** See above. The caller says where a datagram came from ({@link from}) before it has it read. */
export class Tunnel implements Encapsulation {
  readonly header: number = DATA_HEADER
  readonly trailer: number = TAG
  /** Address of the peer, as far as it is known: ADDRESS_WORDS int32. */
  readonly peer: Int32Array = new Int32Array(ADDRESS_WORDS)
  isUp = false
  /** Messages that came again; those that were not authentic. */
  replayed = 0
  forged = 0

  readonly #options: TunnelOptions
  readonly #control = new Uint8Array(DATA_HEADER + 1 + TAG)
  readonly #sender = new Int32Array(ADDRESS_WORDS)
  #previous: Session | null = null
  #current: Session | null = null
  #next: Session | null = null
  #initiated: Initiated | null = null
  #tries = 0
  #retryMs = -Infinity
  #older: Session | null = null
  #stamp = 0
  #olderStamp = 0
  /** By whether the stamp was news. */
  readonly #answeredMs = { false: -Infinity, true: -Infinity }
  #pingedMs = -Infinity
  #heardMs = -Infinity
  #hasHeard = false
  #toldMs = -Infinity

  constructor (options: TunnelOptions) { this.#options = options }

  /** The datagrams read next came from the address at `at` of `words`. */
  from (words: Int32Array, at: number): void {
    for (let i = 0; i < ADDRESS_WORDS; i++) this.#sender[i] = words[at + i]!
  }

  /** The listener may be at another address. What it says itself counts more. */
  moveTo (address: Int32Array): void { if (!this.isUp) this.peer.set(address) }

  /** For frames, which are sent only while it is up. */
  write (buf: Uint8Array, at: number): void { this.#current!.write(buf, at) }
  seal (buf: Uint8Array, at: number, len: number): void { this.#current!.seal(buf, at, len) }

  read (buf: Uint8Array, at: number, len: number): number {
    if (len < 4) return MALFORMED
    switch (buf[at]) {
      case DATA: return this.#readData(buf, at, len)
      case INITIATION: return this.#onInitiation(buf, at, len)
      case RESPONSE: return this.#onResponse(buf, at, len)
      default: return MALFORMED
    }
  }

  #readData (buf: Uint8Array, at: number, size: number): number {
    const session = this.#sessionOf(indexOf(buf, at))
    if (session === null) return FOREIGN
    const len = session.open(buf, at, size)
    if (len < 0) {
      if (len === REPLAYED) this.replayed++
      else this.forged++
      return MALFORMED
    }
    if (session === this.#next || session === this.#older) this.#promote(session)
    if (session === this.#current && session.isNewest) this.#follow()
    this.#hasHeard = true
    if (len === 1) this.#onControl(buf[at + DATA_HEADER]!, session)
    if (!this.isUp && this.#current !== null) this.#up()
    return len < SHORTEST ? NO_FRAME : DATA_HEADER
  }

  #sessionOf (index: number): Session | null {
    if (this.#current?.localIndex === index) return this.#current
    if (this.#next?.localIndex === index) return this.#next
    if (this.#older?.localIndex === index) return this.#older
    return this.#previous?.localIndex === index ? this.#previous : null
  }

  #promote (session: Session): void {
    this.#previous = this.#current
    this.#current = session
    if (session === this.#older) this.#stamp = this.#olderStamp
    this.#next = this.#older = null
  }

  #onControl (what: number, session: Session): void {
    if (what === PING) this.#say(PONG)
    else if (what === BYE && session === this.#current) {
      this.#current = null
      this.#down('the peer has left')
    }
  }

  /** The peer is where its last message came from. */
  #follow (): void { for (let i = 0; i < ADDRESS_WORDS; i++) this.peer[i] = this.#sender[i]! }

  #onInitiation (buf: Uint8Array, at: number, len: number): number {
    const { credentials, now, transmit, isInitiator } = this.#options
    if (isInitiator) return MALFORMED
    if (len !== initiationLength(credentials)) return this.#strange()
    const initiation = new Uint8Array(buf.subarray(at, at + len))
    if (!credentials.isGenuine(initiation)) return this.#strange()
    const stamp = stampOf(initiation, 0)
    const isNews = stamp > this.#stamp
    if (stamp > Number.MAX_SAFE_INTEGER || (!isNews && !this.#isDue(now()))) {
      this.replayed++
      this.#tell('an initiation that is no newer than the last one was ignored: a replay, or the clock of the peer went back')
      return NO_FRAME
    }
    if (now() - this.#answeredMs[`${isNews}`] < GAP_MS) return NO_FRAME
    this.#answeredMs[`${isNews}`] = now()
    const answer = respond(credentials, initiation, this.#freshIndex())
    if (answer === null) return this.#strange()
    const session = new Session(answer.agreement, now())
    if (isNews) [this.#next, this.#stamp] = [session, stamp]
    else [this.#older, this.#olderStamp] = [session, stamp]
    transmit(answer.datagram, answer.datagram.length, this.#sender)
    return NO_FRAME
  }

  #onResponse (buf: Uint8Array, at: number, len: number): number {
    const { credentials, now } = this.#options
    const initiated = this.#initiated
    if (initiated === null || len !== responseLength(credentials) || indexOf(buf, at) !== initiated.localIndex) return MALFORMED
    const response = new Uint8Array(buf.subarray(at, at + len))
    if (!credentials.isGenuine(response)) return MALFORMED
    const agreement = conclude(initiated, response)
    this.#initiated = null
    if (agreement === null) return MALFORMED
    this.#promote(new Session(agreement, now()))
    this.#follow()
    this.#heardMs = now()
    this.#tries = 0
    // The listener waits for a sealed message before it uses the new keys.
    this.#say(PING)
    if (!this.isUp) this.#up()
    return NO_FRAME
  }

  #strange (): number {
    this.forged++
    this.#tell(`an initiation from ${this.#options.nameOf(this.#sender)} was ignored: its keys or psk and ours do not fit, or it is a stranger's`)
    return NO_FRAME
  }

  #tell (line: string): void {
    const now = this.#options.now()
    if (now - this.#toldMs < QUIET_MS) return
    this.#toldMs = now
    this.#options.log(line)
  }

  /** Once every quarter of a second or so: what is due. */
  tick (): void {
    const now = this.#options.now()
    if (this.#hasHeard) this.#heardMs = now
    this.#hasHeard = false
    if (this.#previous !== null && now - this.#previous.bornMs >= REJECT_MS) this.#previous = null
    if (this.#next !== null && now - this.#next.bornMs >= REJECT_MS) this.#next = null
    if (this.#older !== null && now - this.#older.bornMs >= REJECT_MS) this.#older = null
    if (this.#current !== null && (now - this.#current.bornMs >= REJECT_MS || !this.#current.hasRoom)) {
      this.#current = null
      this.#down('its keys are too old, and no new ones were agreed on')
    }
    if (this.isUp) this.#attend(now)
    if (this.#options.isInitiator && this.#isDue(now) && now >= this.#retryMs) this.#initiate(now)
  }

  #attend (now: number): void {
    if (now - this.#heardMs >= LOST_MS) return this.#down(`nothing was heard of the peer for ${LOST_MS / 1000} s`)
    if (now - this.#heardMs < PING_MS || now - this.#pingedMs < REPING_MS) return
    this.#pingedMs = now
    this.#say(PING)
  }

  #isDue (now: number): boolean {
    const session = this.#current
    return session === null || now - session.bornMs >= REKEY_MS || session.sent >= REKEY_MESSAGES || now - this.#heardMs >= TRY_MS
  }

  #initiate (now: number): void {
    const { credentials, clock, transmit, log, nameOf } = this.#options
    // Answers may take longer than the first pauses are: those to former initiations are ignored.
    this.#retryMs = now + Math.min(RETRY_MS * 2 ** (this.#tries >> 2), MAX_RETRY_MS) + Math.random() * RETRY_JITTER_MS
    this.#stamp = Math.max(this.#stamp + 1, Math.floor(clock() * 1000))
    this.#initiated = initiate(credentials, this.#freshIndex(), this.#stamp)
    if (++this.#tries % TOLD_TRIES === 0) this.#options.lookUp()
    if (this.#tries === TOLD_TRIES) {
      log(`no answer from ${nameOf(this.peer)} yet: nobody listens there, or its keys or psk and ours do not fit`)
    }
    transmit(this.#initiated.datagram, this.#initiated.datagram.length, this.peer)
  }

  #freshIndex (): number {
    for (;;) {
      const index = newIndex()
      if (this.#sessionOf(index) === null) return index
    }
  }

  #say (what: number): void {
    const session = this.#current
    if (session === null || session.sent >= MAX_MESSAGES) return
    const buf = this.#control
    session.write(buf, 0)
    buf[DATA_HEADER] = what
    session.seal(buf, 0, 1)
    this.#options.transmit(buf, buf.length, this.peer)
  }

  #up (): void {
    this.isUp = true
    this.#heardMs = this.#options.now()
    this.#options.onUp()
  }

  #down (why: string): void {
    if (!this.isUp) return
    this.isUp = false
    this.#options.onDown(new VdeError('ETIMEDOUT', 'go on with the cable', why))
  }

  /** Tells the peer, and forgets the keys. */
  close (): void {
    this.#say(BYE)
    this.#previous = this.#current = this.#next = this.#older = this.#initiated = null
    this.isUp = false
  }
}
