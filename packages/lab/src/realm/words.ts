/** Impairments in words, set as a whole: what is not said is as on a link without impairments. */
import { INITIAL, parseWords, splitWords, type Change, type ImpairedLink } from '@vde-ts/impair'
import { wordFiles } from '@vde-ts/schemes/word-files.js'

/** @throws {SyntaxError} an unknown word, or a value that cannot be read */
export const readWords = (words: string): Change => parseWords(splitWords(words), wordFiles)

/** `in` is `out` and the other way round: for whoever stands at the other end. */
export const turned = ({ in: inward, out, flags }: Change): Change => ({
  in: out,
  out: inward,
  flags: flags.map(([side, flag, isOn]) => [side === 'in' ? 'out' : 'in', flag, isOn])
})

/** Makes a link what a change says, and nothing of what it was before. */
export const setWords = (link: ImpairedLink, change: Change): void => {
  link.out.settings = change.out(INITIAL)
  link.in.settings = change.in(INITIAL)
  for (const side of ['in', 'out'] as const) {
    link[side].isFifo = isOn(change, side, 'fifo')
    // Both at once where both are cut or mended, so that nobody sees a link in between.
    if (isOn(change, 'in', 'down') !== isOn(change, 'out', 'down')) link.setUp(side, !isOn(change, side, 'down'))
  }
  if (isOn(change, 'in', 'down') === isOn(change, 'out', 'down')) link.setUp('both', !isOn(change, 'in', 'down'))
}

const isOn = ({ flags }: Change, side: 'in' | 'out', name: 'fifo' | 'down'): boolean =>
  flags.findLast(([where, flag]) => where === side && flag === name)?.[2] ?? false
