import { main } from '../src/run.ts'
import { spec } from '../src/impair/spec.ts'

void main(spec, () => import('../src/impair/run.ts'))
