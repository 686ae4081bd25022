import { randomBytes } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { seeded } from '@vde-ts/link/testing.js'
import { newCableKey, publicKeyOf } from '@vde-ts/schemes/cable-key.js'
import { parseAddress } from '@vde-ts/schemes/internet/address.js'
import { NO_FRAME } from '@vde-ts/schemes/overlay/encapsulation.js'
import { Credentials } from './credentials.ts'
import { Tunnel } from './tunnel.ts'
import { CHECK, DATA, DATA_HEADER, INITIATION, RESPONSE, TAG } from './wire.ts'

const HOME = new Int32Array(parseAddress('192.0.2.1', 5000)!.buffer)
const SERVER = new Int32Array(parseAddress('192.0.2.2', 7000)!.buffer)
const ELSEWHERE = new Int32Array(parseAddress('198.51.100.9', 6000)!.buffer)
const FRAME = Uint8Array.from({ length: 60 }, (_, i) => i)
const EPOCH_MS = 1.8e12

/** A datagram on its way. */
interface Sent { readonly by: End, readonly octets: Uint8Array, readonly to: Int32Array }

/** One end, and what it did. */
class End {
  readonly tunnel: Tunnel
  readonly told: string[] = []
  readonly lines: string[] = []
  lookUps = 0
  address: Int32Array
  /** @param lateMs by how much its clock is behind */
  constructor (world: World, credentials: Credentials, isInitiator: boolean, address: Int32Array, lateMs: number = 0) {
    this.address = address
    this.tunnel = new Tunnel({
      isInitiator,
      credentials,
      now: () => world.ms,
      clock: () => EPOCH_MS + world.ms - lateMs,
      transmit: (datagram, len, to) => { world.wire.push({ by: this, octets: datagram.slice(0, len), to: to.slice() }) },
      lookUp: () => { this.lookUps++ },
      nameOf: (words) => words.join(),
      onUp: () => { this.told.push('up') },
      onDown: (why) => { this.told.push(why.message) },
      log: (line) => { this.lines.push(line) }
    })
    if (isInitiator) this.tunnel.peer.set(SERVER)
  }

  /** @returns what `read` answers, and the text it found */
  read (octets: Uint8Array, from: Int32Array): { readonly result: number, readonly text: Uint8Array } {
    const buf = new Uint8Array(octets.length + 8)
    buf.set(octets, 5)
    this.tunnel.from(from, 0)
    const result = this.tunnel.read(buf, 5, octets.length)
    return { result, text: buf.slice(5 + Math.max(result, 0), 5 + octets.length - TAG) }
  }

  /** A sealed frame. */
  seal (): Uint8Array {
    const buf = new Uint8Array(DATA_HEADER + FRAME.length + TAG)
    this.tunnel.write(buf, 0)
    buf.set(FRAME, DATA_HEADER)
    this.tunnel.seal(buf, 0, FRAME.length)
    return buf
  }
}

/** Two ends, a clock, and a wire that keeps what was sent. */
class World {
  ms = 1000
  wire: Sent[] = []
  /** Everything that was ever delivered. */
  readonly history: Sent[] = []
  a: End
  b: End
  readonly #near: Credentials
  readonly #far: Credentials
  #lost: (octets: Uint8Array) => boolean = () => false
  constructor (near: Credentials, far: Credentials) {
    this.#near = near
    this.#far = far
    this.a = new End(this, near, true, HOME)
    this.b = new End(this, far, false, SERVER)
  }

