/** Text of strangers (descriptions of clients, lines of files) on its way to a reader: it can neither end a block nor obey. */
import { escapeControls } from '@vde-ts/frame/escape.js'

/** One line of a data block: printable, and never a dot alone, which would end the block early. */
export const dataLine = (text: string): string => {
  const safe = escapeControls(text)
  return safe === '.' ? '\\x2e' : safe
}

/** JSON without the terminal controls that JSON itself allows. */
export const jsonText = (value: unknown): string => JSON.stringify(value)
  .replace(/[\u007f-\u009f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
