/**
 * Our segments against the kernel's, octet by octet: a super-frame is written to one tap, crosses a kernel bridge to a
 * second one whose offload is off, so that the kernel cuts it in software, and what is read there is compared.
 */
import assert from 'node:assert/strict'
import { release } from 'node:os'
import { native, CLONE_NEWNET, CLONE_NEWUSER, IFF_NO_PI, IFF_TAP, IFF_VNET_HDR, IN, type Spawned } from '@vde-ts/native'
import { HEADROOM, OFFLOAD } from '@vde-ts/frame/offload.js'
import { Segmenter } from '@vde-ts/frame/segment.js'
import { superFrame, type SuperFrameSpec } from '@vde-ts/frame/testing-super-frame.js'
import { hex, seeded, type Random } from '@vde-ts/frame/testing.js'
import { run, test, waitFor, type Scene } from '../e2e/kit/index.ts'

const NEEDS = ['native', 'userns', 'tun', 'ip']
const EAGAIN = 11
const SIGKILL = 9
/** Of every frame of ours: the kernel's own first words on a new interface have others. */
const OURS = hex('020000000002 020000000001')

const BRIDGE = 'ip link add br0 type bridge forward_delay 0 mcast_snooping 0 && ' +
  'for i in t0 t1; do ip link set $i master br0 && ip link set $i up; done && ip link set br0 up && exec sleep 60'

interface Pair { readonly into: number, readonly out: number }

/** Starts `line` in namespaces of its own with taps that carry the header; its end is the scene's. */
const spawn = (scene: Scene, line: string, taps: readonly string[]): Spawned => {
  const child = native.spawn({
    file: '/bin/sh',
    argv: ['sh', '-c', line],
    env: Object.entries(scene.environment()).map(([key, value]) => `${key}=${value}`),
    fds: [-1, -1, 2],
    namespaces: CLONE_NEWUSER | CLONE_NEWNET,
    taps,
    tapFlags: IFF_TAP | IFF_NO_PI | IFF_VNET_HDR,
    capabilities: 0x3c00
  })
  assert.ok('pid' in child, JSON.stringify(child))
  scene.atEnd(async () => {
    native.pidfdSignal(child.pidfd, SIGKILL)
    await waitFor(() => native.pidfdWait(child.pidfd) !== -EAGAIN, 3000, 'end of the child')
    for (const fd of [...child.taps, child.pidfd]) native.close(fd)
  })
  for (const tap of child.taps) assert.equal(native.tapHeaderSize(tap, OFFLOAD), 0)
  return child
}

/** Two taps of one namespace, bridged; `out` takes ordinary frames only. */
const bridged = async (scene: Scene): Promise<Pair> => {
  const [into, out] = spawn(scene, BRIDGE, ['t0', 't1']).taps as [number, number]
  assert.equal(native.tapOffload(out, 0), 0)
  const probe = Buffer.concat([Buffer.alloc(OFFLOAD), OURS, Buffer.from('88b5', 'hex'), Buffer.alloc(46)])
  await waitFor(() => {
    native.write(into, probe, 0, probe.length)
    return readOurs(out).length > 0
  }, 5000, 'a frame across the bridge')
  readOurs(out)
  return { into, out }
}

const slot = Buffer.alloc(70_000)

/** What waits at the tap and is ours, in hex; nothing may be left to do for it. */
const readOurs = (tap: number): string[] => {
  const frames: string[] = []
  while (true) {
    const got = native.read(tap, slot, 0, slot.length)
    if (got < 0) break
    if (!slot.subarray(OFFLOAD, OFFLOAD + 12).equals(OURS)) continue
    assert.equal(slot[0]! & 1, 0, 'no checksum is left')
    assert.equal(slot[1], 0, 'not a super-frame')
    frames.push(slot.toString('hex', OFFLOAD, got))
  }
  return frames
}

/** The kernel's segments of a super-frame, or the errno it is refused with. */
const kernelCuts = async (pair: Pair, octets: Uint8Array, count: number): Promise<string[] | number> => {
  const written = native.write(pair.into, octets, 0, octets.length)
  if (written < 0) return written
  assert.equal(written, octets.length)
  const frames: string[] = []
  await waitFor(() => {
    if (native.poll(pair.out, IN, 0) !== 0) frames.push(...readOurs(pair.out))
    return frames.length >= count
  }, 3000, `${count} segments of the kernel`)
  return frames
}

const segmenter = new Segmenter()

