/** What peers of `stream-listen://` and `tcp-listen://` can do to their owner: little. */
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ADDRESS_STRIDE, AF_INET, native, STREAM, IN, RDHUP } from '@vde-ts/native'
import { HEADROOM, loop, type Link } from '@vde-ts/link'
import { Recorder, lentFrame, until } from '@vde-ts/link/testing.js'
import { awaitReady } from './await-ready.ts'
import { parseAddress } from './internet/address.ts'
import { openVnl } from './registry.ts'
import { descriptors, refusal, scratch } from './testing.ts'

const octets = (...values: number[]): Uint8Array => Uint8Array.from(values)

/** A client of the socket at `path`. */
const join = (path: string): number => {
  const fd = native.unixSocket(STREAM)
  assert.is(native.connectUnix(fd, path), 0)
  return fd
}

/** Resolves once the other side hung up on `fd`, which is closed then. */
const hangup = async (fd: number): Promise<void> => {
  await awaitReady(loop, fd, IN | RDHUP, 2000, 'test', 'it does not hang up')
  assert.is(native.receive(fd, new Uint8Array(1), 0, 1), 0)
  native.close(fd)
}

const listening = async (run: (path: string, sink: Recorder, link: Link) => Promise<void>): Promise<void> => {
  const dir = scratch()
  const before = descriptors()
  const sink = new Recorder()
  const link = await openVnl(`stream-listen://${dir.path}/s`, sink)
  link.resume()
  try {
    await run(`${dir.path}/s`, sink, link)
  } finally {
    link.close()
    assert.not.ok(existsSync(`${dir.path}/s`))
    dir.remove()
  }
  assert.equal(descriptors(), before)
}

const test = suite('stream-listen://')

for (const [what, sent] of [
  ['a length over the longest frame', octets(0, 2, 0, 0, 1, 2, 3)], ['the longest length there is', octets(255, 255, 255, 255)],
  ['such a length behind frames of no use', octets(0, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3, 0x80, 0, 0, 0)]
] as const) {
  test(`${what} ends the connection, and the next peer is welcome`, async () => {
    await listening(async (path, sink) => {
      const bad = join(path)
      native.send(bad, sent, 0, sent.length)
      await sink.until((s) => s.downs === 1, 'onDown')
      assert.match(sink.why?.message ?? '', /octets is announced, at most 65557 are taken/)
      await hangup(bad)
      const good = join(path)
      await sink.until((s) => s.ups === 2, 'onUp')
      const frame = octets(0, 0, 0, 14, ...new Uint8Array(14).fill(7))
      native.send(good, frame, 0, frame.length)
      await sink.until((s) => s.frames.length === 1, 'a frame')
      native.close(good)
    })
  })
}

test('a second peer is hung up on, the first stays', async () => {
  await listening(async (path, sink, link) => {
    const first = join(path)
    await sink.until((s) => s.ups === 1, 'onUp')
    for (let i = 0; i < 20; i++) await hangup(join(path))
    assert.ok(link.send(lentFrame(60, 1), HEADROOM, 60))
    await awaitReady(loop, first, IN, 2000, 'test', 'no frame')
    assert.is(native.receive(first, new Uint8Array(100), 0, 100), 64)
    native.close(first)
    await sink.until((s) => s.downs === 1, 'onDown')
  })
})

test('a peer that reads nothing fills the link, and its end frees the sender', async () => {
  await listening(async (path, sink, link) => {
    const mute = join(path)
    await sink.until((s) => s.ups === 1, 'onUp')
    const frame = lentFrame(1514, 1)
    for (let i = 0; i < 100_000; i++) {
      if (!link.send(frame, HEADROOM, 1514)) break
    }
    await until(() => !link.send(frame, HEADROOM, 1514), 'a full link')
    native.close(mute)
    await sink.until((s) => s.downs === 1 && s.writable >= 1, 'onDown and onWritable')
  })
})

test('a live socket and an ordinary file are left alone, a dead one is replaced', async () => {
  await listening(async (path) => {
    assert.is((await refusal(openVnl(`stream-listen://${path}`, new Recorder()))).code, 'EADDRINUSE')
    assert.is((await refusal(openVnl('stream-listen:///proc/self/status', new Recorder()))).code, 'EADDRINUSE')
    const dead = native.unixSocket(STREAM)
    native.bindUnix(dead, `${path}2`)
    native.close(dead)
    const link = await openVnl(`stream-listen://${path}2`, new Recorder())
    link.close()
  })
})

