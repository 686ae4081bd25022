import { main } from '../src/run.ts'
import { unixcmdSpec } from '../src/terminal/specs.ts'

void main(unixcmdSpec, () => import('../src/terminal/once.ts'))
