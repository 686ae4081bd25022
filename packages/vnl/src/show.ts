/** Text of others in our messages. */

/** Text for a message: in quotes, control characters escaped, of a length that leaves the line readable. */
export const show = (text: string): string => {
  const short = text.length > 80 ? `${text.substring(0, 77)}...` : text
  return JSON.stringify(short).replace(/[\x7f-\x9f]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`)
}