for (const [vnl, code] of [
  ['stream:///nowhere/x', 'ENOENT'], ['stream://', 'EINVAL'], ['stream-listen://', 'EINVAL'], ['dgram:///a', 'EINVAL'], ['dgram://a->b->c', 'EINVAL'],
  ['dgram:///nowhere/a->/tmp/b', 'ENOENT'], ['tcp://host', 'EINVAL'], ['tcp://host:0', 'EINVAL'], ['tcp://host:65536', 'EINVAL'], ['tcp://host:1x', 'EINVAL'],
  ['tcp-listen://192.0.2.1:1', 'EADDRNOTAVAIL'], ['tcp-listen://:0[tls]', 'EINVAL'], ["tcp-listen://:0[psk='/nowhere']", 'ENOENT'],
  ["tcp://h:1[ca='/nowhere']", 'ENOENT'], ["tcp-listen://:0[cert='/etc/passwd'/key=x]", 'ENOENT']
] as const) {
  test(`${vnl}: ${code}, nothing left`, async () => {
    const before = descriptors()
    assert.is((await refusal(openVnl(vnl, new Recorder()))).code, code)
    assert.equal(descriptors(), before)
  })
}

test('a name without address, a port without listener: the link opens down and ends with the reason', async () => {
  for (const [vnl, code] of [['tcp://no-such-host.invalid:1', 'ENOENT'], ['tcp://127.0.0.1:1', 'ECONNREFUSED']] as const) {
    const sink = new Recorder()
    const link = await openVnl(vnl, sink)
    assert.is(link.isUp, false)
    assert.ok(link.send(lentFrame(60), HEADROOM, 60))
    assert.is(link.downDrops, 1)
    await sink.until((s) => s.closes === 1, 'onClose')
    assert.equal([(sink.why as NodeJS.ErrnoException).code, sink.ups, sink.downs], [code, 0, 0])
    link.close()
  }
})

test('closed while it connects: nothing is told, nothing left', async () => {
  const before = descriptors()
  const sink = new Recorder()
  const listener = await openVnl('tcp-listen://:0', new Recorder())
  const link = await openVnl(listener.label.replace('tcp-listen', 'tcp'), sink)
  link.close()
  listener.close()
  await until(() => descriptors().length === before.length, 'the descriptors to be closed')
  assert.equal([sink.ups, sink.downs, sink.closes], [0, 0, 0])
})

for (const [host, wanted] of [['', []], ['127.0.0.1', []], ['::1', []], ['0.0.0.0', [1]], ['::', [1]]] as const) {
  test(`tcp-listen://${host}:0 without TLS ${wanted.length === 0 ? 'is for this host only' : 'says that anybody may join'}`, async () => {
    const lines: string[] = []
    const link = await openVnl(`tcp-listen://${host}:0`, new Recorder(), { log: (line) => { lines.push(line) } })
    link.close()
    assert.is(lines.length, wanted.length)
    if (wanted.length > 0) assert.match(lines[0]!, /^tcp-listen:\/\/.*: whoever reaches this address may join, cert and key, or psk would keep others out$/)
  })
}

test('tcp-listen:// with psk: 200 silent and 50 talking strangers keep no friend out', async () => {
  const dir = scratch()
  writeFileSync(`${dir.path}/psk`, 'ab'.repeat(32))
  chmodSync(`${dir.path}/psk`, 0o600)
  const before = descriptors()
  const sink = new Recorder()
  const link = await openVnl(`tcp-listen://:0[psk='${dir.path}/psk']`, sink)
  const where = link.label.replace('tcp-listen://', '')
  const address = parseAddress('127.0.0.1', Number(where.split(':')[1]))!
  const strangers: number[] = []
  for (let i = 0; i < 250; i++) {
    const fd = native.internetSocket(AF_INET, STREAM)
    native.connectInternet(fd, address, 0, ADDRESS_STRIDE)
    if (i % 5 === 0) native.send(fd, new Uint8Array(300).fill(i), 0, 300)
    strangers.push(fd)
  }
  const friend = await openVnl(`tcp://${where}[psk='${dir.path}/psk']`, new Recorder())
  await sink.until((s) => s.ups === 1, 'the friend')
  for (const fd of strangers) native.close(fd)
  friend.close()
  await sink.until((s) => s.downs === 1, 'the end of the friend')
  link.close()
  await until(() => descriptors().length <= before.length, 'the descriptors to be closed')
  dir.remove()
})

test.run()
