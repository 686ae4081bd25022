/** Values of LSDN's language: numbers, sizes, addresses. */
import { canonicalIp, maskedIp, maskedMac } from '@vde-ts/model/address.js'
import type { Masked } from '@vde-ts/model/firewall.js'
import { TclError } from '../tcl/error.ts'

const read = <T>(value: T | null, text: string, wanted: string): T => {
  if (value !== null) return value
  throw new TclError(`bad value "${text.slice(0, 60)}": want ${wanted}`)
}

/** Decimal, 0x hexadecimal, a leading 0 octal. @throws {TclError} */
export const readInt = (text: string, least: number, most: number): number => {
  const value = /^0[0-7]+$/.test(text) ? parseInt(text, 8) : /^(?:0x[0-9a-f]{1,8}|0|-?[1-9]\d{0,9})$/i.test(text) ? Number(text) : NaN
  return read(value >= least && value <= most ? value : null, text, `an integer in ${least}..${most}`)
}

/** The VLAN or network number that a net's name is: its leading digits, decimal; 0 for none. */
export const vidOfName = (name: string): number => Number(/^\d{1,10}/.exec(name)?.[0] ?? 0)

const KIB = 1024
/** Octets, all powers of 1024. */
const UNITS: Readonly<Record<string, number>> = {
  '': 1, kb: KIB, mb: KIB ** 2, gb: KIB ** 3, bit: 1 / 8, kbit: KIB / 8, mbit: KIB ** 2 / 8, gbit: KIB ** 3 / 8
}

/** Octets, or octets a second: digits, perhaps a fraction, perhaps a unit. @throws {TclError} */
export const readSize = (text: string): number => {
  const [, number, unit = ''] = /^(\d{1,15}(?:\.\d{1,15})?)([a-z]*)$/.exec(text) ?? []
  const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined
  return read(number === undefined || factor === undefined ? null : Number(number) * factor, text,
    'a number and one of kb, mb, gb, bit, kbit, mbit, gbit, or none of them')
}

/** @throws {TclError} */
export const readIp = (text: string): string => read(canonicalIp(text), text, 'an IPv4 or IPv6 address')
/** @throws {TclError} */
export const readSubnet = (text: string): Masked => read(maskedIp(text), text, 'an address, alone or with a prefix or mask of its family')
/** @throws {TclError} */
export const readMac = (text: string): string => read(maskedMac(text.split('/', 1)[0]!), text, 'a MAC such as 06:00:00:00:00:01').value
/** Of a rule: alone, or with a mask. @throws {TclError} */
export const readMaskedMac = (text: string): Masked => read(maskedMac(text), text, 'a MAC such as 06:00:00:00:00:01, alone or with a mask')
