import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HEADROOM, OFFLOAD, setCsumStart, setGsoSize, setGsoType, setHdrLen } from './offload.ts'
import { MALFORMED, MAX_SEGMENTS, Segmenter, TOO_MANY } from './segment.ts'
import { needsFullChecksum, SuperFrame } from './super-frame.ts'
import { slowSum, superFrame, type SuperFrameSpec } from './testing-super-frame.ts'
import { bytesPerRun, hex, seeded, type Random } from './testing.ts'
import { popTag, pushTag } from './vlan.ts'

const toHex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')
const segmenter = new Segmenter()

/** Cuts an offload header and frame, laid at `off`. */
const cut = (octets: Uint8Array, off: number = HEADROOM): number | string[] => {
  const buf = new Uint8Array(off + octets.length + 7).fill(0xdd)
  buf.set(octets, off - OFFLOAD)
  const before = toHex(buf)
  const count = segmenter.cut(buf, off, octets.length - OFFLOAD)
  assert.is(toHex(buf), before)
  if (count <= 0) return count
  return Array.from({ length: count }, (_, i) => {
    const at = segmenter.at(i)
    assert.ok(at >= HEADROOM)
    assert.equal([...segmenter.buf.subarray(at - OFFLOAD, at)], new Array(OFFLOAD).fill(0))
    return toHex(segmenter.buf.subarray(at, at + segmenter.len(i)))
  })
}

/** The same frames made one by one from what the super-frame was made of. Shares no code with the segmenter. */
const slowly = (spec: SuperFrameSpec): string[] => {
  const size = spec.gsoSize ?? spec.payload.length
  const flags = spec.flags ?? 0x10
  const frames: string[] = []
  for (let at = 0; at === 0 || at < spec.payload.length; at += size) {
    const isLast = at + size >= spec.payload.length
    const { gsoSize, ...rest } = spec
    const plain = superFrame({
      ...rest,
      needsCsum: true,
      payload: spec.payload.subarray(at, at + size),
      id: ((spec.id ?? 0x1234) + frames.length) & 0xffff,
      seq: ((spec.seq ?? 1000) + at) >>> 0,
      flags: flags & (isLast ? 0xff : ~0x09) & (at === 0 ? 0xff : ~0x80)
    })
    const start = OFFLOAD + plain[6]
    const place = start + plain[8]
    const check = ~slowSum(plain.subarray(start)) & 0xffff
    const isCut = spec.payload.length > size
    const written = check === 0 && (spec.protocol === 'udp' || !isCut) ? 0xffff : check
    plain[place] = written >> 8
    plain[place + 1] = written
    frames.push(toHex(plain.subarray(OFFLOAD)))
    if (size === 0) break
  }
  return frames
}

const HBH = '00 00 0502 0000 0100'

const randomLen = (random: Random, gsoSize: number): number => {
  const most = Math.min(65_000, (gsoSize === 0 ? 1500 : gsoSize) * 130)
  return Math.min(65_000, random.pick([random.int(most), random.int(8), gsoSize * random.int(4), 1 + random.int(3000)]))
}

const randomSpec = (random: Random): SuperFrameSpec => {
  const version = random.pick([4, 6] as const)
  const protocol = random.pick(['tcp', 'tcp', 'udp'] as const)
  const gsoSize = random.pick([0, 1, 7, 100, 536, 1448, 1460, 9000])
  return {
    version,
    protocol,
    gsoSize,
    payload: random.octets(randomLen(random, gsoSize)),
    tags: random.pick([[], [], ['8100 0005'], ['8100 a123', '8100 0007'], ['88a8 0002', '8100 0003']]),
    id: random.pick([0, 0xfffe, random.int(65536)]),
    seq: random.pick([0, 0xffffff00, random.int(0x1_0000_0000)]),
    flags: random.int(256),
    ipOptions: random.pick(['', '', '94040000', '0101010101010100']),
    tcpOptions: random.pick(['', '0101080a 00000001 00000002', '01'.repeat(40)]),
    extensions: random.pick([[], [], [[0, HBH]], [[0, HBH], [60, '00 01' + '01 0c' + '00'.repeat(12)]]] as const),
    isEcn: random.int(2) === 1,
    needsCsum: protocol === 'udp' || gsoSize === 0 || random.int(4) > 0
  }
}

const cutting = suite('Segmenter')

