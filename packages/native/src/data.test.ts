import { constants } from 'node:os'
import { mkdtempSync, rmSync, openSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, DGRAM, HUP, IN, OUT, SEQPACKET, STREAM, type Native } from './index.ts'
import { bytesPerRun, closeAll, flagsOf, pairOf } from './testing.ts'

const { EAGAIN, EBADF, EINVAL, EOPNOTSUPP } = constants.errno
const text = (s: string): Uint8Array => new TextEncoder().encode(s)
const pipeOf = (nonblock: boolean): [number, number] => {
  const out = new Int32Array(2)
  assert.is(native.pipe(out, nonblock), 0)
  return [out[0], out[1]]
}

const batches = suite('native batches')

for (const [name, type] of [['dgram', DGRAM], ['seqpacket', SEQPACKET]] as const) {
  batches(`${name}: 100 datagrams cross in one call each way`, () => {
    const [a, b] = pairOf(type)
    const buf = new Uint8Array(100 * 16)
    const spans = new Int32Array(202)
    for (let i = 0; i < 100; i++) {
      buf.fill(i, i * 16, i * 16 + 16)
      spans.set([i * 16, 1 + i % 16], (i + 1) * 2) // the first pair is not ours
    }
    assert.is(native.sendBatch(a, buf, spans, 1, 100), 100)
    const into = new Uint8Array(4 + 100 * 20)
    const lengths = new Int32Array(100)
    assert.is(native.receiveBatch(b, into, 4, 20, 16, 100, lengths), 100)
    for (let i = 0; i < 100; i++) {
      const at = 4 + i * 20
      assert.is(lengths[i], 1 + i % 16)
      assert.equal(into.subarray(at, at + lengths[i]), new Uint8Array(lengths[i]).fill(i))
      assert.is(into[at + 16], 0) // between size and stride nothing is written
    }
    assert.is(native.receiveBatch(b, into, 4, 20, 16, 100, lengths), -EAGAIN)
    closeAll(a, b)
  })
  batches(`${name}: a cut datagram shows its real length`, () => {
    const [a, b] = pairOf(type)
    native.send(a, new Uint8Array(1000), 0, 1000)
    native.send(a, new Uint8Array(1000), 0, 1000)
    const lengths = new Int32Array(4)
    assert.is(native.receiveBatch(b, new Uint8Array(40), 0, 10, 10, 1, lengths), 1)
    assert.is(lengths[0], 1000)
    assert.is(native.receive(b, new Uint8Array(40), 0, 10), 1000)
    closeAll(a, b)
  })
}

batches('a full socket takes a part, then EAGAIN', () => {
  const [a, b] = pairOf(DGRAM)
  native.setBuffers(a, 8192, 0)
  const spans = new Int32Array(256 * 2)
  for (let i = 0; i < 256; i++) spans[i * 2 + 1] = 512
  const sent = native.sendBatch(a, new Uint8Array(512), spans, 0, 256)
  assert.ok(sent > 0 && sent < 256, String(sent))
  assert.is(native.sendBatch(a, new Uint8Array(512), spans, sent, 256 - sent), -EAGAIN)
  const lengths = new Int32Array(256)
  assert.is(native.receiveBatch(b, new Uint8Array(512), 0, 0, 512, 256, lengths), sent)
  closeAll(a, b)
})

batches('no batch does nothing', () => {
  const [a, b] = pairOf(DGRAM)
  assert.is(native.sendBatch(a, new Uint8Array(1), new Int32Array(0), 0, 0), 0)
  assert.is(native.receiveBatch(b, new Uint8Array(1), 0, 1, 1, 0, new Int32Array(0)), 0)
  closeAll(a, b)
})

batches('writeVector gathers spans into a stream', () => {
  const [a, b] = pairOf(STREAM)
  assert.is(native.writeVector(a, text('..ab..cde'), new Int32Array([9, 9, 2, 2, 6, 3]), 1, 2), 5)
  const buf = new Uint8Array(8)
  assert.is(native.read(b, buf, 0, 8), 5)
  assert.equal(buf.subarray(0, 5), text('abcde'))
  closeAll(a, b)
})

