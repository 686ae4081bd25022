/** MAC addresses as people write them. Cold: for options, commands, logs. */

const pair = (value: number): string => (value & 0xff).toString(16).padStart(2, '0')

/** `aa:bb:cc:dd:ee:ff` of the MAC at `at`. */
export const formatMac = (buf: Uint8Array, at: number): string => {
  let text = pair(buf[at])
  for (let i = 1; i < 6; i++) text += ':' + pair(buf[at + i])
  return text
}

/** The same of two halves, see `macHi` and `macLo`. */
export const formatHalves = (hi: number, lo: number): string =>
  [hi >> 8, hi, lo >> 24, lo >> 16, lo >> 8, lo].map(pair).join(':')

const COLONS = /^[0-9a-f]{1,2}(?::[0-9a-f]{1,2}){5}$/i
const DOTS = /^[0-9a-f]{1,2}(?:\.[0-9a-f]{1,2}){5}$/i

/** Six hex numbers of one or two digits, all separated by `:` or all by `.`; null for anything else. */
export const parseMac = (text: string): Uint8Array | null => {
  if (!COLONS.test(text) && !DOTS.test(text)) return null
  return Uint8Array.from(text.split(/[:.]/), (group) => parseInt(group, 16))
}

/**
 * A unicast, locally administered address of chance.
 * @param octet answers a random octet, 0..255
 */
export const randomMac = (octet: () => number): Uint8Array => {
  const mac = Uint8Array.from({ length: 6 }, octet)
  mac[0] = (mac[0] & 0xfc) | 0x02
  return mac
}
