import { main } from '../src/run.ts'
import { vdelxcdSpec } from '../src/lxc/specs.ts'

void main(vdelxcdSpec, () => import('../src/lxc/server.ts'))
