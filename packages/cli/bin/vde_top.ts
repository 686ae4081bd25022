import { main } from '../src/run.ts'
import { spec } from '../src/top/spec.ts'

void main(spec, () => import('../src/top/run.ts'))
