import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HEADROOM, OFFLOAD } from '@vde-ts/link/link.js'
import { PacketFilter } from '@vde-ts/frame/packet-filter.js'
import { bytesPerRun } from '@vde-ts/frame/testing.js'
import { superFrame } from '@vde-ts/frame/testing-super-frame.js'
import { Capture, type CaptureOptions, type CaptureSink } from './capture.ts'
import { trunkPort } from './port-vlan.ts'
import type { Switch } from './switch.ts'
import { give, makeSwitch, plug, type Plugged } from './testing.ts'

const A = '02000000000a'
const B = '02000000000b'
const ALL = 'ffffffffffff'
const PAYLOAD = '88b5' + '5a'.repeat(46)
const frame = (dst: string, src: string, tags = ''): string => dst + src + tags + PAYLOAD

const got = (...plugs: Plugged[]): string[][] => plugs.map(({ link }) => link.sent.splice(0))
const ports = (sw: Switch, count: number): Plugged[] => Array.from({ length: count }, (_, i) => plug(sw, i + 1))

const mirrors = suite('MirrorControl')

for (const [direction, wanted] of [
  ['in', [frame(ALL, A)]], ['out', [frame(A, B)]], ['both', [frame(ALL, A), frame(A, B)]]
] as const) {
  mirrors(`${direction}: shows that and nothing else`, () => {
    const sw = makeSwitch()
    const [a, b, c, analyser] = ports(sw, 4)
    sw.mirrors.set({ source: 1, direction, to: 4 })
    give(a!.endpoint, frame(ALL, A))
    give(b!.endpoint, frame(A, B))
    give(c!.endpoint, frame(B, '02000000000c'))
    assert.equal(got(analyser!), [wanted])
    assert.equal(sw.mirrors.list(), [{ source: 1, direction, to: 4 }])
  })
}

mirrors('shows tags as they are, also what is refused', () => {
  const sw = makeSwitch()
  const [a, , analyser] = ports(sw, 3)
  sw.mirrors.set({ source: 1, direction: 'in', to: 3 })
  give(a!.endpoint, frame(ALL, A, '8100600a'))
  assert.equal(got(analyser!), [[frame(ALL, A, '8100600a')]])
  assert.is(sw.port(1).drops.vlan, 1)
})

mirrors('shows in a hub too', () => {
  const sw = makeSwitch({ isHub: true })
  const [a, b, analyser] = ports(sw, 3)
  sw.mirrors.set({ source: 2, direction: 'out', to: 3 })
  give(a!.endpoint, frame(ALL, A))
  assert.equal(got(b!, analyser!), [[frame(ALL, A)], [frame(ALL, A)]])
})

mirrors('the port that shows takes no part: its frames are dropped and counted, its addresses forgotten', () => {
  const sw = makeSwitch()
  const [a, b, analyser] = ports(sw, 3)
  give(analyser!.endpoint, frame(ALL, B))
  got(a!, b!)
  sw.mirrors.set({ source: 2, direction: 'out', to: 3 })
  give(analyser!.endpoint, frame(ALL, B))
  assert.is(sw.port(3).drops.mirror, 1)
  give(a!.endpoint, frame(B, A))
  assert.equal(got(a!, b!, analyser!), [[], [frame(B, A)], [frame(B, A)]], 'flooded, and shown once')
  sw.hash.add(0x0200, 0xb, 0, 3)
  give(a!.endpoint, frame(B, A))
  assert.equal(got(a!, b!, analyser!), [[], [], []])
  sw.mirrors.remove(2)
  assert.is(sw.port(3).gate, null)
  assert.is(sw.port(2).outTaps, null)
  give(a!.endpoint, frame(ALL, A))
  assert.equal(got(analyser!), [[frame(ALL, A)]])
})

mirrors('refuses what would show itself, and what is not there', () => {
  const sw = makeSwitch()
  ports(sw, 3)
  sw.mirrors.set({ source: 1, direction: 'both', to: 2 })
  for (const [source, to] of [[1, 1], [2, 3], [3, 1]] as const) {
    assert.throws(() => { sw.mirrors.set({ source, direction: 'in', to }) }, (error: { code: string }) => error.code === 'ELOOP')
  }
  assert.throws(() => { sw.mirrors.set({ source: 1, direction: 'in', to: 9 }) }, /does not exist/)
  assert.throws(() => { sw.mirrors.remove(3) }, /it has none/)
  sw.mirrors.set({ source: 1, direction: 'in', to: 2 })
  assert.equal(sw.mirrors.list().map(({ direction }) => direction), ['in'], 'replaced')
})

mirrors('goes with its ports', () => {
  for (const gone of [1, 2]) {
    const sw = makeSwitch()
    const plugs = ports(sw, 2)
    sw.mirrors.set({ source: 1, direction: 'both', to: 2 })
    plugs[gone - 1]!.endpoint.close()
    sw.removePort(gone)
    assert.equal(sw.mirrors.list(), [])
    assert.equal([sw.port(3 - gone).gate, sw.port(3 - gone).outTaps], [null, null])
  }
})

mirrors.run()

