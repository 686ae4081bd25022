/**
 * The way of a frame through the switch. In order: count, refuse an offload header that lies, classify (which VLAN),
 * BPDU, ingress state, learn, look up, send in the form each port takes.
 *
 * A frame is tagged or not when it comes in, and is sent as it is to the ports that take that form; for the others the
 * tag is pushed or popped in the borrowed buffer, once however many ports there are, and the buffer restored. The TCI of
 * a frame that stays tagged is untouched, priority included. A priority tag (VID 0) means the PVID of the port: it
 * gets that number for the ports that take the frame tagged.
 *
 * A transparent switch passes tagged frames of VLANs it does not define as if the tag were payload: within the
 * untagged VLAN of the port they came from, unchanged, to the ports with the same PVID. Addresses behind such tags are
 * learnt in a key space of that VID. So access ports of different VLANs stay apart, and a VLAN that is defined
 * behaves as on any other switch.
 */
import { BRIDGES_HI, BRIDGES_LO } from '@vde-ts/frame/bpdu.js'
import { etherType, HEADER, isGroup, isGroupHi, setEtherType, macHi, macLo, MIN_WIRE_FRAME } from '@vde-ts/frame/ethernet.js'
import { isPlain } from '@vde-ts/frame/offload.js'
import { popTag, pushTag, setTagControl, SERVICE_TPID, tagControl, TAG, TPID } from '@vde-ts/frame/vlan.js'
import { OFFLOAD, HEADROOM } from '@vde-ts/link/link.js'
import { RUNT, TAGGED_HEADER, taggedVlan } from './classify.ts'
import { type Fdb, KNOWN, MOVED, NEW, OVER_LIMIT, PINNED, REFUSED } from './fdb.ts'
import type { Gate } from './gate.ts'
import type { Port } from './port.ts'
import { NOT_ISOLATED } from './port-guard.ts'
import { ADMIT_UNTAGGED } from './port-vlan.ts'
import type { Snooping } from './snooping.ts'
import type { StormControl } from './storm.ts'
import { NO_VLAN, type Flood, type Vlan } from './vlan.ts'
import { WireForms } from './wire-form.ts'

/** Added to a VID: the key space of the addresses behind tags of an undefined VLAN. */
export const OPAQUE = 0x1000

/** How often a frame may come back while it is still being sent, through links that deliver at once. */
const MAX_DEPTH = 16

/** Takes the BPDUs; while there is none they are data like any other multicast. */
export interface BpduConsumer {
  /** Borrowed bytes, as everywhere. `vlan` is where the frame belongs, with or without a tag on it; 4095: to none. */
  onBpdu (port: number, vlan: number, buf: Uint8Array, off: number, len: number): void
}

/** Passes frames between the ports of one switch, and holds what that needs: ports, VLANs, table. */
export class Bridge {
  readonly fdb: Fdb
  /** By number from 0; null: no such port. */
  readonly ports: Array<Port | null> = []
  /** By VID; null: not defined. The last, NO_VLAN, stays null. */
  readonly vlans: Array<Vlan | null> = new Array<Vlan | null>(NO_VLAN + 1).fill(null)
  isHub = false
  /** Passes tagged frames of undefined VLANs. */
  isTransparent: boolean
  bpduConsumer: BpduConsumer | null = null
  /** Told when the memberships of a port changed; -1: VLANs came or went. */
  membershipChanged: (port: number) => void = () => {}
  /** What frames with offload header amount to; every port of the switch knows it. */
  readonly forms: WireForms = new WireForms()

  #hubFlood: readonly Port[] | null = null
  /** Frames on the wire of the one in hand, until it is first sent: what a loss counts. */
  #wireFrames = 1
  readonly #scratch: Uint8Array = new Uint8Array(HEADROOM + MIN_WIRE_FRAME)
  #isScratchTaken = false

  constructor (fdb: Fdb, isTransparent: boolean) {
    this.fdb = fdb
    this.isTransparent = isTransparent
  }

  /** A port came, went, or became (in)active: the arrays floods walk are made anew when next needed. */
  portsChanged (port: Port): void {
    this.#hubFlood = null
    for (const vlan of this.vlans) {
      if (vlan !== null && vlan.isMember(port.number)) vlan.isStale = true
    }
  }

