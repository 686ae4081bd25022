/**
 * The standard normal distribution, both ways, in place: a double that crosses a call which is not inlined is an object.
 */

// Rational approximations of P. J. Acklam for the inverse: relative error below 1.2e-9.
const A = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687,
  138.3577518672690, -30.66479806614716, 2.506628277459239
] as const
const B = [
  -54.47609879822406, 161.5858368580409, -155.6989798598866,
  66.80131188771972, -13.28068155288572
] as const
const C = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838,
  -2.549732539343734, 4.374664141464968, 2.938163982698783
] as const
const D = [
  0.007784695709041462, 0.3224671290700398, 2.445134137142996,
  3.754408661907416
] as const
const LOW = 0.02425

/** Exchanges a probability, inside of 0..1, for the value below which a standard normal variable lies so often. */
export const toQuantile = (cell: Float64Array): void => {
  const p = cell[0]
  const distance = p < 0.5 ? p : 1 - p
  if (distance < LOW) {
    const q = Math.sqrt(-2 * Math.log(distance))
    const x = (((((C[0] * q + C[1]) * q + C[2]) * q + C[3]) * q + C[4]) * q + C[5]) /
      ((((D[0] * q + D[1]) * q + D[2]) * q + D[3]) * q + 1)
    cell[0] = p < 0.5 ? x : -x
    return
  }
  const q = p - 0.5
  const r = q * q
  cell[0] = (((((A[0] * r + A[1]) * r + A[2]) * r + A[3]) * r + A[4]) * r + A[5]) * q /
    (((((B[0] * r + B[1]) * r + B[2]) * r + B[3]) * r + B[4]) * r + 1)
}

/** The way back [Abramowitz and Stegun 26.2.17]: error below 7.5e-8. */
export const toProbability = (cell: Float64Array): void => {
  const x = cell[0]
  const t = 1 / (1 + 0.2316419 * Math.abs(x))
  const density = 0.3989422804014327 * Math.exp(-x * x / 2)
  const upper = density * t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  cell[0] = x >= 0 ? 1 - upper : upper
}
