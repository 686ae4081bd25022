import { main } from '../src/run.ts'
import { spec } from '../src/vde-switch/spec.ts'

void main(spec, () => import('../src/vde-switch/run.ts'))
