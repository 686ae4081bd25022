/**
 * Random and half-right input for everything that strangers feed: control requests, console lines, VNLs, streams,
 * frames. Seeded: E2E_SEED repeats a run, E2E_INPUTS says how much. No exception escapes, nothing grows, and what must
 * hold of the answers holds.
 */
import assert from 'node:assert/strict'
import { Dialogue } from '@vde-ts/console/dialogue.js'
import type { SwitchContext } from '@vde-ts/console/switch/context.js'
import { switchConsole } from '@vde-ts/console/switch/switch-console.js'
import { RequestBuffer, decodeReply, decodeRequest, encodeRequest, isRefusal } from '@vde-ts/frame/control.js'
import { describe } from '@vde-ts/frame/describe.js'
import { popTag, pushTag } from '@vde-ts/frame/vlan.js'
import { LONG_STREAM_HEADER, STREAM_HEADER, StreamDecoder, encodeStreamFrame } from '@vde-ts/frame/stream.js'
import { HEADROOM, OFFLOAD, VdeError, type FrameSink, type Link } from '@vde-ts/link'
import { Switch } from '@vde-ts/switch'
import { indirectLine, parseTail, parseVnl, type TailGrammar, type TailStyle } from '@vde-ts/vnl'
import { INPUTS, Random, SEED, grind } from './kit/fuzz.ts'
import { run, test } from './kit/index.ts'

const MS = 240_000
const SHARE = Math.ceil(INPUTS / 5)

test(`control requests: ${SHARE} inputs`, { ms: MS }, async () => {
  const random = new Random(SEED)
  const base = [3, 1].map((version) => encodeRequest({
    version: version as 1 | 3, port: version === 1 ? null : 7, address: '/tmp/some/where/.00001-00000', description: 'fuzz: user=me pid=1'
  }))
  const buf = new Uint8Array(600)
  await grind(SHARE, () => {
    const len = random.below(300)
    if (random.once(4)) random.fill(buf, 3, len)
    else buf.set(random.pick(base), 3)
    for (let n = random.below(6); n > 0; n--) buf[3 + random.below(140)] = random.next()
    const answer = decodeRequest(buf, 3, len)
    if (!isRefusal(answer)) {
      assert.ok(len >= 122 && answer.address.length === 110 && (answer.version === 3 || answer.version === 1))
      assert.ok(answer.port === null || (answer.port >= 0 && answer.port <= 0x7fffff))
      assert.ok(answer.description.length <= 134)
    }
    decodeReply(buf, 3, len)
    inPieces(random, buf.subarray(3, 3 + Math.min(len, 256)), answer)
  })
})

/** The same octets in pieces must come to the same answer, when they come to one at all. */
const inPieces = (random: Random, octets: Uint8Array, whole: ReturnType<typeof decodeRequest>): void => {
  const pieces = new RequestBuffer()
  for (let at = 0; at < octets.length;) {
    const count = Math.min(1 + random.below(64), octets.length - at, pieces.room)
    pieces.octets.set(octets.subarray(at, at + count), pieces.have)
    pieces.filled(count)
    at += count
    if (pieces.state === 'refused') {
      assert.ok(isRefusal(whole), 'refused in pieces, taken whole')
      return
    }
  }
  if (!isRefusal(whole)) assert.equal(pieces.state, 'ready')
}

const GRAMMAR_STYLES: readonly TailStyle[] = ['address', 'path', 'raw', 'nested-address', 'nested-path']
const VNL_WORDS = ['vde', '://', '/', '[', ']', '{', '}', '=', 'port', 'mode', 'group', 'switch', '\'', '"', '\\', '%', '%41', '%00', '%%', '/tmp/sw', '__proto__',
  'constructor', '3', '0777', ' ', '\n', '\0', 'é', '\ud800']

test(`VNLs: ${SHARE} inputs`, { ms: MS }, async () => {
  const random = new Random(SEED + 1)
  const params = { port: { help: '', value: 'N', fallback: '' }, portgroup: { help: '', value: 'N', fallback: '' }, mode: { help: '', value: 'OCT', fallback: '' } }
  const grammars = GRAMMAR_STYLES.map((style): TailGrammar => ({ name: 'fuzz', style, params, positional: style === 'path' }))
  await grind(SHARE, () => {
    const text = random.text(VNL_WORDS, random.once(500) ? 20_000 : 60)
    indirectLine(text)
    for (const grammar of [random.pick(grammars), random.pick(grammars)]) {
      try {
        const tail = parseTail(text, grammar)
        for (const key of tail.params.keys()) assert.ok(key === '' || Object.hasOwn(params, key), `a key of the table: ${key}`)
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
        assert.match(error.message, /^Cannot /)
      }
    }
    try {
      parseVnl(text, () => random.pick(grammars))
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
    }
  })
})

