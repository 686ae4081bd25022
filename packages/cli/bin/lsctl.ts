import { main } from '../src/run.ts'
import { lsctlSpec } from '../src/lsctl/specs.ts'

void main(lsctlSpec, () => import('../src/lsctl/run.ts'))
