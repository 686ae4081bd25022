/** Tcl's patterns: `*`, `?`, `[a-z]`, and a backslash before what is meant as it is. */

/** Whether the whole text matches. Time at most the product of both lengths. */
export const globMatch = (pattern: string, text: string): boolean => {
  let [at, from, star, mark] = [0, 0, -1, 0]
  while (at < text.length) {
    if (pattern[from] === '*') { star = from++; mark = at; continue }
    const length = matchOne(pattern, from, text[at]!)
    if (length > 0) { from += length; at++; continue }
    if (star < 0) return false
    from = star + 1
    at = ++mark
  }
  while (pattern[from] === '*') from++
  return from === pattern.length
}

/** Length of the piece of the pattern that matches one character, 0: it does not. */
const matchOne = (pattern: string, from: number, c: string): number => {
  const p = pattern[from]
  if (p === undefined) return 0
  if (p === '?') return 1
  if (p === '\\') return pattern[from + 1] === c ? 2 : 0
  const end = p === '[' ? pattern.indexOf(']', from) : -1
  if (end < 0) return p === c ? 1 : 0
  const set = pattern.slice(from + 1, end)
  for (let i = 0; i < set.length; i++) {
    if (set[i + 1] === '-' && set[i + 2] !== undefined) {
      if (c >= set[i]! && c <= set[i + 2]!) return end - from + 1
      i += 2
    } else if (set[i] === c) return end - from + 1
  }
  return 0
}
