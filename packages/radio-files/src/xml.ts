/**
 * XML as a tree of elements that know their line. No entity is expanded and no DOCTYPE read: `&amp;` stays what it is, a file
 * reads no other file and cannot grow. Deeper than 100 elements, or larger than {@link MOST_OCTETS}: refused.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser'

/** Largest text that is read: some hundred thousand elements. */
export const MOST_OCTETS: number = 16 * 2 ** 20

/** One element. Names are without their namespace. */
export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** Of itself, without that of its children, without blanks around. */
  readonly text: string
  /** From 1. */
  readonly line: number
}

const PARSER = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  processEntities: false,
  removeNSPrefix: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  captureMetaData: true
})
const META = XMLParser.getMetaDataSymbol() as symbol
const ATTRIBUTES = ':@'
const TEXT = '#text'

/** What the parser gives: an object with the element's name as its one key, and its attributes. */
type Raw = Readonly<Record<string, unknown>> & { readonly [key: symbol]: { readonly startIndex?: number } | undefined }

/**
 * The root element.
 * @param source for messages
 * @throws {SyntaxError} no XML, or not one element; with its line where the parser knows it
 */
export const readXml = (text: string, source: string): XmlElement => {
  if (text.length > MOST_OCTETS) throw new SyntaxError(`Cannot read ${source}: found ${text.length} octets, want at most ${MOST_OCTETS}`)
  const verdict = XMLValidator.validate(text)
  if (verdict !== true) throw new SyntaxError(`Cannot read ${source}: line ${verdict.err.line}: ${oneLine(verdict.err.msg)}`)
  const roots = childrenOf(parse(text, source), linesOf(text))
  if (roots.length === 1) return roots[0]!
  throw new SyntaxError(`Cannot read ${source}: found ${roots.length} elements at its root, want one`)
}

const parse = (text: string, source: string): readonly Raw[] => {
  try { return PARSER.parse(text) as readonly Raw[] } catch (error) {
    throw new SyntaxError(`Cannot read ${source}: ${oneLine((error as Error).message)}`, { cause: error })
  }
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').replace(/\.$/, '').slice(0, 200)

const childrenOf = (raw: readonly Raw[], lineAt: (index: number) => number): XmlElement[] =>
  raw.filter((one) => !(TEXT in one)).map((one) => {
    const name = Object.keys(one).find((key) => key !== ATTRIBUTES) ?? ''
    const inside = one[name] as readonly Raw[]
    return {
      name,
      attributes: new Map(Object.entries((one[ATTRIBUTES] ?? {}) as Readonly<Record<string, string>>)),
      children: childrenOf(inside, lineAt),
      text: inside.map((part) => String(part[TEXT] ?? '')).join(' ').trim(),
      line: lineAt(one[META]?.startIndex ?? 0)
    }
  })

/** Line of an index, by looking only at what was not counted yet: elements come in their order. */
const linesOf = (text: string): ((index: number) => number) => {
  let [counted, line] = [0, 1]
  return (index) => {
    if (index < counted) [counted, line] = [0, 1]
    for (let at = text.indexOf('\n', counted); at >= 0 && at < index; at = text.indexOf('\n', counted)) {
      counted = at + 1
      line++
    }
    return line
  }
}

/** All elements of this name at any depth, in the order of the file. */
export const descendants = (element: XmlElement, name: string): XmlElement[] =>
  element.children.flatMap((child) => child.name === name ? [child, ...descendants(child, name)] : descendants(child, name))
