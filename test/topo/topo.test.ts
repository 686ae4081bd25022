/** Every `.topo` file of this directory is a test. */
import { readdirSync, readFileSync } from 'node:fs'
import { suite } from 'uvu'
import { runTopology } from './language.ts'

const here = new URL('.', import.meta.url)
const topologies = suite('topologies')

for (const name of readdirSync(here).filter((file) => file.endsWith('.topo')).sort()) {
  topologies(name, () => { runTopology(readFileSync(new URL(name, here), 'utf8')) })
}

topologies.run()
