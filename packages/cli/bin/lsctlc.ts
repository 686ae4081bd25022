import { main } from '../src/run.ts'
import { lsctlcSpec } from '../src/lsctl/specs.ts'

void main(lsctlcSpec, () => import('../src/lsctl/client.ts'))
