import { main } from '../src/run.ts'
import { lsctldSpec } from '../src/lsctl/specs.ts'

void main(lsctldSpec, () => import('../src/lsctl/daemon.ts'))
