/**
 * Requests about interfaces, as octets for `native.rtnetlink`. Pure. In host order, which is little-endian everywhere we run.
 *
 *     nlmsghdr 16 | ifinfomsg 16 | attribute: length 2, type 2, value, padding to 4 | ...
 */

/** Type of an attribute, and its value; a value may hold attributes itself. */
export type Attribute = readonly [type: number, value: Uint8Array]

const RTM_NEWLINK = 16
const NLM_F_REQUEST = 1
const NLM_F_ACK = 4
const NLM_F_EXCL = 0x200
const NLM_F_CREATE = 0x400
const MESSAGE_HEADER = 16
const LINK_HEADER = 16
const ATTRIBUTE_HEADER = 4

/** What a link request says besides its attributes. */
export interface LinkHeader {
  /** 0: none yet, or by name. */
  readonly index?: number
  /** Interface flags, those of `changes` of them. */
  readonly flags?: number
  readonly changes?: number
  /** Make it, and fail if it exists. */
  readonly isNew?: boolean
}

/** RTM_NEWLINK, to make or to change an interface. */
export const linkRequest = (header: LinkHeader, attributes: readonly Attribute[]): Uint8Array =>
  request(RTM_NEWLINK, header.isNew === true, linkMessage(header, attributes))

/** A message that is answered, with what stands behind its header. `isNew`: make it, and fail if it exists. */
export const request = (type: number, isNew: boolean, body: Uint8Array): Uint8Array => {
  const message = new Uint8Array(MESSAGE_HEADER + body.length)
  const view = new DataView(message.buffer)
  view.setUint32(0, message.length, true)
  view.setUint16(4, type, true)
  view.setUint16(6, NLM_F_REQUEST | NLM_F_ACK | (isNew ? NLM_F_CREATE | NLM_F_EXCL : 0), true)
  message.set(body, MESSAGE_HEADER)
  return message
}

/** The part behind the message's header, which describes the other end of a veth as well. */
export const linkMessage = ({ index = 0, flags = 0, changes = 0 }: LinkHeader, attributes: readonly Attribute[]): Uint8Array => {
  const rest = encode(attributes)
  const body = new Uint8Array(LINK_HEADER + rest.length)
  const view = new DataView(body.buffer)
  view.setInt32(4, index, true)
  view.setUint32(8, flags, true)
  view.setUint32(12, changes, true)
  body.set(rest, LINK_HEADER)
  return body
}

/** Attributes one behind the other. */
export const encode = (attributes: readonly Attribute[]): Uint8Array => {
  const padded = attributes.map(([, value]) => ATTRIBUTE_HEADER + (value.length + 3 & ~3))
  const out = new Uint8Array(padded.reduce((sum, octets) => sum + octets, 0))
  const view = new DataView(out.buffer)
  let at = 0
  attributes.forEach(([type, value], i) => {
    view.setUint16(at, ATTRIBUTE_HEADER + value.length, true)
    view.setUint16(at + 2, type, true)
    out.set(value, at + ATTRIBUTE_HEADER)
    at += padded[i]
  })
  return out
}

/** A value of 4 octets. */
export const uint32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer)

/** A text with its final NUL. */
export const text = (value: string): Uint8Array => new TextEncoder().encode(`${value}\0`)
