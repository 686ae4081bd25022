import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { linkContract } from '@vde-ts/link/contract.js'
import { HEADROOM, OFFLOAD, loop, type FrameSink, type Link } from '@vde-ts/link'
import { Recorder, hex, lentFrame, settle, testFrame, until } from '@vde-ts/link/testing.js'
import { ADDRESS_STRIDE, AF_INET, DGRAM, IN, native } from '@vde-ts/native'
import { awaitReady } from './await-ready.ts'
import { parseAddress } from './internet/address.ts'
import { openVnl } from './registry.ts'
import { descriptors, refusal } from './testing.ts'

/** Ports of this test's own: processes that test at the same time have others. */
let port = 21_000 + process.pid % 9_000 * 4

const overLoopback = (host: string) => async (left: FrameSink, right: FrameSink): Promise<readonly [Link, Link]> => {
  const [a, b] = [++port, ++port]
  return [await openVnl(`udp://${host}:${a}->${host}:${b}`, left), await openVnl(`udp://${b}->${host}:${a}`, right)]
}

// UDP drops what a receiver has no room for, and nobody says goodbye.
const options = { fills: false, seesClose: false }
linkContract('udp, IPv4', overLoopback('127.0.0.1'), options)
linkContract('udp, IPv6', overLoopback('::1'), options)

/** A plain UDP socket on the loopback. */
const plain = (own: number): number => {
  const fd = native.internetSocket(AF_INET, DGRAM)
  assert.is(native.bindInternet(fd, parseAddress('127.0.0.1', own)!, 0, ADDRESS_STRIDE), 0)
  return fd
}

const receive = async (fd: number): Promise<Uint8Array> => {
  await awaitReady(loop, fd, IN, 2000, 'test', 'nothing arrives')
  const packet = new Uint8Array(70_000)
  return packet.subarray(0, native.receive(fd, packet, 0, packet.length))
}

const test = suite('udp://')

test('the wire: one datagram a frame, nothing around it, also of a burst and of a super-frame', async () => {
  const [a, b] = [++port, ++port]
  const peer = plain(b)
  const link = await openVnl(`udp://${a}->127.0.0.1:${b}`, new Recorder())
  for (let i = 0; i < 40; i++) link.send(lentFrame(i < 30 ? 200 : 100, i), HEADROOM, i < 30 ? 200 : 100)
  for (let i = 0; i < 40; i++) assert.equal(await receive(peer), testFrame(i < 30 ? 200 : 100, i))
  const lent = new Uint8Array(HEADROOM + 54 + 5000)
  lent.set(hex('01 01 3600 a805 2200 1000 0000'), HEADROOM - OFFLOAD)
  lent.set(hex('ffffffffffff 020000000001 0800 4500 13b0 0001 4000 4006 0000 0a000001 0a000002'), HEADROOM)
  lent.set(hex('1000 2000 00000001 00000001 5010 ffff 0000 0000'), HEADROOM + 34)
  link.send(lent, HEADROOM, 54 + 5000)
  for (const len of [1502, 1502, 1502, 54 + 5000 - 3 * 1448]) assert.is((await receive(peer)).length, len)
  native.close(peer)
  link.close()
})

test('only the peer is heard, also before the first frame is sent', async () => {
  const [a, b, c] = [++port, ++port, ++port]
  const [peer, stranger] = [plain(b), plain(c)]
  const sink = new Recorder()
  const link = await openVnl(`udp://${a}->127.0.0.1:${b}`, sink)
  link.resume()
  for (const [fd, serial] of [[stranger, 1], [peer, 2]] as const) {
    native.connectInternet(fd, parseAddress('127.0.0.1', a)!, 0, ADDRESS_STRIDE)
    native.send(fd, testFrame(60, serial), 0, 60)
  }
  await sink.until((s) => s.frames.length === 1, 'the frame of the peer')
  await settle()
  assert.equal(sink.frames, [testFrame(60, 2)])
  for (const len of [0, 1, 13]) native.send(peer, new Uint8Array(13), 0, len)
  native.send(peer, testFrame(60, 3), 0, 60)
  await sink.until((s) => s.frames.length === 2, 'the next frame')
  native.close(peer)
  native.close(stranger)
  link.close()
})

test('a peer that is not there: frames are lost and counted, told once, nobody spins, and it may come', async () => {
  const [a, b] = [++port, ++port]
  const lines: string[] = []
  const link = await openVnl(`udp://${a}->127.0.0.1:${b}`, new Recorder(), { log: (line) => { lines.push(line) } })
  link.resume()
  for (let i = 0; i < 5; i++) {
    link.send(lentFrame(60, i), HEADROOM, 60)
    await settle(20)
  }
  await settle(100)
  const before = process.cpuUsage()
  await settle(50)
  assert.ok(process.cpuUsage(before).system < 200_000)
  assert.ok(lines.length <= 5, lines.join('\n'))
  const peer = plain(b)
  await until(() => {
    link.send(lentFrame(60, 9), HEADROOM, 60)
    return native.poll(peer, IN, 0) !== 0
  }, 'a frame at the peer')
  native.close(peer)
  link.close()
})

for (const [vnl, code] of [
  ['udp://', 'EINVAL'], ['udp://2000', 'EINVAL'], ['udp://2000->', 'EINVAL'], ['udp://2000->host', 'EINVAL'], ['udp://2000->:3000', 'EINVAL'],
  ['udp://2000->h:0', 'EINVAL'], ['udp://70000->h:1', 'EINVAL'], ['udp://x->h:1', 'EINVAL'], ['udp://1->no-such-host.invalid:1', 'ECONNABORTED'],
  ['udp://192.0.2.1:0->127.0.0.1:9', 'ECONNABORTED'], ['udp://::1:0->127.0.0.1:9', 'ECONNABORTED']
] as const) {
  test(`${vnl}: ${code}, nothing left`, async () => {
    const before = descriptors()
    assert.is((await refusal(openVnl(vnl, new Recorder()))).code, code)
    assert.equal(descriptors(), before)
  })
}

test.run()
