/**
 * The contract of `link.ts` as tests: what every Link must do, whatever its medium.
 *
 *     linkContract('mem', async (left, right) => memoryPair(left, right))
 *
 * in a test file of its own registers the suite and runs it.
 */
import { readdirSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HEADROOM, OFFLOAD, type FrameSink, type Link } from './link.ts'
import { Recorder, lentCopy, lentFrame, settle, testFrame, until, within, DEADLINE_MS } from './testing.ts'

/** Opens two links, each delivering to its sink what the other one sends. They are left paused. */
export type MakePair = (left: FrameSink, right: FrameSink) => Promise<readonly [Link, Link]>

/** What a medium cannot do, and how to clean up after it. */
export interface ContractOptions {
  /** Longest frame to try; absent: `maxFrame` of the left link. */
  readonly largest?: number
  /** With how many octets a frame of `len` arrives, filled up with zeros; absent: as many. */
  readonly padded?: (len: number) => number
  /** False when a link cannot know that its peer is gone. */
  readonly seesClose?: boolean
  /** False when the medium never says that it is full. */
  readonly fills?: boolean
  /** Takes the medium of the left link away, and gives it back. Absent: it is always there. */
  readonly cut?: (pair: readonly [Link, Link]) => Promise<void>
  readonly restore?: (pair: readonly [Link, Link]) => Promise<void>
  /** Run after each test: for what makePair opened besides. */
  readonly cleanup?: () => void | Promise<void>
}

interface Context { left: Recorder, right: Recorder, a: Link, b: Link }
type Body = (context: Context) => Promise<void>
type Define = (name: string, body: Body) => void

/** Frames of most tests: a burst that any medium holds. */
const FEW = 8

/** Registers the suite for the links that `makePair` opens, and runs it. */
export const linkContract = (name: string, makePair: MakePair, options: ContractOptions = {}): void => {
  const test = suite(`Link contract: ${name}`)
  const define: Define = (title, body) => {
    test(title, async () => {
      const left = new Recorder()
      const right = new Recorder()
      const [a, b] = await within(DEADLINE_MS, makePair(left, right), 'the pair to open')
      try {
        await within(3 * DEADLINE_MS, body({ left, right, a, b }), title)
      } finally {
        a.close()
        b.close()
        await options.cleanup?.()
      }
    })
  }
  delivery(define, options)
  borrowing(define)
  pausing(define)
  if (options.fills !== false) filling(define)
  closing(define, options)
  downAndUp(define, options)
  test('descriptors do not leak', async () => {
    await openAndClose(makePair, options)
    const before = openDescriptors()
    for (let i = 0; i < 20; i++) await openAndClose(makePair, options)
    assert.is(openDescriptors(), before)
  })
  test.run()
}

const openDescriptors = (): number => readdirSync('/proc/self/fd').length

const openAndClose = async (makePair: MakePair, options: ContractOptions): Promise<void> => {
  const left = new Recorder()
  const [a, b] = await within(DEADLINE_MS, makePair(left, new Recorder()), 'the pair to open')
  a.resume()
  b.resume()
  a.send(lentFrame(60), HEADROOM, 60)
  b.close()
  await settle()
  a.close()
  await options.cleanup?.()
}

/** Sends all frames, waiting for room whenever there is none. `sink` is that of `link`. */
export const sendAll = async (link: Link, sink: Recorder, frames: readonly Uint8Array[]): Promise<void> => {
  for (const frame of frames) {
    const lent = lentCopy(frame)
    for (;;) {
      const before = sink.writable
      if (link.send(lent, HEADROOM, frame.length)) break
      await sink.until((s) => s.writable > before, 'onWritable after send answered false')
    }
    lent.fill(0xaa) // what was taken must not change any more
  }
}

const received = async (sink: Recorder, frames: readonly Uint8Array[]): Promise<void> => {
  await sink.until((s) => s.frames.length >= frames.length, `${frames.length} frames`)
  await settle()
  assert.is(sink.frames.length, frames.length, 'frames delivered')
  frames.forEach((frame, i) => { assert.equal(sink.frames[i], frame, `frame ${i}`) })
}

const few = (len: number = 60, first: number = 0): Uint8Array[] =>
  Array.from({ length: FEW }, (_, i) => testFrame(len, first + i))

