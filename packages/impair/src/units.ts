/** Amounts with their units, as people write them in the forms that are ours. A unit is mandatory, but for nothing: 0. */

const NUMBER = /^(\d{1,15}(?:\.\d{1,9})?|\.\d{1,9})(?:e([+-]?\d{1,2}))?(.*)$/

const TIMES: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 }
const RATES: Readonly<Record<string, number>> = { bit: 1 / 8, kbit: 1e3 / 8, mbit: 1e6 / 8, gbit: 1e9 / 8 }
const OCTETS: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }
const FRAMES: Readonly<Record<string, number>> = { frame: 1, frames: 1 }
const SHARES: Readonly<Record<string, number>> = { '%': 1 }

const parse = (text: string, name: string, units: Readonly<Record<string, number>>): number => {
  const [, number, exponent = '0', unit = ''] = NUMBER.exec(text) ?? []
  const value = number === undefined ? NaN : Number(number) * 10 ** Number(exponent)
  const factor = Object.hasOwn(units, unit) ? units[unit] : unit === '' && value === 0 ? 1 : undefined
  if (factor !== undefined && value * factor <= Number.MAX_SAFE_INTEGER) return value * factor
  throw new SyntaxError(`Cannot read ${name}: found "${text.slice(0, 40)}", want a number and one of ${Object.keys(units).join(', ')}`)
}

/** Nanoseconds. @throws {SyntaxError} in all of these: no number, no unit */
export const parseTime = (text: string, name: string): number => parse(text, name, TIMES)
/** Octets per second. */
export const parseRate = (text: string, name: string): number => parse(text, name, RATES)
/** Octets. */
export const parseOctets = (text: string, name: string): number => parse(text, name, OCTETS)
/** Frames. */
export const parseFrames = (text: string, name: string): number => parse(text, name, FRAMES)

/** Percent, 0 to 100. */
export const parsePercent = (text: string, name: string): number => {
  const value = parse(text, name, SHARES)
  if (value <= 100) return value
  throw new SyntaxError(`Cannot read ${name}: found "${text.slice(0, 40)}", want at most 100%`)
}

/** A whole number without a unit. */
export const parseCount = (text: string, name: string, least: number, most: number): number => {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN
  if (value >= least && value <= most) return value
  throw new SyntaxError(`Cannot read ${name}: found "${text.slice(0, 40)}", want a whole number, ${least} to ${most}`)
}

/** on or off; empty is on. */
export const parseFlag = (text: string, name: string): boolean => {
  if (text === '' || text === 'on') return true
  if (text === 'off') return false
  throw new SyntaxError(`Cannot read ${name}: found "${text.slice(0, 40)}", want on or off`)
}

const withUnit = (value: number, units: Readonly<Record<string, number>>, order: readonly string[]): string => {
  const unit = order.find((name) => value >= (units[name] ?? 1)) ?? order.at(-1) ?? ''
  return `${Number((value / (units[unit] ?? 1)).toPrecision(9))}${unit}`
}

/** The way back, in the largest unit that leaves 1 or more: `20ms`. */
export const formatTime = (ns: number): string => withUnit(ns, TIMES, ['s', 'ms', 'us', 'ns'])
/** `10mbit`, of octets per second. */
export const formatRate = (rate: number): string => withUnit(rate, RATES, ['gbit', 'mbit', 'kbit', 'bit'])
/** `64kB`. */
export const formatOctets = (octets: number): string => withUnit(octets, OCTETS, ['GB', 'MB', 'kB', 'B'])