// Ethernet, IPv4 id ffff, TCP seq fffffffe with CWR ACK PSH FIN, payload 01 02 03 in segments of two.
cutting('the smallest case, octet by octet', () => {
  assert.equal(cut(hex(`
    01 81 3600 0200 2200 1000 0000
    020000000002 020000000001 0800
    4500 002b ffff 4000 4006 26cb 0a000001 0a000002
    9c40 1389 fffffffe 0000004d 5099 01f6 1420 0000
    010203`)), [
    '020000000002020000000001' + '0800' +
    '4500002affff4000400626cc0a0000010a000002' + '9c401389fffffffe0000004d509001f6' + 'e842' + '0000' + '0102',
    '020000000002020000000001' + '0800' +
    '45000029000040004006' + '26cd' + '0a0000010a000002' + '9c401389000000000000004d501901f6' + 'e6bb' + '0000' + '03'
  ])
})

cutting('500 random super-frames equal those made slowly', () => {
  const random = seeded(2024)
  let cuts = 0
  for (let i = 0; i < 500; i++) {
    const spec = randomSpec(random)
    const got = cut(superFrame(spec), HEADROOM + random.int(8))
    if (got === TOO_MANY) {
      assert.ok(spec.payload.length > (spec.gsoSize ?? 0) * MAX_SEGMENTS)
      continue
    }
    const isWhole = (spec.gsoSize ?? 0) === 0 || spec.payload.length <= (spec.gsoSize ?? 0)
    const asWhole: SuperFrameSpec = isWhole ? { ...spec, gsoSize: spec.payload.length } : spec
    if (isWhole && spec.needsCsum === false) assert.equal(got, [toHex(superFrame(spec).subarray(OFFLOAD))])
    else assert.equal(got, isWhole ? keepFlags(asWhole) : slowly(asWhole), `frame ${i}`)
    cuts++
  }
  assert.ok(cuts > 400)
})

/** A frame that is not cut keeps its flags, which `slowly` does for one frame too. */
const keepFlags = (spec: SuperFrameSpec): string[] => slowly({ ...spec, gsoSize: Math.max(spec.payload.length, 1) })

cutting('128 segments are cut, 129 are too many', () => {
  const spec: SuperFrameSpec = { version: 4, payload: new Uint8Array(1280), gsoSize: 10 }
  assert.is((cut(superFrame(spec)) as string[]).length, 128)
  assert.is(cut(superFrame({ ...spec, payload: new Uint8Array(1281) })), TOO_MANY)
})

cutting('a gso_size of 1 is cut when there are few of it', () => {
  const spec: SuperFrameSpec = { version: 6, payload: hex('0102 03'), gsoSize: 1 }
  assert.equal(cut(superFrame(spec)), slowly(spec))
})

cutting('a plain frame is copied', () => {
  const frame = seeded(1).octets(61)
  assert.equal(cut(new Uint8Array([...new Uint8Array(OFFLOAD), ...frame])), [toHex(frame)])
})

cutting('a zero UDP checksum is written as ffff, in segments and alone', () => {
  for (const gsoSize of [0, 2]) {
    const spec = { version: 4, protocol: 'udp', gsoSize, payload: hex('0000 0000') } as const
    const frame = superFrame(spec)
    // The first word of payload is chosen so that the sum of the (first) datagram is ffff.
    const [first] = cut(frame) as string[]
    const check = parseInt(first.slice(80, 84), 16)
    const chosen = { ...spec, payload: Uint8Array.from([check >> 8, check & 0xff, 0, 0]) }
    assert.is((cut(superFrame(chosen)) as string[])[0].slice(80, 84), 'ffff')
  }
})

cutting('behind pushTag and popTag the same segments come out, with and without the tag', () => {
  const spec: SuperFrameSpec = { version: 6, payload: seeded(9).octets(5000), gsoSize: 1428 }
  const octets = superFrame(spec)
  const buf = new Uint8Array(octets.length + 100)
  buf.set(octets, 40)
  const at = pushTag(buf, 40 + OFFLOAD, 0x6007)
  assert.equal(cut(buf.slice(at - OFFLOAD, at + octets.length - OFFLOAD + 4)), slowly({ ...spec, tags: ['8100 6007'] }))
  const off = popTag(buf, at)
  assert.equal(cut(buf.slice(off - OFFLOAD, off + octets.length - OFFLOAD)), slowly(spec))
})