  /** Passes on one frame that came in on `port`. `isFrame(len)` holds. The buffer is as it was when this returns. */
  forward (port: Port, buf: Uint8Array, off: number, len: number): void {
    const forms = this.forms
    if (forms.depth === MAX_DEPTH) return dropLoop(port, len)
    forms.depth++
    if (this.#count(port, buf, off, len) && (port.gate === null || this.#passGate(port.gate, buf, off, len))) {
      if (this.isHub) sendAll(this.#hubFlood ?? this.#refreshHub(), port, buf, off, len)
      else this.#classify(port, buf, off, len)
    }
    forms.depth--
  }

  /** False: the offload header lies, the frame ends here. */
  #count (port: Port, buf: Uint8Array, off: number, len: number): boolean {
    this.#wireFrames = 1
    if (isPlain(buf, off)) {
      port.inFrames++
      port.inBytes += len
      return true
    }
    this.forms.forget()
    const form = this.forms.of(buf, off, len)
    port.inFrames += form.frames
    port.inBytes += form.octets
    this.#wireFrames = form.frames
    if (form.isMalformed) port.drops.malformed++
    return !form.isMalformed
  }

  /** What a frame sets off at those who watch can bring further frames in: so the count of this one is kept here. */
  #passGate (gate: Gate, buf: Uint8Array, off: number, len: number): boolean {
    const wireFrames = this.#wireFrames
    const isHeard = this.bpduConsumer !== null && isBpdu(buf, off)
    const mayPass = gate.pass(buf, off, len, isHeard, wireFrames, this.#wireOctets(buf, off, len), this.forms)
    this.#wireFrames = wireFrames
    return mayPass
  }

