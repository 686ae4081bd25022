/** Frames for tests, written down by hand here so that no code of the suite judges itself. */

/** Local experimental EtherType (IEEE 802): ours to use. */
export const TEST_TYPE = 0x88b5

/** A locally administered unicast address ending in `n` (16 bits). */
export const mac = (n: number): Buffer => Buffer.from([2, 0, 0x5e, 0, (n >> 8) & 0xff, n & 0xff])

export const BROADCAST: Buffer = Buffer.alloc(6, 0xff)

/** An untagged frame. */
export const frame = (to: Buffer, from: Buffer, type: number, payload: Uint8Array): Buffer =>
  Buffer.concat([to, from, Buffer.from([type >> 8, type & 0xff]), payload])

/** A frame of `size` octets in all (>= 22) carrying `text` and a pattern that a shifted or cut copy cannot match. */
export const probe = (to: Buffer, from: Buffer, text: string, size = 60): Buffer => {
  const whole = Buffer.alloc(Math.max(size, 15 + text.length))
  for (let i = 0; i < whole.length; i++) whole[i] = (i * 7 + (i >> 8)) & 0xff
  frame(to, from, TEST_TYPE, Buffer.from([text.length, ...Buffer.from(text)])).copy(whole)
  return whole
}

/** The text of a probe, '' for any other frame. */
export const probeText = (bytes: Buffer): string =>
  bytes.length >= 15 && bytes.readUInt16BE(12) === TEST_TYPE ? bytes.toString('latin1', 15, 15 + bytes[14]!) : ''

/** `bytes` with an 802.1Q tag. */
export const tagged = (bytes: Buffer, vlan: number, priority = 0): Buffer =>
  Buffer.concat([bytes.subarray(0, 12), Buffer.from([0x81, 0, (priority << 5) | (vlan >> 8), vlan & 0xff]), bytes.subarray(12)])
