/** Scenarios for tests, and files that only exist there. */
import { SHAPES, coreAt, coreOf } from '@vde-ts/radio-files/testing.js'
import type { Files } from './motion.ts'

/** The reference topologies by file name, `chain.xml`, and some of positions. */
export const FILES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(SHAPES).map(([name, edges]) => [`${name}.xml`, coreOf(edges)])),
  'line3.xml': coreOf('12 23'),
  'triangle3.xml': coreOf('12 23 13'),
  // About 55.6 and 78.8 m of a degree of latitude and longitude here: 1 and 2 hear each other by the linear model, 3 is far away.
  'places.xml': coreAt([[50, 8], [50.0005, 8], [50.01, 8]]),
  'walk.csv': 'time,node,x,y\n0,1,0,0\n10,1,100,0\n0,2,0,0\n'
}

/** Reads of {@link FILES}. */
export const files: Files = (path) => {
  const found = FILES[path]
  if (found === undefined) throw new SyntaxError(`Cannot read ${path}: there is no such file`)
  return found
}

/** The text of a scenario of nodes, with more keys. */
export const scenarioText = (nodes: number, network: object, more: object = {}): string =>
  JSON.stringify({ scenario: 'test', cnt_nodes: nodes, walk_model: { name: 'core' }, network, ...more }, null, 1)

/** Wired, or pseudo-WiFi of the same files. */
export const coreNetwork = (mode: 'multi' | 'single', shapes: readonly string[], links: object = {}, loop = false): object => ({
  backend: { connection_mode: mode },
  links,
  core: { mode: 'lan', topologies: shapes.map((shape) => [0, `${shape}.xml`]), loop }
})
