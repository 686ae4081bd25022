/**
 * What a port lets pass, and how fast. Data only: filter/port-filter.ts makes tables of it that are read per frame.
 *
 * A frame meets the rules of its direction by priority, smaller first, in the order they were given where priorities are
 * equal. The first rule with a verdict ends it; `jump` goes through a chain and comes back when no rule of it decides;
 * without a verdict `fallback` decides. Then comes the rate. `in` is towards the guest, `out` from it.
 */

/** A text and which bits of it count, both in full: `10.0.0.0` and `255.0.0.0`. Bits outside the mask are zero. */
export interface Masked {
  readonly value: string
  readonly mask: string
}

/** Both ends are in it. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** What the connection that a frame belongs to was when it came. */
export type ConnectionState = 'new' | 'established' | 'related' | 'invalid'

/** All fields that are there must hold. An IP field implies the EtherType, a port implies TCP, UDP or SCTP. */
export interface Match {
  readonly srcMac?: Masked
  readonly dstMac?: Masked
  readonly srcIp?: Masked
  readonly dstIp?: Masked
  /** Names of address sets; the kind of the set says what is looked up. */
  readonly srcSet?: string
  readonly dstSet?: string
  /** Of the frame inside its VLAN tags, 0x0600..0xffff. */
  readonly etherType?: number
  /** Outer tag, 1..4094; 0: none. */
  readonly vlan?: number
  /** IP protocol number. */
  readonly protocol?: number
  readonly srcPort?: Range
  readonly dstPort?: Range
  readonly icmpType?: number
  /** 1 request, 2 reply. */
  readonly arpOperation?: number
  readonly arpSenderIp?: Masked
  readonly arpTargetIp?: Masked
  readonly arpSenderMac?: Masked
  readonly arpTargetMac?: Masked
  readonly state?: readonly ConnectionState[]
  /** Of the marks that earlier rules left. */
  readonly mark?: { readonly value: number, readonly mask: number }
  /** Fields whose comparison must fail; what they imply still holds: `not: [srcIp]` wants an IP packet from elsewhere. */
  readonly not?: ReadonlyArray<Exclude<keyof Match, 'not'>>
}

/** `mark` and `log` decide nothing and go on. `return` leaves the chain. */
export type Action = 'accept' | 'drop' | 'jump' | 'return' | 'mark' | 'log'

/** One rule. */
export interface Rule {
  /** 0..32767. */
  readonly priority: number
  readonly action: Action
  /** Of `jump`: the chain. */
  readonly chain: string | null
  /** Of `mark`: 32 bits that replace the frame's. */
  readonly mark: number | null
  /** Shown beside its counters, and in what `log` writes. */
  readonly name: string | null
  readonly match: Match
}

/** Rules under a name. */
export interface Chain {
  readonly name: string
  readonly rules: readonly Rule[]
}

/** Addresses under a name. */
export interface AddressSet {
  readonly name: string
  readonly kind: 'ip' | 'mac'
  /** `ip`: masked addresses of one family or both; `mac` likewise. */
  readonly members: readonly Masked[]
}

/** A limit. */
export interface Rate {
  /** `police` drops what is too much, `shape` lets it wait. */
  readonly mode: 'police' | 'shape'
  /** Octets a second. */
  readonly avg: number
  /** Octets that may come at once. */
  readonly burst: number
  /** Octets a second during a burst; 0: no limit. */
  readonly burstRate: number
}

/** All that is done to one direction of a port. */
export interface Policy {
  readonly rules: readonly Rule[]
  readonly fallback: 'accept' | 'drop'
  readonly rate: Rate | null
}

/** Everything passes. */
export const OPEN: Policy = { rules: [], fallback: 'accept', rate: null }