  #classify (port: Port, buf: Uint8Array, off: number, len: number): void {
    if (etherType(buf, off) !== port.tpid) {
      this.#ingress(port, port.bareVlan, false, buf, off, len)
      return
    }
    const vid = taggedVlan(port, buf, off, len)
    if (vid < 0) {
      if (vid === RUNT) port.drops.runt++
      else port.drops.frameType += this.#wireFrames
      return
    }
    const tci = tagControl(buf, off)
    if ((tci & 0xfff) === vid) {
      this.#ingress(port, vid, true, buf, off, len)
      return
    }
    setTagControl(buf, off, tci | vid)
    this.#ingress(port, vid, true, buf, off, len)
    setTagControl(buf, off, tci)
  }

  /** A BPDU belongs to the port, not to a VLAN: the tree hears it also where no untagged frame may come in [802.1Q 8.13.9]. */
  #refuse (port: Port, isTagged: boolean, buf: Uint8Array, off: number, len: number): void {
    if (!isTagged && this.bpduConsumer !== null && isBpdu(buf, off)) this.bpduConsumer.onBpdu(port.number, NO_VLAN, buf, off, len)
    else if (!isTagged && (port.admits & ADMIT_UNTAGGED) === 0) port.drops.frameType += this.#wireFrames
    else port.drops.vlan += this.#wireFrames
  }

  #ingress (port: Port, vid: number, isTagged: boolean, buf: Uint8Array, off: number, len: number): void {
    const vlan = this.vlans[vid]
    if (vlan === null || (port.pvid !== vid && !vlan.tagged.has(port.number) && port.isFiltering)) {
      if (vlan === null && isTagged && this.isTransparent && vid !== NO_VLAN) this.#passOpaque(port, vid, buf, off, len)
      else this.#refuse(port, isTagged, buf, off, len)
      return
    }
    const dstHi = macHi(buf, off)
    const dstLo = macLo(buf, off)
    if (dstLo === BRIDGES_LO && dstHi === BRIDGES_HI && this.bpduConsumer !== null) {
      this.bpduConsumer.onBpdu(port.number, vid, buf, off, len)
      return
    }
    if (!this.#admit(vlan, vid, port, buf, off)) return
    const to = isGroupHi(dstHi) ? -1 : this.fdb.find(vid, dstHi, dstLo)
    if (to < 0) this.#flood(vlan, port, isTagged, buf, off, len)
    else this.#unicast(vlan, port, this.ports[to], isTagged, buf, off, len)
  }

  /** Learns where the frame came from, unless the state of the port forbids it. False: the frame is dropped. */
  #admit (vlan: Vlan, key: number, port: Port, buf: Uint8Array, off: number): boolean {
    const mayForward = vlan.mayForward(port.number)
    const srcHi = macHi(buf, off + 6)
    if (!isGroupHi(srcHi) && (mayForward || vlan.mayLearn(port.number))) {
      const result = this.fdb.learn(key, srcHi, macLo(buf, off + 6), port.number)
      if (result !== KNOWN && !this.#accept(result, key, port, buf, off + 6)) return false
    }
    if (!mayForward) port.drops.notForwarding += this.#wireFrames
    return mayForward
  }

  /** Counts what the table did with an address it did not know. False: the frame must not pass. */
  #accept (result: number, key: number, port: Port, buf: Uint8Array, at: number): boolean {
    if (result === MOVED) port.moves++
    else if (result === REFUSED) port.unlearnt++
    else if (result === OVER_LIMIT) {
      port.drops.addresses += this.#wireFrames
      return false
    } else if (result === PINNED) return this.#mayUsePinned(key, port, buf, at)
    else if (result === NEW && port.guards.isSticky) this.fdb.add(key, macHi(buf, at), macLo(buf, at), port.number)
    return true
  }

  /** An address pinned to a port that guards its addresses is nobody else's. */
  #mayUsePinned (key: number, port: Port, buf: Uint8Array, at: number): boolean {
    const owner = this.ports[this.fdb.find(key, macHi(buf, at), macLo(buf, at))] ?? null
    if (owner === null || !owner.isSecure) return true
    port.drops.pinned += this.#wireFrames
    return false
  }

  #unicast (vlan: Vlan, from: Port, to: Port | null, isTagged: boolean, buf: Uint8Array, off: number, len: number): void {
    // A static address can point anywhere.
    if (to === null || to === from || to.isApart || !vlan.isMember(to.number) || !vlan.mayForward(to.number)) {
      if (!this.#mayReach(vlan, from, to)) return
    }
    if (isTagged === (to.untaggedVlan !== vlan.id) && to.tpid === from.tpid) to.send(buf, off, len)
    else this.#sendConverted(vlan, from, to, isTagged, buf, off, len)
  }

  /** Where something may be in the way; false: it is, and the frame was counted. Apart from the straight way, as what follows. */
  #mayReach (vlan: Vlan, from: Port, to: Port | null): to is Port {
    if (to === from) from.drops.filtered += this.#wireFrames
    else if (from.isolation !== NOT_ISOLATED && to?.isolation === from.isolation) from.drops.isolated += this.#wireFrames
    else if (to === null || to.isMirror || !vlan.isMember(to.number)) from.drops.vlan += this.#wireFrames
    else if (!vlan.mayForward(to.number)) from.drops.notForwarding += this.#wireFrames
    else return true
    return false
  }

  /** Apart from the straight way, which is faster without it: what V8 inlines has a bound, 60 ns against 64. */
  #sendConverted (vlan: Vlan, from: Port, to: Port, isTagged: boolean, buf: Uint8Array, off: number, len: number): void {
    if (to.untaggedVlan === vlan.id) {
      if (isTagged) this.#sendPopped(to.alone, from, buf, off, len)
      else to.send(buf, off, len)
    } else if (isTagged) this.#sendTagged(to.alone, to.tpid, from, buf, off, len)
    else this.#sendPushed(to.alone, to.tpid, from, vlan.id, buf, off, len)
  }

  #flood (vlan: Vlan, from: Port, isTagged: boolean, buf: Uint8Array, off: number, len: number): void {
    if (from.storm !== null && !this.#admitFlood(from, from.storm, buf, off, len)) return
    if (vlan.isStale) vlan.refresh(this.ports)
    const flood = vlan.snooping === null ? vlan.flood : chooseFlood(vlan, vlan.snooping, from, isTagged, buf, off, len)
    if (flood.isBare && !isTagged) sendAll(flood.untagged, from, buf, off, len)
    else this.#sendFlood(flood, vlan, from, isTagged, buf, off, len)
  }

  #sendFlood (
    { untagged, tagged, service }: Flood, vlan: Vlan, from: Port, isTagged: boolean, buf: Uint8Array, off: number, len: number
  ): void {
    if (isTagged) {
      this.#sendTagged(tagged, TPID, from, buf, off, len)
      if (service.length > 0) this.#sendTagged(service, SERVICE_TPID, from, buf, off, len)
      if (hasOther(untagged, from)) this.#sendPopped(untagged, from, buf, off, len)
    } else {
      sendAll(untagged, from, buf, off, len)
      if (hasOther(tagged, from)) this.#sendPushed(tagged, TPID, from, vlan.id, buf, off, len)
      if (hasOther(service, from)) this.#sendPushed(service, SERVICE_TPID, from, vlan.id, buf, off, len)
    }
  }

  #passOpaque (port: Port, vid: number, buf: Uint8Array, off: number, len: number): void {
    const domain = this.vlans[port.pvid]
    if (domain === null) {
      port.drops.vlan += this.#wireFrames
      return
    }
    const key = OPAQUE | vid
    if (!this.#admit(domain, key, port, buf, off)) return
    const number = isGroup(buf, off) ? -1 : this.fdb.find(key, macHi(buf, off), macLo(buf, off))
    const to = number < 0 ? null : this.ports[number]
    if (to === port) port.drops.filtered += this.#wireFrames
    else if (to !== null && to.pvid === port.pvid && domain.mayForward(number)) sendAll(to.alone, port, buf, off, len)
    else if (port.storm === null || this.#admitFlood(port, port.storm, buf, off, len)) {
      if (domain.isStale) domain.refresh(this.ports)
      sendAll(domain.flood.untagged, port, buf, off, len)
    }
  }

  #admitFlood (from: Port, storm: StormControl, buf: Uint8Array, off: number, len: number): boolean {
    return storm.admits(from, buf, off, this.#wireFrames, this.#wireOctets(buf, off, len))
  }

  #wireOctets (buf: Uint8Array, off: number, len: number): number {
    return isPlain(buf, off) ? len : this.forms.of(buf, off, len).octets
  }

  #sendTagged (targets: readonly Port[], tpid: number, from: Port, buf: Uint8Array, off: number, len: number): void {
    if (tpid === from.tpid) sendAll(targets, from, buf, off, len)
    else if (hasOther(targets, from)) this.#sendRetyped(targets, tpid, from, buf, off, len)
  }

  /** Priority, drop eligibility and VID stay: a tag of the other type means the same VLAN here. */
  #sendRetyped (targets: readonly Port[], tpid: number, from: Port, buf: Uint8Array, off: number, len: number): void {
    setEtherType(buf, off, tpid)
    sendAll(targets, from, buf, off, len)
    setEtherType(buf, off, from.tpid)
  }

  #sendPushed (
    targets: readonly Port[], tpid: number, from: Port, vid: number, buf: Uint8Array, off: number, len: number
  ): void {
    const at = pushTag(buf, off, vid | from.defaultTci)
    if (tpid !== TPID) setEtherType(buf, at, tpid)
    sendAll(targets, from, buf, at, len + TAG)
    popTag(buf, at)
  }

  #sendPopped (targets: readonly Port[], from: Port, buf: Uint8Array, off: number, len: number): void {
    const tci = tagControl(buf, off)
    const at = popTag(buf, off)
    if (len >= MIN_WIRE_FRAME && len - TAG < MIN_WIRE_FRAME) this.#sendPadded(targets, from, buf, at, len - TAG)
    else sendAll(targets, from, buf, at, len - TAG)
    pushTag(buf, at, tci)
    if (from.tpid !== TPID) setEtherType(buf, off, from.tpid)
  }

  /** A frame that was long enough with its tag is filled up with zeros, elsewhere: what follows it is not ours. */
  #sendPadded (targets: readonly Port[], from: Port, buf: Uint8Array, off: number, len: number): void {
    const wasTaken = this.#isScratchTaken
    const scratch = wasTaken ? new Uint8Array(HEADROOM + MIN_WIRE_FRAME) : this.#scratch // taken: only in a frame within a frame
    for (let i = -OFFLOAD; i < len; i++) scratch[HEADROOM + i] = buf[off + i]
    scratch.fill(0, HEADROOM + len)
    this.#isScratchTaken = true
    sendAll(targets, from, scratch, HEADROOM, MIN_WIRE_FRAME)
    this.#isScratchTaken = wasTaken
  }

  /** In a hub every port but port 0 is a target, plugged in or not. */
  #refreshHub (): readonly Port[] {
    this.#hubFlood = this.ports.filter((port): port is Port => port !== null && port.number !== 0 && !port.isMirror)
    return this.#hubFlood
  }
}

