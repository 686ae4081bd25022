import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesPerRun } from '@vde-ts/link/testing.js'
import { Session } from './session.ts'
import { DATA_HEADER, TAG } from './wire.ts'

const test = suite('Session')

test('sealing and opening a frame costs no octet of heap', () => {
  const agreement = { localIndex: 1, remoteIndex: 1, sendKey: new Uint8Array(32), receiveKey: new Uint8Array(32) }
  const session = new Session(agreement, 0)
  const buf = new Uint8Array(DATA_HEADER + 1514 + TAG)
  const perRun = bytesPerRun(() => {
    session.write(buf, 0)
    session.seal(buf, 0, 1514)
    session.open(buf, 0, buf.length)
  })
  assert.ok(perRun < 1, `${perRun}`)
})

test.run()
