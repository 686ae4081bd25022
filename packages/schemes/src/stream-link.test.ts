import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, DGRAM, STREAM } from '@vde-ts/native'
import { loop } from '@vde-ts/link'
import { sharedIo } from '@vde-ts/link/fd-io.js'
import { encodeStreamFrame } from '@vde-ts/frame/stream.js'
import { Recorder, hex, settle, testFrame } from '@vde-ts/link/testing.js'
import { openVnl } from './registry.ts'
import { StreamLink } from './stream-link.ts'
import { descriptors, refusal, scratch } from './testing.ts'

const octets = (len: number, serial: number): Uint8Array => encodeStreamFrame(testFrame(len, serial), 0, len)

/** A link over two pipes; the other ends are the test's. */
const overPipes = (sink: Recorder): { link: StreamLink, input: number, output: number } => {
  const go = new Int32Array(2)
  const come = new Int32Array(2)
  native.pipe(go, true)
  native.pipe(come, true)
  return { link: new StreamLink(come[0], go[1], sink, loop, { label: 'pipes' }), input: come[1], output: go[0] }
}

const write = (fd: number, bytes: Uint8Array): void => { assert.is(native.write(fd, bytes, 0, bytes.length), bytes.length) }

const stream = suite('StreamLink')

stream('one octet at a time', async () => {
  const sink = new Recorder()
  const { link, input, output } = overPipes(sink)
  link.resume()
  for (const octet of Buffer.concat([octets(14, 1), hex('0000'), octets(60, 2), octets(15, 3)])) {
    write(input, Uint8Array.of(octet))
    await settle(1)
  }
  await sink.until((r) => r.frames.length === 3, 'three frames')
  assert.equal(sink.frames, [testFrame(14, 1), testFrame(60, 2), testFrame(15, 3)])
  link.close()
  native.close(input)
  native.close(output)
})

stream('everything before the end arrives, also when it is paused in between', async () => {
  const sink = new Recorder()
  const { link, input, output } = overPipes(sink)
  for (let i = 0; i < 30; i++) write(input, octets(1000, i))
  native.close(input)
  sink.onEach = () => { if (sink.frames.length === 7) link.pause() }
  link.resume()
  await sink.until((r) => r.frames.length === 7, 'seven frames')
  await settle(20)
  assert.equal([sink.frames.length, sink.closes], [7, 0])
  link.resume()
  await sink.until((r) => r.closes === 1, 'the end')
  assert.is(sink.frames.length, 30)
  link.close()
  native.close(output)
})

stream('a hang-up while paused costs no time', async () => {
  const sink = new Recorder()
  const { link, input, output } = overPipes(sink)
  write(input, octets(60, 1))
  native.close(input)
  const before = process.cpuUsage()
  await new Promise((resolve) => { setTimeout(resolve, 100) })
  const { user, system } = process.cpuUsage(before)
  assert.ok(user + system < 80_000, `${user + system} us in 100 ms`)
  assert.is(sink.closes, 0)
  link.resume()
  await sink.until((r) => r.closes === 1, 'the end')
  assert.is(sink.frames.length, 1)
  link.close()
  native.close(output)
})

stream('a reader that left ends it, after what was sent before', async () => {
  const sink = new Recorder()
  const { link, input, output } = overPipes(sink)
  link.resume()
  write(input, octets(60, 1))
  native.close(output)
  await sink.until((r) => r.closes === 1, 'the end')
  assert.equal(sink.frames, [testFrame(60, 1)])
  assert.is(sink.why, undefined)
  link.close()
  native.close(input)
})

stream('a length over the limit is skipped, the stream stays in step', async () => {
  const sink = new Recorder()
  const ends = new Int32Array(2)
  native.socketPair(STREAM, ends)
  const link = new StreamLink(ends[0], ends[0], sink, loop, { label: 'pair' })
  link.resume()
  write(ends[1], Buffer.concat([hex('0005 0102030405'), octets(60, 2)]))
  await sink.until((r) => r.frames.length === 1, 'the frame behind the runt')
  native.close(ends[1])
  await sink.until((r) => r.closes === 1, 'the end')
  link.close()
})

stream('regular files as input and output, as in a shell redirection', async () => {
  const dir = scratch()
  writeFileSync(`${dir.path}/in`, Buffer.concat([octets(60, 1), octets(1514, 2)]))
  const input = openSync(`${dir.path}/in`, 'r')
  const output = openSync(`${dir.path}/out`, 'w')
  const sink = new Recorder()
  const link = new StreamLink(input, output, sink, loop, { label: 'files', io: sharedIo(), onRelease () {} })
  link.send(testFrame(60, 3), 0, 60)
  link.resume()
  await sink.until((r) => r.closes === 1, 'the end of the file')
  assert.equal(sink.frames, [testFrame(60, 1), testFrame(1514, 2)])
  link.close()
  closeSync(input)
  closeSync(output)
  assert.equal(new Uint8Array(readFileSync(`${dir.path}/out`)), new Uint8Array(octets(60, 3)))
  dir.remove()
})

const seqpacket = suite('seqpacket://')

for (const text of ['', 'x', '-1', '3x', '99999999999', '0x']) {
  seqpacket(`"${text}" is no descriptor: EINVAL`, async () => {
    assert.is((await refusal(openVnl(`seqpacket://${text}`, new Recorder()))).code, 'EINVAL')
  })
}

seqpacket('a number nobody passed: EBADF', async () => {
  assert.is((await refusal(openVnl('seqpacket://987', new Recorder()))).code, 'EBADF')
})

seqpacket('another kind of descriptor is refused and stays open', async () => {
  const ends = new Int32Array(2)
  const makers = [() => native.socketPair(STREAM, ends), () => native.socketPair(DGRAM, ends), () => native.pipe(ends, true)]
  for (const make of makers) {
    make()
    const before = descriptors()
    assert.is((await refusal(openVnl(`seqpacket://${ends[0]}`, new Recorder()))).code, 'EINVAL')
    assert.equal(descriptors(), before)
    native.close(ends[0])
    native.close(ends[1])
  }
})

stream.run()
seqpacket.run()