/** Looks in front of every frame that `sink` gets; `check` tells what must be there. */
const watchHeadroom = (sink: Recorder): { check: () => void, soil: boolean } => {
  let headroom = Infinity
  let header = 0
  const watch = {
    /** Use the headroom, as a sink may. */
    soil: false,
    check (): void {
      assert.ok(headroom >= HEADROOM, `${headroom} octets of headroom`)
      assert.is(header, 0, 'the offload header')
    }
  }
  sink.onEach = (buf, off) => {
    headroom = Math.min(headroom, off)
    for (let at = off - OFFLOAD; at < off; at++) header |= buf[at]
    if (watch.soil) buf.fill(0xee, off - HEADROOM, off - OFFLOAD)
  }
  return watch
}

const delivery = (define: Define, options: ContractOptions): void => {
  define('delivers frames whole from any offset, while the sender scribbles', async ({ a, b, left, right }) => {
    const watch = watchHeadroom(right)
    b.resume()
    const frames: Uint8Array[] = []
    for (const off of [0, 1, 2, 12, 31, 32, 33, 100]) {
      const frame = testFrame(64, off)
      const lent = new Uint8Array(off + 64 + 7).fill(0xee)
      // A link with offload looks at the header in front of the frame: it must be there, and zero.
      if (a.offload && off < OFFLOAD) continue
      lent.fill(0, Math.max(0, off - OFFLOAD), off)
      lent.set(frame, off)
      if (!a.send(lent, off, 64)) await sendAll(a, left, [frame])
      lent.fill(0)
      frames.push(frame)
    }
    await received(right, frames)
    watch.check()
  })

  define('delivers in both directions', async ({ a, b, left, right }) => {
    a.resume()
    b.resume()
    await sendAll(a, left, few(60, 0))
    await sendAll(b, right, few(60, 100))
    await received(right, few(60, 0))
    await received(left, few(60, 100))
  })

  for (const len of [14, 15, 59, 60, 1514, 1518, 9014]) {
    define(`delivers a frame of ${len} octets`, async ({ a, b, left, right }) => {
      if (len > Math.min(a.maxFrame, options.largest ?? Infinity)) return
      b.resume()
      await sendAll(a, left, [testFrame(len, 1)])
      const arrived = new Uint8Array(options.padded?.(len) ?? len)
      arrived.set(testFrame(len, 1))
      await received(right, [arrived])
    })
  }

  define('takes at least full Ethernet frames with a tag, and delivers the largest whole', async ({ a, b, left, right }) => {
    assert.ok(a.maxFrame >= 1518, `maxFrame is ${a.maxFrame}`)
    const largest = testFrame(Math.min(a.maxFrame, options.largest ?? Infinity), 1)
    b.resume()
    await sendAll(a, left, [largest, testFrame(60, 2)])
    await received(right, [largest, testFrame(60, 2)])
  })

  define('never delivers a part of a frame over maxFrame', async ({ a, b, left, right }) => {
    b.resume()
    const len = a.maxFrame + 1
    const lent = new Uint8Array(HEADROOM + len)
    lent.set(testFrame(len, 1), HEADROOM)
    a.send(lent, HEADROOM, len)
    await sendAll(a, left, [testFrame(60, 2)])
    await right.until((s) => s.frames.some((frame) => frame.length === 60), 'the frame after the long one')
    assert.ok(right.frames.every((frame) => frame.length === 60 || frame.length === len), 'a frame was cut')
  })

  define('delivers 1000 frames in order when false is honoured', async ({ a, b, left, right }) => {
    b.resume()
    const frames = Array.from({ length: 1000 }, (_, i) => testFrame(60 + i % 1400, i))
    await sendAll(a, left, frames)
    await received(right, frames)
  })
}

const borrowing = (define: Define): void => {
  define('send changes nothing of what it is lent', async ({ a, b, left }) => {
    b.resume()
    const lent = new Uint8Array(HEADROOM + 60 + 9).fill(0x5a)
    lent.fill(0, HEADROOM - OFFLOAD, HEADROOM)
    lent.set(testFrame(60, 1), HEADROOM)
    const before = new Uint8Array(lent)
    if (!a.send(lent, HEADROOM, 60)) await sendAll(a, left, [testFrame(60, 1)])
    await settle()
    assert.equal(lent, before)
  })

  define('delivers with headroom and a zero offload header, also after a sink used the headroom', async ({ a, b, left, right }) => {
    const watch = watchHeadroom(right)
    watch.soil = true
    b.resume()
    await sendAll(a, left, [...few(60), ...few(1514, 50), ...few(61, 100)])
    await received(right, [...few(60), ...few(1514, 50), ...few(61, 100)])
    watch.check()
  })
}

