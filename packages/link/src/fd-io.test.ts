import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, STREAM } from '@vde-ts/native'
import { sharedIo } from './fd-io.ts'
import { SendRing } from './send-ring.ts'
import { seeded, testFrame } from './testing.ts'

const EAGAIN = 11
const O_NONBLOCK = 0o4000

const isNonblocking = (fd: number): boolean => {
  const flags = /^flags:\s+([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))
  return (parseInt(flags?.[1] ?? '', 8) & O_NONBLOCK) !== 0
}

/** [reading end, writing end], blocking. */
const media = {
  pipe: (): [number, number] => {
    const ends = new Int32Array(2)
    assert.is(native.pipe(ends, false), 0)
    return [ends[0], ends[1]]
  },
  socket: (): [number, number] => {
    const ends = new Int32Array(2)
    assert.is(native.socketPair(STREAM, ends), 0)
    for (const fd of ends) native.setNonblock(fd, false)
    return [ends[0], ends[1]]
  }
}

const EOPNOTSUPP = 95
/** What a kernel before 6.4 answers. */
const OLD = { readNowait: () => -EOPNOTSUPP, writeNowait: () => -EOPNOTSUPP }

const io = suite('sharedIo')

for (const [name, open] of Object.entries(media)) {
  for (const [how, pick] of [['this kernel', () => sharedIo()], ['an old kernel', () => sharedIo(OLD)]] as const) {
    io(`${how}: a full blocking ${name} answers EAGAIN, and passes every octet`, () => {
      const [reader, writer] = open()
      const { read, write } = pick()
      const octets = seeded(1).octets(500_000)
      const got = new Uint8Array(octets.length)
      let sent = 0
      let received = 0
      let refusals = 0
      while (received < octets.length) {
        const written = sent < octets.length ? write(writer, octets, sent, octets.length - sent) : -EAGAIN
        if (written > 0) {
          sent += written
          continue
        }
        assert.is(written, -EAGAIN)
        refusals++
        const count = read(reader, got, received, Math.min(70_000, got.length - received))
        assert.ok(count > 0, `read ${count}`)
        received += count
      }
      assert.ok(refusals > 1)
      assert.is(Buffer.compare(got, octets), 0)
      assert.equal([isNonblocking(reader), isNonblocking(writer)], [false, false])
      native.close(reader)
      native.close(writer)
    })
  }

  io(`read of a ${name} tells the end, write of one without reader EPIPE`, () => {
    const [reader, writer] = open()
    native.close(writer)
    assert.is(sharedIo().read(reader, new Uint8Array(8), 0, 8), 0)
    native.close(reader)
    const [gone, left] = open()
    native.close(gone)
    assert.is(sharedIo().write(left, new Uint8Array(8), 0, 8), -32)
    native.close(left)
  })

  io(`a ring drains through a blocking ${name}`, () => {
    const [reader, writer] = open()
    const { read, write, atMost } = sharedIo()
    const ring = new SendRing({ lead: 'stream', maxFrames: 500, maxOctets: 1e6 })
    for (let i = 0; i < 400; i++) assert.ok(ring.push(testFrame(1514, i), 0, 1514))
    const got = new Uint8Array(400 * 1516)
    let received = 0
    while (received < got.length) {
      if (ring.drainStream(write, writer, atMost) === 0) assert.is(ring.frames, 0)
      const count = read(reader, got, received, got.length - received)
      assert.ok(count > 0, `read ${count}`)
      received += count
    }
    for (let i = 0; i < 400; i++) assert.equal(got.subarray(i * 1516 + 2, i * 1516 + 1516), testFrame(1514, i))
    native.close(reader)
    native.close(writer)
  })
}

for (const [how, pick] of [['this kernel', () => sharedIo()], ['an old kernel', () => sharedIo(OLD)]] as const) {
  io(`${how}: a regular file is written and read`, () => {
    const dir = mkdtempSync(join(tmpdir(), 'fd-io-'))
    const { read, write } = pick()
    const out = openSync(join(dir, 'file'), 'w')
    assert.is(write(out, testFrame(100), 0, 100), 100)
    closeSync(out)
    const fd = openSync(join(dir, 'file'), 'r')
    const got = new Uint8Array(200)
    assert.equal([read(fd, got, 0, 200), read(fd, got, 100, 100)], [100, 0])
    assert.equal(got.subarray(0, 100), testFrame(100))
    closeSync(fd)
    rmSync(dir, { recursive: true })
  })
}

io('an error of the descriptor is told as it is', () => {
  assert.equal([sharedIo().read(-1, new Uint8Array(1), 0, 1), sharedIo(OLD).write(-1, new Uint8Array(1), 0, 1)], [-9, -9])
})

io.run()
