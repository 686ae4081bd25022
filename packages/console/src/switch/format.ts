/** How numbers and addresses look in replies. */
import { macHi, macLo } from '@vde-ts/frame/ethernet.js'
import { parseMac } from '@vde-ts/frame/mac.js'
import { VdeError } from '@vde-ts/link'

/** `value` with at least `width` digits. */
export const digits = (value: number, width: number): string =>
  value < 0 ? `-${String(-value).padStart(width - 1, '0')}` : String(value).padStart(width, '0')

/** An octal mode, four digits. */
export const modeText = (mode: number): string => mode.toString(8).padStart(4, '0')

const octetText = (value: number): string => (value & 0xff).toString(16).padStart(2, '0')

/** 16 bits as `high:low`. */
export const wordText = (value: number): string => `${octetText(value >>> 8)}:${octetText(value)}`

/** An address as halves. @throws {VdeError} EINVAL */
export const readMac = (text: string): readonly [hi: number, lo: number] => {
  const mac = parseMac(text)
  if (mac !== null) return [macHi(mac, 0), macLo(mac, 0)]
  throw new VdeError('EINVAL', 'read an address', `got "${text}", want six hexadecimal octets such as 02:00:00:00:00:01`)
}
