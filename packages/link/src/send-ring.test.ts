import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Budget, SendRing, type SendSpans } from './send-ring.ts'
import { bytesPerRun, seeded, testFrame } from './testing.ts'

/** A fake socket that takes `room` datagrams per call and answers -EAGAIN when it is out of them. */
const socket = (rooms: number[]): { send: SendSpans, got: Uint8Array[] } => {
  const got: Uint8Array[] = []
  const send: SendSpans = (_fd, buf, spans, first, count) => {
    const room = rooms.length > 0 ? rooms.shift() as number : Infinity
    if (room === 0) return -11
    const sent = Math.min(room, count)
    for (let i = first; i < first + sent; i++) {
      got.push(new Uint8Array(buf.subarray(spans[i * 2], spans[i * 2] + spans[i * 2 + 1])))
    }
    return sent
  }
  return { send, got }
}

const ring = suite('SendRing')

ring('drain sends every frame in order and leaves nothing', () => {
  const out = new SendRing()
  const frames = [testFrame(14, 1), testFrame(1514, 2), testFrame(60, 3)]
  for (const frame of frames) assert.ok(out.push(frame, 0, frame.length))
  const { send, got } = socket([])
  assert.is(out.drain(send, 3), 0)
  assert.equal(got, frames)
  assert.equal([out.frames, out.octets], [0, 0])
})

ring('push copies: the lender may overwrite its buffer', () => {
  const out = new SendRing()
  const lent = new Uint8Array(100).fill(7)
  out.push(lent, 10, 60)
  lent.fill(0)
  const { send, got } = socket([])
  out.drain(send, 3)
  assert.equal(got, [new Uint8Array(60).fill(7)])
})

ring('drain keeps the rest after EAGAIN, in order', () => {
  const out = new SendRing()
  for (let i = 0; i < 10; i++) out.push(testFrame(60, i), 0, 60)
  const { send, got } = socket([3, 0])
  assert.is(out.drain(send, 3), -11)
  assert.is(out.frames, 7)
  out.push(testFrame(60, 10), 0, 60)
  assert.is(out.drain(send, 3), 0)
  assert.equal(got, Array.from({ length: 11 }, (_, i) => testFrame(60, i)))
})

ring('copies answers what is held, in order, also after a part has gone', () => {
  const out = new SendRing({ maxFrames: 200, maxOctets: Infinity })
  const frames = Array.from({ length: 150 }, (_, i) => testFrame(60 + i * 9, i))
  for (const frame of frames) assert.ok(out.push(frame, 0, frame.length))
  out.drain(socket([70, 0]).send, 3)
  assert.ok(out.frames > 0 && out.frames < 150)
  assert.equal([...out.copies()], frames.slice(150 - out.frames))
})

ring('push refuses a frame over the bound of frames', () => {
  const out = new SendRing({ maxFrames: 2 })
  assert.ok(out.push(testFrame(14), 0, 14))
  assert.ok(out.push(testFrame(14), 0, 14))
  assert.not(out.push(testFrame(14), 0, 14))
})

ring('push refuses a frame over the bound of octets, but an empty queue takes any', () => {
  const out = new SendRing({ maxOctets: 1000 })
  assert.ok(out.push(testFrame(65_557), 0, 65_557))
  assert.not(out.push(testFrame(14), 0, 14))
  out.clear()
  assert.ok(out.push(testFrame(14), 0, 14))
})

ring('push refuses over the shared budget, but an empty queue takes a frame, and draining gives it back', () => {
  const budget = new Budget(100)
  const one = new SendRing({ budget })
  const two = new SendRing({ budget })
  assert.ok(one.push(testFrame(60), 0, 60))
  assert.not(one.push(testFrame(60), 0, 60))
  assert.ok(two.push(testFrame(60), 0, 60))
  assert.not(two.push(testFrame(14), 0, 14))
  one.drain(socket([]).send, 3)
  assert.is(budget.used, 60)
  assert.ok(two.push(testFrame(14), 0, 14))
  two.clear()
  assert.is(budget.used, 0)
})

