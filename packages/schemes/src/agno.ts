/**
 * agno://KEYFILE{VNL} - frames encrypted as the C plugin does it, by whoever has the key.
 *
 *     | dst src | type | AES-128-ECB(inner header) | AES-128-CBC(payload, filled up with zeros to blocks of 16) |
 *     0         12     14                          30
 *
 *     inner header:  | type 2 | padding 1 | 0 | "agno" | seconds of Unix time 4 | random 4 |      also the IV of CBC
 *
 * A frame of another key, or that is older than 2 s or newer than 1 s, is dropped. This hides payloads and no more: there
 * is no integrity check (CBC can be altered), a frame can be sent again within the seconds above, addresses are in clear,
 * and one key serves for ever. It is kept because others speak it.
 */
import { randomFillSync } from 'node:crypto'
import { native, type Cipher } from '@vde-ts/native'
import { HEADROOM, systemError } from '@vde-ts/link'
import { giveScratch, takeScratch } from '@vde-ts/link/scratch.js'
import { etherType, HEADER, IPV4, IPV6, setEtherType } from '@vde-ts/frame/ethernet.js'
import { copyOctets } from '@vde-ts/frame/octets.js'
import { clearOffload } from '@vde-ts/frame/offload.js'
import { parseCNumber } from '@vde-ts/vnl'
import { agnoKeyFile, readAgnoKey } from './agno-key.ts'
import { NestedLink, type Coder, type Passage } from './nested-link.ts'
import type { Scheme } from './scheme.ts'

const BLOCK = 16
/** What stands in front of the payload of an encrypted frame. */
const LEAD = HEADER + BLOCK
const OLDEST_SEC = 2
const NEWEST_SEC = 1
const DEFAULT_TYPE = 0xa6de
const LEAST_TYPE = 0x0600
const MOST_TYPE = 0xfffe
/** "agno", as the second word of the inner header. */
const MAGIC = 0x61676e6f

/** See above. */
export const agnoScheme: Scheme = {
  name: 'agno',
  summary: 'the network in braces with encrypted frames; weak, for compatibility',
  form: '[KEYFILE]{VNL}',
  overhead: '16 to 31 octets (16 for the inner header, what fills up blocks of 16): MTU 1472 on an Ethernet of 1500',
  style: 'nested-path',
  params: {
    ethtype: {
      help: 'type of the encrypted frames: copy (that of the frame), ipv4, ipv6, rand, or a number from 0x600 to 0xfffe',
      value: 'TYPE',
      fallback: '0xa6de'
    }
  },
  check ({ path, params }) {
    readType(params.get('ethtype') ?? '')
    agnoKeyFile(path, `open agno://${path}`)
  },
  open: async (tail, sink, context) => {
    const label = `agno://${tail.path}{${tail.inner}}`
    const typeOf = readType(tail.params.get('ethtype') ?? '')
    const { key, hasCapitalA } = readAgnoKey(tail.path, `open ${label}`)
    if (hasCapitalA) context.log('the key of agno:// has a capital A, which is read as 1, as the C plugin does')
    const coder = new AgnoCoder(key, typeOf, label)
    return await NestedLink.open(label, coder, sink, async (inner) => await context.open(tail.inner, inner))
  }
}

/** Type of an encrypted frame, from that of the frame inside. */
type OuterType = (type: number) => number

/** @throws {SyntaxError} anything else than the parameter's help says */
export const readType = (text: string): OuterType => {
  switch (text) {
    case '': case '0': return () => DEFAULT_TYPE
    case 'copy': return (type) => type
    case 'ipv4': return () => IPV4
    case 'ipv6': return () => IPV6
    case 'rand': return () => LEAST_TYPE + chance.next16() % (MOST_TYPE - LEAST_TYPE + 1)
    default: return fixedType(text)
  }
}

const fixedType = (text: string): OuterType => {
  const type = parseCNumber(text)
  if (type >= LEAST_TYPE && type <= MOST_TYPE) return () => type
  throw new SyntaxError(`Cannot read ethtype: found "${text}", want copy, ipv4, ipv6, rand or a number from 0x600 to 0xfffe`)
}

/** Random octets, drawn many at a time: 4 of them cost 2 us alone and 40 ns from here. */
class Chance {
  readonly #pool = new Uint8Array(4096)
  #at: number = this.#pool.length

