import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { macHi, macLo } from '@vde-ts/frame/ethernet.js'
import { bytesPerRun, seeded } from '@vde-ts/frame/testing.js'
import { displayBucket, type FdbEntry } from './fdb-entry.ts'
import { listing } from './fdb-listing.ts'
import { Fdb, HELD, KNOWN, MOVED, NEW, OVER_LIMIT, PINNED, REFUSED } from './fdb.ts'
import { ROW_WORDS, rowEntry } from './fdb-row.ts'

const HI = 0x0200

const entries = (fdb: Fdb): FdbEntry[] => {
  const rows = fdb.liveRows()
  return Array.from({ length: rows.length / ROW_WORDS }, (_, i) => rowEntry(rows, i * ROW_WORDS, fdb.nowSec))
}

const learning = suite('Fdb learning')

const listed = suite('Fdb listing')

listed('goes by bucket, then age, whatever order the addresses came in', () => {
  const fdb = new Fdb(1)
  for (let i = 0; i < 1000; i++) {
    fdb.nowSec = i % 7
    fdb.learn(i % 3, HI, i * 7919, 1)
  }
  fdb.nowSec = 10
  const all = [...listing(fdb, 16)]
  assert.is(all.length, 1000)
  for (const { macHi, macLo, vlan, bucket } of all) assert.is(bucket, displayBucket(macHi, macLo, vlan, 16))
  for (let i = 1; i < all.length; i++) {
    const [one, next] = [all[i - 1], all[i]]
    assert.ok(one.bucket < next.bucket || (one.bucket === next.bucket && one.ageSec <= next.ageSec), `row ${i}`)
  }
})

listed('is of the first step, whatever becomes of the table meanwhile', () => {
  const fdb = new Fdb(1)
  for (let i = 0; i < 100; i++) fdb.learn(0, HI, i, 1)
  const steps = listing(fdb, 16)
  steps.next()
  fdb.flush()
  for (let i = 0; i < 1000; i++) fdb.learn(0, HI, -1 - i, 2)
  assert.is([...steps].filter(({ port }) => port === 1).length, 99)
})

listed('of an empty table is empty', () => { assert.equal([...listing(new Fdb(1), 128)], []) })

listed.run()

learning('an address is found on the port that sent it, in its VLAN only', () => {
  const fdb = new Fdb(1)
  assert.is(fdb.learn(5, HI, -1, 3), NEW)
  assert.is(fdb.learn(5, HI, -1, 3), KNOWN)
  assert.is(fdb.find(5, HI, -1), 3)
  assert.is(fdb.find(0, HI, -1), -1)
  assert.is(fdb.find(5, HI, 0xffffffff | 0), 3)
  assert.is(fdb.countOf(3), 1)
})

learning('VLAN 0 port 0 address 0 is an address like any other', () => {
  const fdb = new Fdb(1)
  assert.is(fdb.find(0, 0, 0), -1)
  fdb.learn(0, 0, 0, 0)
  assert.is(fdb.find(0, 0, 0), 0)
})

learning('the highest VLAN key, address and port fit', () => {
  const fdb = new Fdb(1)
  fdb.learn(0x1fff, 0xfeff, -1, 65535)
  assert.is(fdb.find(0x1fff, 0xfeff, -1), 65535)
  assert.equal(entries(fdb), [{ macHi: 0xfeff, macLo: -1, vlan: 0x1fff, port: 65535, ageSec: 0, isStatic: false }])
})

learning('an address moves only after more than 3 s of silence', () => {
  const fdb = new Fdb(1)
  fdb.nowSec = 10
  fdb.learn(0, HI, 1, 1)
  fdb.nowSec = 13
  assert.is(fdb.learn(0, HI, 1, 2), HELD)
  assert.is(fdb.find(0, HI, 1), 1)
  fdb.nowSec = 14
  assert.is(fdb.learn(0, HI, 1, 2), MOVED)
  assert.is(fdb.find(0, HI, 1), 2)
  assert.is(fdb.countOf(1), 0)
  assert.is(fdb.countOf(2), 1)
})

