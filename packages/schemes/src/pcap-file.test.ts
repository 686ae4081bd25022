import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { linkContract } from '@vde-ts/link/contract.js'
import { HEADROOM, memoryPair, type FrameSink } from '@vde-ts/link'
import { Recorder, bytesPerRun, lentFrame, quietSink, testFrame } from '@vde-ts/link/testing.js'
import { openVnl, registerScheme } from './registry.ts'
import { program, refusal, scratch } from './testing.ts'

let farSink: FrameSink = quietSink
let far = memoryPair(quietSink, quietSink)[1]

registerScheme({
  name: 'beyond',
  summary: 'for this test',
  style: 'raw',
  params: {},
  open (_tail, sink) {
    const [near, other] = memoryPair(sink, farSink)
    far = other
    return near
  }
})

let remove = (): void => {}
linkContract('pcap-file', async (left, right) => {
  const dir = scratch()
  remove = dir.remove
  farSink = right
  const link = await openVnl(`pcap-file://${dir.path}/f.pcapng{beyond://}`, left)
  return [link, far]
}, { cleanup: () => { remove() } })

interface Packet { readonly frame: Uint8Array, readonly length: number, readonly flags: number }
interface Blocks { readonly types: number[], readonly packets: Packet[] }

/** Types and packets of a file: its blocks, as the draft has them. */
const blocksOf = (path: string): Blocks => {
  const octets = readFileSync(path)
  const types: number[] = []
  const packets: Packet[] = []
  for (let at = 0; at < octets.length;) {
    const size = octets.readUInt32LE(at + 4)
    assert.is(octets.readUInt32LE(at + size - 4), size)
    types.push(octets.readUInt32LE(at))
    if (types.at(-1) === 6) {
      const captured = octets.readUInt32LE(at + 20)
      packets.push({
        frame: new Uint8Array(octets.subarray(at + 28, at + 28 + captured)),
        length: octets.readUInt32LE(at + 24),
        flags: octets.readUInt32LE(at + 28 + ((captured + 3) & ~3) + 4)
      })
    }
    at += size
  }
  return { types, packets }
}

const test = suite('pcap-file://')

test('records both directions, cut to snap, and what was lost', async () => {
  const dir = scratch()
  const sink = new Recorder()
  farSink = new Recorder()
  const link = await openVnl(`pcap-file://${dir.path}/f.pcapng[snap=40]{beyond://}`, sink)
  link.resume()
  far.resume()
  link.send(lentFrame(60, 1), HEADROOM, 60)
  far.send(lentFrame(33, 2), HEADROOM, 33)
  far.pause()
  assert.not.ok(link.send(lentFrame(60, 3), HEADROOM, 60)) // not taken, not recorded
  link.close()
  const { types, packets } = blocksOf(`${dir.path}/f.pcapng`)
  assert.equal(types, [0x0a0d0d0a, 1, 6, 6, 5])
  assert.equal(packets, [
    { frame: testFrame(60, 1).subarray(0, 40), length: 60, flags: 2 },
    { frame: testFrame(33, 2), length: 33, flags: 1 }
  ])
  dir.remove()
})

test('begins a new file at so many octets, and keeps the newest', async () => {
  const dir = scratch()
  farSink = quietSink
  const link = await openVnl(`pcap-file://${dir.path}/f.pcapng[size=8K/files=3]{beyond://}`, quietSink)
  far.resume()
  for (let turn = 0; turn < 5; turn++) {
    for (let i = 0; i < 9; i++) link.send(lentFrame(1000, turn * 9 + i), HEADROOM, 1000)
    await new Promise((resolve) => { setImmediate(resolve) })
  }
  link.close()
  assert.equal(readdirSync(dir.path).sort(), ['f.pcapng.3', 'f.pcapng.4', 'f.pcapng.5'])
  const packets = [3, 4, 5].flatMap((n) => blocksOf(`${dir.path}/f.pcapng.${n}`).packets)
  const kept = packets.map(({ frame }) => new DataView(frame.buffer).getUint32(14))
  assert.equal(kept, Array.from({ length: 18 }, (_, i) => 27 + i))
  dir.remove()
})

if (program('tshark') === null) console.log('skipped: a record read by tshark, because it is not installed')
else {
  test('tshark reads the file', async () => {
    const dir = scratch()
    farSink = quietSink
    const link = await openVnl(`pcap-file://${dir.path}/f.pcapng{beyond://}`, quietSink)
    far.resume()
    for (const len of [60, 61, 1514]) link.send(lentFrame(len), HEADROOM, len)
    link.close()
    const { stdout } = spawnSync('tshark', ['-r', `${dir.path}/f.pcapng`, '-T', 'fields', '-e', 'frame.len'], { encoding: 'utf8' })
    assert.equal(stdout.trim().split('\n'), ['60', '61', '1514'])
    dir.remove()
  })
}

test('a frame allocates no more than the time of day', async () => {
  const dir = scratch()
  farSink = quietSink
  const link = await openVnl(`pcap-file://${dir.path}/f.pcapng{beyond://}`, quietSink)
  far.resume()
  const lent = lentFrame(60, 1)
  // Of a buffer that is full a frame is lost to the record: also that costs nothing.
  const used = bytesPerRun(() => { link.send(lent, HEADROOM, 60) })
  assert.ok(used < 17, `${used} octets a frame`) // performance.now() answers a heap number of 16 octets
  link.close()
  dir.remove()
})

test('a name that exists is left alone, bad parameters and paths are refused', async () => {
  const dir = scratch()
  writeFileSync(`${dir.path}/f`, 'precious')
  for (const [vnl, code] of [
    [`pcap-file://${dir.path}/f{null://}`, 'EEXIST'], ['pcap-file:///nowhere/f{null://}', 'ENOENT'], ['pcap-file://{null://}', 'EINVAL'],
    ['pcap-file:///tmp/x[size=1]{null://}', 'EINVAL'], ['pcap-file:///tmp/x[snap=3]{null://}', 'EINVAL'], ['pcap-file:///tmp/x[files=0]{null://}', 'EINVAL'],
    ['pcap-file:///tmp/x', 'EINVAL']
  ] as const) assert.is((await refusal(openVnl(vnl, new Recorder()))).code, code, vnl)
  assert.is(readFileSync(`${dir.path}/f`, 'utf8'), 'precious')
  dir.remove()
})

test.run()
