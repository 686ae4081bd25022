import { main } from '../src/run.ts'
import { spec } from '../src/keygen/spec.ts'

void main(spec, () => import('../src/keygen/run.ts'))