const weCut = (octets: Uint8Array): string[] => {
  const buf = Buffer.concat([Buffer.alloc(HEADROOM - OFFLOAD), octets])
  const count = segmenter.cut(buf, HEADROOM, octets.length - OFFLOAD)
  return Array.from({ length: count }, (_, i) =>
    Buffer.from(segmenter.buf.subarray(segmenter.at(i), segmenter.at(i) + segmenter.len(i))).toString('hex'))
}

const same = async (pair: Pair, spec: SuperFrameSpec, what: string): Promise<void> => {
  const octets = superFrame(spec)
  const ours = weCut(octets)
  const theirs = await kernelCuts(pair, octets, ours.length)
  assert.deepEqual(theirs, ours, what)
}

const HOP_BY_HOP = [0, '00 00 0502 0000 0100'] as const
const DESTINATION = [60, '00 01 0104 00000000 0106 000000000000'] as const
const TIMESTAMP = '0101080a 00000001 00000002'
const random = seeded(6)
const payload = random.octets(60_000)
const FIN = 0x01
const PSH = 0x08
const ACK = 0x10
const ECE = 0x40
const CWR = 0x80

const TCP4: SuperFrameSpec = { version: 4, payload: payload.subarray(0, 5000), gsoSize: 1448, tcpOptions: TIMESTAMP }
const TCP6: SuperFrameSpec = { ...TCP4, version: 6, gsoSize: 1428 }

const CASES: ReadonlyArray<readonly [what: string, spec: SuperFrameSpec]> = [
  ['TCP over IPv4', TCP4],
  ['TCP over IPv6', TCP6],
  ['TCP over IPv4, 42 segments', { ...TCP4, payload }],
  ['TCP over IPv4, an odd size, an odd rest', { ...TCP4, gsoSize: 1001, payload: payload.subarray(0, 4999) }],
  ['TCP over IPv6, an odd size, a rest of one octet', { ...TCP6, gsoSize: 777, payload: payload.subarray(0, 778) }],
  ['TCP over IPv4, nothing left over', { ...TCP4, payload: payload.subarray(0, 2896) }],
  ['TCP over IPv4, FIN PSH CWR ECE', { ...TCP4, flags: FIN | PSH | ACK | ECE | CWR, isEcn: true }],
  ['TCP over IPv6, FIN PSH CWR ECE, ECN not announced', { ...TCP6, flags: FIN | PSH | ACK | ECE | CWR }],
  ['TCP over IPv4, id and sequence number pass zero', { ...TCP4, id: 0xfffe, seq: 0xfffff800 }],
  ['TCP over IPv4, options of IP, all of TCP', { ...TCP4, ipOptions: '94040000 01010101', tcpOptions: '01'.repeat(40) }],
  ['TCP over IPv6 behind hop-by-hop', { ...TCP6, extensions: [HOP_BY_HOP] }],
  ['TCP over IPv6 behind hop-by-hop and destination', { ...TCP6, extensions: [HOP_BY_HOP, DESTINATION] }],
  ['TCP over IPv4 in a VLAN', { ...TCP4, tags: ['8100 a005'] }],
  ['TCP over IPv6 in two', { ...TCP6, tags: ['8100 0005', '8100 0006'] }],
  ['TCP over IPv6 in a service VLAN', { ...TCP6, tags: ['88a8 0005', '8100 0006'] }],
  ['TCP over IPv4 without a request for the checksum', { ...TCP4, needsCsum: false }],
  ['TCP over IPv4, fits one segment', { ...TCP4, payload: payload.subarray(0, 1000) }],
  ['TCP over IPv4, checksum alone', { ...TCP4, gsoSize: 0, payload: payload.subarray(0, 999) }],
  ['UDP over IPv6 in a VLAN, checksum alone', { ...TCP6, protocol: 'udp', gsoSize: 0, tags: ['8100 0001'], payload: payload.subarray(0, 11) }]
]

test('TCP super-frames are cut as the kernel cuts them', { needs: NEEDS }, async (scene) => {
  const pair = await bridged(scene)
  for (const [what, spec] of CASES) await same(pair, spec, what)
})

const udp: SuperFrameSpec = { version: 4, protocol: 'udp', payload: payload.subarray(0, 5001), gsoSize: 1472 }
const UDP_CASES: ReadonlyArray<readonly [what: string, spec: SuperFrameSpec]> = [
  ['UDP over IPv4', udp],
  ['UDP over IPv6', { ...udp, version: 6, gsoSize: 1452 }],
  ['UDP over IPv4 in a VLAN, odd size', { ...udp, gsoSize: 333, tags: ['8100 0fff'] }],
  ['UDP over IPv6 behind hop-by-hop', { ...udp, version: 6, extensions: [HOP_BY_HOP] }]
]
const [major = 0, minor = 0] = release().split('.').map(Number)
const hasUso = major > 6 || (major === 6 && minor >= 2)