cutting('allocates nothing', () => {
  const big = superFrame({ version: 4, payload: seeded(1).octets(1000), gsoSize: 400 })
  const small = superFrame({ version: 6, payload: seeded(1).octets(100) })
  const buf = new Uint8Array(big.length + small.length + 200)
  buf.set(big, 20)
  buf.set(small, big.length + 120)
  let sum = 0
  const used = bytesPerRun(() => {
    sum += segmenter.cut(buf, 32, big.length - OFFLOAD)
    sum += segmenter.cut(buf, big.length + 132, small.length - OFFLOAD)
  }, 100_000)
  assert.ok(used < 1, `${used} octets a run (${sum})`)
})

cutting.run()

const TCP4: SuperFrameSpec = { version: 4, payload: new Uint8Array(3000), gsoSize: 1448 }
const TCP6: SuperFrameSpec = { ...TCP4, version: 6 }
const UDP4: SuperFrameSpec = { ...TCP4, protocol: 'udp' }
const PLAIN4: SuperFrameSpec = { version: 4, payload: new Uint8Array(100) }
/** Offset of the IP header, behind the offload header. */
const IP = OFFLOAD + 14
const THERE = OFFLOAD // where `off` is in what superFrame makes

const lies = suite('SuperFrame refuses')

const LIES: ReadonlyArray<readonly [what: string, spec: SuperFrameSpec, lie: (b: Uint8Array) => void]> = [
  ['gso_size 0', TCP4, (b) => { setGsoSize(b, THERE, 0) }],
  ['hdr_len past the end', TCP4, (b) => { setHdrLen(b, THERE, b.length - OFFLOAD + 1) }],
  ['hdr_len past the end of one frame', PLAIN4, (b) => { setHdrLen(b, THERE, 0xffff) }],
  ['csum_start past the end', PLAIN4, (b) => { setCsumStart(b, THERE, b.length - OFFLOAD - 17) }],
  ['csum_start far past the end', PLAIN4, (b) => { setCsumStart(b, THERE, 0xffff) }],
  ['csum_start in the addresses', PLAIN4, (b) => { setCsumStart(b, THERE, 13) }],
  ['csum_start beside the TCP header', TCP4, (b) => { setCsumStart(b, THERE, 36) }],
  ['csum_offset past the end', PLAIN4, (b) => { b[9] = 0xff }],
  ['csum_offset of UDP on TCP', TCP4, (b) => { b[8] = 6 }],
  ['UFO', UDP4, (b) => { setGsoType(b, THERE, 3) }],
  ['an unknown type', TCP4, (b) => { setGsoType(b, THERE, 2) }],
  ['ECN alone', TCP4, (b) => { setGsoType(b, THERE, 0x80) }],
  ['ECN with UDP', UDP4, (b) => { setGsoType(b, THERE, 0x85) }],
  ['UDP without checksum request', UDP4, (b) => { b[0] = 0 }],
  ['TCP type on UDP', UDP4, (b) => { setGsoType(b, THERE, 1) }],
  ['UDP type on TCP', TCP4, (b) => { setGsoType(b, THERE, 5) }],
  ['IPv6 type on IPv4', TCP4, (b) => { setGsoType(b, THERE, 4) }],
  ['IPv4 type on IPv6', TCP6, (b) => { setGsoType(b, THERE, 1) }],
  ['another ethertype', TCP4, (b) => { b[IP - 1] = 6 }],
  ['IP version 5', TCP4, (b) => { b[IP] = 0x55 }],
  ['an IPv4 header of 16 octets', TCP4, (b) => { b[IP] = 0x44 }],
  ['another total length', TCP4, (b) => { b[IP + 3] ^= 1 }],
  ['more fragments', TCP4, (b) => { b[IP + 6] |= 0x20 }],
  ['a fragment offset', TCP4, (b) => { b[IP + 7] = 1 }],
  ['another protocol', TCP4, (b) => { b[IP + 9] = 47 }],
  ['a TCP header of 16 octets', TCP4, (b) => { b[IP + 32] = 0x40 }],
  ['a TCP header past the end', { ...TCP4, payload: new Uint8Array(4), gsoSize: 2 }, (b) => { b[IP + 32] = 0xf0 }],
  ['another UDP length', UDP4, (b) => { b[IP + 25] ^= 1 }],
  ['another payload length', TCP6, (b) => { b[IP + 5] ^= 1 }],
  ['a fragment header', { ...TCP6, extensions: [[44, '00'.repeat(8)]] }, () => {}],
  ['an authentication header', { ...TCP6, extensions: [[51, '00 04' + '00'.repeat(22)]] }, () => {}],
  ['nine extension headers', { ...TCP6, extensions: new Array(9).fill([60, '00'.repeat(8)]) }, () => {}],
  ['an extension header past the end', { ...TCP6, extensions: [[60, '00'.repeat(8)]] }, (b) => { b[IP + 41] = 255 }],
  ['1 KiB of headers', { ...TCP6, extensions: [[0, '00 7f' + '00'.repeat(1022)]] }, () => {}],
  ['five tags', { ...TCP4, tags: new Array(5).fill('8100 0001') }, () => {}]
]
for (const [what, spec, lie] of LIES) {
  lies(what, () => {
    assert.equal(Array.isArray(cut(superFrame({ ...spec, extensions: undefined, tags: [] } as never))), true)
    const octets = superFrame(spec)
    lie(octets)
    assert.is(cut(octets), MALFORMED)
  })
}

