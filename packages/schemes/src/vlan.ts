/**
 * vlan://UNTAGGED{VNL} - a station's port on a network with 802.1Q tags, as a switch would give it one.
 *
 *     station                              network
 *     no tag           <-------------->    tag UNTAGGED; no tag when neither UNTAGGED nor `untag` is given
 *     tag `untag`      <-------------->    no tag
 *     tag A            <-------------->    tag B, for `A-B` in `tag`; `A` alone stays A
 *     any other tag    <-------------->    the same with `trunk`
 *
 * All else is dropped and counted. Only tags of the chosen type are looked at: behind `qinq` (0x88a8) an 0x8100 tag is
 * payload, so vlan://4{vlan://5/qinq{...}} makes 88a8 0005 8100 0004. Priorities stay where a tag stays.
 */
import { HEADROOM, OFFLOAD, type FrameSink, type Link } from '@vde-ts/link'
import { giveScratch, takeScratch } from '@vde-ts/link/scratch.js'
import { etherType, MIN_WIRE_FRAME, setEtherType } from '@vde-ts/frame/ethernet.js'
import { MAX_VID, SERVICE_TPID, TAG, TPID, popTag, pushTag, setTagControl, tagControl } from '@vde-ts/frame/vlan.js'
import { copyOctets } from '@vde-ts/frame/octets.js'
import { clearOffload } from '@vde-ts/frame/offload.js'
import type { Scheme, Tail } from './scheme.ts'
import { NestedLink, type Coder, type Passage } from './nested-link.ts'

/** What `pushTag` wants in front of a frame. */
const PUSH_ROOM = OFFLOAD + TAG
const TAGGED_HEADER = 18
/** A VLAN that does not pass. 1 is never on a trunk: the default of many switches. */
const NONE = -1
const VIDS = 4096
const VID = 0xfff

const number = (help: string): { readonly help: string, readonly value: string, readonly fallback: string } => ({ help, value: 'N', fallback: '' })
const flag = (help: string): { readonly help: string, readonly value: string, readonly fallback: string } => ({ help, value: '', fallback: '' })

/** `vlan://`, see the top of the file. */
export const vlanScheme: Scheme = {
  name: 'vlan',
  summary: 'one VLAN of the network in braces without a tag, others with one',
  form: '[VLAN]{VNL}',
  overhead: '4 octets where it adds a tag, which an Ethernet has room for: its MTU stays, that of a tunnel inside is 4 less',
  style: 'nested-address',
  params: {
    u: number('the same as untag'),
    untag: number('frames of the network without a tag have tag N here'),
    t: { help: 'the same as tag', value: 'LIST', fallback: '' },
    tag: { help: 'VLANs that pass with their tag, parted by . or :, and HERE-THERE for another number in the network', value: 'LIST', fallback: '' },
    x: flag('the same as trunk'),
    trunk: flag('every other VLAN but 1 passes too'),
    q: flag('the same as qinq'),
    qinq: flag('tags of providers (0x88a8) in place of 0x8100'),
    ad: flag('the same as qinq')
  },
  check: readPlan,
  open: async (tail, sink, context) => {
    const coder = new VlanCoder(readPlan(tail))
    const { takesOffload } = context
    const open = async (inner: FrameSink): Promise<Link> => await context.open(tail.inner, inner, takesOffload)
    return await NestedLink.open(`vlan://${tail.path}{${tail.inner}}`, coder, sink, open)
  }
}

/** Which tags mean what. */
export interface VlanPlan {
  /** VLAN of the network that has no tag here; 0: none. */
  readonly untagged: number
  /** Tag here of what has none in the network; 0: none. */
  readonly shown: number
  /** By VID here, that of the network, or NONE; and the other way round. */
  readonly outward: Int16Array
  readonly inward: Int16Array
  readonly tpid: number
}

/** @throws {SyntaxError} a number out of range, a list that is none, a VLAN that is in it twice */
export function readPlan ({ path, params }: Pick<Tail, 'path' | 'params'>): VlanPlan {
  const value = (...keys: string[]): string => keys.map((key) => params.get(key)).find((text) => text !== undefined) ?? ''
  const has = (...keys: string[]): boolean => keys.some((key) => params.has(key))
  const outward = new Int16Array(VIDS).fill(NONE)
  const inward = new Int16Array(VIDS).fill(NONE)
  const list = value('tag', 't')
  if (list === '' && has('tag', 't')) throw new SyntaxError('Cannot read tag: nothing found, want VLANs such as 10:11-12')
  for (const item of list === '' ? [] : list.split(/[.:]/)) readItem(item, outward, inward)
  if (has('trunk', 'x')) {
    for (let vid = 2; vid <= MAX_VID; vid++) {
      if (outward[vid] === NONE) outward[vid] = vid
      if (inward[vid] === NONE) inward[vid] = vid
    }
  }
  return {
    untagged: readVid(path, 'the VLAN without a tag', 0),
    shown: readVid(value('untag', 'u'), 'untag', 0),
    outward,
    inward,
    tpid: has('qinq', 'q', 'ad') ? SERVICE_TPID : TPID
  }
}

const readItem = (item: string, outward: Int16Array, inward: Int16Array): void => {
  const [here = '', there = here, ...more] = item.split('-')
  if (more.length > 0) throw new SyntaxError(`Cannot read tag: found "${item}", want a VLAN, or two with - between them`)
  const from = readVid(here, 'tag', 2)
  const to = readVid(there, 'tag', 2)
  if (outward[from] !== NONE || inward[to] !== NONE) throw new SyntaxError(`Cannot read tag: found "${item}", but that VLAN has a place already`)
  outward[from] = to
  inward[to] = from
}

