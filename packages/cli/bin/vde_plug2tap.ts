import { main } from '../src/run.ts'
import { spec } from '../src/plug2tap/spec.ts'

void main(spec, () => import('../src/plug2tap/run.ts'))
