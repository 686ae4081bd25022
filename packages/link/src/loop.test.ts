import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, HUP, IN, OUT } from '@vde-ts/native'
import { VdeError } from './errors.ts'
import { loop, type Watcher } from './loop.ts'
import { settle, until } from './testing.ts'

const BYTE = Uint8Array.of(7)

const openPipe = (): [number, number] => {
  const ends = new Int32Array(2)
  assert.is(native.pipe(ends, true), 0)
  return [ends[0], ends[1]]
}

/** Remembers events; reads one octet on IN. */
class Reader implements Watcher {
  readonly events: number[] = []
  readonly fd: number
  onEach: (() => void) | null = null
  constructor (fd: number) { this.fd = fd }

  onReady (events: number): void {
    this.events.push(events)
    native.read(this.fd, new Uint8Array(1), 0, 1)
    this.onEach?.()
  }
}

const watch = suite('Loop watching')

watch('calls onReady with what is ready, again while it is', async () => {
  const [fd, writer] = openPipe()
  const reader = new Reader(fd)
  loop.add(fd, IN, reader)
  for (let i = 0; i < 3; i++) native.write(writer, BYTE, 0, 1)
  await until(() => reader.events.length === 3, 'three events')
  await settle()
  assert.equal(reader.events, [IN, IN, IN])
  loop.remove(fd)
  native.close(fd)
  native.close(writer)
})

watch('modify to 0 silences IN, and lets hang-up through', async () => {
  const [fd, writer] = openPipe()
  const reader = new Reader(fd)
  loop.add(fd, IN, reader)
  loop.modify(fd, 0)
  native.write(writer, BYTE, 0, 1)
  await settle()
  assert.equal(reader.events, [])
  native.close(writer)
  await until(() => reader.events.length > 0, 'the hang-up')
  loop.remove(fd)
  assert.is(reader.events[0] & (HUP | IN), HUP)
  native.close(fd)
})

watch('remove drops events of the same turn, also for a descriptor that reuses the number', async () => {
  const pairs = [openPipe(), openPipe()]
  const readers = pairs.map(([fd]) => new Reader(fd))
  // Whichever comes first takes the other one out of the loop.
  readers.forEach((reader, i) => {
    reader.onEach = () => {
      loop.remove(pairs[1 - i][0])
      loop.add(pairs[1 - i][0], 0, readers[1 - i])
    }
  })
  for (const [i, [fd, writer]] of pairs.entries()) {
    loop.add(fd, IN, readers[i])
    native.write(writer, BYTE, 0, 1)
  }
  await settle(20)
  assert.is(readers[0].events.length + readers[1].events.length, 1)
  for (const [fd, writer] of pairs) {
    loop.remove(fd)
    native.close(fd)
    native.close(writer)
  }
})

watch('remove of what is not watched does nothing', () => { loop.remove(12345) })

watch('add refuses a bad descriptor and one that is watched', () => {
  assert.throws(() => { loop.add(-1, IN, new Reader(-1)) }, (error: unknown) => error instanceof VdeError && error.code === 'EBADF')
  const [fd, writer] = openPipe()
  loop.add(fd, IN, new Reader(fd))
  assert.throws(() => { loop.add(fd, IN, new Reader(fd)) }, (error: unknown) => error instanceof VdeError && error.code === 'EEXIST')
  assert.throws(() => { loop.modify(writer, IN) }, (error: unknown) => error instanceof VdeError && error.code === 'ENOENT')
  loop.remove(fd)
  native.close(fd)
  native.close(writer)
})

watch('a regular file is always ready, until silenced or removed', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'loop-'))
  writeFileSync(join(dir, 'file'), 'abc')
  const fd = openSync(join(dir, 'file'), 'r')
  const reader = new Reader(fd)
  loop.add(fd, IN, reader)
  await until(() => reader.events.length >= 3, 'three events')
  loop.modify(fd, 0)
  const before = reader.events.length
  await settle()
  assert.is(reader.events.length, before)
  loop.modify(fd, IN)
  await until(() => reader.events.length > before, 'another event')
  loop.remove(fd)
  const after = reader.events.length
  await settle()
  assert.is(reader.events.length, after)
  closeSync(fd)
  rmSync(dir, { recursive: true })
})

watch('hundreds of ready descriptors are all served', async () => {
  const before = readdirSync('/proc/self/fd').length
  const pairs = Array.from({ length: 200 }, openPipe)
  const readers = pairs.map(([fd]) => new Reader(fd))
  pairs.forEach(([fd, writer], i) => {
    loop.add(fd, IN, readers[i])
    native.write(writer, BYTE, 0, 1)
  })
  await until(() => readers.every((reader) => reader.events.length === 1), 'every pipe')
  for (const [fd, writer] of pairs) {
    loop.remove(fd)
    native.close(fd)
    native.close(writer)
  }
  assert.is(readdirSync('/proc/self/fd').length, before)
})

watch.run()

const dirty = suite('Loop markDirty')

dirty('flushes at the end of the turn, after all watchers', async () => {
  const order: string[] = []
  const pairs = [openPipe(), openPipe()]
  for (const [fd, writer] of pairs) {
    loop.add(fd, IN, {
      onReady () {
        native.read(fd, new Uint8Array(1), 0, 1)
        order.push('ready')
        loop.markDirty({ flush: () => { order.push('flush') } })
      }
    })
    native.write(writer, BYTE, 0, 1)
  }
  await until(() => order.length === 4, 'both flushes')
  assert.equal(order, ['ready', 'ready', 'flush', 'flush'])
  for (const [fd, writer] of pairs) {
    loop.remove(fd)
    native.close(fd)
    native.close(writer)
  }
})

dirty('flushes soon when marked outside of a turn, and not before', async () => {
  let flushes = 0
  loop.markDirty({ flush: () => { flushes++ } })
  assert.is(flushes, 0)
  await until(() => flushes === 1, 'the flush')
})

dirty('flushes what a flush marked, without an event', async () => {
  let flushes = 0
  const again = { flush: () => { if (++flushes < 5) loop.markDirty(again) } }
  const [fd, writer] = openPipe()
  loop.add(writer, OUT, {
    onReady () {
      loop.remove(writer)
      loop.markDirty(again)
    }
  })
  await until(() => flushes === 5, 'five flushes')
  native.close(fd)
  native.close(writer)
})

dirty.run()
