/** Numbers for people, in few characters. */

const STEPS = ['', 'k', 'M', 'G', 'T'] as const

/** `0`, `999`, `1.20k`, `17.9G`: three digits and the power of 1000. */
export const short = (value: number): string => {
  let step = 0
  let rest = value
  while (rest >= 999.5 && step < STEPS.length - 1) {
    rest /= 1000
    step++
  }
  if (step === 0) return rest < 10 && !Number.isInteger(rest) ? rest.toFixed(1) : String(Math.round(rest))
  return rest.toFixed(rest < 9.995 ? 2 : rest < 99.95 ? 1 : 0) + STEPS[step]!
}

/** `59s`, `3:07`, `2:03:04`, `5d 02:03`. */
export const duration = (seconds: number): string => {
  const two = (n: number): string => String(n).padStart(2, '0')
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60]
  if (days > 0) return `${days}d ${two(hours)}:${two(minutes)}`
  if (hours > 0) return `${hours}:${two(minutes)}:${two(seconds % 60)}`
  return minutes > 0 ? `${minutes}:${two(seconds % 60)}` : `${seconds}s`
}

const BLOCKS = '▁▂▃▄▅▆▇█'
const ASCII = '_.-=+*#@'

/** The last `width` values as bars against the largest of all; nothing is a blank. */
export const sparkline = (values: readonly number[], width: number, isUtf8: boolean): string => {
  const bars = isUtf8 ? BLOCKS : ASCII
  const most = Math.max(...values, 1)
  return values.slice(-width).map((value) => value === 0 ? ' ' : bars[Math.min(7, Math.floor(value / most * 8))]!).join('').padStart(width)
}
