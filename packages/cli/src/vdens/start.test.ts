import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { VdeError, type Errno } from '@vde-ts/link/errors.js'
import { ExitError } from '../run.ts'
import { commandError, vnlError } from './start.ts'

const seen = (error: unknown): [number, string] => {
  if (!(error instanceof ExitError)) throw error
  return [error.status, error.message]
}

const vnls = suite('vnlError')
const VNLS: ReadonlyArray<readonly [vnl: string, error: VdeError, message: string]> = [
  ['vde:///no', new VdeError('ENOENT', 'open vde:///no', 'no such'), 'vde:///no: no such: No such file or directory'],
  ['/no', new VdeError('ENOENT', 'open vde:///no', 'no such'), '/no: Cannot open vde:///no: no such: No such file or directory'],
  ['', new VdeError('ENOENT', 'open vde://', 'no such'), 'default network: Cannot open vde://: no such: No such file or directory']
]
for (const [vnl, error, message] of VNLS) vnls(message, () => { assert.equal(seen(vnlError(vnl, error)), [1, message]) })
vnls('a bug stays a bug', () => { assert.throws(() => seen(vnlError('x', new TypeError('bug'))), /bug/) })
vnls.run()

const commands = suite('commandError')
const COMMANDS: ReadonlyArray<readonly [command: string, code: Errno, status: number]> = [
  ['nosuch', 'ENOENT', 127],
  ['/etc/passwd/x', 'ENOTDIR', 127],
  ['nosuch', 'EACCES', 127], // a directory of PATH is closed to us
  ['passwd', 'EACCES', 126],
  ['/etc/passwd', 'EACCES', 126],
  ['/etc/passwd', 'ENOEXEC', 126],
  ['x', 'E2BIG', 126]
]
for (const [command, code, status] of COMMANDS) {
  commands(`${command} ${code} is ${status}`, () => {
    const [found, message] = seen(commandError(command, '/bin:/etc', new VdeError(code, `run "${command}"`, code)))
    assert.is(found, status)
    assert.match(message, command)
  })
}
commands.run()
