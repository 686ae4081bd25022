import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { superFrame } from '@vde-ts/frame/testing-super-frame.js'
import { linkContract, sendAll } from './contract.ts'
import { VdeError } from './errors.ts'
import { HEADROOM, OFFLOAD, type FrameSink, type Link } from './link.ts'
import { memoryPair } from './memory.ts'
import { Recorder, bytesPerRun, settle, testFrame, until } from './testing.ts'
import { Wire, type Side } from './wire.ts'

// A pair through a wire is a link like any other: station - memory - wire - memory - station.
linkContract('memory, wire, memory', async (left, right) => {
  const wire = new Wire()
  const [a, inner] = memoryPair(left, wire.left)
  const [b, outer] = memoryPair(right, wire.right)
  wire.join(inner, outer, () => { wire.close() })
  return [a, b]
}, {
  // The far station's carrier is the wire's right link being down, and so the near station's link.
  cut: async ([, b]) => { b.setCarrier?.(false) },
  restore: async ([, b]) => { b.setCarrier?.(true) }
})

/** A link that takes `room` frames, then none until more is given. */
class Narrow implements Link {
  readonly offload = false
  readonly maxFrame = 1518
  readonly label = 'narrow'
  readonly taken: Uint8Array[] = []
  readonly sink: FrameSink
  queued = 0
  room = 0
  paused = true
  closed = 0
  constructor (sink: FrameSink) { this.sink = sink }

  send (buf: Uint8Array, off: number, len: number): boolean {
    if (this.room === 0) return false
    this.room--
    this.taken.push(new Uint8Array(buf.subarray(off, off + len)))
    return true
  }

  pause (): void { this.paused = true }
  resume (): void { this.paused = false }
  close (): void { this.closed++ }

  /** Delivers, as if it had arrived. */
  arrive (frame: Uint8Array): void {
    const buf = new Uint8Array(32 + frame.length)
    buf.set(frame, 32)
    this.sink.onFrame(buf, 32, frame.length)
    buf.fill(0xee)
  }

  give (room: number): void {
    this.room = room
    this.sink.onWritable()
  }
}

const joined = (log?: (line: string) => void): { wire: Wire, a: Narrow, b: Narrow, ends: Array<[Side, Error | undefined]> } => {
  const wire = new Wire(log)
  const a = new Narrow(wire.left)
  const b = new Narrow(wire.right)
  const ends: Array<[Side, Error | undefined]> = []
  wire.join(a, b, (side, why) => { ends.push([side, why]) })
  return { wire, a, b, ends }
}

const wire = suite('Wire')

wire('pauses a link while the other is full, and loses nothing', () => {
  const { a, b } = joined()
  b.room = 1
  a.arrive(testFrame(60, 1))
  assert.not(a.paused)
  a.arrive(testFrame(61, 2))
  assert.ok(a.paused)
  b.give(1)
  assert.not(a.paused)
  assert.equal(b.taken, [testFrame(60, 1), testFrame(61, 2)])
})

wire('keeps the order of frames that arrive in spite of the pause', () => {
  const { a, b, wire } = joined()
  for (let i = 0; i < 300; i++) a.arrive(testFrame(60, i))
  for (let i = 0; i < 70; i++) b.give(4)
  assert.equal(b.taken, Array.from({ length: 256 }, (_, i) => testFrame(60, i)))
  assert.is(wire.left.lost, 44)
  assert.not(a.paused)
})

wire('a full side does not hold up the other direction', () => {
  const { a, b } = joined()
  a.arrive(testFrame(60, 1))
  a.room = 1
  b.arrive(testFrame(60, 2))
  assert.equal([a.taken.length, b.paused], [1, false])
})

wire('sends a kept frame once, also when sending gives room at once', () => {
  const { a, b } = joined()
  a.arrive(testFrame(60, 1))
  a.arrive(testFrame(60, 2))
  const send = b.send.bind(b)
  b.send = (buf, off, len) => {
    b.sink.onWritable()
    return send(buf, off, len)
  }
  b.give(5)
  assert.equal(b.taken, [testFrame(60, 1), testFrame(60, 2)])
})

wire('closed while it sends a kept frame, it sends no other', () => {
  const { a, b, wire } = joined()
  for (let i = 0; i < 3; i++) a.arrive(testFrame(60, i))
  const send = b.send.bind(b)
  b.send = (buf, off, len) => {
    wire.close()
    return send(buf, off, len)
  }
  b.give(5)
  assert.equal([b.taken, wire.left.waiting], [[testFrame(60, 0)], 0])
})

wire('names the first frame that is too big for a link, and counts all', () => {
  const lines: string[] = []
  const { a, wire } = joined((line) => { lines.push(line) })
  for (const len of [1519, 1600, 1520]) a.arrive(testFrame(len))
  assert.is(wire.left.oversize, 3)
  assert.equal(lines, ['narrow: a frame of 1519 octets is too big, 1518 are possible; such frames are lost'])
})

