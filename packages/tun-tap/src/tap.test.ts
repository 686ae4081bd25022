/** Real TAPs, so all of it runs in a child that has a network namespace of its own. */
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, IFF_VNET_HDR } from '@vde-ts/native'
import type { TapFailure } from './failure.ts'
import { createPersistent, removePersistent } from './persistent.ts'
import { enableOffload, isTapFailure, openTap, type Tap } from './tap.ts'
import { runIsolated, tapObstacle } from './testing.ts'

const INSIDE = 'VDE_TS_TAP_TEST'
const { EBADF, EBUSY, EINVAL, ENOENT } = constants.errno

const made = (result: Tap | TapFailure): Tap => {
  if (isTapFailure(result)) throw new Error(`${result.step}: ${result.detail}`)
  return result
}

const failed = (result: Tap | string | TapFailure): TapFailure => {
  if (typeof result === 'string' || !('errno' in result)) throw new Error('made, a failure was wanted')
  return result
}

const outside = suite('openTap anywhere')
outside('a long name is refused before anything is opened', () => {
  const { step, errno } = failed(openTap({ name: '1234567890123456' }))
  assert.equal([step, errno], ['name', EINVAL])
})
outside('a missing device is told from the interface', () => {
  const { step, errno, detail } = failed(openTap({ device: '/dev/none/tun' }))
  assert.equal([step, errno], ['device', ENOENT])
  assert.match(detail, /modprobe tun/)
})
outside('a device that is no tun is the interface\'s failure', () => {
  assert.is(failed(openTap({ device: '/dev/null' })).step, 'interface')
})

const inside = suite('openTap')
inside('makes the interface of the name', () => {
  const tap = made(openTap({ name: 'vt0' }))
  assert.is(tap.name, 'vt0')
  assert.ok(native.interfaceIndex('vt0') > 0)
  native.close(tap.fd)
  assert.ok(native.interfaceIndex('vt0') < 0)
})
inside('the kernel chooses a name', () => {
  const tap = made(openTap())
  assert.match(tap.name, /^tap\d+$/)
  native.close(tap.fd)
})
inside('a name in use is EBUSY', () => {
  const tap = made(openTap({ name: 'vt1' }))
  const { errno, detail } = failed(openTap({ name: 'vt1' }))
  assert.is(errno, EBUSY)
  assert.match(detail, /in use/)
  native.close(tap.fd)
})
inside('an interface of another kind is EINVAL', () => {
  assert.is(failed(openTap({ name: 'lo' })).errno, EINVAL)
})
inside('vnetHeader and offload are taken', () => {
  const tap = made(openTap({ name: 'vt2', vnetHeader: true }))
  assert.ok((native.tapInfo(tap.fd, []) & IFF_VNET_HDR) !== 0)
  assert.ok(enableOffload(tap.fd) >= 0x01)
  native.close(tap.fd)
})
inside('offload of what is no tap fails', () => { assert.is(enableOffload(-1), -EBADF) })
inside('persistent: stays, is joined, exclusive refuses it, goes', () => {
  assert.is(createPersistent({ name: 'vt3', owner: 0 }), 'vt3')
  assert.ok(native.interfaceIndex('vt3') > 0)
  assert.is(failed(openTap({ name: 'vt3', exclusive: true })).errno, EBUSY)
  native.close(made(openTap({ name: 'vt3' })).fd)
  assert.is(removePersistent({ name: 'vt3' }), 'vt3')
  assert.ok(native.interfaceIndex('vt3') < 0)
})
inside('persistent: an owner that is not mapped fails and leaves nothing', () => {
  assert.is(failed(createPersistent({ name: 'vt4', owner: 4242 })).step, 'setting')
  assert.ok(native.interfaceIndex('vt4') < 0)
})
inside('removing what does not exist succeeds', () => { assert.is(removePersistent({ name: 'vt5' }), 'vt5') })

const obstacle = tapObstacle()
if (process.env[INSIDE] === '1') inside.run()
else if (obstacle !== null) {
  console.log(`SKIP openTap: ${obstacle}`)
  outside.skip('all of it inside a namespace', () => {})
} else {
  outside('all of it inside a namespace', () => {
    const { status, output } = runIsolated(fileURLToPath(import.meta.url), { [INSIDE]: '1' })
    assert.is(status, 0, output)
    assert.match(output, /Total: +9/)
  })
}
if (process.env[INSIDE] !== '1') outside.run()
