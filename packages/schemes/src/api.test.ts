import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hex, testFrame, until, within } from '@vde-ts/link/testing.js'
import { open } from './api.ts'
import { descriptors, refusal, scratch, served, type Served } from './testing.ts'

const inSwitch = async (run: (net: Served) => Promise<void>): Promise<void> => {
  const dir = scratch()
  const before = descriptors()
  const net = served(`${dir.path}/sw`)
  await run(net)
  net.close()
  assert.equal(descriptors(), before)
  dir.remove()
}

const api = suite('open')

api('sends and receives, and code behind the await runs before the first frame', async () => {
  await inSwitch(async (net) => {
    const frames: Uint8Array[] = []
    let isReady = false
    const b = await open(net.path)
    const opening = open(net.path, {
      onFrame (frame) {
        assert.ok(isReady)
        frames.push(new Uint8Array(frame))
      }
    })
    const a = await opening
    isReady = true
    assert.ok(b.send(testFrame(100, 1)))
    await until(() => frames.length === 1, 'the frame')
    assert.equal(frames[0], testFrame(100, 1))
    a.close()
    b.close()
  })
})

api('the end of the switch closes it, with onClose and closed', async () => {
  await inSwitch(async (net) => {
    let closes = 0
    const connection = await open(net.path, { onClose () { closes++ } })
    net.close()
    assert.is(await within(5000, connection.closed, 'the end'), undefined)
    connection.close()
    assert.is(closes, 1)
  })
})

api('close is idempotent, tells closed and not onClose; asyncDispose is the same', async () => {
  await inSwitch(async (net) => {
    const connection = await open(net.path, { onClose () { assert.unreachable() } })
    await connection[Symbol.asyncDispose]()
    connection.close()
    assert.is(await connection.closed, undefined)
    assert.ok(connection.send(testFrame(60)))
    await until(() => net.listener.clients === 0, 'its end at the switch')
  })
})

api('pause holds frames, resume delivers them', async () => {
  await inSwitch(async (net) => {
    const frames: Uint8Array[] = []
    const a = await open(net.path, { onFrame (frame) { frames.push(new Uint8Array(frame)) } })
    a.pause()
    const b = await open(net.path)
    b.send(testFrame(60, 1))
    await until(() => net.bridge.port(1).outFrames === 1, 'the frame on its way')
    await new Promise((resolve) => { setTimeout(resolve, 10) })
    assert.is(frames.length, 0)
    a.resume()
    await until(() => frames.length === 1, 'the frame')
    a.close()
    b.close()
  })
})

api('frames that cannot be sent are the mistake of the caller', async () => {
  const connection = await open('null://')
  assert.throws(() => connection.send(new Uint8Array(13)), (error: unknown) => error instanceof RangeError)
  connection.close()
  await inSwitch(async (net) => {
    const wire = await open(net.path)
    assert.throws(() => wire.send(new Uint8Array(70_000)), (error: unknown) => error instanceof RangeError)
    wire.close()
  })
})

api('a callback that throws harms neither loop nor connection', async () => {
  await inSwitch(async (net) => {
    const mistake = new Error('in the callback')
    const thrown: unknown[] = []
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', (error) => { thrown.push(error) })
    let frames = 0
    const a = await open(net.path, {
      onFrame () {
        frames++
        throw mistake
      }
    })
    const b = await open(net.path)
    b.send(testFrame(60, 1))
    b.send(testFrame(60, 2))
    await until(() => thrown.length === 2, 'both errors')
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
    assert.equal([frames, thrown[0]], [2, mistake])
    a.close()
    b.close()
  })
})

api('what cannot be opened is a VdeError', async () => {
  assert.is((await refusal(open('vde:///nowhere'))).code, 'ENOENT')
})

const example = suite('examples/arp-responder.ts')

example('answers for its address on a switch', async () => {
  const file = fileURLToPath(new URL('../../../examples/arp-responder.ts', import.meta.url))
  await inSwitch(async (net) => {
    const child = spawn(process.execPath, ['--conditions=source', '--import', 'tsx', file, net.path, '10.0.0.9'],
      { stdio: ['ignore', 'pipe', 'inherit'], cwd: fileURLToPath(new URL('../../..', import.meta.url)) })
    let output = ''
    child.stdout.on('data', (octets: Buffer) => { output += octets.toString() })
    const ended = new Promise((resolve) => { child.once('exit', resolve) })
    const replies: Uint8Array[] = []
    const host = await open(net.path, { onFrame (frame) { replies.push(new Uint8Array(frame)) } })
    await until(() => output.includes('10.0.0.9 is at'), 'its first line', 20_000)
    const ask = hex(`ffffffffffff 020000000001 0806  0001 0800 06 04 0001
      020000000001 0a000001  000000000000 0a000009  000000000000000000000000000000000000`)
    host.send(ask.with(41, 8)) // somebody else's address
    host.send(ask)
    await until(() => replies.length === 1, 'the answer')
    assert.is(Buffer.from(replies[0].subarray(0, 42)).toString('hex'),
      Buffer.from(hex('020000000001 02760a000009 0806  0001 0800 06 04 0002  02760a000009 0a000009  020000000001 0a000001')).toString('hex'))
    child.kill('SIGINT')
    assert.is(await within(5000, ended, 'its end'), 0)
    assert.match(output, 'end: in order')
    host.close()
  })
})

api.run()
example.run()
