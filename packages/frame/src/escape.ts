/** Text of strangers (descriptions, file names, frames) made safe to show: one line, no command to a terminal. */

// C0, DEL and C1, and what reverses or hides text on a terminal: directional marks, line and paragraph separators.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

const escaped = (character: string): string => {
  const code = character.charCodeAt(0)
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`
}

/** `text` with every control character as `\xNN`, and those that reorder text as `\uNNNN`. */
export const escapeControls = (text: string): string => text.replace(UNSAFE, escaped)
