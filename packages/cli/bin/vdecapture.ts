import { main } from '../src/run.ts'
import { spec } from '../src/vdecapture/spec.ts'

void main(spec, () => import('../src/vdecapture/run.ts'))
