/** What somebody may have meant: the known word that is nearest to a typed one. */

/** Longest word that is compared; a longer one is no slip of the fingers. */
const MAX_WORD = 32

/**
 * The word of `known` that takes fewest changes (a letter more, less, another, or two exchanged) to become `typed`, if
 * these are at most a third of its letters, or `typed` is its beginning; null: none is near.
 */
export const nearest = (typed: string, known: readonly string[]): string | null => {
  if (typed.length === 0 || typed.length > MAX_WORD) return null
  let best: string | null = null
  let least = Infinity
  for (const word of known) {
    const changes = word.startsWith(typed) ? 0.5 : distance(typed, word)
    if (changes >= least || (changes >= 1 && changes > Math.ceil(word.length / 3))) continue
    best = word
    least = changes
  }
  return best
}

/** The question for people that {@link nearest} leads to; null: none is near. */
export const nearestHint = (typed: string, known: readonly string[]): string | null => {
  const near = nearest(typed, known)
  return near === null ? null : `did you mean "${near}"?`
}

/** Optimal string alignment distance. */
const distance = (a: string, b: string): number => {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let changes = Math.min(row[j - 1]! + 1, last[j]! + 1, changed)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) changes = Math.min(changes, before[j - 2]! + 1)
      row.push(changes)
    }
    before = last
    last = row
  }
  return last[b.length]!
}