test('UDP super-frames too, where taps know them (Linux 6.2)', { needs: NEEDS }, async (scene) => {
  const pair = await bridged(scene)
  if (!hasUso) {
    assert.ok(native.write(pair.into, superFrame(udp), 0, superFrame(udp).length) < 0, 'an older kernel refuses')
    return
  }
  for (const [what, spec] of UDP_CASES) await same(pair, spec, what)
})

/** Payload that needs cutting: the kernel drops what fits a segment only without its TCP options. */
const randomSpec = (chance: Random): SuperFrameSpec => {
  const gsoSize = chance.pick([200, 536, 1220, 1448, 1460, 8948])
  const isUdp = hasUso && chance.int(3) === 0
  return {
    version: chance.pick([4, 6] as const),
    protocol: isUdp ? 'udp' : 'tcp',
    gsoSize,
    payload: chance.octets(gsoSize + 1 + chance.int(gsoSize * 6)),
    tags: chance.pick([[], [], ['8100 6123']]),
    id: chance.int(65536),
    seq: chance.int(0x1_0000_0000),
    flags: ACK | chance.int(256),
    tcpOptions: chance.pick(['', TIMESTAMP]),
    extensions: chance.pick([[], [HOP_BY_HOP]]),
    ports: [1 + chance.int(65535), 1 + chance.int(65535)]
  }
}

test('200 random super-frames are cut as the kernel cuts them', { needs: NEEDS, ms: 30_000 }, async (scene) => {
  const pair = await bridged(scene)
  const chance = seeded(2026)
  for (let i = 0; i < 200; i++) {
    const spec = randomSpec(chance)
    await same(pair, spec, `frame ${i}: ${JSON.stringify({ ...spec, payload: spec.payload.length })}`)
  }
})

/** Passes what waits at `from` on to `to`, cut. */
const carry = (from: number, to: number, seen: { supers: number, malformed: number }): void => {
  const at = HEADROOM
  for (let n = 0; n < 32; n++) {
    const got = native.read(from, slot, at - OFFLOAD, slot.length - at)
    if (got < 0) return
    const count = segmenter.cut(slot, at, got - OFFLOAD)
    if (count <= 0) seen.malformed++
    if (count > 1) seen.supers++
    for (let i = 0; i < count; i++) native.write(to, segmenter.buf, segmenter.at(i) - OFFLOAD, segmenter.len(i) + OFFLOAD)
  }
}

const RUNS = ['10.9.0.1', '10.9.0.1 -R', 'fd09::1', 'fd09::1 -R']
const TRY = 'try() { for i in $(seq 50); do iperf3 -n 8M "$@" >/dev/null && return; sleep 0.1; done; exit 1; }; '

test('real TCP flows through cut segments, both ways, IPv4 and IPv6', { needs: [...NEEDS, 'iperf3'], ms: 40_000 }, async (scene) => {
  const setup = (n: number): string =>
    `ip link set lo up; ip addr add 10.9.0.${n}/24 dev t0; ip addr add fd09::${n}/64 dev t0 nodad; ip link set t0 up; `
  // A server each: iperf3 listens anew after every run, so the next client of the same one may find nobody. The servers come
  // up while the first client asks for their address, or it tries again.
  const servers = RUNS.map((_, i) => `setpriv --pdeathsig KILL iperf3 -s -p ${5201 + i} >/dev/null & `).join('')
  const clients = RUNS.map((to, i) => `try -p ${5201 + i} -c ${to} && `).join('')
  const server = spawn(scene, `${setup(1)}${servers}wait`, ['t0'])
  const caller = spawn(scene, `${setup(2)}${TRY}${clients}exit 7`, ['t0'])
  const [a, b] = [server.taps[0]!, caller.taps[0]!]
  for (const tap of [a, b]) assert.ok([0x6f, 0x0f].some((mask) => native.tapOffload(tap, mask) === 0))
  const seen = { supers: 0, malformed: 0 }
  while (native.poll(caller.pidfd, IN, 0) === 0) {
    carry(a, b, seen)
    carry(b, a, seen)
    await new Promise((resolve) => { setImmediate(resolve) })
  }
  assert.equal(native.pidfdWait(caller.pidfd), 7 << 8)
  assert.equal(seen.malformed, 0)
  assert.ok(seen.supers > 100, `${seen.supers} super-frames`)
})

run()