for (const [name, header] of [['stream', STREAM_HEADER], ['long stream', LONG_STREAM_HEADER]] as const) {
  test(`${name} octets: ${SHARE} inputs`, { ms: MS }, async () => {
    const random = new Random(SEED + header)
    let delivered = 0
    let desyncs = 0
    const decoder = new StreamDecoder({
      onFrame (buf, off, len) {
        delivered++
        assert.ok(len >= 14 && len <= 9236 && off >= HEADROOM && off + len <= buf.length)
        for (let i = 1; i <= OFFLOAD; i++) assert.equal(buf[off - i], 0)
      },
      onDesync () { desyncs++ }
    }, 9236, header)
    const piece = new Uint8Array(HEADROOM + 4096)
    await grind(SHARE, () => {
      const len = random.below(random.once(8) ? 4096 : 64)
      random.fill(piece, HEADROOM, len)
      // Small values, or little but the skipping of long announced frames would ever be seen.
      const mask = random.pick([0, 1, 0x1f, 0x1f, 0xff])
      for (let i = 0; i < len; i++) piece[HEADROOM + i]! &= header === STREAM_HEADER || i % 4 === 3 || mask === 0xff ? mask : 0
      const before = desyncs
      assert.equal(decoder.push(piece, HEADROOM, len), len)
      // Of four octets a length may announce 4 GiB: there a link ends.
      if (header === LONG_STREAM_HEADER && desyncs > before) decoder.reset()
    })
    assert.ok(delivered > SHARE / 100, `${delivered} frames came out of the noise`)
    assert.ok(desyncs > 0)
  })
}

test(`streams of true frames, cut anywhere: ${Math.ceil(SHARE / 10)} streams`, { ms: MS }, async () => {
  const random = new Random(SEED + 3)
  const lengths = new Int32Array(64)
  await grind(Math.ceil(SHARE / 10), () => {
    let sum = 0
    let got = 0
    const decoder = new StreamDecoder({ onFrame (buf, off, len) { lengths[got++] = len; sum += buf[off]! } })
    const frames = Array.from({ length: 1 + random.below(8) }, () => random.bytes(14 + random.below(400)))
    const stream = Buffer.concat(frames.map((bytes) => encodeStreamFrame(bytes, 0, bytes.length)))
    for (let at = 0; at < stream.length;) {
      const count = Math.min(1 + random.below(random.once(2) ? 3 : 700), stream.length - at)
      const off = random.below(2) * HEADROOM
      const piece = new Uint8Array(off + count)
      piece.set(stream.subarray(at, at + count), off)
      decoder.push(piece, off, count)
      at += count
    }
    assert.equal(got, frames.length)
    frames.forEach((bytes, i) => { assert.equal(lengths[i], bytes.length) })
    assert.equal(sum, frames.reduce((total, bytes) => total + bytes[0]!, 0))
    assert.equal(decoder.pending, 0)
  })
})