ring('drop lets the first frame go', () => {
  const out = new SendRing()
  out.push(testFrame(60, 1), 0, 60)
  out.push(testFrame(61, 2), 0, 61)
  out.drop(1)
  assert.equal(out.headBuf.subarray(out.headAt, out.headAt + out.headLen), testFrame(61, 2))
})

for (const [lead, header] of [['headroom', 0], ['offload', 9]] as const) {
  ring(`lead ${lead} leaves HEADROOM in front, with an offload header of ${header}`, () => {
    const out = new SendRing({ lead })
    const lent = new Uint8Array(32 + 60).fill(9)
    for (let i = 0; i < 3; i++) out.push(lent, 32, 60)
    for (let i = 0; i < 3; i++) {
      assert.ok(out.headAt >= 32)
      assert.is(out.headLen, 60)
      assert.equal(out.headBuf.subarray(out.headAt - 12, out.headAt), new Uint8Array(12).fill(header))
      out.headBuf.fill(1, out.headAt - 32, out.headAt)
      out.drop(1)
    }
  })
}

ring('random pushes and drains deliver all that was taken, once, in order', () => {
  const random = seeded(7)
  const out = new SendRing({ maxFrames: 300, maxOctets: 400_000 })
  const taken: Uint8Array[] = []
  const got: Uint8Array[] = []
  let serial = 0
  for (let i = 0; i < 3000; i++) {
    const len = random.pick([14, 60, 61, 1514, 9000, 65_557])
    const frame = testFrame(len, serial++)
    if (out.push(frame, 0, len)) taken.push(frame)
    if (random.int(20) !== 0) continue
    const part = socket([random.int(50), random.int(50), 0])
    out.drain(part.send, 3)
    got.push(...part.got)
  }
  const rest = socket([])
  assert.is(out.drain(rest.send, 3), 0)
  got.push(...rest.got)
  assert.is(got.length, taken.length)
  for (let i = 0; i < got.length; i++) assert.equal(got[i], taken[i])
})

ring('drainStream writes headers and frames, whatever the medium takes at once', () => {
  const random = seeded(11)
  const out = new SendRing({ lead: 'stream', maxFrames: 100, maxOctets: 1e6 })
  const written: number[] = []
  const want: number[] = []
  for (let i = 0; i < 50; i++) {
    const frame = testFrame(random.pick([14, 300, 5000]), i)
    out.push(frame, 0, frame.length)
    want.push(frame.length >> 8, frame.length & 0xff, ...frame)
  }
  const write = (_fd: number, buf: Uint8Array, off: number, len: number): number => {
    const count = random.int(3) === 0 ? 0 : Math.min(len, 1 + random.int(700))
    for (let i = 0; i < count; i++) written.push(buf[off + i])
    return count === 0 ? -11 : count
  }
  while (out.drainStream(write, 1, 4096) === -11) { /* would wait for OUT */ }
  assert.is(out.frames, 0)
  assert.equal(written, want)
})

ring('drain reports an error of the first frame and keeps it', () => {
  const out = new SendRing()
  out.push(testFrame(60), 0, 60)
  assert.is(out.drain(() => -90, 3), -90)
  assert.is(out.frames, 1)
})

for (const len of [20, 1514]) {
  ring(`steady traffic of ${len} octets a frame allocates nothing`, () => {
    const out = new SendRing()
    const frame = testFrame(len)
    const send: SendSpans = (_fd, _buf, _spans, _first, count) => count
    const used = bytesPerRun(() => {
      for (let i = 0; i < 20; i++) out.push(frame, 0, len)
      out.drain(send, 3)
    }, 2000) / 20
    assert.ok(used < 1, `${used} octets a frame`)
  })
}

ring.run()
