/** What we believe of epoll, pipes and processes. */
import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { native, HUP, IN, OUT, SEQPACKET, STREAM } from '@vde-ts/native'
import { run, test } from '../e2e/kit/index.ts'

const EPERM = 1
const ADD = 1
const NEEDS = ['native']

test('epoll refuses regular files with EPERM', { needs: NEEDS }, async (scene) => {
  const file = scene.path('file')
  writeFileSync(file, 'x')
  const fd = openSync(file, 'r')
  assert.equal(native.epollStart(new Int32Array(64), () => {}), 0)
  assert.equal(native.epollControl(ADD, fd, IN), -EPERM)
  const pipe = new Int32Array(2)
  native.pipe(pipe, true)
  assert.equal(native.epollControl(ADD, pipe[0]!, IN), 0)
  native.epollStop()
  closeSync(fd)
  for (const end of pipe) native.close(end)
})

test('a pipe whose writer is gone is readable to its end: HUP comes with the data, not instead of it', { needs: NEEDS }, async () => {
  const pipe = new Int32Array(2)
  native.pipe(pipe, true)
  native.write(pipe[1]!, Buffer.from('last words'), 0, 10)
  native.close(pipe[1]!)
  assert.equal(native.poll(pipe[0]!, IN, 0), IN | HUP)
  assert.equal(native.read(pipe[0]!, Buffer.alloc(100), 0, 100), 10)
  assert.equal(native.poll(pipe[0]!, IN, 0), HUP)
  assert.equal(native.read(pipe[0]!, Buffer.alloc(100), 0, 100), 0)
  native.close(pipe[0]!)
})

test('a pipe takes part of a large write and says how much', { needs: NEEDS }, async () => {
  const pipe = new Int32Array(2)
  native.pipe(pipe, true)
  const big = Buffer.alloc(1 << 20)
  const taken = native.write(pipe[1]!, big, 0, big.length)
  assert.ok(taken > 0 && taken < big.length)
  assert.equal(native.poll(pipe[1]!, OUT, 0), 0)
  for (const end of pipe) native.close(end)
})

test('a seqpacket pair keeps packets apart and says when the peer is gone', { needs: NEEDS }, async () => {
  const pair = new Int32Array(2)
  native.socketPair(SEQPACKET, pair)
  for (const size of [1, 9000, 60]) native.send(pair[0]!, Buffer.alloc(size), 0, size)
  native.close(pair[0]!)
  const buf = Buffer.alloc(10_000)
  for (const size of [1, 9000, 60]) assert.equal(native.receive(pair[1]!, buf, 0, buf.length), size)
  assert.equal(native.receive(pair[1]!, buf, 0, buf.length), 0)
  native.close(pair[1]!)
})

test('PR_SET_NAME is the name of the calling thread only', { needs: NEEDS }, async () => {
  const before = readFileSync('/proc/self/comm', 'utf8')
  assert.equal(native.setProcessName('a_name_of_more_than_15'), 0)
  assert.equal(readFileSync('/proc/self/comm', 'utf8'), 'a_name_of_more_\n')
  native.setProcessName(before.trim())
})

test('a stream socket that is closed with unread data resets its peer', { needs: NEEDS }, async () => {
  const pair = new Int32Array(2)
  native.socketPair(STREAM, pair)
  native.write(pair[0]!, Buffer.from('x'), 0, 1)
  native.close(pair[1]!)
  assert.equal(native.read(pair[0]!, Buffer.alloc(1), 0, 1), -104, 'ECONNRESET')
  native.close(pair[0]!)
})

run()
