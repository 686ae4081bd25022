/** Text of strangers (descriptions of clients, file lines) made safe to show on a terminal and inside a data block. */

// C0, DEL and C1: everything a terminal may obey. Testing first costs nothing for the ordinary line.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/
const EVERY_CONTROL = new RegExp(CONTROL, 'g')

const hex = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`

/** `text` with every control character as `\xNN`, so that it stays one line and commands no terminal. */
export const escapeControl = (text: string): string =>
  CONTROL.test(text) ? text.replace(EVERY_CONTROL, hex) : text

/** One line of a data block: never a line that is a dot alone, which would end the block early. */
export const dataLine = (text: string): string => {
  const safe = escapeControl(text)
  return safe === '.' ? '\\x2e' : safe
}
