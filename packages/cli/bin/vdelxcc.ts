import { main } from '../src/run.ts'
import { vdelxccSpec } from '../src/lxc/specs.ts'

void main(vdelxccSpec, () => import('../src/lxc/client.ts'))