/** A link that takes everything, refuses now and then, and checks what it is given. */
class Probe implements Link {
  readonly offload = false
  readonly label = 'fuzz'
  maxFrame = 65557
  count = 0
  readonly #random: Random
  constructor (random: Random) { this.#random = random }
  send (buf: Uint8Array, off: number, len: number): boolean {
    assert.ok(len >= 14 && off >= 0 && off + len <= buf.length && len <= this.maxFrame)
    if (this.#random.once(10)) return false
    this.count++
    return true
  }

  pause (): void {}
  resume (): void {}
  close (): void {}
}

const makeSwitch = (): Switch => new Switch({ seed: SEED, macHi: 0x200, macLo: 10, numPorts: 24, capacity: 2048 })

const attach = (sw: Switch, random: Random, port: number | 'any'): FrameSink & { close (): void } => {
  const description = random.text(['a', 'user=x', '\n', '\x1b'], 30)
  const endpoint = sw.attach({ port, owner: { uid: 1000, gid: 1000, groups: [] }, module: 'unix prog', description, mayUsePortZero: true })
  endpoint.connect(new Probe(random))
  return endpoint
}

test(`frames through a switch: ${SHARE} inputs`, { ms: MS }, async () => {
  const random = new Random(SEED + 4)
  const sw = makeSwitch()
  for (const vlan of [5, 6, 4093]) sw.vlan.create(vlan)
  const ends = Array.from({ length: 20 }, () => attach(sw, random, 'any'))
  for (let port = 1; port <= 8; port++) sw.vlan.addPort(5 + (port & 1), port)
  const buf = new Uint8Array(HEADROOM + 9300)
  let now = 0
  await grind(SHARE, (i) => {
    const len = random.once(50) ? random.below(9300) : random.below(120)
    random.fill(buf, HEADROOM, Math.min(len, 24))
    buf.fill(0, HEADROOM - OFFLOAD, HEADROOM)
    if (!random.once(3)) buf.fill(2, HEADROOM + 6, HEADROOM + 11) // few sources, so that addresses are found again
    if (random.once(3)) buf.copyWithin(HEADROOM, HEADROOM + 6, HEADROOM + 11)
    if (random.once(2)) buf.set([0x81, 0, 0, random.pick([0, 5, 6, 255])], HEADROOM + 12)
    const before = Buffer.from(buf.subarray(HEADROOM - OFFLOAD, HEADROOM + 24))
    ends[random.below(ends.length)]!.onFrame(buf, HEADROOM, len)
    assert.ok(before.equals(buf.subarray(HEADROOM - OFFLOAD, HEADROOM + 24)), 'the frame is left as it was')
    describe(buf, HEADROOM, len)
    if (i % 1000 === 0) sw.tick(now += 7)
    if (i % 400 === 0) {
      const at = random.below(ends.length)
      ends[at]!.close()
      ends[at] = attach(sw, random, 'any')
    }
    if (i % 8 === 0) ends[random.below(ends.length)]!.onWritable()
  })
  assert.ok(sw.queueOctets.used <= sw.queueOctets.limit)
})

test('tags go on and come off again', { ms: MS }, async () => {
  const random = new Random(SEED + 5)
  const buf = new Uint8Array(HEADROOM + 128)
  await grind(Math.ceil(SHARE / 10), () => {
    const off = HEADROOM
    random.fill(buf, off, 64)
    buf.fill(0, off - OFFLOAD, off)
    const before = Buffer.from(buf.subarray(off - OFFLOAD, off + 64))
    const tagged = pushTag(buf, off, random.below(0x10000))
    assert.equal(tagged, off - 4)
    assert.equal(popTag(buf, tagged), off)
    assert.ok(before.equals(buf.subarray(off - OFFLOAD, off + 64)))
  })
})

const REPLY = /^(0000 DATA END WITH '\.'\n([^]*?\n)?\.\n)?1\d{3} [^\n]+\n\nvde\$ /

test(`console lines: ${SHARE} inputs`, { ms: MS }, async () => {
  const random = new Random(SEED + 6)
  const sw = makeSwitch()
  const defects: unknown[] = []
  const facts = { controlDir: '/tmp/x', controlMode: 0o600, uptimeSec: () => 5 }
  const { console: commands, close } = switchConsole(sw, facts, (error, line) => { defects.push(error, line) })
  const options = { isGreeting: false, isPrompting: true, mayLogout: true, hasPause: false }
  const begin = (): Dialogue<SwitchContext> => {
    const fresh = new Dialogue(commands, options, () => {})
    assert.equal(fresh.next(), '\nvde$ ')
    return fresh
  }
  let dialogue = begin()
  const words = [...commands.table.rows.map((row) => row.path).filter((path) => !/^(load|plugin\/add|logout|shutdown|port\/capture|events)$/.test(path)),
    ' ', ' ', ' ', '1', '5', '0', '-1', '4095', '99999999999', '0x10', '010', '02:00:00:00:00:01', '--json', 'NONE', 'root', '\r', '\t', '#', '.', '\0', 'é', '\u001b']
  let end: (FrameSink & { close (): void }) | null = null
  await grind(SHARE, (i) => {
    const line = random.text(words, random.once(300) ? 9000 : 40).replaceAll('\n', ' ')
    const octets = Buffer.from(line + '\n')
    for (let at = 0; at < octets.length;) {
      const count = Math.min(1 + random.below(50), octets.length - at)
      dialogue.push(octets, at, count)
      at += count
    }
    let text = ''
    for (let piece = dialogue.next(); piece !== null; piece = dialogue.next()) text += piece
    const replies = text.replace(/^3\d{3} [^\n]*\n/gm, '')
    assert.match(replies, /^\s*vde\$ $/.test(replies) ? /./ : REPLY, JSON.stringify({ line, replies }))
    assert.equal(dialogue.ended, null)
    if (i % 500 === 0) {
      end?.close()
      end = tryAttach(sw, random)
    }
    if (i % 5000 === 0) {
      dialogue.close()
      dialogue = begin()
    }
  })
  dialogue.close()
  close()
  assert.deepEqual(defects, [])
})

/** The lines before may have removed, closed or restricted every port. */
const tryAttach = (sw: Switch, random: Random): (FrameSink & { close (): void }) | null => {
  try {
    return attach(sw, random, 1 + random.below(24))
  } catch (error) {
    if (error instanceof VdeError) return null
    throw error
  }
}

run()