const pausing = (define: Define): void => {
  define('is opened paused: nothing is delivered before resume', async ({ a, b, right }) => {
    const frame = new Uint8Array(HEADROOM + 60)
    frame.set(testFrame(60, 1), HEADROOM)
    const taken = a.send(frame, HEADROOM, 60)
    await settle(20)
    assert.is(right.frames.length, 0)
    b.resume()
    if (taken) await received(right, [testFrame(60, 1)])
  })

  define('pause holds, resume delivers everything in order', async ({ a, b, left, right }) => {
    b.resume()
    await sendAll(a, left, few())
    await received(right, few())
    b.pause()
    const sending = sendAll(a, left, few(60, FEW))
    await settle(20)
    assert.is(right.frames.length, FEW, 'frames delivered while paused')
    b.resume()
    await sending
    await received(right, [...few(), ...few(60, FEW)])
  })

  define('pause inside onFrame: no frame follows, resume delivers the rest in order', async ({ a, b, left, right }) => {
    right.onEach = () => { b.pause() }
    b.resume()
    const sending = sendAll(a, left, few())
    for (let i = 1; i <= FEW; i++) {
      await right.until((s) => s.frames.length >= i, `frame ${i}`)
      await settle()
      assert.is(right.frames.length, i, 'frames delivered after pause')
      b.resume()
    }
    await sending
    await received(right, few())
  })

  define('onWritable comes only after send answered false', async ({ a, b, left, right }) => {
    const frame = new Uint8Array(HEADROOM + 60)
    frame.set(testFrame(60, 1), HEADROOM)
    b.resume()
    let isFull = false
    for (let i = 0; i < FEW; i++) isFull = !a.send(frame, HEADROOM, 60) || isFull
    b.pause()
    b.resume()
    await settle(20)
    assert.ok(isFull || left.writable === 0, `${left.writable} times, uncalled for`)
    assert.is(right.writable, 0)
  })

  define('pause and resume twice are as once', async ({ a, b, left, right }) => {
    b.resume()
    b.resume()
    b.pause()
    b.pause()
    b.resume()
    await sendAll(a, left, few())
    await received(right, few())
  })
}

/** More than any medium may queue. */
const FLOOD = 200_000

const filling = (define: Define): void => {
  define('send answers false when the medium is full, then onWritable, and nothing taken is lost', async ({ a, b, left, right }) => {
    const taken: number[] = []
    const lent = new Uint8Array(HEADROOM + 1514)
    let isFull = false
    for (let i = 0; i < FLOOD && !isFull; i++) {
      lent.set(testFrame(1514, i), HEADROOM)
      isFull = !a.send(lent, HEADROOM, 1514)
      if (!isFull) taken.push(i)
      else {
        // A ring of the link that was full may only have waited for the end of the turn.
        const before = left.writable
        await settle(20)
        if (left.writable > before) isFull = false
      }
    }
    assert.ok(isFull, 'never full')
    assert.is(right.frames.length, 0)
    const before = left.writable
    b.resume()
    await left.until((s) => s.writable > before, 'onWritable')
    await sendAll(a, left, [testFrame(60, FLOOD)])
    await right.until((s) => s.frames.at(-1)?.length === 60, 'the frame sent last')
    const serials = right.frames.slice(0, -1).map((frame) => new DataView(frame.buffer).getUint32(14))
    assert.equal(serials, taken)
  })
}

/** A link is up unless it says otherwise. */
const isUp = (link: Link): boolean => link.isUp ?? true