lies('every truncation of the headers of a super-frame, and many of its payload', () => {
  for (const spec of [TCP4, TCP6, UDP4, { ...TCP6, tags: ['8100 0001', '8100 0002'], extensions: [[0, HBH]] as const }]) {
    const octets = superFrame(spec)
    for (let len = OFFLOAD + 14; len < octets.length; len += len < 200 ? 1 : 97) assert.is(cut(octets.slice(0, len)), MALFORMED)
  }
})

lies('nothing that makes it read or write outside: random headers over real and random frames', () => {
  const random = seeded(77)
  let accepted = 0
  for (let i = 0; i < 6000; i++) {
    const octets = random.int(2) === 0 ? superFrame(randomSmall(random)) : random.octets(OFFLOAD + 14 + random.int(200))
    for (let n = random.int(4); n > 0; n--) octets[random.int(random.pick([OFFLOAD, octets.length]))] = random.int(256)
    const result = cut(octets)
    if (Array.isArray(result)) accepted++
  }
  assert.ok(accepted > 300, `${accepted}`)
})

const randomSmall = (random: Random): SuperFrameSpec =>
  ({ ...randomSpec(random), payload: random.octets(random.int(300)), gsoSize: random.int(100) })

lies.run()

const measure = suite('SuperFrame measures')
const frame = new SuperFrame()
const read = (spec: SuperFrameSpec): number[] => {
  const octets = superFrame(spec)
  assert.ok(frame.read(octets, OFFLOAD, octets.length - OFFLOAD))
  return [frame.segments, frame.octets, frame.largest, frame.headers]
}

measure('a super-frame in frames of the wire', () => {
  assert.equal(read({ ...TCP4, payload: new Uint8Array(2897) }), [3, 2897 + 3 * 54, 1448 + 54, 54])
  assert.equal(read({ ...TCP6, tags: ['8100 0001'], payload: new Uint8Array(1449) }), [2, 1449 + 2 * 78, 1448 + 78, 78])
})
measure('what fits one segment as one frame', () => {
  assert.equal(read({ ...TCP4, payload: new Uint8Array(1448) }).slice(0, 3), [1, 1502, 1502])
  assert.equal(read(PLAIN4).slice(0, 3), [1, 154, 154])
})
measure('flags but bit 0, and numBuffers, do not count', () => {
  const octets = new Uint8Array(OFFLOAD + 60).fill(0xff, 2, OFFLOAD)
  octets[0] = 0xfe
  assert.ok(frame.read(octets, OFFLOAD, 60))
  assert.is(frame.segments, 1)
})
measure.run()

const dhcp = suite('needsFullChecksum')
for (const [ports, protocol, want] of [
  [[67, 68], 'udp', true], [[68, 67], 'udp', true], [[67, 53], 'udp', false], [[53, 67 << 8], 'udp', false], [[1, 67], 'tcp', false]
] as const) {
  dhcp(`of ${protocol} to port ${ports[1]} is ${want}`, () => {
    const octets = superFrame({ version: 4, protocol, ports, payload: new Uint8Array(300) })
    assert.is(needsFullChecksum(octets, OFFLOAD, octets.length - OFFLOAD), want)
  })
}
dhcp('a lying csum_start is not followed outside', () => {
  const octets = superFrame({ version: 4, protocol: 'udp', ports: [68, 67], payload: new Uint8Array(4) })
  setCsumStart(octets, OFFLOAD, octets.length - OFFLOAD - 7)
  assert.not(needsFullChecksum(octets, OFFLOAD, octets.length - OFFLOAD))
})
dhcp.run()
