/**
 * A medium that stations share: every frame of one reaches those that hear it, each copy by itself, and nobody else.
 *
 *     station a --frame--> for each station that hears a: Ear(a -> it) --> its link
 *
 * * Who hears whom is said per ordered pair; what is not open is closed. The destination address of a frame has no say: a
 *   unicast frame is overheard by all who hear its sender, a broadcast reaches nobody else.
 * * Nothing is passed on a second time: more than one hop is the stations' own business.
 * * A step is one call of {@link Medium.apply}: qualities are set first, then directions open and close, and no frame passes
 *   in between. A direction that closes lets frames that are in the air arrive.
 * * Each unordered pair has a mark, a number from 1 that it gets when it first opens and keeps, with its counters.
 * * In a hub everybody hears everybody, and what is impaired is a station, not a pair.
 *
 * All ears of a process have the one engine, so frames leave in the one order of all links.
 */
import type { Counters } from '@vde-ts/impair/counters.js'
import type { Engine } from '@vde-ts/impair/engine.js'
import { pairNumber } from '../chance.ts'
import { equalQualities } from '../equal.ts'
import type { Quality } from '../quality.ts'
import type { Change } from '../steps.ts'
import { Ear } from './ear.ts'
import { Station, type Air } from './station.ts'

/** How a medium is made. */
export interface MediumOptions {
  /** 0 to 2^53 - 1: chance in each direction follows from it and the names of its stations. */
  readonly seed: number
  /** Everybody hears everybody. */
  readonly isHub?: boolean
}

/** One direction that was ever open. */
export interface Hearing {
  readonly mark: number
  readonly from: string
  readonly to: string
  readonly isOpen: boolean
  readonly quality: Quality
  readonly counters: Readonly<Counters>
}

const SEED_BITS = 2 ** 21

/** See above. */
export class Medium implements Air {
  readonly engine: Engine
  readonly isHub: boolean
  readonly #seed: number
  readonly #stations = new Map<string, Station>()
  #marks = 0

  constructor (engine: Engine, { seed, isHub = false }: MediumOptions) {
    this.engine = engine
    this.isHub = isHub
    this.#seed = seed
  }

  /** A station that hears nobody yet; in a hub: all. Connect its link. @throws {RangeError} the name is taken */
  add (name: string): Station {
    if (this.#stations.has(name)) throw new RangeError(`Cannot add station "${name}": there is one of this name, want another`)
    const station = new Station(this, name)
    this.#stations.set(name, station)
    if (this.isHub) this.#joinHub()
    return station
  }

  /** Everybody's ears, at their station: one each. */
  #joinHub (): void {
    const ears = [...this.#stations.values()].map((one) => ({ one, ear: one.earFor('', () => this.#newEar('', one)) }))
    for (const { ear } of ears) ear.isOpen = true
    for (const one of this.#stations.values()) one.heardBy = ears.filter((other) => other.one !== one).map(({ ear }) => ear)
  }

  /** Takes a station away, with all that is in the air for it. Unknown names are none. */
  remove (name: string): void {
    const station = this.#stations.get(name)
    if (station === undefined) return
    this.#stations.delete(name)
    if (this.isHub) this.#joinHub()
    else for (const other of this.#stations.values()) this.#refresh(other)
    for (const other of this.#stations.values()) other.dropEar(name)
    station.close()
  }

  /**
   * All changes of a step, in effect at once. What is as it was is left alone.
   * @param isWhole directions that are not named are closed
   * @throws {RangeError} a station that is not there; nothing has changed then
   */
  apply (changes: readonly Change[], isWhole: boolean = false): void {
    for (const { from, to } of changes) this.#check(from, to)
    const touched = new Set<Station>(isWhole ? this.#stations.values() : [])
    if (isWhole) for (const station of touched) station.closeEars()
    for (const change of changes) this.#shape(change, touched)
    for (const station of touched) this.#refresh(station)
  }

  #check (from: string, to: string): void {
    const missing = [from, to].find((name) => !this.#stations.has(name))
    if (missing !== undefined) throw new RangeError(`Cannot change ${from} to ${to}: there is no station "${missing}"`)
    if (from === to || this.isHub) throw new RangeError(`Cannot change ${from} to ${to}: want two stations of a medium that is no hub`)
  }

  /** Sets the quality of a direction. Frames notice with {@link #refresh} that it has opened or closed. */
  #shape (change: Change, touched: Set<Station>): void {
    const sender = this.#stations.get(change.from)!
    const receiver = this.#stations.get(change.to)!
    touched.add(sender)
    if (change.action === 'close') {
      const ear = receiver.findEar(change.from)
      if (ear !== undefined) ear.isOpen = false
      return
    }
    const ear = receiver.earFor(change.from, () => this.#newEar(change.from, receiver))
    setQuality(ear, change.quality)
    ear.isOpen = true
    if (receiver.markOf(change.from) === 0) this.#mark(sender, receiver)
  }

  #mark (sender: Station, receiver: Station): void {
    const known = sender.markOf(receiver.name)
    const mark = known === 0 ? ++this.#marks : known
    receiver.setMark(sender.name, mark)
    sender.setMark(receiver.name, mark)
  }

  #newEar (from: string, receiver: Station): Ear {
    // 32 bits of the names above the seed's lower ones: two directions differ, whatever the seed.
    const names = pairNumber(from, receiver.name)
    return new Ear(this.engine, receiver, names * SEED_BITS + mixed(this.#seed, names))
  }

  /** Who hears `station` now. */
  #refresh (station: Station): void {
    const ears: Ear[] = []
    for (const other of this.#stations.values()) {
      const ear = other === station ? undefined : other.findEar(station.name)
      if (ear?.isOpen === true) ears.push(ear)
    }
    station.heardBy = ears
  }

  /** Of a hub: how a station hears all others. @throws {RangeError} it is none, or has no such station */
  impair (name: string, quality: Quality): void {
    const ear = this.#stations.get(name)?.findEar('')
    if (ear === undefined || !this.isHub) throw new RangeError(`Cannot impair "${name}": want a station of a hub`)
    setQuality(ear, quality)
  }

  /** Directions that were ever open, by mark; of a hub: none. */
  hearings (): Hearing[] {
    const found: Hearing[] = []
    for (const station of this.#stations.values()) {
      for (const [from, ear] of station.ears()) {
        const mark = station.markOf(from)
        if (mark === 0) continue
        const { settings: quality, counters } = ear.direction
        found.push({ mark, from, to: station.name, isOpen: ear.isOpen, quality, counters })
      }
    }
    return found.sort((a, b) => a.mark - b.mark || (a.from < b.from ? -1 : 1))
  }

  /** Idempotent. Links of stations are their owners'. */
  close (): void {
    for (const station of this.#stations.values()) station.close()
    this.#stations.clear()
  }
}

const setQuality = ({ direction }: Ear, quality: Quality): void => {
  if (direction.settings !== quality && !equalQualities(direction.settings, quality)) direction.settings = quality
}

/** The seed in 21 bits, so that it and the names fit one. */
const mixed = (seed: number, names: number): number =>
  (Math.imul((seed | 0) ^ Math.imul(Math.floor(seed / 2 ** 32), 0x85ebca6b), 0x9e3779b1) ^ names) >>> 11