learning('a held move does not refresh the owner', () => {
  const fdb = new Fdb(1)
  fdb.learn(0, HI, 1, 1)
  fdb.nowSec = 3
  fdb.learn(0, HI, 1, 2)
  fdb.nowSec = 4
  assert.is(fdb.learn(0, HI, 1, 2), MOVED)
})

learning.run()

const ageing = suite('Fdb ageing')

ageing('an address is found for 100 s and no longer, without any sweep', () => {
  const fdb = new Fdb(1)
  fdb.learn(0, HI, 1, 1)
  fdb.nowSec = 100
  assert.is(fdb.find(0, HI, 1), 1)
  fdb.nowSec = 101
  assert.is(fdb.find(0, HI, 1), -1)
  assert.is(fdb.entry(0, HI, 1), null)
  assert.equal(entries(fdb), [])
  assert.is(fdb.size, 1)
})

ageing('a sweep of one slice removes what expired, and only that', () => {
  const fdb = new Fdb(1)
  for (let i = 0; i < 1000; i++) fdb.learn(0, HI, i, 1)
  fdb.nowSec = 50
  for (let i = 0; i < 1000; i += 2) fdb.learn(0, HI, i, 1)
  fdb.nowSec = 120
  fdb.startSweep()
  fdb.sweep()
  fdb.startSweep() // a row that a removal carried over the end of the array waits for the next sweep
  fdb.sweep()
  assert.is(fdb.size, 500)
  for (let i = 0; i < 1000; i++) assert.is(fdb.find(0, HI, i), i % 2 === 0 ? 1 : -1)
})

ageing('a large table is swept in slices', () => {
  const fdb = new Fdb(1)
  for (let i = 0; i < 40000; i++) fdb.learn(0, HI, i, 1)
  fdb.nowSec = 101
  fdb.startSweep()
  fdb.sweep()
  assert.ok(fdb.size > 30000 && fdb.size < 40000, `${fdb.size} left after one slice`)
  for (let i = 0; i < 8; i++) fdb.sweep()
  assert.ok(fdb.size < 3, `${fdb.size} left after all slices`)
})

ageing.run()

const limits = suite('Fdb limits')

limits('a port learns as many addresses as it may, by moves too', () => {
  const fdb = new Fdb(1)
  fdb.setLimit(100, 2)
  assert.is(fdb.learn(0, HI, 1, 100), NEW)
  assert.ok(fdb.add(0, HI, 2, 100), 'a pinned one counts')
  assert.is(fdb.learn(0, HI, 3, 100), OVER_LIMIT)
  assert.is(fdb.learn(0, HI, 1, 100), KNOWN)
  fdb.learn(0, HI, 4, 7)
  fdb.nowSec = 10
  assert.is(fdb.learn(0, HI, 4, 100), OVER_LIMIT)
  fdb.delete(0, HI, 1)
  assert.is(fdb.learn(0, HI, 4, 100), MOVED)
  fdb.setLimit(100, null)
  assert.is(fdb.learn(0, HI, 5, 100), NEW)
})

limits.run()

const pinned = suite('Fdb static entries')

pinned('a pinned address is not moved, aged or flushed', () => {
  const fdb = new Fdb(1)
  fdb.learn(0, HI, 1, 2)
  assert.ok(fdb.add(0, HI, 1, 7))
  fdb.nowSec = 1000
  assert.is(fdb.learn(0, HI, 1, 2), PINNED)
  assert.is(fdb.learn(0, HI, 1, 7), KNOWN)
  fdb.startSweep()
  fdb.sweep()
  fdb.flush()
  fdb.flushPort(7)
  assert.is(fdb.find(0, HI, 1), 7)
  assert.ok(fdb.delete(0, HI, 1))
  assert.not.ok(fdb.delete(0, HI, 1))
  assert.is(fdb.size, 0)
  assert.is(fdb.countOf(7), 0)
})