const downAndUp = (define: Define, { cut, restore, fills }: ContractOptions): void => {
  define('is up when the pair is open, and nothing was told of it before', async ({ a, b, left, right }) => {
    await settle(20)
    assert.equal([isUp(a), isUp(b), left.ups, left.downs, right.ups, right.downs], [true, true, 0, 0, 0, 0])
  })

  if (cut === undefined || restore === undefined) return
  define('down and up are told once each, and isUp agrees at that moment', async ({ a, b, left }) => {
    const told: string[] = []
    left.onUp = () => { told.push(`up ${isUp(a)}`) }
    left.onDown = () => { told.push(`down ${isUp(a)}`) }
    a.resume()
    await cut([a, b])
    await until(() => told.length > 0, 'onDown')
    await restore([a, b])
    await until(() => told.length > 1, 'onUp')
    await settle(20)
    assert.equal(told, ['down false', 'up true'])
  })

  define('frames sent while down are taken, lost and counted; then frames pass again', async ({ a, b, left, right }) => {
    a.resume()
    b.resume()
    await cut([a, b])
    await left.until((s) => s.downs > 0, 'onDown')
    const before = a.downDrops ?? 0
    const lent = lentFrame(60, 1)
    for (let i = 0; i < FLOOD / 100; i++) assert.ok(a.send(lent, HEADROOM, 60), 'send answered false while down')
    assert.is((a.downDrops ?? 0) - before, FLOOD / 100)
    await restore([a, b])
    await left.until((s) => s.ups > 0, 'onUp')
    await sendAll(a, left, few(60, 100))
    await received(right, few(60, 100))
    assert.is(left.closes + right.closes, 0)
  })

  if (fills !== false) {
    define('whoever waits for room need not wait any more when it goes down', async ({ a, b, left }) => {
      const lent = lentFrame(1514, 1)
      // Full for good: what the turn had collected is written, and room it made is taken.
      for (let i = 0; i < FLOOD; i++) {
        if (a.send(lent, HEADROOM, 1514)) continue
        const before = left.writable
        await settle(20)
        if (left.writable === before) break
      }
      const before = left.writable
      a.resume()
      await cut([a, b])
      await left.until((s) => s.downs > 0 && s.writable > before, 'onDown and onWritable')
    })
  }

  define('after close nothing is told', async ({ a, b, left }) => {
    a.close()
    await cut([a, b])
    await restore([a, b])
    await settle(20)
    assert.equal([left.ups, left.downs, left.closes], [0, 0, 0])
  })
}

const closing = (define: Define, options: ContractOptions): void => {
  define('close is idempotent, and silent: no callback follows on its side', async ({ a, b, left, right }) => {
    a.resume()
    b.resume()
    await sendAll(b, right, few())
    const frames = left.frames.length
    const writable = left.writable
    a.close()
    a.close()
    b.send(lentFrame(60), HEADROOM, 60)
    await settle(20)
    assert.equal([left.frames.length, left.writable, left.closes], [frames, writable, 0])
  })

  define('send, pause and resume after close do nothing', async ({ a, b, left, right }) => {
    b.resume()
    a.close()
    const frame = new Uint8Array(HEADROOM + 60)
    for (let i = 0; i < 100; i++) a.send(frame, HEADROOM, 60)
    a.pause()
    a.resume()
    for (let i = 0; i < 8; i++) b.send(frame, HEADROOM, 60)
    await settle(20)
    assert.equal([left.frames.length, left.writable, left.closes, right.frames.length], [0, 0, 0, 0])
    b.close()
    await settle()
  })

  define('what was taken before close is delivered', async ({ a, b, left, right }) => {
    b.resume()
    await sendAll(a, left, few())
    a.close()
    await received(right, few())
  })

  define('close inside onFrame: no callback follows', async ({ a, b, left, right }) => {
    right.onEach = () => { b.close() }
    b.resume()
    for (const frame of few()) {
      const lent = new Uint8Array(HEADROOM + 60)
      lent.set(frame, HEADROOM)
      a.send(lent, HEADROOM, 60)
    }
    await right.until((s) => s.frames.length === 1, 'the first frame')
    await settle(20)
    assert.equal([right.frames.length, right.closes], [1, 0])
    left.onEach = null
  })

  if (options.seesClose === false) return
  define('the peer sees onClose once, after all frames, without an error', async ({ a, b, left, right }) => {
    b.resume()
    let atClose = -1
    const tell = right.onClose.bind(right)
    right.onClose = (why) => {
      atClose = right.frames.length
      tell(why)
    }
    await sendAll(a, left, few())
    a.close()
    await right.until((s) => s.closes > 0, 'onClose')
    await settle(20)
    assert.equal([right.closes, right.why, atClose], [1, undefined, FEW])
  })

  define('after onClose nothing follows, whatever the link is told', async ({ a, b, left, right }) => {
    b.resume()
    await sendAll(a, left, few())
    // The end arrives while the link is paused, so that it may have frames, and the end itself, to tell later.
    right.onEach = () => { b.pause() }
    a.close()
    await settle(20)
    right.onEach = null
    b.resume()
    b.pause()
    b.resume()
    await right.until((s) => s.closes > 0, 'onClose')
    const frames = right.frames.length
    b.pause()
    b.resume()
    await settle(20)
    assert.equal([right.frames.length, right.closes], [frames, 1])
  })

  define('close inside onClose does no harm', async ({ a, b, right }) => {
    b.resume()
    const tell = right.onClose.bind(right)
    right.onClose = (why) => {
      b.close()
      tell(why)
    }
    a.close()
    await right.until((s) => s.closes > 0, 'onClose')
    await settle(20)
    assert.is(right.closes, 1)
  })
}
