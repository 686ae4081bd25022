import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { constants } from 'node:os'
import { errnoName, systemError, VdeError } from './errors.ts'

const name = suite('errnoName')

for (const [value, want] of [[2, 'ENOENT'], [-2, 'ENOENT'], [11, 'EAGAIN'], [-111, 'ECONNREFUSED'], [0, 'EIO'], [99999, 'EIO']] as const) {
  name(`of ${value} is ${want}`, () => { assert.is(errnoName(value), want) })
}

name('of every number names that number', () => {
  for (const value of Object.values(constants.errno)) assert.is(constants.errno[errnoName(value)], value)
})

name.run()

const error = suite('VdeError')

error('says what could not be done and why, and carries the code', () => {
  const cause = new Error('inner')
  const failure = new VdeError('EBUSY', 'open ptp:///tmp/s', 'peer is connected, one is allowed', { cause })
  assert.is(failure.message, 'Cannot open ptp:///tmp/s: peer is connected, one is allowed')
  assert.equal([failure.code, failure.errno, failure.name, failure.cause], ['EBUSY', 16, 'VdeError', cause])
  assert.ok(failure instanceof Error)
})

error.run()

const system = suite('systemError')

for (const [result, message] of [
  [-2, 'Cannot open x: no such file or directory'], [-111, 'Cannot open x: nobody listens (connection refused)'],
  [-107, 'Cannot open x: socket is not connected'], [-99999, 'Cannot open x: EIO']
] as const) {
  system(`of ${result} reads "${message}"`, () => { assert.is(systemError(result, 'open x').message, message) })
}

system('takes a detail in place of the text', () => {
  assert.is(systemError(-13, 'open x', 'found y, want z').message, 'Cannot open x: found y, want z')
})

system.run()