wire('drops and counts what the other link cannot take', () => {
  const { a, b, wire } = joined()
  b.room = 10
  a.arrive(new Uint8Array(13))
  a.arrive(testFrame(1519))
  const offloaded = new Uint8Array(32 + 60)
  offloaded[20] = 1 // checksum pending
  a.sink.onFrame(offloaded, 32, 60)
  assert.equal([wire.left.runts, wire.left.oversize, wire.left.unfinished, b.taken.length], [1, 1, 1, 0])
  assert.equal([wire.left.frames, wire.left.octets, wire.right.frames], [3, 13 + 1519 + 60, 0])
})

wire('a super-frame is cut for a link that takes finished frames, also when that is full in the middle', () => {
  const { a, b, wire } = joined()
  const made = superFrame({ version: 4, payload: new Uint8Array(5000).fill(7), gsoSize: 1000 })
  const lent = new Uint8Array(HEADROOM - OFFLOAD + made.length)
  lent.set(made, HEADROOM - OFFLOAD)
  b.room = 2
  a.sink.onFrame(lent, HEADROOM, made.length - OFFLOAD)
  assert.equal([b.taken.length, a.paused, wire.left.waiting], [2, true, 3])
  b.give(5)
  assert.equal(b.taken.map((frame) => frame.length), [1054, 1054, 1054, 1054, 1054])
  assert.equal([a.paused, wire.left.unfinished, wire.left.oversize, wire.left.lost], [false, 0, 0, 0])
})

wire('drops and counts frames before it is joined', () => {
  const early = new Wire()
  new Narrow(early.left).arrive(testFrame(60))
  assert.is(early.left.lost, 1)
})

wire('tells the end once, with its side and its reason', () => {
  const { a, b, ends } = joined()
  const why = new VdeError('EPIPE', 'go on', 'gone')
  b.sink.onClose(why)
  a.sink.onClose()
  assert.equal(ends, [['right', why]])
})

wire('tells the end when the frames of that side have left', async () => {
  const { a, b, ends } = joined()
  a.arrive(testFrame(60, 1))
  b.queued = 3
  a.sink.onClose()
  await settle()
  assert.is(ends.length, 0)
  b.give(1)
  b.queued = 0
  await until(() => ends.length > 0, 'the end')
  assert.equal([ends, b.taken.length], [[['left', undefined]], 1])
})

wire('tells the end at once when both sides are gone', () => {
  const { a, b, ends } = joined()
  a.arrive(testFrame(60, 1))
  a.sink.onClose()
  b.sink.onClose()
  assert.equal(ends, [['left', undefined]])
})

wire('tells an end that came before it was joined', () => {
  const early = new Wire()
  const a = new Narrow(early.left)
  a.sink.onClose()
  const sides: Side[] = []
  early.join(a, new Narrow(early.right), (side) => { sides.push(side) })
  assert.equal(sides, ['left'])
})

wire('close closes both links once and tells nothing', () => {
  const { a, b, ends, wire } = joined()
  wire.close()
  wire.close()
  a.sink.onClose()
  assert.equal([a.closed, b.closed, ends.length], [1, 1, 0])
})

wire('observe shows every frame with its side', () => {
  const { a, b, wire } = joined()
  const seen: Array<[Side, number]> = []
  wire.observe((side, _buf, _off, len) => { seen.push([side, len]) })
  a.arrive(testFrame(60))
  b.arrive(testFrame(61))
  wire.observe(null)
  a.arrive(testFrame(62))
  assert.equal(seen, [['left', 60], ['right', 61]])
})

wire('passes 1000 frames through a side that is often full', async () => {
  const sender = new Recorder()
  const through = new Wire()
  const [a, inner] = memoryPair(sender, through.left)
  const narrow = new Narrow(through.right)
  through.join(inner, narrow, () => {})
  const frames = Array.from({ length: 1000 }, (_, i) => testFrame(60 + i % 1000, i))
  let isSent = false
  const sending = sendAll(a, sender, frames).then(() => { isSent = true })
  await until(() => {
    narrow.give(3)
    return isSent && narrow.taken.length === 1000
  }, '1000 frames')
  await sending
  assert.ok(narrow.taken.every((frame, i) => Buffer.compare(frame, frames[i]) === 0))
})

wire('a frame allocates nothing', () => {
  const { a, b } = joined()
  const buf = new Uint8Array(100)
  b.send = () => true
  const used = bytesPerRun(() => { a.sink.onFrame(buf, 32, 60) })
  assert.ok(used < 1, `${used} octets a frame`)
})

wire.run()
