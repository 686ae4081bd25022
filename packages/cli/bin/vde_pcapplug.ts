import { main } from '../src/run.ts'
import { spec } from '../src/pcapplug/spec.ts'

void main(spec, () => import('../src/pcapplug/run.ts'))
