import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, DGRAM, SEQPACKET } from '@vde-ts/native'
import { RX_BURST } from './loop.ts'
import { INBOX_END, Inbox, ReceiveSlab, SLOT_OCTETS, type ReceiveBatch } from './receive-slab.ts'
import { bytesPerRun, quietSink, Recorder, testFrame, until } from './testing.ts'

/** A fake socket that holds `datagrams`. */
const holding = (datagrams: Uint8Array[]): ReceiveBatch => (_fd, buf, at, stride, size, count, lengths) => {
  let i = 0
  for (; i < count && datagrams.length > 0; i++) {
    const datagram = datagrams.shift() as Uint8Array
    buf.set(datagram.subarray(0, size), at + i * stride)
    lengths[i] = datagram.length
  }
  return i === 0 ? -11 : i
}

const serials = (count: number, first: number = 0): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => testFrame(60, first + i))

const inbox = suite('Inbox')

inbox('delivers nothing before resume', () => {
  const sink = new Recorder()
  assert.is(new Inbox(sink, { receiveBatch: holding(serials(1)) }).receive(3), 0)
  assert.is(sink.frames.length, 0)
})

inbox('delivers a burst in order, with headroom and a zero header', () => {
  const sink = new Recorder()
  const box = new Inbox(sink, { receiveBatch: holding(serials(RX_BURST + 1)) })
  sink.onEach = (buf, off) => {
    assert.ok(off >= 32)
    assert.equal(buf.subarray(off - 12, off), new Uint8Array(12))
  }
  box.resume()
  assert.is(box.receive(3), RX_BURST)
  assert.equal(sink.frames, serials(RX_BURST))
  assert.equal([box.frames, box.octets], [RX_BURST, RX_BURST * 60])
  assert.is(box.receive(3), 1)
  assert.is(box.receive(3), -11)
})

inbox('drops and counts runts and what is longer than a slot', () => {
  const sink = new Recorder()
  const datagrams = [new Uint8Array(0), new Uint8Array(13), testFrame(14), testFrame(SLOT_OCTETS), testFrame(SLOT_OCTETS + 1)]
  const box = new Inbox(sink, { receiveBatch: holding(datagrams) })
  box.resume()
  box.receive(3)
  assert.equal(sink.frames, [testFrame(14), testFrame(SLOT_OCTETS)])
  assert.equal([box.runts, box.oversize, box.frames], [2, 1, 2])
})

inbox('a pause in the middle keeps the rest, which comes first after resume', async () => {
  const sink = new Recorder()
  const datagrams = serials(40)
  const box = new Inbox(sink, { receiveBatch: holding(datagrams) })
  sink.onEach = () => { if (sink.frames.length % 5 === 0) box.pause() }
  box.resume()
  box.receive(3)
  assert.equal([sink.frames.length, box.kept], [5, RX_BURST - 5])
  assert.is(box.receive(3), 0)
  for (let i = 2; i <= 8; i++) {
    box.resume()
    // Once by the loop, at the latest by the next reception.
    if (i % 2 === 0) await until(() => sink.frames.length >= Math.min(5 * i, RX_BURST), 'kept frames')
    box.receive(3)
  }
  box.resume()
  box.receive(3)
  assert.equal(sink.frames, serials(40))
})

inbox('close in the middle forgets the rest', async () => {
  const sink = new Recorder()
  const box = new Inbox(sink, { receiveBatch: holding(serials(10)) })
  sink.onEach = () => { box.close() }
  box.resume()
  box.receive(3)
  box.resume()
  assert.equal([sink.frames.length, box.receive(3), box.kept], [1, 0, 0])
})

inbox('close while a kept frame is delivered leaves that frame whole', async () => {
  const sink = new Recorder()
  const box = new Inbox(sink, { receiveBatch: holding(serials(3)) })
  sink.onEach = () => { box.pause() }
  box.resume()
  box.receive(3)
  let after = new Uint8Array()
  sink.onEach = (buf, off, len) => {
    box.close()
    after = new Uint8Array(buf.subarray(off, off + len))
  }
  box.resume()
  await until(() => sink.frames.length === 2, 'the kept frame')
  assert.equal([after, box.kept], [testFrame(60, 1), 0])
})

inbox('a sink that makes another link receive does not overwrite the burst', () => {
  const slab = new ReceiveSlab()
  const other = new Inbox(new Recorder(), { slab, receiveBatch: holding(serials(5, 100)) })
  other.resume()
  const sink = new Recorder()
  const box = new Inbox(sink, { slab, receiveBatch: holding(serials(5)) })
  sink.onEach = () => { assert.is(other.receive(3), 0) }
  box.resume()
  box.receive(3)
  assert.equal(sink.frames, serials(5))
  assert.is(other.receive(3), 5)
})

inbox('an empty packet ends the peer, after what came before it', () => {
  const sink = new Recorder()
  const box = new Inbox(sink, { emptyIsEnd: true, receiveBatch: holding([...serials(2), new Uint8Array(0)]) })
  box.resume()
  assert.is(box.receive(3), INBOX_END)
  assert.is(box.receive(3), INBOX_END)
  assert.is(sink.frames.length, 2)
})

inbox('an empty packet behind a pause ends the peer when all was delivered', () => {
  const sink = new Recorder()
  const box = new Inbox(sink, { emptyIsEnd: true, receiveBatch: holding([...serials(3), new Uint8Array(0)]) })
  sink.onEach = () => { box.pause() }
  box.resume()
  assert.is(box.receive(3), 4)
  box.resume()
  assert.is(box.receive(3), 0)
  sink.onEach = null
  box.resume()
  assert.is(box.receive(3), INBOX_END)
  assert.equal(sink.frames, serials(3))
})

for (const type of [DGRAM, SEQPACKET]) {
  inbox(`receives from a real socket of type ${type}, none cut`, () => {
    const ends = new Int32Array(2)
    assert.is(native.socketPair(type, ends), 0)
    native.setBuffers(ends[0], 1 << 20, 1 << 20)
    const frames = [testFrame(14, 1), testFrame(1514, 2), testFrame(65_557, 3), testFrame(60, 4)]
    for (const frame of frames) assert.is(native.send(ends[0], frame, 0, frame.length), frame.length)
    const sink = new Recorder()
    const box = new Inbox(sink)
    box.resume()
    assert.is(box.receive(ends[1]), 4)
    assert.equal(sink.frames, frames)
    assert.is(box.receive(ends[1]), -11)
    native.close(ends[0])
    native.close(ends[1])
  })
}

inbox('a frame allocates nothing', () => {
  const receiveBatch: ReceiveBatch = (_fd, _buf, _at, _stride, _size, count, lengths) => {
    for (let i = 0; i < count; i++) lengths[i] = 60
    return count
  }
  const box = new Inbox(quietSink, { receiveBatch })
  box.resume()
  const used = bytesPerRun(() => { box.receive(3) }, 2000) / RX_BURST
  assert.ok(used < 1, `${used} octets a frame`)
})

inbox.run()
