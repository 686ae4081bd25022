import { main } from '../src/run.ts'
import { spec } from '../src/slirpvde/spec.ts'

void main(spec, () => import('../src/slirpvde/run.ts'))
