import { main } from '../src/run.ts'
import { vdetermSpec } from '../src/terminal/specs.ts'

void main(vdetermSpec, () => import('../src/terminal/vdeterm.ts'))
