import { main } from '../src/run.ts'
import { spec } from '../src/tunctl/spec.ts'

void main(spec, () => import('../src/tunctl/run.ts'))
