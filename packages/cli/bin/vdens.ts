import { main } from '../src/run.ts'
import { spec } from '../src/vdens/spec.ts'

void main(spec, () => import('../src/vdens/run.ts'))
