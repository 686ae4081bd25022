/**
 * Behind which host each station of an overlay is: MAC address -> internet address, learnt from what arrives.
 *
 *     Fdb     MAC -> number of a host
 *     hosts   | address | address | address | ...      ADDRESS_WORDS int32 each, found again by a hash of them
 *
 * Senders are strangers. Stations are bounded, and the Fdb evicts those of the host that has most of them. Hosts are
 * bounded too: with all places taken a new one is not noted, and what is behind it is reached as unknown stations are.
 * Places of hosts whose stations are forgotten are given away, once a second at most.
 */
import { macHi, macLo } from '@vde-ts/frame/ethernet.js'
import { Fdb } from '@vde-ts/switch/fdb.js'
import { ADDRESS_WORDS } from '../internet/address.ts'

/** Hosts known at a time. */
const MAX_HOSTS = 4096
/** With more hosts than this, places are taken from those without a station. */
const CROWDED = MAX_HOSTS * 3 / 4
/** Rows of the index: a power of two, at least twice the hosts. */
const ROWS = 8192

/** How many, and for how long. */
export interface StationOptions {
  /** Any number that strangers cannot know: it keys the hashes. */
  readonly seed: number
  /** Most stations remembered. */
  readonly capacity: number
  /** Seconds a station is remembered without being heard. */
  readonly expireSec: number
}

/** The table. */
export class Stations {
  /** Addresses by host number, ADDRESS_WORDS each. */
  readonly words: Int32Array = new Int32Array(MAX_HOSTS * ADDRESS_WORDS)
  readonly #fdb: Fdb
  readonly #seed: number
  /** Host number + 1, at the hash of its address or behind; 0: free. */
  readonly #index = new Int32Array(ROWS)
  readonly #isFree = new Uint8Array(MAX_HOSTS).fill(1)
  /** No place below is free. */
  #lowestFree = 0
  #hosts = 0
  /** Hosts below are never given away. */
  #pinned = 0

  constructor ({ seed, capacity, expireSec }: StationOptions) {
    this.#seed = seed | 0
    this.#fdb = new Fdb(seed, capacity)
    this.#fdb.expireSec = expireSec
    this.#fdb.minPersistenceSec = -1 // a station may move within the second
  }

  /** Stations known. */
  get size (): number { return this.#fdb.size }
  /** Hosts known. */
  get hosts (): number { return this.#hosts }

  /** The time goes on: seconds of any steady clock. Sweeps a slice of the table. */
  tick (nowSec: number): void {
    this.#fdb.nowSec = nowSec
    this.#fdb.startSweep()
    this.#fdb.sweep()
    if (this.#hosts > CROWDED) this.#makeRoom()
  }

  /** Number of the host behind which the station `buf[at]` is, -1: unknown. */
  find (buf: Uint8Array, at: number): number { return this.#fdb.find(0, macHi(buf, at), macLo(buf, at)) }

  /** Notes that the station at `buf[at]` is behind `host`, unless that is -1. A group address is nobody's. */
  learn (buf: Uint8Array, at: number, host: number): void {
    if (host >= 0 && (buf[at]! & 1) === 0) this.#fdb.learn(0, macHi(buf, at), macLo(buf, at), host)
  }

  /** Pins a station to an address; before anything is learnt. False: there are too many. */
  pin (mac: Uint8Array, address: Int32Array): boolean {
    const host = this.hostOf(address[0]!, address, 0)
    this.#pinned = Math.max(this.#pinned, host + 1)
    return this.#hosts < MAX_HOSTS / 2 && this.#fdb.add(0, macHi(mac, 0), macLo(mac, 0), host)
  }

  /** Forgets every station learnt behind the address, if there is such a host. */
  forget (words: Int32Array, at: number): void {
    const row = this.#rowOf(words[at]!, words, at)
    if (this.#index[row] !== 0) this.#fdb.flushPort(this.#index[row]! - 1)
  }

  /**
   * Number of the host with an address: `first` (family and port), then the words behind `words[at]`. A new one is noted;
   * -1 when there are too many.
   */
  hostOf (first: number, words: Int32Array, at: number): number {
    const row = this.#rowOf(first, words, at)
    if (this.#index[row] !== 0) return this.#index[row]! - 1
    if (this.#hosts === MAX_HOSTS) return -1
    const host = this.#take()
    const to = host * ADDRESS_WORDS
    this.words[to] = first
    for (let word = 1; word < ADDRESS_WORDS; word++) this.words[to + word] = words[at + word]!
    this.#index[row] = host + 1
    return host
  }

  /** The row where the address stands, or the free one where it would. */
  #rowOf (first: number, words: Int32Array, at: number): number {
    let row = this.#hash(first, words, at)
    for (;; row = (row + 1) & (ROWS - 1)) {
      const host = this.#index[row]! - 1
      if (host < 0) return row
      const to = host * ADDRESS_WORDS
      if (this.words[to] !== first) continue
      let word = 1
      while (word < ADDRESS_WORDS && this.words[to + word] === words[at + word]) word++
      if (word === ADDRESS_WORDS) return row
    }
  }

  #hash (first: number, words: Int32Array, at: number): number {
    let hash = this.#seed ^ first
    for (let word = 1; word < ADDRESS_WORDS; word++) {
      hash = Math.imul(hash ^ words[at + word]!, 0x85ebca6b)
      hash ^= hash >>> 15
    }
    return Math.imul(hash, 0xc2b2ae35) >>> 19
  }

  /** Takes the places of hosts without a station, and indexes the rest anew. */
  #makeRoom (): void {
    for (let host = this.#pinned; host < MAX_HOSTS; host++) {
      if (this.#isFree[host] === 1 || this.#fdb.countOf(host) > 0) continue
      this.#isFree[host] = 1
      this.#hosts--
      this.#lowestFree = Math.min(this.#lowestFree, host)
    }
    this.#index.fill(0)
    for (let host = 0; host < MAX_HOSTS; host++) {
      const at = host * ADDRESS_WORDS
      if (this.#isFree[host] === 0) this.#index[this.#rowOf(this.words[at]!, this.words, at)] = host + 1
    }
  }

  #take (): number {
    let host = this.#lowestFree
    while (this.#isFree[host] === 0) host++
    this.#isFree[host] = 0
    this.#hosts++
    this.#lowestFree = host + 1
    return host
  }
}
