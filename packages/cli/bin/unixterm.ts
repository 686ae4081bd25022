import { main } from '../src/run.ts'
import { unixtermSpec } from '../src/terminal/specs.ts'

void main(unixtermSpec, () => import('../src/terminal/relay.ts'))