  next16 (): number {
    if (this.#at + 2 > this.#pool.length) {
      randomFillSync(this.#pool)
      this.#at = 0
    }
    return (this.#pool[this.#at++]! << 8) | this.#pool[this.#at++]!
  }
}

const chance = new Chance()

class AgnoCoder implements Coder {
  readonly overhead: number = BLOCK + BLOCK - 1
  readonly keepsOffload = false
  rxDrops = 0
  txDrops = 0
  readonly #typeOf: OuterType
  readonly #sealHeader: Cipher
  readonly #openHeader: Cipher
  readonly #sealPayload: Cipher
  readonly #openPayload: Cipher
  readonly #inner = new Uint8Array(BLOCK)

  /** @throws {VdeError} ENOSYS the Node that runs this has no OpenSSL for others */
  constructor (key: Uint8Array, typeOf: OuterType, label: string) {
    this.#typeOf = typeOf
    const cipher = (isChained: boolean, isEncryption: boolean): Cipher => {
      const made = native.cipherOpen(isChained, isEncryption, key)
      if (typeof made === 'number') throw systemError(made, `open ${label}`, 'this Node does not export the OpenSSL inside it')
      return made
    }
    this.#sealHeader = cipher(false, true)
    this.#openHeader = cipher(false, false)
    this.#sealPayload = cipher(true, true)
    this.#openPayload = cipher(true, false)
  }

  /** As many whole blocks as fit behind the inner header. */
  mtuWithin (mtu: number): number { return (mtu - BLOCK) & -BLOCK }

  encode (buf: Uint8Array, off: number, len: number, to: Passage): boolean {
    const payload = len - HEADER
    const padding = (BLOCK - payload % BLOCK) % BLOCK
    const grown = LEAD + payload + padding
    const out = takeScratch(grown)
    copyOctets(out, HEADROOM, buf, off, HEADER)
    copyOctets(out, HEADROOM + LEAD, buf, off + HEADER, payload)
    out.fill(0, HEADROOM + LEAD + payload, HEADROOM + grown)
    const type = etherType(buf, off)
    this.#writeInner(type, padding)
    setEtherType(out, HEADROOM, this.#typeOf(type))
    clearOffload(out, HEADROOM)
    native.cipherRun(this.#sealHeader, this.#inner, this.#inner, 0, BLOCK, out, HEADROOM + HEADER)
    native.cipherRun(this.#sealPayload, this.#inner, out, HEADROOM + LEAD, payload + padding, out, HEADROOM + LEAD)
    const isTaken = to.pass(out, HEADROOM, grown)
    giveScratch(out)
    return isTaken
  }

  #writeInner (type: number, padding: number): void {
    const inner = this.#inner
    setWord(inner, 0, (type << 16) | (padding << 8))
    setWord(inner, 4, MAGIC)
    setWord(inner, 8, Date.now() / 1000 | 0)
    setWord(inner, 12, (chance.next16() << 16) | chance.next16())
  }

  decode (buf: Uint8Array, off: number, len: number, to: Passage): void {
    const inner = this.#inner
    // Octets that fill a frame up to what a wire takes are no block.
    const blocks = len < LEAD ? -1 : (len - LEAD) & -BLOCK
    if (blocks < 0 || native.cipherRun(this.#openHeader, inner, buf, off + HEADER, BLOCK, inner, 0) < 0 || !isFresh(inner)) {
      this.rxDrops++
      return
    }
    const payload = blocks - (inner[2]! & 0xf)
    if (payload < 0) {
      this.rxDrops++
      return
    }
    const out = takeScratch(HEADER + blocks)
    copyOctets(out, HEADROOM, buf, off, HEADER)
    setEtherType(out, HEADROOM, (inner[0]! << 8) | inner[1]!)
    clearOffload(out, HEADROOM)
    native.cipherRun(this.#openPayload, inner, buf, off + LEAD, blocks, out, HEADROOM + HEADER)
    to.pass(out, HEADROOM, HEADER + payload)
    giveScratch(out)
  }
}

const isFresh = (inner: Uint8Array): boolean => {
  const age = (Date.now() / 1000 | 0) - word(inner, 8)
  return word(inner, 4) === MAGIC && age <= OLDEST_SEC && age >= -NEWEST_SEC
}

const word = (b: Uint8Array, at: number): number => (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!

const setWord = (b: Uint8Array, at: number, value: number): void => {
  b[at] = value >> 24
  b[at + 1] = value >> 16
  b[at + 2] = value >> 8
  b[at + 3] = value
}
