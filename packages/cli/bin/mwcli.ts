import { main } from '../src/run.ts'
import { spec } from '../src/mwcli/spec.ts'

void main(spec, () => import('../src/mwcli/run.ts'))
