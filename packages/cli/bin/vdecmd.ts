import { main } from '../src/run.ts'
import { vdecmdSpec } from '../src/terminal/specs.ts'

void main(vdecmdSpec, () => import('../src/terminal/once.ts'))
