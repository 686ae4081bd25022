/** What an opener finds under the name, and what it makes of it, against peers of both generations made by hand. */
import { existsSync, lstatSync, rmSync, writeFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, DGRAM, IN, SEQPACKET, STREAM } from '@vde-ts/native'
import { loop, type Link } from '@vde-ts/link'
import { Recorder, lentFrame, testFrame, until } from '@vde-ts/link/testing.js'
import { HEADROOM } from '@vde-ts/link'
import { awaitReady } from './await-ready.ts'
import { openVnl } from './registry.ts'
import { descriptors, refusal, scratch } from './testing.ts'

const frame = lentFrame(60, 7)

/** A socket bound to a name, as a peer has it. */
const bound = (type: number, path: string): number => {
  const fd = native.unixSocket(type)
  assert.is(native.bindUnix(fd, path), 0)
  return fd
}

const receive = async (fd: number): Promise<Uint8Array> => {
  await awaitReady(loop, fd, IN, 2000, 'test', 'nothing arrives')
  const packet = new Uint8Array(100)
  return packet.subarray(0, native.receive(fd, packet, 0, packet.length))
}

/** A peer that is there already. */
interface Peer {
  /** Exchanges one frame each way with our link. */
  talk (link: Link, sink: Recorder): Promise<void>
  close (): void
}

const talkOver = async (fd: number, link: Link, sink: Recorder): Promise<void> => {
  link.resume()
  assert.ok(link.send(frame, HEADROOM, 60))
  assert.equal(await receive(fd), testFrame(60, 7))
  native.send(fd, testFrame(60, 8), 0, 60)
  await sink.until((s) => s.frames.length === 1, 'a frame of the peer')
  assert.equal(sink.frames[0], testFrame(60, 8))
}

/** The first end of the older wire: it connects when it first sends. */
const olderFirst = (path: string): Peer => {
  const fd = bound(DGRAM, path)
  return {
    async talk (link, sink) {
      assert.is(native.connectUnix(fd, `${path}+`), 0)
      await talkOver(fd, link, sink)
    },
    close () { native.close(fd) }
  }
}

/** The listening end of the newer wire. */
const newerFirst = (path: string): Peer => {
  const listener = bound(SEQPACKET, path)
  native.listen(listener, 1)
  let fd = -1
  const welcome = awaitReady(loop, listener, IN, 2000, 'test', 'nobody connects').then(() => {
    fd = native.accept(listener)
    native.send(fd, Uint8Array.of(0), 0, 1)
  })
  return {
    async talk (link, sink) {
      await welcome
      await talkOver(fd, link, sink)
    },
    close () {
      native.close(listener)
      if (fd >= 0) native.close(fd)
    }
  }
}

/** The second end of either, after ours was first. */
const olderSecond = async (path: string, link: Link, sink: Recorder): Promise<number> => {
  rmSync(`${path}+`, { force: true })
  const fd = bound(DGRAM, `${path}+`)
  assert.is(native.connectUnix(fd, path), 0)
  await sink.until((s) => s.ups === 1, 'onUp')
  await talkOver(fd, link, sink)
  return fd
}

const newerSecond = async (path: string, link: Link, sink: Recorder): Promise<number> => {
  const fd = native.unixSocket(SEQPACKET)
  assert.is(native.connectUnix(fd, path), 0)
  assert.equal(await receive(fd), Uint8Array.of(0))
  await sink.until((s) => s.ups === 1, 'onUp')
  await talkOver(fd, link, sink)
  return fd
}

const stale = (type: number) => (path: string): void => { native.close(bound(type, path)) }

const table = suite('ptp:// finds')

