import { main } from '../src/run.ts'
import { spec } from '../src/vde-plug/spec.ts'

void main(spec, () => import('../src/vde-plug/run.ts'))
