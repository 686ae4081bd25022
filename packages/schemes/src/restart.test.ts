import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { linkContract } from '@vde-ts/link/contract.js'
import { HEADROOM, VdeError, memoryPair, type FrameSink } from '@vde-ts/link'
import { Recorder, lentFrame, quietSink } from '@vde-ts/link/testing.js'
import { openVnl, registerScheme } from './registry.ts'
import { restartPauseMs } from './restart.ts'
import { refusal, scratch, served } from './testing.ts'
import { Succession } from './succession.ts'

/** The other side of `mortal://`, a network that can be taken away. */
let far = new Succession(quietSink, { label: 'far', onLost () {} })
let isThere = true

registerScheme({
  name: 'mortal',
  summary: 'for this test',
  style: 'raw',
  params: {},
  open: (_tail, sink) => {
    if (!isThere) throw new VdeError('ECONNREFUSED', 'open mortal://', 'nobody')
    const [near, other] = memoryPair(sink, far)
    far.expect()
    far.adopt(other)
    return near
  }
})

linkContract('restart', async (left: FrameSink, right: FrameSink) => {
  isThere = true
  let isOpen = false
  far = new Succession({
    ...quietSink,
    onFrame (buf, off, len) { right.onFrame(buf, off, len) },
    onWritable () { right.onWritable() },
    onUp () { if (isOpen) right.onUp() }
  }, { label: 'far', onLost () {} })
  const near = await openVnl('restart://{mortal://}', left)
  isOpen = true
  return [near, far]
}, {
  seesClose: false,
  cut: async () => {
    isThere = false
    far.onClose()
  },
  restore: async () => { isThere = true }
})

const test = suite('restart://')

test('pauses double from 0.1 s to 10 s, 20 % more or less', () => {
  const pauses = [0, 1, 2, 6, 7, 8, 1000].map((attempt) => restartPauseMs(attempt, 0.5))
  assert.equal(pauses, [100, 200, 400, 6400, 10_000, 10_000, 10_000])
  assert.equal([restartPauseMs(0, 0), restartPauseMs(0, 1)].map(Math.round), [80, 120])
})

test('a switch that dies and comes back: one line a change, frames pass again', async () => {
  const dir = scratch()
  const lines: string[] = []
  const sink = new Recorder()
  let net = served(`${dir.path}/sw`)
  const vnl = `restart://{${net.path}}`
  const link = await openVnl(vnl, sink, { log: (line) => { lines.push(line) } })
  link.resume()
  assert.is(link.isUp, true)
  net.close()
  await sink.until((s) => s.downs === 1, 'onDown')
  assert.ok(link.send(lentFrame(60), HEADROOM, 60))
  assert.is(link.downDrops, 1)
  net = served(`${dir.path}/sw`)
  await sink.until((s) => s.ups === 1, 'onUp')
  assert.equal(lines, [`${vnl}: connection lost, joining again`, `${vnl}: joined again`])
  const other = await openVnl(net.path, new Recorder())
  other.resume()
  other.send(lentFrame(60, 3), HEADROOM, 60)
  await sink.until((s) => s.frames.length === 1, 'a frame')
  for (const one of [link, other, net]) one.close()
  dir.remove()
})

test('a network that is not there yet: down, told once, then up', async () => {
  const dir = scratch()
  const lines: string[] = []
  const sink = new Recorder()
  const link = await openVnl(`restart://{${dir.path}/sw}`, sink, { log: (line) => { lines.push(line) } })
  assert.is(link.isUp, false)
  const net = served(`${dir.path}/sw`)
  await sink.until((s) => s.ups === 1, 'onUp')
  assert.equal([lines.length, sink.closes], [2, 0])
  link.close()
  net.close()
  dir.remove()
})

for (const [vnl, code] of [
  ['restart://{nosuch://}', 'EPROTONOSUPPORT'], ['restart://0{null://}', 'EINVAL'], ['restart://x{null://}', 'EINVAL'], ['restart://{}', 'EINVAL'],
  ['restart://604801{null://}', 'EINVAL'], ['restart://{vde://x[mode=9]}', 'EINVAL'], ['restart://{seqpacket://3}', 'EINVAL']
] as const) {
  test(`${vnl} is refused`, async () => { assert.is((await refusal(openVnl(vnl, new Recorder()))).code, code) })
}

test('close ends the tries', async () => {
  isThere = false
  let opened = 0
  const link = await openVnl('restart://{mortal://}', new Recorder(), { log: () => { opened++ } })
  link.close()
  isThere = true
  // A link that is opened later is up first, so the tries of the closed one would have been due.
  const sink = new Recorder()
  isThere = false
  const later = await openVnl('restart://{mortal://}', sink)
  far = new Succession(quietSink, { label: 'far', onLost () {} })
  isThere = true
  await sink.until((s) => s.ups === 1, 'onUp of the later one')
  assert.is(opened, 1)
  later.close()
})

test.run()
