import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { VdeError } from '@vde-ts/link/errors.js'
import { endingWithErrno } from './errno-text.ts'

const test = suite('endingWithErrno')

for (const [detail, shown] of [
  ['"x", a directory is wanted', '"x", a directory is wanted: No such file or directory'],
  ['No such file or directory: "x", a directory is wanted', '"x", a directory is wanted: No such file or directory'],
  ['No such file or directory', 'No such file or directory']
] as const) {
  test(detail, () => { assert.is(endingWithErrno(new VdeError('ENOENT', 'open x', detail)), `Cannot open x: ${shown}`) })
}

test.run()
