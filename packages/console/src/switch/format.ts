/** How numbers and addresses look in replies. */
import { VdeError } from '@vde-ts/link'

/** `value` with at least `width` digits. */
export const digits = (value: number, width: number): string =>
  value < 0 ? `-${String(-value).padStart(width - 1, '0')}` : String(value).padStart(width, '0')

/** An octal mode, four digits. */
export const modeText = (mode: number): string => mode.toString(8).padStart(4, '0')

const octetText = (value: number): string => (value & 0xff).toString(16).padStart(2, '0')

/** An address from its halves, `aa:bb:cc:dd:ee:ff`. */
export const macText = (hi: number, lo: number): string =>
  [hi >>> 8, hi, lo >>> 24, lo >>> 16, lo >>> 8, lo].map(octetText).join(':')

/** 16 bits as `high:low`. */
export const wordText = (value: number): string => `${octetText(value >>> 8)}:${octetText(value)}`

/** Six hexadecimal numbers between `:` or `.`, as halves. @throws {VdeError} EINVAL */
export const parseMac = (text: string): readonly [hi: number, lo: number] => {
  if (!/^[0-9a-f]{1,2}(?:[:.][0-9a-f]{1,2}){5}$/i.test(text)) {
    throw new VdeError('EINVAL', 'read an address', `got "${text}", want six hexadecimal octets such as 02:00:00:00:00:01`)
  }
  const octets = text.split(/[:.]/).map((part) => parseInt(part, 16))
  return [octets[0] << 8 | octets[1], octets[2] << 24 | octets[3] << 16 | octets[4] << 8 | octets[5]]
}
