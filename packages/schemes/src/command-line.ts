/**
 * The words of a `cmd://` command line: no shell is involved.
 *
 *     blank   separates words            '…' "…"  everything inside is literal
 *     \x      the character x            $NAME    nothing (there are no variables)
 *     ;       refused                    no globs, pipes or redirections: they are ordinary characters
 */
import { VdeError } from '@vde-ts/link'

/** @throws {VdeError} EINVAL for an empty line, an unquoted `;`, or a quote that does not end */
export const splitCommand = (line: string, action: string): string[] => {
  const words: string[] = []
  let word = ''
  let isWord = false
  for (let i = 0; i < line.length; i++) {
    const char = line[i]
    if (char === ' ' || char === '\t' || char === '\n') {
      if (isWord) words.push(word)
      word = ''
      isWord = false
      continue
    }
    isWord = true
    if (char === '\'' || char === '"') {
      const end = line.indexOf(char, i + 1)
      if (end === -1) throw new VdeError('EINVAL', action, `the quote ${char} does not end`)
      word += line.slice(i + 1, end)
      i = end
    } else if (char === '\\' && i + 1 < line.length) word += line[++i]
    else if (char === ';') throw new VdeError('EINVAL', action, '";" is for a shell, quote it or use sh -c')
    else if (char === '$') i = skipName(line, i)
    else word += char
  }
  if (isWord) words.push(word)
  if (words.length === 0) throw new VdeError('EINVAL', action, 'the command is empty')
  return words
}

/** Index of the last character of the name behind the `$` at `at`. */
const skipName = (line: string, at: number): number => {
  let end = at
  while (end + 1 < line.length && /[A-Za-z0-9_]/.test(line[end + 1])) end++
  return end
}
