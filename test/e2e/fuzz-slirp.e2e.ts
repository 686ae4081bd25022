/**
 * Random and half-right frames of a guest for the TCP/IP of slirp://, and random text for its settings. The network is a
 * restricted one, so that nothing leaves this machine. Seeded: E2E_SEED repeats a run, E2E_INPUTS says how much.
 */
import assert from 'node:assert/strict'
import { HEADROOM, OFFLOAD, loop } from '@vde-ts/link'
import { checksum, pseudoIpv4, setBig16 } from '@vde-ts/frame/checksum.js'
import { FORWARD_KINDS, formatForward, parseForward } from '@vde-ts/schemes/slirp/forwards.js'
import { readSettings } from '@vde-ts/schemes/slirp/settings.js'
import { SlirpStack } from '@vde-ts/schemes/slirp/stack.js'
import { FrameJudge, INPUTS, Random, SEED, grind } from './kit/fuzz.ts'
import { run, test } from './kit/index.ts'

const MS = 240_000
const MOST = 1600
const GATEWAY = [0x52, 0x55, 10, 0, 2, 2]
const ARP = [0, 1, 8, 0, 6, 4, 0]
const GUEST = [2, 0, 0, 0, 0, 1]

/** A packet for the gateway or the name server, right up to what is random behind it. */
const fillPacket = (random: Random, buf: Uint8Array, off: number, len: number): void => {
  const ip = off + 14
  const own = len - 14
  const protocol = random.pick([1, 6, 6, 17, 17, 17])
  const fragment = random.pick([0x40, 0x40, 0x20])
  buf.set([0x45, 0, own >> 8, own & 255, 0, random.below(256), fragment, 0, 64, protocol, 0, 0, 10, 0, 2, 15], ip)
  buf.set([10, 0, 2, random.pick([2, 3, 4, 255])], ip + 16)
  setBig16(buf, ip + 10, checksum(buf, ip, 20))
  const port = random.pick([53, 67, 69, 99, 7])
  buf.set([0x80, random.below(4), 0, port], ip + 20)
  if (protocol === 17 && own >= 28) setBig16(buf, ip + 24, own - 20)
  if (protocol === 6 && own >= 40) buf.set([random.pick([0x50, 0x60]), random.pick([2, 2, 16, 24, 1, 4])], ip + 32)
  const place = ip + 20 + (protocol === 6 ? 16 : protocol === 17 ? 6 : 2)
  if (place + 2 > off + len || random.once(8)) return
  setBig16(buf, place, 0)
  setBig16(buf, place, checksum(buf, ip + 20, own - 20, protocol === 1 ? 0 : pseudoIpv4(buf, ip, protocol, own - 20)))
}

const fillFrame = (random: Random, buf: Uint8Array, off: number, len: number): void => {
  random.fill(buf, off, len)
  buf.set([...GATEWAY, ...GUEST], off)
  if (random.once(6)) return
  const [high, low] = random.pick([[8, 0], [8, 0], [8, 0], [8, 6], [0x86, 0xdd]] as const)
  buf.set([high, low], off + 12)
  if (low === 0 && len >= 42) fillPacket(random, buf, off, len)
  else if (low === 6 && len >= 42) {
    buf.set([...ARP, random.pick([1, 1, 2]), ...GUEST, 10, 0, 2, 15, 0, 0, 0, 0, 0, 0, 10, 0, 2, 2], off + 14)
  } else if (low === 0xdd && len >= 54) {
    const own = len - 54
    buf.set([0x60, 0, 0, 0, own >> 8, own & 255, random.pick([58, 17, 6]), 255], off + 14)
  }
}

test(`frames of a guest: ${INPUTS} inputs`, { needs: ['native', 'plugin:slirp'], ms: MS }, async () => {
  const random = new Random(SEED)
  const sink = new FrameJudge()
  const stack = new SlirpStack(readSettings({ params: new Map([['restricted', ''], ['tftp_path', '/nowhere']]) }), sink, loop)
  stack.resume()
  stack.setOffload(true)
  const buf = new Uint8Array(HEADROOM + MOST)
  await grind(INPUTS, (i) => {
    const len = 14 + random.below(random.once(4) ? MOST - 14 : 100)
    fillFrame(random, buf, HEADROOM, len)
    if (random.once(8)) random.fill(buf, HEADROOM - OFFLOAD, OFFLOAD)
    else buf.fill(0, HEADROOM - OFFLOAD, HEADROOM)
    stack.send(buf, HEADROOM, len)
    if (i % 16 === 0) stack.flush()
  })
  stack.close()
  assert.ok(sink.frames > INPUTS / 1000, `${sink.frames} answers: the frames are too wrong to be looked at`)
})

test('text for forwards', { ms: MS }, async () => {
  const random = new Random(SEED)
  const words = ['10.0.2.15', '127.0.0.1', ':', ':', ':', '80', '0', '70000', '[', ']', '::1', 'fd00::2', '/tmp/x', ',', '%', ' ']
  await grind(Math.ceil(INPUTS / 5), () => {
    const kind = random.pick(FORWARD_KINDS)
    const text = random.text(words, 60)
    try {
      const forward = parseForward(kind, text)
      assert.deepEqual(parseForward(kind, formatForward(forward)), forward)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
    }
  })
})

run()
