/** The nearest whole number, ties to even: 0.5 -> 0, 1.5 -> 2, 29.5 -> 30. For `x` of 0 to 2^52. */
export const roundEven = (x: number): number => {
  const floor = Math.floor(x)
  const rest = x - floor
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}