pinned('it goes with its port, and with its VLAN, when asked', () => {
  const fdb = new Fdb(1)
  fdb.add(1, HI, 1, 7)
  fdb.add(2, HI, 1, 8)
  fdb.flushPort(7, -1, true)
  fdb.flushVlan(2, true)
  assert.is(fdb.size, 0)
})

pinned('a table full of pinned addresses refuses, and still finds', () => {
  const fdb = new Fdb(1, 64)
  for (let i = 0; i < 64; i++) assert.ok(fdb.add(0, HI, i, 1))
  assert.not.ok(fdb.add(0, HI, 64, 1))
  assert.is(fdb.learn(0, HI, 64, 2), REFUSED)
  assert.is(fdb.find(0, HI, 64), -1)
  assert.is(fdb.size, 64)
})

pinned.run()

const flushing = suite('Fdb flush')

for (const [name, act, left] of [
  ['port', (fdb: Fdb) => { fdb.flushPort(1) }, [[0, 2], [5, 2]]],
  ['port and VLAN', (fdb: Fdb) => { fdb.flushPort(1, 5) }, [[0, 1], [0, 2], [5, 2]]],
  ['VLAN', (fdb: Fdb) => { fdb.flushVlan(5) }, [[0, 1], [0, 2]]],
  ['all', (fdb: Fdb) => { fdb.flush() }, []]
] as const) {
  flushing(`by ${name} takes exactly those`, () => {
    const fdb = new Fdb(9)
    for (const vlan of [0, 5]) {
      for (const port of [1, 2]) {
        for (let i = 0; i < 200; i++) fdb.learn(vlan, HI + port, i, port)
      }
    }
    act(fdb)
    const kinds = new Set(entries(fdb).map(({ vlan, port }) => `${vlan} ${port}`))
    assert.equal([...kinds].sort(), left.map((pair) => pair.join(' ')).sort())
    assert.is(fdb.size, left.length * 200)
  })
}

flushing('each removal and addition is told once', () => {
  const fdb = new Fdb(1)
  const told: string[] = []
  fdb.watcher = {
    hashAdded: (hi, lo, vlan, port) => { told.push(`+ ${hi} ${lo} ${vlan} ${port}`) },
    hashRemoved: (hi, lo, vlan, port) => { told.push(`- ${hi} ${lo} ${vlan} ${port}`) }
  }
  fdb.learn(5, HI, -7, 1)
  fdb.learn(5, HI, -7, 1)
  fdb.nowSec = 10
  fdb.learn(5, HI, -7, 2)
  fdb.flush()
  assert.equal(told, ['+ 512 -7 5 1', '- 512 -7 5 1', '+ 512 -7 5 2', '- 512 -7 5 2'])
})

flushing.run()

const bounds = suite('Fdb bounds')

bounds('it grows to its capacity and keeps half of the rows free', () => {
  const fdb = new Fdb(1, 4096)
  for (let i = 0; i < 10000; i++) {
    fdb.learn(0, HI, i, 1)
    assert.ok(fdb.size * 2 <= fdb.rows)
  }
  assert.is(fdb.size, 4096)
  assert.is(fdb.rows, 8192)
})

bounds('a flood from one port evicts only its own addresses', () => {
  const fdb = new Fdb(3, 4096)
  for (let port = 2; port < 10; port++) {
    for (let i = 0; i < 20; i++) fdb.learn(0, HI + port, i, port)
  }
  for (let i = 0; i < 60000; i++) fdb.learn(0, HI, i, 1)
  for (let port = 2; port < 10; port++) {
    assert.is(fdb.countOf(port), 20)
    for (let i = 0; i < 20; i++) assert.is(fdb.find(0, HI + port, i), port)
  }
  assert.is(fdb.countOf(1), 4096 - 8 * 20)
})

bounds('during a flood a quiet port still gets room', () => {
  const fdb = new Fdb(3, 4096)
  for (let i = 0; i < 10000; i++) fdb.learn(0, HI, i, 1)
  for (let i = 0; i < 500; i++) assert.is(fdb.learn(0, HI + 1, i, 2), NEW)
  for (let i = 0; i < 10000; i++) fdb.learn(0, HI, i, 1)
  assert.is(fdb.countOf(2), 500)
})