for (const [scheme, second] of [['ptp', olderSecond], ['ptp2', newerSecond]] as const) {
  for (const [found, prepare] of [
    ['nothing', () => {}], ['a stale datagram socket', stale(DGRAM)], ['a stale seqpacket socket', stale(SEQPACKET)],
    ['a stale second end', (path: string) => { stale(DGRAM)(`${path}+`) }]
  ] as const) {
    table(`${found}: ${scheme} is the first end, of its own generation`, async () => {
      const dir = scratch()
      const path = `${dir.path}/wire`
      prepare(path)
      const sink = new Recorder()
      const link = await openVnl(`${scheme}://${path}`, sink)
      assert.is(link.isUp, false)
      assert.ok(link.send(frame, HEADROOM, 60))
      assert.is(link.downDrops, 1)
      assert.is(lstatSync(path).mode & 0o777, 0o700)
      const fd = await second(path, link, sink)
      native.close(fd)
      link.close()
      assert.not.ok(existsSync(path))
      dir.remove()
    })
  }
  for (const [found, first] of [['older', olderFirst], ['newer', newerFirst]] as const) {
    table(`a live end of the ${found} generation: ${scheme} is the second`, async () => {
      const dir = scratch()
      const path = `${dir.path}/wire`
      const peer = first(path)
      const sink = new Recorder()
      const link = await openVnl(`${scheme}://${path}`, sink)
      assert.is(link.isUp, true)
      await peer.talk(link, sink)
      link.close()
      assert.not.ok(existsSync(`${path}+`))
      peer.close()
      dir.remove()
    })
  }
  table(`an ordinary file: ${scheme} leaves it alone`, async () => {
    const dir = scratch()
    writeFileSync(`${dir.path}/wire`, 'precious')
    const error = await refusal(openVnl(`${scheme}://${dir.path}/wire`, new Recorder()))
    assert.equal([error.code, lstatSync(`${dir.path}/wire`).size], ['EEXIST', 8])
    dir.remove()
  })
  table(`a stream socket: ${scheme} leaves it alone`, async () => {
    const dir = scratch()
    const fd = bound(STREAM, `${dir.path}/wire`)
    native.listen(fd, 1)
    assert.is((await refusal(openVnl(`${scheme}://${dir.path}/wire`, new Recorder()))).code, 'EPROTOTYPE')
    native.close(fd)
    dir.remove()
  })
  table(`both ends taken: ${scheme} is refused`, async () => {
    const dir = scratch()
    const before = descriptors()
    const vnl = `${scheme}://${dir.path}/wire`
    const links = [await openVnl(vnl, new Recorder()), await openVnl(vnl, new Recorder())]
    assert.is((await refusal(openVnl(vnl, new Recorder()))).code, scheme === 'ptp' ? 'EADDRINUSE' : 'EISCONN')
    for (const link of links) link.close()
    assert.equal(descriptors(), before)
    dir.remove()
  })
}

table('no directory, no path, a path too long: refused, nothing left', async () => {
  const before = descriptors()
  for (const [vnl, code] of [['ptp:///nowhere/wire', 'ENOENT'], ['ptp://', 'EINVAL'], [`ptp:///tmp/${'x'.repeat(110)}`, 'ENAMETOOLONG'], ['ptp2:///nowhere/wire', 'ENOENT']] as const) {
    assert.is((await refusal(openVnl(vnl, new Recorder()))).code, code)
  }
  assert.equal(descriptors(), before)
})

table.run()

const life = suite('ptp:// life')

for (const scheme of ['ptp', 'ptp2']) {
  for (const leaver of [0, 1]) {
    life(`${scheme}: end ${leaver} leaves and comes back five times, the other stays`, async () => {
      const dir = scratch()
      const vnl = `${scheme}://${dir.path}/wire`
      const ends: Array<{ readonly sink: Recorder, readonly link: Link }> = []
      for (let i = 0; i < 2; i++) {
        const sink = new Recorder()
        ends.push({ sink, link: await openVnl(vnl, sink) })
        ends[i]!.link.resume()
      }
      const stayer = ends[1 - leaver]!
      for (let i = 0; i < 5; i++) {
        await until(() => stayer.link.isUp === true && ends[leaver]!.link.isUp === true, 'both up')
        stayer.link.send(lentFrame(60, i), HEADROOM, 60)
        await ends[leaver]!.sink.until((s) => s.frames.length > 0, 'a frame of who stayed')
        ends[leaver]!.link.close()
        await until(() => stayer.link.isUp === false, 'down')
        const sink = new Recorder()
        ends[leaver] = { sink, link: await openVnl(vnl, sink) }
        ends[leaver].link.resume()
      }
      assert.is(stayer.sink.closes, 0)
      for (const { link } of ends) link.close()
      dir.remove()
    })
  }
}

life('an end that was killed shows with the next frame, and its successor is found', async () => {
  const dir = scratch()
  const path = `${dir.path}/wire`
  const sink = new Recorder()
  const link = await openVnl(`ptp://${path}`, sink)
  const fd = await olderSecond(path, link, sink)
  native.close(fd) // the file stays
  assert.is(link.isUp, true)
  link.send(frame, HEADROOM, 60)
  await sink.until((s) => s.downs === 1, 'onDown')
  const other = new Recorder()
  const successor = await openVnl(`ptp://${path}`, other)
  successor.resume()
  await sink.until((s) => s.ups === 2, 'onUp')
  link.send(frame, HEADROOM, 60)
  await other.until((s) => s.frames.length === 1, 'a frame')
  link.close()
  successor.close()
  dir.remove()
})

life.run()
