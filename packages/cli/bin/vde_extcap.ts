import { main } from '../src/run.ts'
import { spec } from '../src/extcap/spec.ts'

void main(spec, () => import('../src/extcap/run.ts'))
