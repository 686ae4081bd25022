import { main } from '../src/run.ts'
import { spec } from '../src/dpipe/spec.ts'

void main(spec, () => import('../src/dpipe/run.ts'))
