/**
 * Distance on the WGS 84 ellipsoid: T. Vincenty, "Direct and inverse solutions of geodesics on the ellipsoid" (1975), the
 * inverse formula, good to half a millimetre. For the few pairs of almost antipodes where it does not converge, 20 000 km:
 * half the way around, which no link spans.
 */

const MAJOR = 6_378_137
const FLATTENING = 1 / 298.257223563
const MINOR = MAJOR * (1 - FLATTENING)
const RADIANS = Math.PI / 180
const ROUNDS = 50
const ANTIPODES = 20_000_000

/** Latitude on the auxiliary sphere. */
const reduced = (latitude: number): number => Math.atan((1 - FLATTENING) * Math.tan(latitude * RADIANS))

/** Metres between two points in degrees. NaN when one of the numbers is. */
export const geodesic = (lat1: number, lon1: number, lat2: number, lon2: number): number => {
  if (lat1 === lat2 && lon1 === lon2) return 0
  const [u1, u2] = [reduced(lat1), reduced(lat2)]
  const [sinU1, cosU1, sinU2, cosU2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)]
  const difference = (lon2 - lon1) * RADIANS
  let lambda = difference
  for (let i = 0; i < ROUNDS; i++) {
    const [sinL, cosL] = [Math.sin(lambda), Math.cos(lambda)]
    const sinS = Math.hypot(cosU2 * sinL, cosU1 * sinU2 - sinU1 * cosU2 * cosL)
    if (sinS === 0) return 0
    const cosS = sinU1 * sinU2 + cosU1 * cosU2 * cosL
    const sigma = Math.atan2(sinS, cosS)
    const sinA = cosU1 * cosU2 * sinL / sinS
    const cos2A = 1 - sinA * sinA
    const cos2M = cos2A === 0 ? 0 : cosS - 2 * sinU1 * sinU2 / cos2A
    const c = FLATTENING / 16 * cos2A * (4 + FLATTENING * (4 - 3 * cos2A))
    const next = difference + (1 - c) * FLATTENING * sinA * (sigma + c * sinS * (cos2M + c * cosS * (2 * cos2M * cos2M - 1)))
    if (Math.abs(next - lambda) < 1e-12) return arc(cos2A, sigma, sinS, cosS, cos2M)
    if (Number.isNaN(next)) return NaN
    lambda = next
  }
  return ANTIPODES
}

/** Length of the arc `sigma`. */
const arc = (cos2A: number, sigma: number, sinS: number, cosS: number, cos2M: number): number => {
  const u2 = cos2A * (MAJOR * MAJOR - MINOR * MINOR) / (MINOR * MINOR)
  const a = 1 + u2 / 16384 * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)))
  const b = u2 / 1024 * (256 + u2 * (-128 + u2 * (74 - 47 * u2)))
  const inner = cosS * (2 * cos2M * cos2M - 1) - b / 6 * cos2M * (4 * sinS * sinS - 3) * (4 * cos2M * cos2M - 3)
  return MINOR * a * (sigma - b * sinS * (cos2M + b / 4 * inner))
}
