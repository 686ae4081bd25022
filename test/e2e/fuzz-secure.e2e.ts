/**
 * Random and half-right datagrams for the encrypted cable: from strangers, who must get nothing out of it, and from a peer
 * who has the keys and seals whatever he likes. Seeded: E2E_SEED repeats a run, E2E_INPUTS says how much.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { HEADROOM, loop } from '@vde-ts/link'
import { ADDRESS_STRIDE } from '@vde-ts/native'
import { senderOctets, senderWords } from '@vde-ts/schemes/internet/datagram-receiver.js'
import { DatagramSender } from '@vde-ts/schemes/internet/datagram-sender.js'
import { OverlayLink } from '@vde-ts/schemes/overlay/overlay-link.js'
import { Credentials } from '../../packages/secure/src/credentials.ts'
import { Tunnel } from '../../packages/secure/src/tunnel.ts'
import { DATA_HEADER, TAG } from '../../packages/secure/src/wire.ts'
import { FrameJudge, INPUTS, Random, SEED, grind } from './kit/fuzz.ts'
import { run, test } from './kit/index.ts'

const MS = 240_000
const SHARE = Math.ceil(INPUTS / 5)

/** Two ends that are up, and all that was sent meanwhile. The clock stands still. */
const pair = (): { readonly near: Tunnel, readonly far: Tunnel, readonly sent: Uint8Array[] } => {
  const sent: Uint8Array[] = []
  const credentials = Credentials.ofSecret(randomBytes(32))
  const end = (isInitiator: boolean): Tunnel => new Tunnel({
    isInitiator,
    credentials,
    now: () => 1000,
    clock: () => 1000,
    transmit (datagram, len) { sent.push(datagram.slice(0, len)) },
    lookUp () {},
    nameOf: () => 'somebody',
    onUp () {},
    onDown () {},
    log () {}
  })
  const [near, far] = [end(true), end(false)]
  near.tick()
  for (let i = 0; i < sent.length; i++) (i % 2 === 0 ? far : near).read(sent[i]!.slice(), 0, sent[i]!.length)
  assert.ok(near.isUp)
  // The ping behind the response is the initiator's too.
  if (!far.isUp) far.read(sent.at(-1)!.slice(), 0, sent.at(-1)!.length)
  assert.ok(far.isUp)
  return { near, far, sent }
}

test(`secure, from strangers: ${INPUTS} inputs`, { ms: MS }, async () => {
  const random = new Random(SEED)
  const { near, far, sent } = pair()
  const [patterns, before] = [sent.map((one) => one.slice()), sent.length]
  const peers = [near.peer.join(), far.peer.join()]
  const buf = new Uint8Array(300)
  await grind(INPUTS, (i) => {
    const off = random.below(8)
    let len = random.below(200)
    if (random.once(3)) random.fill(buf, off, len)
    else {
      const pattern = random.pick(patterns)
      buf.set(pattern, off)
      len = random.once(3) ? random.below(pattern.length + 20) : pattern.length
      if (len > 0) buf[off + random.below(len)]! ^= 1 + random.below(255)
    }
    if (random.once(4) && len > 0) buf[off] = 0x11 + random.below(3)
    const result = (i % 2 === 0 ? near : far).read(buf, off, len)
    // A datagram that was not changed after all is a replay.
    assert.ok(result < 0, `it answers ${result}`)
  })
  assert.equal(sent.length, before, 'nobody was answered')
  assert.deepEqual([near.peer.join(), far.peer.join()], peers)
  assert.ok(near.isUp && far.isUp)
})

test(`secure, from a peer with the keys: ${SHARE} inputs`, { ms: MS }, async () => {
  const random = new Random(SEED + 1)
  const { near, far } = pair()
  const sink = new FrameJudge()
  const link = new OverlayLink({
    label: 'secure',
    codec: far,
    stations: null,
    flood: far.peer,
    sender: new DatagramSender([], loop, () => {}),
    ports: [-1],
    hostWord: 0,
    mtu: 1434,
    seed: 1,
    release () {},
    log () {}
  }, sink, loop)
  link.resume()
  const buf = new Uint8Array(HEADROOM + 4096)
  await grind(SHARE, (i) => {
    random.fill(senderOctets, 0, ADDRESS_STRIDE)
    far.from(senderWords, 0)
    const segment = DATA_HEADER + TAG + random.below(random.once(9) ? 900 : 120)
    const count = 1 + random.below(4)
    for (let k = 0; k < count; k++) {
      const at = HEADROOM + k * segment
      near.write(buf, at)
      const len = segment - DATA_HEADER - TAG
      random.fill(buf, at + DATA_HEADER, len)
      // Control is his to send; a farewell would end the test.
      if (len === 1) buf[at + DATA_HEADER] = 1 + random.below(2)
      near.seal(buf, at, len)
    }
    if (i % 1000 === 0) link.setOffload(random.once(2))
    link.onTrain(buf, HEADROOM, count * segment - (random.once(20) ? 1 : 0), segment, 0)
    link.onBurstEnd()
  })
  assert.ok(sink.frames > SHARE / 2, `${sink.frames} frames came out`)
  link.close()
})

run()