const BAD_SPANS: ReadonlyArray<readonly [number, number]> = [[-1, 2], [0, -1], [9, 2], [11, 0], [0x7fffffff, 0x7fffffff]]
for (const [at, len] of BAD_SPANS) {
  batches(`the span ${at}, ${len} of 10 octets is EINVAL`, () => {
    const spans = new Int32Array([at, len])
    assert.is(native.sendBatch(-1, new Uint8Array(10), spans, 0, 1), -EINVAL)
    assert.is(native.writeVector(-1, new Uint8Array(10), spans, 0, 1), -EINVAL)
  })
}
batches.run()

const bounds = suite('native bounds')
const buf = new Uint8Array(10)
for (const [off, len] of [[0, 11], [10, 1], [-1, 2], [0, -1], [0x7fffffff, 0x7fffffff]] as const) {
  bounds(`(${off}, ${len}) of 10 octets throws RangeError`, () => {
    for (const call of ['read', 'write', 'readNowait', 'writeNowait', 'receive', 'send'] satisfies ReadonlyArray<keyof Native>) {
      assert.throws(() => native[call](-1, buf, off, len), RangeError)
    }
  })
}
const BATCHES: ReadonlyArray<readonly [at: number, stride: number, size: number, count: number]> =
  [[0, 5, 5, 3], [1, 5, 5, 2], [-1, 1, 1, 1], [0, -1, 1, 2], [0, 1, -1, 1], [0, 1, 1, -1], [0, 1, 1, 5],
    [0, 0x7fffffff, 0x7fffffff, 4]]
for (const [at, stride, size, count] of BATCHES) {
  bounds(`a batch of ${count} at ${at} + i * ${stride}, ${size} each throws RangeError`, () => {
    assert.throws(() => native.receiveBatch(-1, buf, at, stride, size, count, new Int32Array(4)), RangeError)
  })
}
bounds('spans beyond their array throw RangeError', () => {
  assert.throws(() => native.sendBatch(-1, buf, new Int32Array(4), 1, 2), RangeError)
  assert.throws(() => native.writeVector(-1, buf, new Int32Array(4), -1, 1), RangeError)
})
bounds('the wrong kind throws TypeError', () => {
  const loose = native as unknown as Record<keyof Native, (...args: unknown[]) => unknown>
  assert.throws(() => loose.read('0', buf, 0, 1), TypeError)
  assert.throws(() => loose.read(0, [1, 2], 0, 1), TypeError)
  assert.throws(() => loose.read(0, new Int32Array(4), 0, 1), TypeError)
  assert.throws(() => loose.read(), TypeError)
  assert.throws(() => loose.sendBatch(0, buf, buf, 0, 1), TypeError)
  assert.throws(() => loose.bindUnix(0, 5), TypeError)
  assert.throws(() => loose.interfaceMtu('a\0b'), TypeError)
  assert.throws(() => loose.pipe(null, true), TypeError)
  assert.throws(() => loose.spawn(null), TypeError)
})
bounds('a whole buffer and nothing at its end are inside', () => {
  const [a, b] = pairOf(DGRAM)
  assert.is(native.send(a, buf, 0, 10), 10)
  assert.is(native.send(a, buf, 10, 0), 0)
  assert.is(native.receive(b, buf, 0, 10), 10)
  closeAll(a, b)
})
bounds.run()

