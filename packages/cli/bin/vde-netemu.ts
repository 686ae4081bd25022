import { main } from '../src/run.ts'
import { netemuSpec } from '../src/wirefilter/spec.ts'

void main(netemuSpec, () => import('../src/wirefilter/run.ts'))
