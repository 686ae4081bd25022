import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesPerRun, hex } from '@vde-ts/link/testing.js'
import { ADDRESS_WORDS, parseAddress } from '../internet/address.ts'
import { Stations } from './stations.ts'

const stations = suite('stations of an overlay')
const options = { seed: 5, capacity: 1024, expireSec: 100 }

const wordsOf = (text: string, port: number = 4789): Int32Array => new Int32Array(parseAddress(text, port)!.buffer)
const hostOf = (table: Stations, words: Int32Array): number => table.hostOf(words[0]!, words, 0)
const numbered = (i: number): Int32Array => wordsOf(`10.${i >> 16 & 255}.${i >> 8 & 255}.${i & 255}`)
const mac = (i: number): Uint8Array => Uint8Array.from([2, 0, 0, i >> 16, i >> 8, i])

stations('one host for one address and port', () => {
  const table = new Stations(options)
  const a = hostOf(table, wordsOf('192.0.2.1'))
  assert.is(hostOf(table, wordsOf('192.0.2.1')), a)
  assert.is.not(hostOf(table, wordsOf('192.0.2.2')), a)
  assert.is.not(hostOf(table, wordsOf('192.0.2.1', 4790)), a)
  assert.is.not(hostOf(table, wordsOf('fd00::1')), hostOf(table, wordsOf('fd00::2')))
  assert.equal(table.words.subarray(a * ADDRESS_WORDS, (a + 1) * ADDRESS_WORDS), wordsOf('192.0.2.1'))
})

stations('a station is found where it was heard last, groups are nobody\'s, age ends it', () => {
  const table = new Stations(options)
  const [a, b] = [hostOf(table, numbered(1)), hostOf(table, numbered(2))]
  table.learn(mac(1), 0, a)
  table.learn(mac(1), 0, b)
  table.learn(hex('ffffffffffff'), 0, a)
  assert.equal([table.find(mac(1), 0), table.find(hex('ffffffffffff'), 0), table.find(mac(2), 0)], [b, -1, -1])
  table.tick(101)
  assert.is(table.find(mac(1), 0), -1)
})

stations('forgetting a host forgets its stations alone', () => {
  const table = new Stations(options)
  for (let i = 1; i <= 3; i++) table.learn(mac(i), 0, hostOf(table, numbered(i % 2)))
  table.forget(numbered(1), 0)
  table.forget(numbered(99), 0)
  assert.equal([1, 2, 3].map((i) => table.find(mac(i), 0) >= 0), [false, true, false])
})

stations('a pinned station stays, whoever claims it', () => {
  const table = new Stations(options)
  assert.ok(table.pin(mac(1), numbered(7)))
  const pinned = table.find(mac(1), 0)
  table.learn(mac(1), 0, hostOf(table, numbered(8)))
  table.forget(numbered(7), 0)
  table.tick(10_000)
  assert.is(table.find(mac(1), 0), pinned)
})

stations('more hosts than there are places are not noted; places of forgotten ones are given away', () => {
  const table = new Stations({ ...options, capacity: 65536 })
  table.pin(mac(0), numbered(0))
  for (let i = 1; i <= 5000; i++) table.learn(mac(i), 0, hostOf(table, numbered(i)))
  assert.equal([table.hosts, table.size], [4096, 4096])
  assert.is(hostOf(table, numbered(4999)), -1)
  assert.is(hostOf(table, numbered(4000)), table.find(mac(4000), 0))
  table.tick(1)
  assert.is(hostOf(table, numbered(4999)), -1)
  for (let sec = 102; table.hosts > 1; sec++) table.tick(sec)
  const host = hostOf(table, numbered(4999))
  assert.equal(table.words.subarray(host * ADDRESS_WORDS, host * ADDRESS_WORDS + 2), numbered(4999).subarray(0, 2))
  assert.equal([table.find(mac(4999), 0), table.find(mac(0), 0)], [-1, hostOf(table, numbered(0))])
})

stations('looking up allocates nothing', () => {
  const table = new Stations(options)
  const words = numbered(1)
  const station = mac(1)
  assert.ok(bytesPerRun(() => {
    table.learn(station, 0, table.hostOf(words[0]!, words, 0))
    table.find(station, 0)
  }) < 1)
})

stations.run()
