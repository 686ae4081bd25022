import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HEADROOM } from '@vde-ts/impair/limits.js'
import { VirtualWorld } from '@vde-ts/impair/testing.js'
import type { Link } from '@vde-ts/link/link.js'
import { memoryPair } from '@vde-ts/link/memory.js'
import { Recorder } from '@vde-ts/link/testing.js'
import { qualityOf } from '../quality.ts'
import { Medium } from './medium.ts'

const MS = 1e6
const LEN = 60

/** Stations by name, each with a host behind a wire of memory. */
class Field {
  readonly world = new VirtualWorld()
  readonly medium: Medium
  readonly hosts = new Map<string, { readonly link: Link, readonly heard: Recorder }>()
  readonly frame: Uint8Array = new Uint8Array(HEADROOM + LEN)

  constructor (names: string, { seed = 1, isHub = false } = {}) {
    this.medium = new Medium(this.world.engine, { seed, isHub })
    for (const name of names) {
      const heard = new Recorder()
      const station = this.medium.add(name)
      const [link, near] = memoryPair(heard, station)
      station.connect(near)
      link.resume()
      this.hosts.set(name, { link, heard })
    }
  }

  open (...directions: string[]): void {
    this.medium.apply(directions.map((text) => {
      const [, from, to, words] = /^(.)>(.) ?(.*)$/.exec(text)!
      return { action: 'open', from: from!, to: to!, quality: qualityOf(words!) }
    }))
  }

  shut (...directions: string[]): void {
    this.medium.apply(directions.map((text) => ({ action: 'close', from: text[0]!, to: text[2]! })))
  }

  /** A frame from a station, with a number; the address behind it has no say. */
  send (from: string, serial = 0): void {
    this.frame[HEADROOM + 14] = serial >> 8
    this.frame[HEADROOM + 15] = serial
    this.hosts.get(from)!.link.send(this.frame, HEADROOM, LEN)
  }

  /** How many frames each host has: `a0 b1`. */
  get told (): string { return [...this.hosts].map(([name, { heard }]) => `${name}${heard.frames.length}`).join(' ') }

  serials (name: string): number[] { return this.hosts.get(name)!.heard.frames.map((frame) => frame[14]! << 8 | frame[15]!) }
}

const CHAIN = ['a>b', 'b>a', 'b>c', 'c>b']

const test = suite('Medium')

test('nothing is open unless it is said', () => {
  const field = new Field('abc')
  for (const name of 'abc') field.send(name)
  assert.is(field.told, 'a0 b0 c0')
})

test('a frame reaches those that hear its sender, once each, and is not passed on', () => {
  const field = new Field('abc')
  field.open(...CHAIN)
  field.send('b')
  assert.is(field.told, 'a1 b0 c1')
  field.send('a')
  assert.is(field.told, 'a1 b1 c1')
})

test('directions are by themselves', () => {
  const field = new Field('ab')
  field.open('a>b')
  field.send('a')
  field.send('b')
  assert.is(field.told, 'a0 b1')
})

test('each copy has the delay and the loss of its own direction', () => {
  const field = new Field('abc')
  field.open('b>a delay=5ms', 'b>c delay=1ms loss=100%', 'a>b')
  field.send('b')
  field.send('a')
  field.world.runUntil(4 * MS)
  assert.is(field.told, 'a0 b1 c0')
  field.world.runUntil(5 * MS)
  assert.is(field.told, 'a1 b1 c0')
  assert.is(field.medium.hearings().find(({ to }) => to === 'c')!.counters.drops.loss, 1)
})

test('a frame in the air arrives, though the direction has closed meanwhile', () => {
  const field = new Field('ab')
  field.open('a>b delay=5ms')
  field.send('a', 1)
  field.shut('a>b')
  field.send('a', 2)
  field.world.drain()
  assert.equal(field.serials('b'), [1])
})

test('a pair keeps its mark and its counters when it goes down and up', () => {
  const field = new Field('abc')
  field.open(...CHAIN)
  field.send('a')
  field.shut('a>b', 'b>a')
  field.open('c>a', 'a>b', 'b>a')
  field.send('a')
  assert.equal(field.medium.hearings().map(({ mark, from, to, counters }) => `${mark} ${from}>${to} ${counters.outFrames}`),
    ['1 a>b 2', '1 b>a 0', '2 b>c 0', '2 c>b 0', '3 c>a 0'])
})