/** Memory that keeps blocks one behind the other. */
class Memory implements CaptureSink {
  readonly buf = new Uint8Array(100_000)
  used = 0
  limit = 100_000
  readonly time = Float64Array.of(1)
  now (): Float64Array { return this.time }
  reserve (octets: number): number {
    if (this.used + octets > this.limit) return -1
    this.used += octets
    return this.used - octets
  }

  /** Direction and frame of each packet block, `>hex` what came in. */
  packets (): string[] {
    const view = new DataView(this.buf.buffer)
    const found: string[] = []
    for (let at = 0; at < this.used; at += view.getUint32(at + 4, true)) {
      const captured = view.getUint32(at + 20, true)
      const flags = view.getUint32(at + 28 + ((captured + 3) & ~3) + 4, true)
      found.push((flags === 1 ? '>' : '<') + Buffer.from(this.buf.subarray(at + 28, at + 28 + captured)).toString('hex'))
    }
    return found
  }
}

const start = (sw: Switch, port: number, options: Partial<CaptureOptions> = {}): { sink: Memory, capture: Capture } => {
  const sink = new Memory()
  return { sink, capture: new Capture(sw.port(port), sink, { direction: 'both', snapLen: 65536, filter: null, ...options }) }
}

const captures = suite('Capture')

captures('records what comes in and what leaves, in the form of the port', () => {
  const sw = makeSwitch()
  const [a, b] = ports(sw, 2)
  sw.vlan.configure(1, { tagged: [10] })
  sw.vlan.configure(2, trunkPort([10, 0]))
  const { sink, capture } = start(sw, 2)
  give(a!.endpoint, frame(ALL, A))
  give(b!.endpoint, frame(A, B, '8100000a'))
  assert.equal(sink.packets(), [`<${frame(ALL, A, '81000000')}`, `>${frame(A, B, '8100000a')}`])
  assert.equal([capture.frames, capture.octets, capture.drops], [2, 128, 0])
})

for (const direction of ['in', 'out'] as const) {
  captures(`only ${direction}`, () => {
    const sw = makeSwitch()
    const [a, b] = ports(sw, 2)
    const { sink } = start(sw, 1, { direction })
    give(a!.endpoint, frame(ALL, A))
    give(b!.endpoint, frame(ALL, B))
    assert.equal(sink.packets(), [direction === 'in' ? `>${frame(ALL, A)}` : `<${frame(ALL, B)}`])
  })
}

captures('keeps the first octets, and what the filter wants', () => {
  const sw = makeSwitch()
  const [a] = ports(sw, 2)
  // ether[11] == 0x0a
  const filter = new PacketFilter('4 48 0 0 11 21 0 1 10 6 0 0 1 6 0 0 0')
  const { sink, capture } = start(sw, 1, { snapLen: 14, filter })
  give(a!.endpoint, frame(ALL, A))
  give(a!.endpoint, frame(ALL, B))
  assert.equal(sink.packets(), [`>${frame(ALL, A).slice(0, 28)}`])
  assert.equal([capture.frames, capture.octets], [1, 60])
})

captures('counts what found no room, and ends', () => {
  const sw = makeSwitch()
  const [a] = ports(sw, 2)
  const { sink, capture } = start(sw, 1)
  sink.limit = 150
  give(a!.endpoint, frame(ALL, A))
  give(a!.endpoint, frame(ALL, A))
  assert.equal([capture.frames, capture.drops], [1, 1])
  capture.stop()
  capture.stop()
  give(a!.endpoint, frame(ALL, A))
  assert.equal([capture.frames, capture.drops, sw.port(1).gate, sw.port(1).outTaps], [1, 1, null, null])
})

captures('records super-frames as the wire has them, checksums complete', () => {
  const sw = makeSwitch()
  const [a, b] = ports(sw, 2)
  const octets = superFrame({ version: 4, dst: ALL, src: A, payload: new Uint8Array(3000).fill(7), gsoSize: 1000 })
  const buf = new Uint8Array(HEADROOM - OFFLOAD + octets.length)
  buf.set(octets, HEADROOM - OFFLOAD)
  const at = { in: start(sw, 1), out: start(sw, 2) }
  a!.endpoint.onFrame(buf, HEADROOM, octets.length - OFFLOAD)
  const segments = got(b!)[0]!
  assert.is(segments.length, 3)
  assert.equal(at.in.sink.packets(), segments.map((text) => `>${text}`))
  assert.equal(at.out.sink.packets(), segments.map((text) => `<${text}`))
})

captures('a port that is watched is not removed', () => {
  const sw = makeSwitch()
  sw.createPort(1)
  const { capture } = start(sw, 1)
  assert.throws(() => { sw.removePort(1) }, /captured/)
  capture.stop()
  sw.removePort(1)
})

captures('allocates at most the view of the copy', () => {
  const sw = makeSwitch()
  const [a, b] = ports(sw, 2)
  a!.link.isMute = b!.link.isMute = true
  const { sink } = start(sw, 1, { snapLen: 20 })
  const buf = new Uint8Array(HEADROOM + 60)
  buf.set(Buffer.from(frame(ALL, A), 'hex'), HEADROOM)
  assert.ok(bytesPerRun(() => {
    sink.used = 0
    a!.endpoint.onFrame(buf, HEADROOM, 60)
  }) < 1)
})

captures.run()
