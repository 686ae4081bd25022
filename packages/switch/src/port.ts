/**
 * A numbered place of the switch: what it may do (PVID, access, flags), what it counted, and the endpoints plugged in.
 * It stays when its last endpoint leaves. A frame given to a port goes to all its endpoints.
 */
import { isPlain } from '@vde-ts/frame/offload.js'
import { TPID } from '@vde-ts/frame/vlan.js'
import { NONE, type AccessRule } from './access.ts'
import type { Endpoint, EndpointSnapshot } from './endpoint.ts'
import { showFrame, type FrameTap } from './frame-tap.ts'
import type { Gate } from './gate.ts'
import { NOT_ISOLATED, UNGUARDED, type PortGuardSettings } from './port-guard.ts'
import { ADMITS } from './port-vlan.ts'
import type { Interpose } from './interpose.ts'
import type { Shaper } from './shaper.ts'
import type { StormControl } from './storm.ts'
import { NO_VLAN } from './vlan.ts'
import type { WireForms } from './wire-form.ts'

/** Highest port number there can be. */
export const MAX_PORTS = 65535

/**
 * Why frames were lost at a port, in frames of the wire. Up to `loop` they count on the way in, the others on the way
 * out, where `malformed` can be met too: behind a tag pushed, a lie that had been possible is one no more.
 */
export class Drops {
  /** Shorter than an Ethernet header, or than the tag it announces. */
  runt = 0
  /** Longer than any frame the suite carries. */
  giant = 0
  /** The offload header and the frame do not agree. */
  malformed = 0
  /** Of a VLAN the port is no member of, or that cannot be; untagged on a port without PVID. */
  vlan = 0
  /** With a tag where only untagged frames are taken, or the reverse. */
  frameType = 0
  /** To an address 01:80:c2:00:00:0X that ends here. */
  reserved = 0
  /** More than the port may send in. */
  rate = 0
  /** More broadcast, multicast or unknown unicast than the port may send in. */
  storm = 0
  /** From a DHCP server where none may be. */
  dhcp = 0
  /** From a router where none may be, or hidden so well that it could be one. */
  routerAdvertisement = 0
  /** From an address, or with one, that is not bound to the port. */
  binding = 0
  /** From an address over the limit of the port. */
  addresses = 0
  /** From an address that is pinned to a port with a limit or sticky addresses, another one. */
  pinned = 0
  /** For a port of the same isolated group. */
  isolated = 0
  /** On a port that only shows what others do. */
  mirror = 0
  /** The port is Discarding or Learning in that VLAN. */
  notForwarding = 0
  /** For an address behind the very port it came from. */
  filtered = 0
  /** Came back to this switch too often while still being forwarded: links of one process that form a loop. */
  loop = 0
  /** Longer than the link takes, itself or its segments. */
  oversize = 0
  /** A super-frame that would become more than 128 segments, for a link that takes them one by one. */
  tooManySegments = 0
  /** The queue of the endpoint, or the budget of the switch, was full. */
  queueFull = 0
  /** The medium of the endpoint's link is away. */
  down = 0
  /** The endpoint has no link (yet, or any more). */
  closed = 0
}

/** A port as it travels: settings, counters, and who is plugged in. */
export interface PortSnapshot {
  /** Every field of the port that is a number or a boolean, `number` among them; those of later versions travel as well. */
  readonly fields: Readonly<Record<string, number | boolean>>
  readonly drops: Readonly<Record<string, number>>
  /** Newest first. */
  readonly endpoints: readonly EndpointSnapshot[]
}

