import { main } from '../src/run.ts'
import { spec } from '../src/vdenet/spec.ts'

void main(spec, () => import('../src/vdenet/run.ts'))
