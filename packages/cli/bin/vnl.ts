import { main } from '../src/run.ts'
import { spec } from '../src/vnl/spec.ts'

void main(spec, () => import('../src/vnl/run.ts'))
