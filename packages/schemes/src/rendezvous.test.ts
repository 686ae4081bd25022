/** Who gets a name that two want at the same moment. */
import { lstatSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, DGRAM, SEQPACKET } from '@vde-ts/native'
import { VdeError, loop } from '@vde-ts/link'
import { takeName, type Holder } from './rendezvous.ts'
import type { OpenContext } from './scheme.ts'
import { scratch } from './testing.ts'

const context: OpenContext = {
  loop, description: '', port: 0, group: '', mode: 0, takesOffload: false, log () {}, onRate () {}, open: () => { throw new Error('unused') }
}

const names = suite('takeName')

const take = (type: number, path: string, holder: Holder): void => {
  const fd = native.unixSocket(type)
  try {
    takeName(fd, path, type, context, 'test', holder)
  } finally {
    native.close(fd)
  }
}

names('takes the place of a dead socket', () => {
  const dir = scratch()
  const [first, path] = [native.unixSocket(DGRAM), `${dir.path}/wire`]
  native.bindUnix(first, path)
  native.close(first)
  assert.not.throws(() => { take(DGRAM, path, 'dead') })
  dir.remove()
})

names('of nobody leaves one who has bound it meanwhile and does not listen yet', () => {
  const dir = scratch()
  const [first, path] = [native.unixSocket(SEQPACKET), `${dir.path}/wire`]
  native.bindUnix(first, path)
  const { ino } = lstatSync(path)
  assert.throws(() => { take(SEQPACKET, path, 'nobody') }, (error: unknown) => error instanceof VdeError && error.code === 'EADDRINUSE')
  assert.is(lstatSync(path).ino, ino)
  native.close(first)
  dir.remove()
})

names.run()
