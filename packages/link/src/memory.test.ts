import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { linkContract } from './contract.ts'
import { memoryPair } from './memory.ts'
import { bytesPerRun, quietSink, Recorder, testFrame } from './testing.ts'

linkContract('memory', async (left, right) => memoryPair(left, right), {
  cut: async ([, b]) => { b.setCarrier?.(false) },
  restore: async ([, b]) => { b.setCarrier?.(true) }
})
linkContract('memory with offload', async (left, right) => memoryPair(left, right, { offload: true }))

const memory = suite('memoryPair')

memory('passes a frame in the same buffer when it has headroom', () => {
  let seen: Uint8Array | null = null
  const sink = new Recorder()
  sink.onEach = (buf) => { seen = buf }
  const [a, b] = memoryPair(new Recorder(), sink)
  b.resume()
  const frame = testFrame(100)
  a.send(frame, 32, 60)
  assert.is(seen, frame)
})

memory('maxFrame bounds the segments of a super-frame, not itself, with offload only', () => {
  for (const [offload, want] of [[true, [1000, 500]], [false, [500]]] as const) {
    const sink = new Recorder()
    const [a, b] = memoryPair(new Recorder(), sink, { offload, maxFrame: 500 })
    b.resume()
    const buf = new Uint8Array(1100)
    buf[32 - 11] = 1 // TCP over IPv4
    a.send(buf, 32, 1000)
    buf[32 - 11] = 0
    a.send(buf, 32, 1000)
    a.send(buf, 32, 500)
    assert.equal(sink.frames.map((frame) => frame.length), want)
  }
})

memory('a frame with little headroom keeps its offload header towards a link with offload', () => {
  const sink = new Recorder()
  let header = new Uint8Array()
  sink.onEach = (buf, off) => { header = new Uint8Array(buf.subarray(off - 12, off)) }
  const [a, b] = memoryPair(new Recorder(), sink, { offload: true })
  b.resume()
  a.send(new Uint8Array(100).fill(3), 14, 60)
  assert.equal(header, new Uint8Array(12).fill(3))
})

memory('a sink that sends a frame without headroom on, while it looks at one, keeps its own', () => {
  const last = new Recorder()
  const [c, d] = memoryPair(new Recorder(), last)
  d.resume()
  const sink = new Recorder()
  let after = new Uint8Array()
  sink.onEach = (buf, off, len) => {
    c.send(testFrame(60, 9), 0, 60)
    after = new Uint8Array(buf.subarray(off, off + len))
  }
  const [a, b] = memoryPair(new Recorder(), sink)
  b.resume()
  a.send(testFrame(60, 1), 0, 60)
  assert.equal(after, testFrame(60, 1))
  assert.equal(last.frames, [testFrame(60, 9)])
})

memory('the peer of a closed link takes and forgets', () => {
  const [a, b] = memoryPair(new Recorder(), new Recorder())
  a.close()
  assert.ok(b.send(testFrame(60), 0, 60))
})

memory('a frame allocates nothing', () => {
  let seen = 0
  const sink = { ...quietSink, onFrame () { seen++ } }
  const [a, b] = memoryPair(sink, sink)
  b.resume()
  const frame = testFrame(100)
  const used = bytesPerRun(() => { a.send(frame, 32, 60) })
  assert.ok(seen > 0)
  assert.ok(used < 1, `${used} octets a frame`)
})

memory.run()
