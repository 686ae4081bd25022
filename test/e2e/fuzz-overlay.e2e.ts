/**
 * Random and half-right datagrams for everything that listens on UDP, and for the packets between processes that share a
 * port. Seeded: E2E_SEED repeats a run, E2E_INPUTS says how much.
 */
import assert from 'node:assert/strict'
import { HEADROOM, loop } from '@vde-ts/link'
import { ADDRESS_STRIDE } from '@vde-ts/native'
import { RX_BURST } from '@vde-ts/link/loop.js'
import { senderOctets } from '@vde-ts/schemes/internet/datagram-receiver.js'
import { DatagramSender } from '@vde-ts/schemes/internet/datagram-sender.js'
import { decodeHello, decodeWelcome } from '@vde-ts/schemes/internet/port-protocol.js'
import { geneveCodec } from '@vde-ts/schemes/geneve.js'
import type { Encapsulation } from '@vde-ts/schemes/overlay/encapsulation.js'
import { OverlayLink } from '@vde-ts/schemes/overlay/overlay-link.js'
import { Stations } from '@vde-ts/schemes/overlay/stations.js'
import { vxlanCodec } from '@vde-ts/schemes/vxlan.js'
import { vxvdeCodec } from '@vde-ts/schemes/vxvde.js'
import { FrameJudge, INPUTS, Random, SEED, grind } from './kit/fuzz.ts'
import { run, test } from './kit/index.ts'

const MS = 240_000
const SHARE = Math.ceil(INPUTS / 5)

/** Every codec, with what a right datagram begins with. */
const CODECS: ReadonlyArray<readonly [name: string, codec: Encapsulation, header: readonly number[]]> = [
  ['vxlan', vxlanCodec(5), [8, 0, 0, 0, 0, 0, 5, 0]],
  ['vxvde', vxvdeCodec(5), [8, 0, 0, 0, 0, 0, 5, 0]],
  ['geneve', geneveCodec(5), [0, 0, 0x65, 0x58, 0, 0, 5, 0]]
]

/** Frames of a stream that may be put together, and others. */
const fillFrame = (random: Random, buf: Uint8Array, off: number, len: number, serial: number): void => {
  random.fill(buf, off, len)
  if (random.once(3) || len < 54) return
  const ip = len - 14
  buf.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, random.below(8), 8, 0], off)
  buf.set([0x45, 0, ip >> 8, ip & 255, 0, serial & 255, 0x40, 0, 64, 6], off + 14)
  buf[off + 46] = random.pick([0x50, 0x50, 0x80, 0xf0])
  buf[off + 47] = random.pick([0x10, 0x10, 0x18, 0x02])
}

for (const [name, codec, header] of CODECS) {
  test(`${name} datagrams: ${SHARE} inputs`, { ms: MS }, async () => {
    const random = new Random(SEED)
    const sink = new FrameJudge()
    const link = new OverlayLink({
      label: name,
      codec,
      stations: new Stations({ seed: SEED, capacity: 4096, expireSec: 100 }),
      flood: new Int32Array(0),
      sender: new DatagramSender([], loop, () => {}),
      ports: [],
      hostWord: 0,
      mtu: 1450,
      seed: 1,
      release () {},
      log () {}
    }, sink, loop)
    link.resume()
    const buf = new Uint8Array(HEADROOM + 4096)
    await grind(SHARE, (i) => {
      const slot = random.below(RX_BURST)
      const family = random.pick([2, 10])
      random.fill(senderOctets, slot * ADDRESS_STRIDE, 28)
      senderOctets.set([family, 0], slot * ADDRESS_STRIDE)
      const segment = 1 + random.below(random.once(9) ? 900 : 120)
      const len = Math.min(segment * (1 + random.below(6)) - random.below(segment), 4096)
      random.fill(buf, HEADROOM, len)
      for (let at = HEADROOM; at < HEADROOM + len; at += segment) {
        const size = Math.min(segment, HEADROOM + len - at)
        if (random.once(5) || size < header.length) continue
        buf.set(header, at)
        fillFrame(random, buf, at + header.length, size - header.length, i)
        if (random.once(6)) buf[at + random.below(header.length)] = random.next()
      }
      if (i % 1000 === 0) link.setOffload(random.once(2))
      link.onTrain(buf, HEADROOM, len, segment, slot * ADDRESS_STRIDE)
      link.onBurstEnd()
    })
    assert.ok(sink.frames > SHARE / 4, `${sink.frames} frames came out`)
    link.close()
  })
}

test(`requests and answers at a shared port: ${Math.ceil(SHARE / 10)} inputs`, { ms: MS }, async () => {
  const random = new Random(SEED + 1)
  const words = ['{', '}', '"v"', ':', '1', ',', '"network"', '"errno"', '"text"', '5', '-1', '1e99', 'null', '[', ']', '"\\u0000"', '__proto__']
  await grind(Math.ceil(SHARE / 10), () => {
    const octets = random.once(3) ? random.bytes(random.below(60)) : Buffer.from(random.text(words, 60))
    const network = decodeHello(octets)
    assert.ok(network === null || (Number.isInteger(network) && network >= 0 && network <= 0xffffffff))
    const answer = decodeWelcome(octets)
    if (answer !== null && answer !== true) assert.match(answer.text, /^[\x20-\x7e]*$/)
  })
})

run()
