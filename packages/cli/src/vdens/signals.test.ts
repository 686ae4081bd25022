import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { endFor } from './signals.ts'

const end = suite('endFor')
const ENDS: ReadonlyArray<readonly [code: number, signal: number, want: unknown]> = [
  [0, 0, { exit: 0 }], [7, 0, { exit: 7 }], [255, 0, { exit: 255 }],
  [0, 15, { die: 15 }], [0, 9, { die: 9 }], [0, 2, { die: 2 }], [0, 13, { die: 13 }],
  [0, 11, { exit: 139 }], [0, 6, { exit: 134 }], [0, 3, { exit: 131 }]
]
for (const [code, signal, want] of ENDS) end(`${code} ${signal}`, () => { assert.equal(endFor(code, signal), want) })
end.run()
