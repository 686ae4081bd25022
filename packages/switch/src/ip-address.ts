/** IP addresses as four signed words, as guards compare them; an IPv4 address has the last alone, behind ffff. */

import { formatIpv6 } from '@vde-ts/frame/describe.js'

/** Words of an address. */
export const IP_WORDS = 4
/** Third word of an IPv4 address (RFC 4291 2.5.5.2). */
export const MAPPED = 0xffff

/** The words of an address in text, null when it is none. */
export const parseIp = (text: string): readonly number[] | null => text.includes(':') ? parseIpv6(text) : parseIpv4(text)

/** The reverse of {@link parseIp}, in the short form of RFC 5952. */
export const formatIp = (words: readonly number[]): string => {
  const [a = 0, b = 0, c = 0, d = 0] = words
  if (a === 0 && b === 0 && c === MAPPED) return [d >>> 24, d >>> 16 & 255, d >>> 8 & 255, d & 255].join('.')
  return formatIpv6(Uint8Array.from([a, b, c, d].flatMap((word) => [word >>> 24, word >>> 16, word >>> 8, word])), 0)
}

/** Of the words of an address, 32 bits signed. @param key odd; a secret one keeps strangers from making addresses of one hash */
export const hashIp = (key: number, a: number, b: number, c: number, d: number): number => {
  let hash = Math.imul(d, key)
  hash = Math.imul((hash ^ (hash >>> 15)) + c, key)
  hash = Math.imul((hash ^ (hash >>> 15)) + b, key)
  hash = Math.imul((hash ^ (hash >>> 15)) + a, key)
  return hash ^ (hash >>> 15)
}

const parseIpv4 = (text: string): readonly number[] | null => {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return null
  return [0, 0, MAPPED, parts.reduce((word, part) => (word << 8) | Number(part), 0)]
}

const parseIpv6 = (text: string): readonly number[] | null => {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [head, tail] = halves.map((half) => half === '' ? [] : half.split(':'))
  const left = head ?? []
  const right = tail ?? []
  const missing = 8 - left.length - right.length
  if (tail === undefined ? missing !== 0 : missing < 1) return null
  const groups = [...left, ...new Array<string>(missing).fill('0'), ...right]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null
  const words = groups.map((group) => parseInt(group, 16))
  return [0, 2, 4, 6].map((at) => (words[at]! << 16) | words[at + 1]!)
}