/** Empty text is 0, none, where that may be. */
const readVid = (text: string, name: string, least: number): number => {
  if (text === '' && least === 0) return 0
  const value = /^\d{1,4}$/.test(text) ? Number(text) : NONE
  if (value >= least && value <= MAX_VID) return value
  throw new SyntaxError(`Cannot read ${name}: found "${text}", want a VLAN in ${least}..${MAX_VID}`)
}

/** The tags of one VLAN port. */
export class VlanCoder implements Coder {
  readonly overhead: number
  readonly keepsOffload = true
  rxDrops = 0
  txDrops = 0
  readonly #plan: VlanPlan

  constructor (plan: VlanPlan) {
    this.#plan = plan
    this.overhead = plan.untagged === 0 ? 0 : TAG
  }

  encode (buf: Uint8Array, off: number, len: number, to: Passage): boolean {
    const { untagged, shown, outward } = this.#plan
    if (!this.#isTagged(buf, off, len)) {
      if (untagged !== 0) return this.#push(buf, off, len, untagged, PUSH_ROOM, to)
      if (shown === 0) return to.pass(buf, off, len)
    } else {
      const vid = tagControl(buf, off) & VID
      if (shown !== 0 && vid === shown) return pop(buf, off, len, to)
      if (outward[vid] !== NONE) return rename(buf, off, len, outward[vid]!, to)
    }
    this.txDrops++
    return true
  }

  decode (buf: Uint8Array, off: number, len: number, to: Passage): void {
    const { untagged, shown, inward } = this.#plan
    if (!this.#isTagged(buf, off, len)) {
      if (shown !== 0) this.#push(buf, off, len, shown, HEADROOM + TAG, to)
      else if (untagged === 0) to.pass(buf, off, len)
      else this.rxDrops++
      return
    }
    const vid = tagControl(buf, off) & VID
    if (untagged !== 0 && vid === untagged) pop(buf, off, len, to)
    else if (inward[vid] !== NONE) rename(buf, off, len, inward[vid]!, to)
    else this.rxDrops++
  }

  #isTagged (buf: Uint8Array, off: number, len: number): boolean {
    return len >= TAGGED_HEADER && etherType(buf, off) === this.#plan.tpid
  }

  /** In place where there are `room` octets in front, else in a copy. */
  #push (buf: Uint8Array, off: number, len: number, vid: number, room: number, to: Passage): boolean {
    if (off < room) {
      const copy = copyOf(buf, off, len, len)
      // The tag goes in behind HEADROOM, the header and the addresses move up to it.
      const isTaken = this.#push(copy, HEADROOM + TAG, len, vid, 0, to)
      giveScratch(copy)
      return isTaken
    }
    // Four octets of the sender's, which are not ours to change.
    const front = off - PUSH_ROOM
    const hi = (buf[front]! << 8) | buf[front + 1]!
    const lo = (buf[front + 2]! << 8) | buf[front + 3]!
    const at = pushTag(buf, off, vid)
    if (this.#plan.tpid !== TPID) setEtherType(buf, at, this.#plan.tpid)
    const isTaken = to.pass(buf, at, len + TAG)
    popTag(buf, at)
    buf[front] = hi >> 8
    buf[front + 1] = hi
    buf[front + 2] = lo >> 8
    buf[front + 3] = lo
    return isTaken
  }
}

/** The frame and, where one can be, its offload header, TAG octets behind where a frame usually lies; room for `most`. */
const copyOf = (buf: Uint8Array, off: number, most: number, len: number): Uint8Array => {
  const copy = takeScratch(most + TAG)
  const lead = Math.min(off, OFFLOAD)
  clearOffload(copy, HEADROOM + TAG)
  copyOctets(copy, HEADROOM + TAG - lead, buf, off - lead, lead + len)
  return copy
}

const rename = (buf: Uint8Array, off: number, len: number, vid: number, to: Passage): boolean => {
  const tci = tagControl(buf, off)
  setTagControl(buf, off, (tci & ~VID) | vid)
  const isTaken = to.pass(buf, off, len)
  setTagControl(buf, off, tci)
  return isTaken
}

/** A frame that was long enough with its tag is filled up with zeros, in a copy: what follows it is not ours. */
const pop = (buf: Uint8Array, off: number, len: number, to: Passage): boolean => {
  const padding = len < MIN_WIRE_FRAME ? 0 : Math.max(0, MIN_WIRE_FRAME + TAG - len)
  if (padding === 0 && off >= OFFLOAD) return popInPlace(buf, off, len, 0, to)
  const copy = copyOf(buf, off, len + padding, len)
  copy.fill(0, HEADROOM + TAG + len, HEADROOM + TAG + len + padding)
  const isTaken = popInPlace(copy, HEADROOM + TAG, len, padding, to)
  giveScratch(copy)
  return isTaken
}

const popInPlace = (buf: Uint8Array, off: number, len: number, padding: number, to: Passage): boolean => {
  const type = etherType(buf, off)
  const tci = tagControl(buf, off)
  const at = popTag(buf, off)
  const isTaken = to.pass(buf, at, len - TAG + padding)
  pushTag(buf, at, tci)
  setEtherType(buf, off, type)
  return isTaken
}
