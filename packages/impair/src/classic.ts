/**
 * The value syntax of the original wirefilter:
 *
 *     [LR|RL] BASE [+SPREAD] [k|m|g] [u|n] [ [node] ]        LR10+5k, 3.5n, RL100[2]
 *
 * Blanks may stand anywhere between the parts. K, M and G are 2^10, 2^20 and 2^30 and apply to both numbers. N is a normal
 * law whose standard deviation is a third of the spread, U (or nothing) a uniform one.
 */
import type { Value } from './value.ts'

/** A value and where it belongs. */
export interface ClassicValue {
  readonly direction: 'both' | 'out' | 'in'
  readonly value: Value
  /** Markov node, 0 unless told. */
  readonly node: number
}

const SHAPE = /^\s*(LR|RL)?\s*([+-]?[\d.]+(?:e[+-]?\d+)?)\s*(?:\+\s*([\d.]+(?:e[+-]?\d+)?))?\s*([kmg]?)\s*(b?)\s*([un]?)\s*(?:\[\s*(\d{1,6})\s*\])?\s*$/i
/** Standard deviations in the spread of a normal law. */
const DEVIATIONS = 3
/** Of a text that is looked at: more is no value, and blanks without end would take time. */
const LONGEST = 200
const POWERS = 'kmg'

/**
 * @param hasBits vde-netemu's suffix: with a `b` behind it k, m and g are powers of 1000, and of bits
 * @throws {SyntaxError} anything else; the original took it for success and changed nothing
 */
export const parseClassic = (text: string, hasBits: boolean = false): ClassicValue => {
  const [, side, base, spread, power, bit, law, node] = SHAPE.exec(text.slice(0, LONGEST)) ?? []
  const read = Number(base)
  const around = Number(spread ?? 0)
  if (base === undefined || !Number.isFinite(read) || !Number.isFinite(around) || (bit !== '' && !hasBits)) {
    throw new SyntaxError(`Cannot read the value: found "${text.trim().slice(0, 40)}", want [LR|RL]BASE[+SPREAD][K|M|G][U|N][[NODE]]`)
  }
  const isBits = bit === 'b'
  const factor = (isBits ? 1000 : 1024) ** (power === undefined || power === '' ? 0 : POWERS.indexOf(power.toLowerCase()) + 1)
  const unit = isBits ? factor / 8 : factor
  return {
    direction: side === undefined ? 'both' : side.toUpperCase() === 'LR' ? 'out' : 'in',
    value: makeValue(read * unit, around * unit, law?.toLowerCase() === 'n'),
    node: Number(node ?? 0)
  }
}

const makeValue = (base: number, spread: number, isNormal: boolean): Value => ({
  base, spread, law: isNormal ? 'normal' : 'uniform', scale: isNormal ? spread / DEVIATIONS : spread, table: null
})

/** A value in another unit. */
export const scaled = (value: Value, factor: number): Value =>
  ({ ...value, base: value.base * factor, spread: value.spread * factor, scale: value.scale * factor })

/** As the original's showinfo prints it: `10+5N`. */
export const formatClassic = (value: Value): string => {
  const spread = value.law === 'uniform' ? value.spread : value.scale * DEVIATIONS
  return `${general(value.base)}+${general(spread)}${value.law === 'uniform' ? 'U' : 'N'}`
}

/** A number as C's %g writes it: six digits, no zeros at the end, an exponent of two digits. */
export const general = (value: number): string => {
  if (value === 0 || !Number.isFinite(value)) return String(value === 0 ? 0 : value)
  const [mantissa = '', exponent = '0'] = value.toExponential(5).split('e')
  const power = Number(exponent)
  if (power < -4 || power >= 6) {
    const digits = mantissa.replace(/\.?0+$/, '')
    return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
  }
  return String(Number(value.toPrecision(6)))
}