test('a step with a station that is not there changes nothing', () => {
  const field = new Field('ab')
  assert.throws(() => { field.open('a>b', 'a>z') }, /there is no station "z"/)
  assert.throws(() => { field.open('a>a') }, /want two stations/)
  field.send('a')
  assert.is(field.told, 'a0 b0')
})

test('a whole step closes what it does not name', () => {
  const field = new Field('abc')
  field.open(...CHAIN)
  field.medium.apply([{ action: 'open', from: 'a', to: 'c', quality: qualityOf('') }], true)
  for (const name of 'abc') field.send(name)
  assert.is(field.told, 'a0 b0 c1')
})

test('a frame sees a step before or after, never between', () => {
  // Two receivers change their roles at every step: each frame reaches exactly one of them.
  const field = new Field('abc')
  const roles = [['a>b', 'a>c'], ['a>c', 'a>b']] as const
  field.open('a>b')
  for (let i = 1; i <= 100; i++) {
    const [opened, shut] = roles[i % 2]!
    field.medium.apply([
      { action: 'close', from: shut[0]!, to: shut[2]! }, { action: 'open', from: opened[0]!, to: opened[2]!, quality: qualityOf('') }
    ])
    field.send('a', i)
  }
  assert.equal([...field.serials('b'), ...field.serials('c')].sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i + 1))
})

test('which frames are lost follows from the seed, per direction', () => {
  const lost = (seed: number): string[] => {
    const field = new Field('abc', { seed })
    field.open('a>b loss=10%', 'a>c loss=10%')
    for (let i = 0; i < 1000; i++) field.send('a', i)
    return ['b', 'c'].map((name) => field.serials(name).join())
  }
  const [first, again, other] = [lost(7), lost(7), lost(8)]
  assert.equal(first, again)
  assert.is.not(first[0], other[0])
  assert.is.not(first[0], first[1])
})

test('what is lost does not depend on the order in which stations came', () => {
  const lost = (names: string): number[] => {
    const field = new Field(names)
    field.open('a>b loss=20%')
    for (let i = 0; i < 200; i++) field.send('a', i)
    return field.serials('b')
  }
  assert.equal(lost('abc'), lost('cba'))
})

test('a hub: everybody hears everybody, and a quality is a station\'s', () => {
  const field = new Field('abcd', { isHub: true })
  field.medium.impair('b', qualityOf('delay=3ms'))
  field.send('a')
  field.send('c')
  assert.is(field.told, 'a1 b0 c1 d2')
  field.world.drain()
  assert.is(field.told, 'a1 b2 c1 d2')
  assert.throws(() => { field.medium.apply([{ action: 'close', from: 'a', to: 'b' }]) }, /no hub/)
  field.medium.remove('d')
  field.send('a')
  field.world.drain()
  assert.is(field.told, 'a1 b3 c2 d2')
})

test('a receiver that is full loses frames, and costs nobody else one', () => {
  const field = new Field('abc')
  field.open('a>b', 'a>c')
  field.hosts.get('b')!.link.pause()
  for (let i = 0; i < 3; i++) field.send('a', i)
  assert.is(field.told, 'a0 b0 c3')
  assert.is(field.medium.hearings()[0]!.counters.drops.queue, 3)
  field.hosts.get('b')!.link.resume()
  field.send('a', 3)
  assert.equal(field.serials('b'), [3])
})

test('a station that leaves takes what is in the air for it along', () => {
  const field = new Field('ab')
  field.open('a>b delay=5ms', 'b>a')
  field.send('a')
  field.medium.remove('b')
  field.send('a')
  field.world.drain()
  assert.is(field.told, 'a0 b0')
  assert.is(field.world.engine.nodes, 0)
  field.medium.close()
})

test('4950 pairs change in one step', () => {
  const medium = new Medium(new VirtualWorld().engine, { seed: 1 })
  const names = Array.from({ length: 100 }, (_, i) => `n${i}`)
  for (const name of names) medium.add(name)
  const all = (words: string): void => {
    const quality = qualityOf(words)
    medium.apply(names.flatMap((from) => names.filter((to) => to !== from).map((to) => ({ action: 'change' as const, from, to, quality }))))
  }
  all('delay=1ms')
  all('delay=2ms')
  assert.is(medium.hearings().length, 9900)
  assert.ok(medium.hearings().every(({ quality, isOpen }) => isOpen && quality.delay.base === 2 * MS))
})

test.run()
