import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HEADROOM, OFFLOAD } from '@vde-ts/link/link.js'
import { VdeError } from '@vde-ts/link/errors.js'
import { bytesPerRun, lentFrame } from '@vde-ts/link/testing.js'
import { CableGroup, type CableMode } from './cable-group.ts'
import { FakeLink, give, user, type Plugged } from './testing.ts'

const FRAME = 'ffffffffffff 020000000001 0800 0000'
const WHO = { owner: user(1000), module: 'test', description: '' }

const plugged = (endpoint: Plugged['endpoint']): Plugged => {
  const link = new FakeLink()
  endpoint.connect(link)
  return { endpoint, link }
}

/** A group with its station and `count` cables. */
const make = (mode: CableMode, count: number): { group: CableGroup, station: Plugged, cables: Plugged[] } => {
  const group = new CableGroup(mode, 100)
  const station = plugged(group.attachStation(WHO))
  return { group, station, cables: Array.from({ length: count }, () => plugged(group.attach(WHO))) }
}

const counts = (cables: readonly Plugged[]): number[] => cables.map(({ link }) => link.count)

const test = suite('CableGroup')

for (const mode of ['multi', 'bonding'] as const) {
  test(`${mode}: what comes from a cable goes to the station only`, () => {
    const { station, cables } = make(mode, 3)
    give(cables[1]!.endpoint, FRAME)
    assert.equal([station.link.count, ...counts(cables)], [1, 0, 0, 0])
  })

  test(`${mode}: a header that lies ends the frame, an empty group takes all`, () => {
    const { group, station, cables } = make(mode, 1)
    const lent = lentFrame(60)
    lent[HEADROOM - OFFLOAD + 1] = 9
    station.endpoint.onFrame(lent, HEADROOM, 60)
    assert.equal([group.station.drops.malformed, ...counts(cables)], [1, 0])
    cables[0]!.endpoint.close()
    give(station.endpoint, FRAME)
    assert.is(group.cables.length, 0)
  })

  test(`${mode}: a frame allocates nothing`, () => {
    const { station, cables } = make(mode, 3)
    for (const { link } of cables) link.isMute = true
    const lent = lentFrame(60)
    const used = bytesPerRun(() => { station.endpoint.onFrame(lent, HEADROOM, 60) })
    assert.ok(used < 1, `${used} octets a frame`)
  })
}

test('multi: every cable has every frame, full ones later', () => {
  const { station, cables } = make('multi', 3)
  cables[1]!.link.isFull = true
  for (let i = 0; i < 5; i++) give(station.endpoint, FRAME)
  assert.equal(counts(cables), [5, 0, 5])
  cables[1]!.link.isFull = false
  cables[1]!.endpoint.onWritable()
  assert.equal(counts(cables), [5, 5, 5])
})

test('bonding: in turn, the first frame to the second cable', () => {
  const { station, cables } = make('bonding', 3)
  give(station.endpoint, FRAME)
  assert.equal(counts(cables), [0, 1, 0])
  for (let i = 0; i < 5; i++) give(station.endpoint, FRAME)
  assert.equal(counts(cables), [2, 2, 2])
})

test('bonding: cables that are down or gone are passed over at once', () => {
  const { station, cables } = make('bonding', 3)
  cables[1]!.endpoint.onDown()
  for (let i = 0; i < 6; i++) give(station.endpoint, FRAME)
  assert.equal(counts(cables), [3, 0, 3])
  cables[0]!.endpoint.close()
  for (let i = 0; i < 4; i++) give(station.endpoint, FRAME)
  assert.equal(counts(cables), [3, 0, 7])
  cables[1]!.endpoint.onUp()
  for (let i = 0; i < 4; i++) give(station.endpoint, FRAME)
  assert.equal(counts(cables), [3, 2, 9])
})

test('bonding: with no cable that is up a frame is lost and counted', () => {
  const { group, station } = make('bonding', 0)
  give(station.endpoint, FRAME)
  assert.is(group.station.drops.closed, 1)
})

test('so many and no more, and none after the end', () => {
  const group = new CableGroup('multi', 2)
  const one = plugged(group.attach(WHO))
  plugged(group.attach(WHO))
  assert.throws(() => group.attach(WHO), (error: Error) => error instanceof VdeError && error.code === 'ENOSPC')
  group.close()
  assert.ok(one.link.isClosed)
  assert.throws(() => group.attach(WHO), (error: Error) => error instanceof VdeError && error.code === 'ENXIO')
})

test.run()
