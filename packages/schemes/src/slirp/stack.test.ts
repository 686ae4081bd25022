import { connect, createServer } from 'node:net'
import { createSocket } from 'node:dgram'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native } from '@vde-ts/native'
import { loop } from '@vde-ts/link'
import { parseTail } from '@vde-ts/vnl'
import { Recorder, hex, lentCopy, settle, until } from '@vde-ts/link/testing.js'
import { checksum, pseudoIpv4, setBig16 } from '@vde-ts/frame/checksum.js'
import { slirpConsole, type Console, type SlirpContext } from '@vde-ts/console'
import { descriptors } from '../testing.ts'
import { ForwardTable } from './forward-table.ts'
import { networkContext } from './network-context.ts'
import { slirpScheme } from './scheme.ts'
import { readSettings } from './settings.ts'
import { SlirpStack } from './stack.ts'

const ASK = hex('ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 0a00020f 000000000000 0a000202')
const ANSWER = /^02000000000152550a0002020806/

interface World {
  readonly stack: SlirpStack
  readonly guest: Recorder
  readonly forwards: ForwardTable
  readonly console: Console<SlirpContext>
}

const text = (frame: Uint8Array): string => Buffer.from(frame).toString('hex')
const ask = ({ stack }: World, frame: Uint8Array): void => { stack.send(lentCopy(frame), 32, frame.length) }

const world = (vnl = ''): World => {
  const settings = readSettings(parseTail(vnl, slirpScheme, 0))
  const guest = new Recorder()
  const stack = new SlirpStack(settings, guest, loop)
  const forwards = new ForwardTable(stack.stack)
  return { stack, guest, forwards, console: slirpConsole(networkContext(settings, forwards)) }
}

const say = ({ console }: World, line: string): string => [...console.execute(line, null)].join('')

/** UDP to a port of the gateway; the sum of its pseudo header in the place of the checksum. */
const datagram = (port: number, octets: number): Uint8Array => {
  const frame = new Uint8Array(42 + octets)
  frame.set(hex('52550a000202 020000000001 0800 4500 0000 0000 4000 40 11 0000 0a00020f 0a000202 8000'))
  setBig16(frame, 16, 28 + octets)
  setBig16(frame, 24, checksum(frame, 14, 20))
  setBig16(frame, 36, port)
  setBig16(frame, 38, 8 + octets)
  setBig16(frame, 40, pseudoIpv4(frame, 14, 17, 8 + octets))
  return frame
}

const test = suite('slirp stack')

if (native.slirpVersion() === '') test.skip('Debian\'s libslirp0 is not installed', () => {})
else {
  test('the gateway answers; paused, nothing is delivered and nothing is lost', async () => {
    const before = descriptors()
    const it = world()
    ask(it, ASK)
    await settle()
    assert.is(it.guest.frames.length, 0)
    it.stack.resume()
    await until(() => it.guest.frames.length > 0, 'an answer')
    assert.match(text(it.guest.frames[0]!), ANSWER)
    it.stack.pause()
    const already = it.guest.frames.length
    for (let i = 0; i < 3; i++) ask(it, ASK)
    await settle()
    assert.is(it.guest.frames.length, already)
    it.stack.resume()
    await until(() => it.guest.frames.length === already + 3, 'what waited')
    it.stack.close()
    it.stack.close()
    assert.equal(descriptors(), before)
  })

  test('frames whose offload header lies, runts and nonsense cost nothing', async () => {
    const it = world()
    it.stack.resume()
    const lie = lentCopy(ASK)
    lie.set([1, 1, 0, 0, 0, 0, 200, 0, 16, 0], 20)
    it.stack.send(lie, 32, ASK.length)
    assert.is(it.stack.txDrops, 1)
    for (let len = 14; len < ASK.length; len++) ask(it, ASK.subarray(0, len))
    ask(it, ASK)
    await until(() => it.guest.frames.some((frame) => ANSWER.test(text(frame))), 'an answer')
    it.stack.close()
  })

  test('a datagram that is to be cut arrives as its pieces, and stays as it was', async () => {
    const it = world()
    const server = createSocket('udp4')
    const got: number[] = []
    server.on('message', (message) => { got.push(message.length) })
    await new Promise<void>((resolve) => { server.bind(0, '127.0.0.1', resolve) })
    it.stack.resume()
    ask(it, ASK)
    const frame = lentCopy(datagram(server.address().port, 250))
    frame.set([1, 5, 42, 0, 100, 0, 34, 0, 6, 0], 20)
    const asItWas = new Uint8Array(frame)
    it.stack.send(frame, 32, frame.length - 32)
    assert.equal(frame, asItWas)
    await until(() => got.length === 3, 'three pieces')
    assert.equal(got, [100, 100, 50])
    it.stack.close()
    server.close()
  })

  test('forwards are added, listed and removed; what is said about them', async () => {
    const it = world()
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => { server.once('listening', resolve) })
    const { port } = server.address() as { port: number }
    assert.match(say(it, `forward/add tcp 127.0.0.1:${port}:10.0.2.15:80`), /^1098 /)
    server.close()
    await new Promise((resolve) => { server.once('close', resolve) })
    assert.is(say(it, `forward/add tcp 127.0.0.1:${port}:10.0.2.15:80`), '1000 Success\n')
    assert.match(say(it, `forward/add tcp 127.0.0.1:${port}:10.0.2.15:81`), /^1017 /)
    assert.is(say(it, 'forward/add unix 99:/tmp/no such file'), '1000 Success\n')
    assert.match(say(it, 'forward/add unix 10.0.2.2:99:/tmp/x'), /^1022 /)
    assert.match(say(it, 'forward/add sctp 1:10.0.2.15:1'), /^1022 /)
    assert.match(say(it, 'forward/print'), new RegExp(`\\ntcp 127.0.0.1:${port}:10.0.2.15:80\\nunix 10.0.2.4:99:/tmp/no such file\\n`))
    assert.match(say(it, 'forward/print --json'), /"kind":"tcp"/)
    assert.match(say(it, 'connection/print'), /HOST_FORWARD/)
    assert.match(say(it, 'showinfo'), /ipv4-host {5}10\.0\.2\.2\n/)
    const socket = connect(port, '127.0.0.1')
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    socket.destroy()
    assert.is(say(it, `forward/remove tcp ${port}`), '1000 Success\n')
    assert.match(say(it, `forward/remove tcp ${port}`), /^1002 /)
    assert.is(say(it, 'forward/remove unix 10.0.2.4:99'), '1000 Success\n')
    assert.is(say(it, 'forward/print'), "0000 DATA END WITH '.'\n.\n1000 Success\n")
    it.stack.close()
  })

  test('IPv4 alone sends no router advertisement', async () => {
    const it = world('/v4')
    it.stack.resume()
    ask(it, ASK)
    await until(() => it.guest.frames.length > 0, 'an answer')
    await settle()
    assert.not.ok(it.guest.frames.some((frame) => frame[12] === 0x86))
    it.stack.close()
  })
}

test.run()