/** A group has ports of its own. */
const chooseFlood = (
  vlan: Vlan, snooping: Snooping, from: Port, isTagged: boolean, buf: Uint8Array, off: number, len: number
): Flood => {
  const at = off + (isTagged ? TAGGED_HEADER : HEADER)
  return isGroup(buf, off) ? snooping.choose(from, etherType(buf, at - HEADER), buf, at, off + len) : vlan.flood
}

/** It came back too often. */
const dropLoop = (port: Port, len: number): void => {
  port.inFrames++
  port.inBytes += len
  port.drops.loop++
}

const isBpdu = (buf: Uint8Array, off: number): boolean => macLo(buf, off) === BRIDGES_LO && macHi(buf, off) === BRIDGES_HI

const sendAll = (targets: readonly Port[], from: Port, buf: Uint8Array, off: number, len: number): void => {
  if (from.isolation !== NOT_ISOLATED) {
    sendApart(targets, from, buf, off, len)
    return
  }
  for (let i = 0; i < targets.length; i++) {
    if (targets[i] !== from) targets[i].send(buf, off, len)
  }
}

/** Ports of an isolated group do not reach each other. */
const sendApart = (targets: readonly Port[], from: Port, buf: Uint8Array, off: number, len: number): void => {
  for (let i = 0; i < targets.length; i++) {
    if (targets[i] !== from && targets[i].isolation !== from.isolation) targets[i].send(buf, off, len)
  }
}

const hasOther = (targets: readonly Port[], from: Port): boolean =>
  targets.length > 1 || (targets.length === 1 && targets[0] !== from)
