/** The option --impair of commands that open networks. */
import { quote } from '@vde-ts/vnl'

/** `vnl` behind a bad link that is told in the words of impair://, which reads them; without words as it is. */
export const impaired = (vnl: string, words: string | undefined): string => {
  if (words === undefined) return vnl
  const parameters = words.split(/\s+/).filter((word) => word !== '').map((word) => quote(word, '/[]{}'))
  return `impair://[${parameters.join('/')}]{${vnl}}`
}