const descriptors = suite('native descriptors')
descriptors('read, write, end of file', () => {
  const [r, w] = pipeOf(false)
  assert.is(native.write(w, text('abc'), 1, 2), 2)
  const into = new Uint8Array(4)
  assert.is(native.read(r, into, 1, 3), 2)
  assert.equal(into, new Uint8Array([0, 98, 99, 0]))
  native.close(w)
  assert.is(native.read(r, into, 0, 4), 0)
  native.close(r)
  assert.is(native.read(r, into, 0, 4), -EBADF)
})
descriptors('pipe is close-on-exec, non-blocking when asked', () => {
  const [r, w] = pipeOf(true)
  assert.is(flagsOf(w) & 0o2004000, 0o2004000)
  assert.is(native.read(r, buf, 0, 1), -EAGAIN)
  assert.is(native.setNonblock(r, false), 0)
  assert.is(flagsOf(r) & 0o4000, 0)
  assert.is(native.setCloexec(r, false), 0)
  assert.is(flagsOf(r) & 0o2000000, 0)
  closeAll(r, w)
  assert.is(native.setNonblock(r, true), -EBADF)
  assert.is(native.setCloexec(r, true), -EBADF)
})
descriptors('readNowait does not block where O_NONBLOCK is off, writeNowait writes', () => {
  const [a, b] = pairOf(SEQPACKET)
  native.setNonblock(a, false)
  const empty = native.readNowait(a, buf, 0, 10)
  assert.ok(empty === -EAGAIN || empty === -EOPNOTSUPP, String(empty))
  if (empty === -EAGAIN) {
    assert.is(native.writeNowait(b, text('hi'), 0, 2), 2)
    assert.is(native.readNowait(a, buf, 0, 10), 2)
  }
  closeAll(a, b)
  assert.is(native.writeNowait(a, buf, 0, 1), -EBADF)
})
descriptors('eventfd counts from its start', () => {
  const fd = native.eventfd(3)
  const into = new Uint8Array(8)
  assert.is(native.read(fd, into, 0, 8), 8)
  assert.is(into[0], 3)
  assert.is(native.read(fd, into, 0, 8), -EAGAIN)
  native.close(fd)
})
descriptors('duplicate is close-on-exec and not below its minimum', () => {
  const fd = native.duplicate(2, 200)
  assert.ok(fd >= 200)
  assert.is(flagsOf(fd) & 0o2000000, 0o2000000)
  closeAll(fd)
  assert.is(native.duplicate(fd, 0), -EBADF)
})
descriptors('fileType and isTty', () => {
  const dir = mkdtempSync(join(tmpdir(), 'vde-native-'))
  const file = openSync(join(dir, 'f'), 'w')
  const [r, w] = pipeOf(true)
  const [a, b] = pairOf(STREAM)
  const nothing = openSync('/dev/null', 'r')
  assert.equal([file, r, a, nothing].map(native.fileType), [0o100000, 0o010000, 0o140000, 0o020000])
  assert.is(native.fileType(-1), -EBADF)
  assert.is(native.isTty(nothing), false)
  closeAll(file, r, w, a, b, nothing)
  rmSync(dir, { recursive: true })
})
descriptors('poll tells readiness, hang-up, time-out', () => {
  const [r, w] = pipeOf(true)
  assert.is(native.poll(r, IN, 1), 0)
  assert.is(native.poll(w, OUT, 1000), OUT)
  native.close(w)
  assert.is(native.poll(r, IN, 1000) & HUP, HUP)
  native.close(r)
})
descriptors('close of what is closed is EBADF', () => {
  assert.is(native.close(-1), -EBADF)
})
descriptors.run()

const costs = suite('native allocation')
const costly = globalThis.gc === undefined ? costs.skip : costs
costly('sending and receiving allocate nothing', () => {
  const [a, b] = pairOf(DGRAM)
  const frame = new Uint8Array(2048)
  const spans = new Int32Array([0, 60, 64, 60, 128, 60, 192, 60])
  const lengths = new Int32Array(4)
  assert.ok(bytesPerRun(() => {
    native.send(a, frame, 0, 60)
    native.receive(b, frame, 0, 2048)
    native.receive(b, frame, 0, 2048) // EAGAIN
    native.sendBatch(a, frame, spans, 0, 4)
    native.receiveBatch(b, frame, 0, 512, 512, 4, lengths)
  }, 5000) < 1)
  closeAll(a, b)
})
costs.run()
