/**
 * Traces in GPX: each track is the way of the node that its name says, each point has a time; a waypoint with a name stands
 * still. Seconds are counted from the earliest point of the file.
 */
import { traceOf, type Sample, type Trace } from '@vde-ts/radio/motion/trace.js'
import { descendants, readXml, type XmlElement } from './xml.ts'

const wrong = (source: string, { line }: XmlElement, found: string, wanted: string): SyntaxError =>
  new SyntaxError(`Cannot read ${source}: line ${line}: found ${found}, want ${wanted}`)

const child = (element: XmlElement, name: string): XmlElement | undefined => element.children.find((one) => one.name === name)

/** @param source for messages. @throws {SyntaxError} no GPX, or a trace that cannot be, with its line */
export const readGpxTrace = (text: string, source: string): Trace => {
  const root = readXml(text, source)
  if (root.name !== 'gpx') throw wrong(source, root, `the element "${root.name.slice(0, 40)}"`, '"gpx"')
  const moving = root.children.filter(({ name }) => name === 'trk').flatMap((track) => {
    const node = nameOf(track, source)
    return descendants(track, 'trkpt').map((point) => ({ node, point, timeSec: timeOf(point, source) }))
  })
  const still = root.children.filter(({ name }) => name === 'wpt').map((point) => ({ node: nameOf(point, source), point, timeSec: null }))
  if (moving.length + still.length === 0) throw wrong(source, root, 'no track and no waypoint', 'one with a name')
  const first = moving.reduce((least, { timeSec }) => Math.min(least, timeSec), Infinity)
  const samples = [...moving, ...still].map(({ node, point, timeSec }): Sample =>
    ({ node, timeSec: timeSec === null ? 0 : timeSec - first, point: pointOf(point, source), line: point.line }))
  return traceOf(samples, 'globe', source)
}

const nameOf = (element: XmlElement, source: string): string => {
  const name = child(element, 'name')?.text ?? ''
  if (name !== '') return name
  throw wrong(source, element, `a ${element.name} without a name`, 'the name of its node')
}

const timeOf = (point: XmlElement, source: string): number => {
  const text = child(point, 'time')?.text ?? ''
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) / 1000 : NaN
  if (!Number.isNaN(time)) return time
  throw wrong(source, point, text === '' ? 'a point without a time' : `the time "${text.slice(0, 40)}"`, 'one such as 2026-01-31T12:00:00Z')
}

const pointOf = (point: XmlElement, source: string): readonly [number, number, number] => {
  const number = (text: string | undefined, name: string): number => {
    if (text !== undefined && /^[+-]?\d{1,15}(\.\d{1,20})?$/.test(text)) return Number(text)
    throw wrong(source, point, `${name} ${text === undefined ? 'none' : `"${text.slice(0, 40)}"`}`, 'a number')
  }
  const height = child(point, 'ele')?.text
  return [
    number(point.attributes.get('lat'), 'lat'), number(point.attributes.get('lon'), 'lon'),
    height === undefined ? 0 : number(height, 'ele')
  ]
}