  /** Delivers all there is, and what follows from it. */
  deliver (): void {
    while (this.wire.length > 0) {
      const sent = this.wire.shift()!
      if (this.#lost(sent.octets)) continue
      this.history.push(sent)
      const other = sent.by === this.a ? this.b : this.a
      other.read(sent.octets, sent.by.address)
    }
  }

  /** Lets time pass. @param lost what does not arrive */
  run (ms: number, lost: (octets: Uint8Array) => boolean = () => false): void {
    this.#lost = lost
    for (const end = this.ms + ms; this.ms < end; this.ms += 250) {
      this.a.tunnel.tick()
      this.b.tunnel.tick()
      this.deliver()
    }
    this.#lost = () => false
  }

  /** It was killed: it takes no leave. */
  restartInitiator (lateMs: number): void { this.a = new End(this, this.#near, true, HOME, lateMs) }
  restartListener (): void { this.b = new End(this, this.#far, false, SERVER) }
  ofType (type: number): Sent[] { return this.history.filter(({ octets }) => octets[0] === type) }
}

const [NEAR, FAR] = [newCableKey(), newCableKey()]
const keyed = (): World => new World(Credentials.ofKeys(NEAR, publicKeyOf(FAR), 'test'), Credentials.ofKeys(FAR, publicKeyOf(NEAR), 'test'))
const SECRET = randomBytes(32)
const shared = (): World => new World(Credentials.ofSecret(SECRET), Credentials.ofSecret(SECRET))

const upWorld = (make: () => World = keyed): World => {
  const world = make()
  world.run(250)
  assert.equal([world.a.told, world.b.told], [['up'], ['up']])
  return world
}

const passes = (from: End, to: End): void => {
  const { result, text } = to.read(from.seal(), from.address)
  assert.is(result, DATA_HEADER)
  assert.equal(text, FRAME)
}

const test = suite('Tunnel')

for (const [name, make] of [['static keys', keyed], ['a shared secret', shared]] as const) {
  test(`${name}: up after three messages, frames pass both ways`, () => {
    const world = upWorld(make)
    passes(world.a, world.b)
    passes(world.b, world.a)
    assert.equal(world.history.map(({ octets }) => octets[0]), [INITIATION, RESPONSE, DATA, DATA])
    assert.equal(world.b.tunnel.peer, HOME)
  })

  test(`${name}: two handshakes of the same ends have nothing in common`, () => {
    const [one, two] = [upWorld(make), upWorld(make)]
    for (const type of [INITIATION, RESPONSE]) {
      const [a, b] = [one.ofType(type)[0]!.octets, two.ofType(type)[0]!.octets]
      const equal = a.subarray(12).filter((octet, i) => octet === b[i + 12]).length
      assert.ok(equal < 12, `${equal} octets of ${a.length}`)
    }
  })
}

test('keys are renewed every two minutes, while frames of the former ones still arrive', () => {
  const world = upWorld()
  const late = world.a.seal()
  world.run(119_000)
  assert.is(world.ofType(INITIATION).length, 1)
  world.run(2000)
  assert.is(world.ofType(INITIATION).length, 2)
  passes(world.a, world.b)
  passes(world.b, world.a)
  assert.is(world.b.read(late, HOME).result, DATA_HEADER, 'a frame of the former keys')
  world.run(600_000)
  assert.is(world.ofType(INITIATION).length, 7)
  assert.ok(world.b.read(late, HOME).result < 0)
  assert.equal([world.a.told, world.b.told], [['up'], ['up']], 'nobody noticed')
})

test('keys end after three minutes when no new ones can be agreed on', () => {
  const world = upWorld()
  world.run(181_000, (octets) => octets[0] !== DATA)
  assert.match(world.a.told[1]!, /its keys are too old/)
})

test('idle ends ask each other; silence is down after ten seconds, and a message is up', () => {
  const world = upWorld()
  world.run(60_000)
  const { length } = world.history
  assert.ok(length >= 60 && length <= 140, `${length} messages in a minute of nothing`)
  world.run(11_000, () => true)
  assert.match(world.a.told[1]!, /nothing was heard of the peer for 10 s/)
  assert.match(world.b.told[1]!, /nothing was heard/)
  world.run(10_000)
  assert.equal([world.a.told[2], world.b.told[2]], ['up', 'up'])
  passes(world.a, world.b)
})

test('a listener that was killed and started again has the cable again within seconds', () => {
  const world = upWorld()
  world.restartListener()
  world.run(8000)
  assert.equal([world.a.told, world.b.told], [['up'], ['up']])
  passes(world.a, world.b)
  passes(world.b, world.a)
})

test('an initiator that starts again has it at once; its farewell ends the session at the other end', () => {
  const world = upWorld()
  world.a.tunnel.close()
  world.deliver()
  assert.match(world.b.told[1]!, /the peer has left/)
})

const HOUR_MS = 3_600_000

/** The initiator was killed and is back, an hour earlier by its clock. */
const setBack = (): World => {
  const world = upWorld()
  world.run(130_000)
  world.restartInitiator(HOUR_MS)
  world.run(8000)
  return world
}

test('an initiator whose clock was set back has the cable again within seconds, and keeps it', () => {
  const world = setBack()
  assert.equal([world.a.told, world.b.told], [['up'], ['up']])
  passes(world.a, world.b)
  passes(world.b, world.a)
  const before = world.ofType(INITIATION).length
  world.run(600_000)
  assert.is(world.ofType(INITIATION).length, before + 5)
  assert.equal([world.a.told, world.b.told], [['up'], ['up']], 'new keys as ever')
})

test('initiations of before it was set back, again and again, do not disturb it', () => {
  const world = setBack()
  const old = world.ofType(INITIATION).slice(0, 2)
  for (let i = 0; i < 250; i++) {
    world.b.read(old[i % 2]!.octets, ELSEWHERE)
    world.wire = []
    world.run(1000)
  }
  assert.equal([world.a.told, world.b.told], [['up'], ['up']])
  passes(world.a, world.b)
  assert.equal(world.b.tunnel.peer, HOME)
})

test('initiations that come again while the cable is down are in the way of no handshake', () => {
  const world = upWorld()
  const [old] = world.ofType(INITIATION)
  world.run(11_000, () => true)
  assert.is(world.b.tunnel.isUp, false)
  for (let i = 0; i < 32 && !world.b.tunnel.isUp; i++) {
    world.b.read(old!.octets, ELSEWHERE)
    world.wire = []
    world.run(250)
  }
  passes(world.a, world.b)
  assert.equal(world.b.tunnel.peer, HOME)
})

test('the peer is where its newest authentic message came from', () => {
  const world = upWorld()
  const [first, second, third] = [world.a.seal(), world.a.seal(), world.a.seal()]
  world.b.read(first, HOME)
  world.b.read(third, ELSEWHERE)
  assert.equal(world.b.tunnel.peer, ELSEWHERE)
  world.b.read(second, HOME)
  assert.equal(world.b.tunnel.peer, ELSEWHERE, 'one that was overtaken says nothing new')
  world.b.read(first, HOME)
  world.b.read(third.map((octet, i) => i === 20 ? octet ^ 1 : octet), HOME)
  assert.equal(world.b.tunnel.peer, ELSEWHERE, 'a replay and a forgery say nothing')
})

test('frames that come again, changed ones and those of others are dropped without a word', () => {
  const world = upWorld()
  const frame = world.a.seal()
  assert.is(world.b.read(frame, HOME).result, DATA_HEADER)
  for (let i = 0; i < 3; i++) assert.ok(world.b.read(frame, ELSEWHERE).result < 0)
  assert.is(world.b.tunnel.replayed, 3)
  const fresh = world.a.seal()
  for (let at = 0; at < fresh.length; at++) {
    const changed = fresh.slice()
    changed[at]! ^= 0x80
    assert.ok(world.b.read(changed, HOME).result < 0, `octet ${at}`)
  }
  assert.is(world.b.read(fresh, HOME).result, DATA_HEADER, 'and none of it did harm')
  assert.is(world.wire.length, 0)
})

test('an initiation that comes again does not disturb the session, nor does it get an answer', () => {
  const world = upWorld()
  const initiation = world.ofType(INITIATION)[0]!.octets
  for (let i = 0; i < 5; i++) {
    world.run(1000)
    world.wire = []
    assert.is(world.b.read(initiation, ELSEWHERE).result, NO_FRAME)
    assert.is(world.wire.length, 0)
  }
  passes(world.a, world.b)
  passes(world.b, world.a)
  assert.equal(world.b.tunnel.peer, HOME)
  assert.match(world.b.lines[0]!, /no newer than the last one/)
  assert.is(world.b.lines.length, 1, 'told once')
})

test('an old initiation after a restart of the listener binds nothing: the peer itself gets through', () => {
  const world = upWorld()
  const [initiation] = world.ofType(INITIATION)
  world.restartListener()
  world.b.read(initiation!.octets, ELSEWHERE)
  assert.is(world.b.tunnel.isUp, false)
  world.wire = []
  world.run(8000)
  passes(world.a, world.b)
  passes(world.b, world.a)
  assert.equal(world.b.tunnel.peer, HOME)
})

test('a response that comes again, or answers a former initiation, is ignored', () => {
  const world = upWorld()
  world.run(125_000)
  for (const { octets } of world.ofType(RESPONSE)) assert.ok(world.a.read(octets, ELSEWHERE).result < 0)
  passes(world.a, world.b)
  assert.equal(world.a.tunnel.peer, SERVER)
})

test('messages of one role sent back to it are nothing to it', () => {
  const world = upWorld()
  for (const { by, octets } of [...world.history]) assert.ok(by.read(octets, ELSEWHERE).result < 0)
  assert.is(world.wire.length, 0)
})

for (const [what, near, far] of [
  ['another key of the listener', Credentials.ofKeys(NEAR, publicKeyOf(newCableKey()), 'test'), Credentials.ofKeys(FAR, publicKeyOf(NEAR), 'test')],
  ['another key of the initiator', Credentials.ofKeys(newCableKey(), publicKeyOf(FAR), 'test'), Credentials.ofKeys(FAR, publicKeyOf(NEAR), 'test')],
  ['another secret', Credentials.ofSecret(randomBytes(32)), Credentials.ofSecret(SECRET)],
  ['a secret where keys are wanted', Credentials.ofSecret(SECRET), Credentials.ofKeys(FAR, publicKeyOf(NEAR), 'test')]
] as const) {
  test(`${what}: no answer, and both sides say what they know`, () => {
    const world = new World(near, far)
    world.run(60_000)
    assert.equal([world.a.told, world.b.told], [[], []])
    assert.ok(world.history.every(({ by }) => by === world.a), 'the listener said nothing')
    assert.is(world.a.lines.length, 1)
    assert.match(world.a.lines[0]!, /^no answer from .* yet: nobody listens there, or its keys or psk and ours do not fit$/)
    assert.match(world.b.lines[0]!, /^an initiation from .* was ignored: its keys or psk and ours do not fit, or it is a stranger's$/)
    assert.ok(world.b.lines.length <= 2, 'told once a minute')
    const tries = world.history.length
    assert.ok(tries >= 10 && tries <= 40, `${tries} tries in a minute`)
    assert.ok(world.a.lookUps >= 3)
  })
}

test('what strangers send gets no answer and changes nothing, whatever it is', () => {
  const world = upWorld()
  const random = seeded(25519)
  const patterns = world.history.map(({ octets }) => octets)
  for (let i = 0; i < 20_000; i++) {
    const octets = i % 2 === 0
      ? Uint8Array.from({ length: random.int(200) }, () => random.int(256))
      : patterns[random.int(patterns.length)]!.slice(0, 1 + random.int(300))
    if (i % 4 === 0 && octets.length > 0) octets[0] = 0x11 + random.int(3)
    if (i % 2 === 1) octets[random.int(octets.length)]! ^= 1 + random.int(255)
    for (const end of [world.a, world.b]) assert.ok(end.read(octets, ELSEWHERE).result < 0)
  }
  assert.is(world.wire.length, 0)
  assert.equal([world.a.tunnel.peer, world.b.tunnel.peer], [SERVER, HOME])
  passes(world.a, world.b)
  passes(world.b, world.a)
})

test('a genuine initiation is answered at most every 50 ms', () => {
  const world = keyed()
  const others = Array.from({ length: 20 }, (_, i) => {
    const other = keyed()
    other.ms = 1000 + i
    other.a.tunnel.tick()
    return other.wire[0]!.octets
  })
  for (const octets of others) world.b.read(octets, HOME)
  assert.is(world.wire.length, 1)
})

test('a message is no longer than it has to be', () => {
  const world = upWorld()
  assert.is(world.ofType(INITIATION)[0]!.octets.length, 12 + 96 + CHECK)
  assert.is(world.ofType(RESPONSE)[0]!.octets.length, 4 + 51 + CHECK)
  assert.ok(world.ofType(RESPONSE)[0]!.octets.length < world.ofType(INITIATION)[0]!.octets.length, 'no use for amplification')
})

test.run()
