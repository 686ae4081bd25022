/**
 * Traces as text, one sample a line:
 *
 *     time,node,x,y            or time,node,x,y,z in metres; or time,node,lat,lon[,alt] in degrees
 *     0,a,0,0                  seconds from the start
 *     # a comment
 *     10,a,25.5,0
 *
 * The first line names the columns, in any order. Blanks around values do not count, nor do empty lines.
 */
import type { Point, Space } from '../positions.ts'
import { traceOf, type Sample, type Trace } from './trace.ts'

const KINDS: ReadonlyArray<readonly [space: Space, columns: readonly string[]]> = [
  ['plane', ['x', 'y', 'z']], ['globe', ['lat', 'lon', 'alt']]
]
const NUMBER = /^[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})(e[+-]?\d{1,2})?$/i
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/

/** @param source for messages. @throws {SyntaxError} what cannot be read, with its line */
export const readCsvTrace = (text: string, source: string): Trace => {
  const samples: Sample[] = []
  let columns: Columns | null = null
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const fields = line.split(',').map((field) => field.trim())
    if (columns === null) columns = columnsOf(fields, source, i + 1)
    else samples.push(sampleOf(fields, columns, source, i + 1))
  }
  if (columns === null) throw new SyntaxError(`Cannot read ${source}: found no line, want time,node,x,y`)
  return traceOf(samples, columns.space, source)
}

/** Where the values of a line are. */
interface Columns {
  readonly space: Space
  readonly names: readonly string[]
  readonly point: readonly number[]
  readonly time: number
  readonly node: number
}

const wrong = (source: string, line: number, found: string, wanted: string): SyntaxError =>
  new SyntaxError(`Cannot read ${source}: line ${line}: found ${found}, want ${wanted}`)

const columnsOf = (names: readonly string[], source: string, line: number): Columns => {
  const kind = KINDS.find(([, [a]]) => names.includes(a!))
  const known = kind === undefined ? [] : ['time', 'node', ...kind[1]]
  const isSound = kind !== undefined && new Set(names).size === names.length && names.every((name) => known.includes(name)) &&
    known.slice(0, 4).every((name) => names.includes(name))
  if (!isSound) throw wrong(source, line, `the columns "${names.join(',').slice(0, 60)}"`, 'time,node,x,y[,z] or time,node,lat,lon[,alt]')
  const point = kind[1].map((name) => names.indexOf(name)).filter((at) => at >= 0)
  return { space: kind[0], names, point, time: names.indexOf('time'), node: names.indexOf('node') }
}

const sampleOf = (fields: readonly string[], { names, point, time, node }: Columns, source: string, line: number): Sample => {
  if (fields.length !== names.length) throw wrong(source, line, `${fields.length} values`, `${names.length}: ${names.join(',')}`)
  const number = (at: number): number => {
    const text = fields[at]!
    if (NUMBER.test(text)) return Number(text)
    throw wrong(source, line, `${names[at]} "${text.slice(0, 40)}"`, 'a number')
  }
  const name = fields[node]!
  if (!NAME.test(name)) throw wrong(source, line, `node "${name.slice(0, 40)}"`, 'a name of letters, digits, "_", "." and "-"')
  return { timeSec: number(time), node: name, point: point.map(number) as unknown as Point, line }
}