bounds('two flooding ports share the table', () => {
  const fdb = new Fdb(3, 4096)
  for (let i = 0; i < 4096; i++) fdb.learn(0, HI, i, 1)
  for (let i = 0; i < 20000; i++) {
    fdb.learn(0, HI, i + 5000, 1)
    fdb.learn(0, HI + 1, i, 2)
  }
  assert.ok(Math.abs(fdb.countOf(1) - fdb.countOf(2)) < 50, `${fdb.countOf(1)} and ${fdb.countOf(2)}`)
})

bounds('random work agrees with a plain map', () => {
  const chance = seeded(7)
  const fdb = new Fdb(11, 1 << 20)
  const model = new Map<string, number>()
  for (let step = 0; step < 60000; step++) {
    const vlan = chance.int(4)
    const lo = chance.int(3000) - 1500
    const key = `${vlan} ${lo}`
    const port = model.get(key) ?? chance.int(40)
    if (chance.int(3) === 0) assert.is(fdb.delete(vlan, HI, lo), model.delete(key))
    else {
      fdb.learn(vlan, HI, lo, port)
      model.set(key, port)
    }
    if (step % 20000 === 19999) {
      fdb.flushPort(5)
      for (const [name, at] of model) if (at === 5) model.delete(name)
    }
  }
  assert.is(fdb.size, model.size)
  for (const [key, port] of model) {
    const [vlan, lo] = key.split(' ').map(Number)
    assert.is(fdb.find(vlan, HI, lo), port)
  }
})

bounds('sequential addresses do not cluster, whatever the seed', () => {
  for (let seed = 0; seed < 50; seed++) {
    const fdb = new Fdb(seed * 7919)
    for (let i = 0; i < 4000; i++) fdb.learn(0, HI, i << (seed % 8), 1)
    assert.ok(fdb.longestProbe() < 80, `seed ${seed}: ${fdb.longestProbe()} rows`)
  }
})

bounds('learn, find and eviction allocate nothing', () => {
  const fdb = new Fdb(1, 4096)
  for (let i = 0; i < 4096; i++) fdb.learn(0, HI, i, i & 7)
  assert.ok(bytesPerRun((i) => { fdb.learn(0, HI, i & 4095, i & 7) }, 100_000) < 1)
  assert.ok(bytesPerRun((i) => { fdb.find(0, HI, i & 4095) }, 100_000) < 1)
  let next = 4096
  assert.ok(bytesPerRun(() => { fdb.learn(0, HI, next++, 1) }, 100_000) < 1)
})

bounds.run()

const display = suite('displayBucket')

for (const [macHi, macLo, vlan, size, want] of [
  [0x0200, 1, 0, 128, 43],
  [0x0200, 1, 5, 128, 108],
  [0x0200, 1, 0, 1, 0]
] as const) {
  display(`is ${want} for ${macHi.toString(16)}:${macLo} VLAN ${vlan} of ${size}`, () => {
    assert.is(displayBucket(macHi, macLo, vlan, size), want)
  })
}

display('agrees with the formula in 64-bit arithmetic', () => {
  const word = 0xffffffffffffffffn
  const chance = seeded(17)
  for (let i = 0; i < 2000; i++) {
    const mac = chance.octets(6)
    const vlan = chance.int(4095)
    let key = BigInt(vlan) << 48n
    mac.forEach((octet, at) => { key |= BigInt(octet) << BigInt(8 * at) })
    key ^= key >> 33n
    key = (key * 0xff51afd7ed558ccdn) & word
    key ^= key >> 33n
    key = (key * 0xc4ceb9fe1a85ec53n) & word
    assert.is(displayBucket(macHi(mac, 0), macLo(mac, 0), vlan, 2 ** 30), Number(key & BigInt(2 ** 30 - 1)))
  }
})

display.run()
