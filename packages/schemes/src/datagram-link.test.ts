import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, DGRAM, IN } from '@vde-ts/native'
import { loop, type Flushable, type Loop, type Watcher } from '@vde-ts/link'
import { Recorder, bytesPerRun, quietSink, settle, testFrame, until } from '@vde-ts/link/testing.js'
import { DatagramLink } from './datagram-link.ts'
import { StreamLink } from './stream-link.ts'
import { scratch } from './testing.ts'

/** Links of a test and what closes them. */
const pairOf = (left: Recorder, right: Recorder): [DatagramLink, DatagramLink] => {
  const ends = new Int32Array(2)
  assert.is(native.socketPair(DGRAM, ends), 0)
  return [new DatagramLink(ends[0], left, loop, { label: 'a' }), new DatagramLink(ends[1], right, loop, { label: 'b' })]
}

const link = suite('DatagramLink')

link('a peer that closed its socket ends it once, without a storm', async () => {
  const sink = new Recorder()
  const [a, b] = pairOf(sink, new Recorder())
  a.resume()
  b.close()
  for (let i = 0; i < 100; i++) a.send(testFrame(60, i), 0, 60)
  await sink.until((r) => r.closes === 1, 'the end')
  for (let i = 0; i < 100; i++) assert.ok(a.send(testFrame(60, i), 0, 60))
  await settle(20)
  assert.is(sink.closes, 1)
  assert.match(sink.why?.message ?? '', 'closed its data socket')
  a.close()
})

link('empty and short datagrams are no frames, long ones are dropped whole', async () => {
  const sink = new Recorder()
  const ends = new Int32Array(2)
  native.socketPair(DGRAM, ends)
  native.setBuffers(ends[0], 1 << 20, 1 << 20)
  const b = new DatagramLink(ends[1], sink, loop, { label: 'b' })
  b.resume()
  const buf = new Uint8Array(70_000)
  for (const len of [0, 1, 13, 65_558, 70_000, 0]) assert.is(native.send(ends[0], buf, 0, len), len)
  native.send(ends[0], testFrame(60, 1), 0, 60)
  await sink.until((r) => r.frames.length === 1, 'the frame')
  assert.equal(sink.frames, [testFrame(60, 1)])
  assert.is(b.rxDrops, 6)
  b.close()
  native.close(ends[0])
})

link('a peer that is not connected back (max_dgram_qlen) loses nothing and costs no time', async () => {
  const dir = scratch()
  const peer = native.unixSocket(DGRAM)
  native.bindUnix(peer, `${dir.path}/peer`)
  const fd = native.unixSocket(DGRAM)
  native.connectUnix(fd, `${dir.path}/peer`)
  const sink = new Recorder()
  const a = new DatagramLink(fd, sink, loop, { label: 'a' })
  let sent = 0
  const sendMore = (): void => { while (sent < 300 && a.send(testFrame(60, sent), 0, 60)) sent++ }
  sendMore()
  assert.ok(sent < 300, 'the ring is bounded')
  await settle(10)
  const before = process.cpuUsage()
  await new Promise((resolve) => { setTimeout(resolve, 100) })
  const { user, system } = process.cpuUsage(before)
  assert.ok(user + system < 80_000, `${user + system} us in 100 ms`)
  const buf = new Uint8Array(2048)
  let got = 0
  await until(() => {
    const count = native.receive(peer, buf, 0, buf.length)
    if (count > 0) assert.equal(buf.subarray(0, count), testFrame(60, got++))
    sendMore()
    return got === 300
  }, 'all frames')
  a.close()
  native.close(peer)
  dir.remove()
})

link('refuses frames over maxFrame, for good', async () => {
  const [a, b] = pairOf(new Recorder(), new Recorder())
  assert.ok(a.send(new Uint8Array(70_000), 0, 70_000))
  assert.is(a.txDrops, 1)
  a.close()
  b.close()
})

/** A loop that only remembers: the test says when things happen. */
class HandLoop {
  readonly watchers = new Map<number, Watcher>()
  dirty: Flushable | null = null
  add (fd: number, _events: number, watcher: Watcher): void { this.watchers.set(fd, watcher) }
  modify (): void {}
  remove (fd: number): void { this.watchers.delete(fd) }
  markDirty (what: Flushable): void { this.dirty = what }
}

const cost = suite('heap per frame')
const lent = new Uint8Array(2048)
/** Whatever is measured, a round itself leaves 10 to 50 KiB behind. */
const ROUNDS = 60_000

for (const len of [20, 1514]) {
  cost(`a datagram of ${len} octets sent and received: below one octet`, () => {
    const hand = new HandLoop()
    const ends = new Int32Array(2)
    native.socketPair(DGRAM, ends)
    let frames = 0
    const a = new DatagramLink(ends[0], quietSink, hand as unknown as Loop, { label: 'a' })
    const b = new DatagramLink(ends[1], { ...quietSink, onFrame () { frames++ } }, hand as unknown as Loop, { label: 'b' })
    b.resume()
    const bytes = bytesPerRun(() => {
      a.send(lent, 32, len)
      a.flush()
      b.onReady(IN)
    }, ROUNDS)
    a.close()
    b.close()
    assert.ok(frames > 5000, `${frames} frames`)
    assert.ok(bytes < 1, `${bytes} octets of heap a frame`)
  })

  cost(`a frame of ${len} octets on a stream: below one octet`, () => {
    const hand = new HandLoop()
    const go = new Int32Array(2)
    const come = new Int32Array(2)
    native.pipe(go, true)
    native.pipe(come, true)
    let frames = 0
    const a = new StreamLink(come[0], go[1], quietSink, hand as unknown as Loop, { label: 'a' })
    const b = new StreamLink(go[0], come[1], { ...quietSink, onFrame () { frames++ } }, hand as unknown as Loop, { label: 'b' })
    b.resume()
    const watcher = hand.watchers.get(go[0])
    const bytes = bytesPerRun(() => {
      a.send(lent, 32, len)
      a.flush()
      watcher?.onReady(IN)
    }, ROUNDS)
    a.close()
    b.close()
    assert.ok(frames > 5000, `${frames} frames`)
    assert.ok(bytes < 1, `${bytes} octets of heap a frame`)
  })
}

link.run()
cost.run()
