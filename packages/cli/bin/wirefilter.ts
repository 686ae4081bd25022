import { main } from '../src/run.ts'
import { spec } from '../src/wirefilter/spec.ts'

void main(spec, () => import('../src/wirefilter/run.ts'))
