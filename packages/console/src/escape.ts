/** Lines of a data block: text of strangers (descriptions of clients, lines of files) can neither end it nor obey. */
import { escapeControls } from '@vde-ts/frame/escape.js'

/** One line of a data block: printable, and never a dot alone, which would end the block early. */
export const dataLine = (text: string): string => {
  const safe = escapeControls(text)
  return safe === '.' ? '\\x2e' : safe
}