/** Made and changed by the switch only; everybody may read it. */
export class Port implements AccessRule {
  readonly number: number
  /** VLAN of its untagged frames; NO_VLAN: it takes none. Set through the switch, as the six below. */
  pvid: number = NO_VLAN
  /** VLAN that leaves without a tag, nearly always the PVID; NO_VLAN: none does. */
  untaggedVlan: number = NO_VLAN
  /** Type of the tags it knows; any other is payload. */
  tpid: number = TPID
  /** Frames it takes, see port-vlan.ts. */
  admits: number = ADMITS.all
  /** What both come to for frames without a tag: their VLAN, or NO_VLAN. */
  bareVlan: number = NO_VLAN
  /** Refuses frames of VLANs it is no member of. */
  isFiltering = true
  /** Priority of its untagged frames, where the tag has it. */
  defaultTci = 0
  /** True when a client that asks for no port in particular may be placed here. */
  isAllocatable: boolean
  /** Uid that may use the port, NONE: no such rule. */
  user: number = NONE
  /** Gid whose members may use the port, NONE: no such rule. */
  group: number = NONE
  /** Uid of the endpoints plugged in; NONE when there is none, or it is unknown. */
  currentUser: number = NONE
  /** True when the medium of something plugged in is there: MAC_Operational of 802.1Q. */
  isUp = false
  /** What stands at its entry; null: nothing. Changed by `changeGate` only. */
  gate: Gate | null = null
  /** Those who see what leaves; null: nobody. */
  outTaps: readonly FrameTap[] | null = null
  /** As set; what follows from them is where it is looked at. */
  guards: PortGuardSettings = UNGUARDED
  /** See `isolation` there. */
  isolation: number = NOT_ISOLATED
  /** Limits what it floods; null: nothing. */
  storm: StormControl | null = null
  /** Slows down what leaves; null: nothing. */
  shaper: Shaper | null = null
  /** Puts something between this port and each of its links, such as a bad link; see {@link Endpoint.interpose}. */
  interpose: Interpose | null = null
  /** It only shows what other ports do, see mirror.ts. */
  isMirror = false
  /** Isolated, or a mirror: who sends to it alone is looked at closely. Follows from the two, by {@link refreshApart}. */
  isApart = false
  /** Newest first. Replaced on change, never changed, so that a loop over it goes on undisturbed. */
  endpoints: readonly Endpoint[] = []

  /** As on the wire: a super-frame counts as its segments. */
  inFrames = 0
  inBytes = 0
  outFrames = 0
  outBytes = 0
  /** Addresses that moved here from another port. */
  moves = 0
  /** Addresses not learnt because the table was full. */
  unlearnt = 0
  drops: Drops = new Drops()
  /** Only this port, for whoever takes several: a unicast is a flood to one. */
  readonly alone: readonly Port[] = [this]

  readonly #forms: WireForms

  /** @param forms those of the switch the port belongs to */
  constructor (number: number, isAllocatable: boolean, forms: WireForms) {
    this.number = number
    this.isAllocatable = isAllocatable
    this.#forms = forms
  }

  snapshot (): PortSnapshot {
    // What is made anew by the mirrors.
    const { isMirror: _isMirror, ...plain } = this
    const fields = Object.fromEntries(Object.entries(plain).filter(([, value]) => typeof value === 'number' || typeof value === 'boolean'))
    return { fields, drops: { ...this.drops }, endpoints: this.endpoints.map((endpoint) => endpoint.snapshot()) }
  }

  /** The same port; whoever is plugged in is made by the switch. */
  static from ({ fields, drops }: PortSnapshot, forms: WireForms): Port {
    const made = new Port(Number(fields['number']), fields['isAllocatable'] === true, forms)
    Object.assign(made, fields)
    Object.assign(made.drops, drops)
    return made
  }

  /** Its addresses are its own: limited or sticky. */
  get isSecure (): boolean { return this.guards.maxAddresses !== null || this.guards.isSticky }

  /** True when something is plugged in. */
  get isActive (): boolean { return this.endpoints.length > 0 }

  /** Bits per second of the slowest link plugged in that has a rate; null: none has. */
  get bitsPerSec (): number | null {
    let least: number | null = null
    for (const { link } of this.endpoints) {
      const rate = link?.bitsPerSec
      if (rate !== undefined && (least === null || rate < least)) least = rate
    }
    return least
  }

  /** Gives a frame, in the form this port takes, to every endpoint. Counted once, and also when all of them drop it. */
  send (buf: Uint8Array, off: number, len: number): void {
    if (this.outTaps !== null) showFrame(this.outTaps, false, buf, off, len, this.#forms)
    if (!isPlain(buf, off)) {
      this.#sendUnfinished(buf, off, len)
      return
    }
    this.outFrames++
    this.outBytes += len
    const endpoints = this.endpoints
    for (let i = 0; i < endpoints.length; i++) endpoints[i].send(buf, off, len)
  }

  #sendUnfinished (buf: Uint8Array, off: number, len: number): void {
    const form = this.#forms.of(buf, off, len)
    this.outFrames += form.frames
    this.outBytes += form.octets
    if (form.isMalformed) {
      this.drops.malformed++
      return
    }
    const endpoints = this.endpoints
    for (let i = 0; i < endpoints.length; i++) endpoints[i].sendUnfinished(form, buf, off, len)
  }

  /** To be called when `isolation` or `isMirror` has changed. */
  refreshApart (): void { this.isApart = this.isMirror || this.isolation !== NOT_ISOLATED }

  resetCounters (): void {
    this.inFrames = 0
    this.inBytes = 0
    this.outFrames = 0
    this.outBytes = 0
    this.moves = 0
    this.unlearnt = 0
    this.drops = new Drops()
  }
}
