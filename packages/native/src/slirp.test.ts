import { constants } from 'node:os'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ADDRESS, SLIRP_ADDRESSES, native, type Slirp } from './index.ts'
import { bytesPerRun, openCount } from './testing.ts'

const HEADROOM = 32
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'))
/** 10.0.2.0/24 as everybody knows it; fd00::/64. */
const ADDRESSES = hex(`0a000200 ffffff00 0a000202 0a00020f 0a000203 ${['', '02', '03'].map((end) => `fd00${end.padStart(28, '0')}`).join(' ')}`)
const NUMBERS = Int32Array.from([0, 1, 1, 64, 0, 0, 0, 0])
const TEXTS = ['slirp', '', '', '', '']
/** Who has 10.0.2.2? */
const ASK = hex('ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 0a00020f 000000000000 0a000202')

interface Opened { readonly stack: Slirp, readonly slab: Uint8Array, readonly spans: Int32Array }

const opened = (slabOctets = 65536, spanCount = 64): Opened => {
  const slab = new Uint8Array(slabOctets).fill(7)
  const spans = new Int32Array(spanCount)
  const stack = native.slirpOpen(ADDRESSES, NUMBERS, TEXTS, slab, spans)
  assert.type(stack, 'object')
  return { stack: stack as Slirp, slab, spans }
}

const test = suite('native slirp')

if (native.slirpVersion() === '') {
  test('without a library the answer is ENOENT', () => {
    assert.is(native.slirpOpen(ADDRESSES, NUMBERS, TEXTS, new Uint8Array(64), new Int32Array(8)), -constants.errno.ENOENT)
  })
} else {
  test('a frame goes in, its answer lies in the slab behind clear headroom', () => {
    const { stack, slab, spans } = opened()
    native.slirpInput(stack, ASK, 0, ASK.length)
    const [count, lost, at, len] = spans
    assert.equal([count, lost, len], [1, 0, 64])
    assert.ok(slab.subarray(at - HEADROOM, at).every((octet) => octet === 0))
    assert.equal(slab.subarray(at, at + 12), hex('020000000001 52550a000202'))
    native.slirpInput(stack, ASK, 0, ASK.length)
    assert.is(spans[0], 2)
    assert.is(spans[4], at! + len! + HEADROOM)
    native.slirpClose(stack)
  })

  test('what does not fit is counted', () => {
    for (const [octets, count] of [[64, 64], [65536, 4]] as const) {
      const { stack, spans } = opened(octets, count)
      for (let i = 0; i < 3; i++) native.slirpInput(stack, ASK, 0, ASK.length)
      assert.equal([spans[0], spans[1]], octets === 64 ? [0, 3] : [1, 2])
      native.slirpClose(stack)
    }
  })

  test('turns, timers and descriptors: nothing is left at the end', () => {
    const before = openCount()
    const { stack } = opened()
    const host = new Uint8Array(ADDRESS)
    host.set(hex('0200 0000 7f000001'))
    const guest = new Uint8Array(ADDRESS)
    guest.set(hex('0200 0050 0a00020f'))
    assert.is(native.slirpForward(stack, false, host, guest), 0)
    assert.is(native.slirpForward(stack, true, host, guest), 0)
    for (let i = 0; i < 3; i++) native.slirpTurn(stack)
    assert.match(native.slirpConnections(stack), /TCP\[HOST_FORWARD\]/)
    const address = Uint8Array.of(0, 0, 0, 0)
    assert.is(native.slirpGuestForward(stack, true, address, 99, 'cat'), 0)
    assert.equal(address, Uint8Array.of(10, 0, 2, 4))
    assert.is(native.slirpGuestForward(stack, true, Uint8Array.of(10, 0, 2, 2), 99, 'cat'), -constants.errno.EINVAL)
    assert.is(native.slirpGuestForward(stack, true, address, 99, null), 0)
    native.slirpClose(stack)
    assert.is(openCount(), before)
  })

  test('arrays that are too short, and a stack that was closed, are programmer mistakes', () => {
    const { stack } = opened()
    assert.throws(() => native.slirpInput(stack, ASK, 1, ASK.length), RangeError)
    assert.throws(() => native.slirpForward(stack, false, new Uint8Array(27), null), TypeError)
    native.slirpClose(stack)
    assert.throws(() => { native.slirpTurn(stack) }, TypeError)
    const [slab, spans] = [new Uint8Array(64), new Int32Array(8)]
    assert.throws(() => native.slirpOpen(new Uint8Array(SLIRP_ADDRESSES - 1), NUMBERS, TEXTS, slab, spans), TypeError)
    assert.throws(() => native.slirpOpen(ADDRESSES, NUMBERS, TEXTS.slice(1), slab, spans), TypeError)
  })

  test('a frame allocates nothing', () => {
    const { stack, spans } = opened()
    assert.ok(bytesPerRun(() => {
      native.slirpInput(stack, ASK, 0, ASK.length)
      native.slirpTurn(stack)
      spans[0] = 0
    }, 2000) < 1)
    native.slirpClose(stack)
  })
}

test.run()
