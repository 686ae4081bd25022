import { spawn } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, DGRAM, STREAM } from '@vde-ts/native'
import type { Link } from '@vde-ts/link'
import { Recorder, hex, testFrame, until, within } from '@vde-ts/link/testing.js'
import { loginName } from './accounts.ts'
import { openVnl } from './registry.ts'
import { descriptors, program, refusal, scratch } from './testing.ts'

/** A resumed link and its sink. */
const station = async (vnl: string): Promise<{ link: Link, sink: Recorder }> => {
  const sink = new Recorder()
  const link = await openVnl(vnl, sink)
  link.resume()
  return { link, sink }
}

/** 60 octets from station `from` to station `to`, tagged with `vid` when it is given. */
const frame = (from: number, to: number, vid: number = -1): Uint8Array => {
  const octets = testFrame(64, 1, from)
  octets.set(hex('02 00 00 00 00'), 0)
  octets[5] = to
  if (vid >= 0) octets.set([0x81, 0, vid >> 8, vid & 255, 8, 0], 12)
  return octets
}

const send = ({ link }: { link: Link }, octets: Uint8Array): void => { assert.ok(link.send(octets, 0, octets.length)) }

/** Opens a node with the host and two clients, and closes them after `run`. */
const withNode = async (
  vnl: (path: string) => string, run: (net: Awaited<ReturnType<typeof station>>[], path: string) => Promise<void>
): Promise<void> => {
  const dir = scratch()
  const before = descriptors()
  const path = `${dir.path}/net`
  const host = await station(vnl(path))
  const net = [host, await station(path), await station(`vde://${path}[9]`)]
  try {
    await run(net, path)
  } finally {
    for (const { link } of [...net].reverse()) link.close()
  }
  assert.equal(readdirSync(dir.path), [])
  assert.equal(descriptors(), before)
  dir.remove()
}

const node = suite('hub:// and switch://')

node('a hub gives every frame to all others', async () => {
  await withNode((path) => `hub://${path}`, async (net) => {
    for (const [i, from] of net.entries()) {
      send(from, frame(i + 1, 99))
      for (const [j, to] of net.entries()) {
        if (j !== i) await to.sink.until((r) => r.frames.some((f) => f[11] === i + 1), `the frame of ${i} at ${j}`)
      }
    }
    assert.equal(net.map(({ sink }) => sink.frames.length), [2, 2, 2])
  })
})

node('a switch learns: unicast goes to its station only, the host included', async () => {
  await withNode((path) => `switch://${path}`, async (net) => {
    for (const [i, from] of net.entries()) {
      send(from, frame(i + 1, 99))
      await net[(i + 1) % 3].sink.until((r) => r.frames.some((f) => f[11] === i + 1), 'the flood')
      await net[(i + 2) % 3].sink.until((r) => r.frames.some((f) => f[11] === i + 1), 'the flood')
    }
    for (const { sink } of net) sink.frames.length = 0
    send(net[1], frame(2, 3))
    send(net[1], frame(2, 1))
    send(net[2], frame(3, 2))
    send(net[0], frame(1, 2))
    await net[1].sink.until((r) => r.frames.length === 2, 'two frames')
    assert.equal(net.map(({ sink }) => sink.frames.length), [1, 2, 1])
  })
})

node('VLANs 1024 apart share no entry, and tags stay', async () => {
  await withNode((path) => `switch://${path}`, async (net) => {
    send(net[1], frame(7, 99, 5))
    send(net[2], frame(7, 99, 5 + 1024))
    await net[0].sink.until((r) => r.frames.length === 2, 'both floods')
    await net[1].sink.until((r) => r.frames.length === 1, 'the flood from the other')
    await net[2].sink.until((r) => r.frames.length === 1, 'the flood from the other')
    for (const { sink } of net) sink.frames.length = 0
    send(net[0], frame(1, 7, 5))
    await net[1].sink.until((r) => r.frames.length === 1, 'the frame of VLAN 5')
    send(net[0], frame(1, 7, 5 + 1024))
    await net[2].sink.until((r) => r.frames.length === 1, 'the frame of VLAN 1029')
    assert.equal(net[1].sink.frames, [frame(1, 7, 5)])
    assert.equal(net[2].sink.frames, [frame(1, 7, 1029)])
  })
})

node('data sockets are PATH/fdN', async () => {
  await withNode((path) => `hub://${path}`, async (_net, path) => {
    assert.match(readdirSync(path).sort().join(' '), /^attach ctl fd\d+ fd\d+$/)
  })
})

node('default permissions are 0600 and 02700, the default path is that of the login', async () => {
  const path = `/tmp/vdenode_${loginName()}`
  if (readdirSync('/tmp').includes(path.slice(5))) return console.log(`skipped: ${path} is in use`)
  const { link } = await station('hub://')
  assert.is(lstatSync(`${path}/ctl`).mode & 0o7777, 0o600)
  assert.is(lstatSync(path).mode & 0o7777, 0o2700)
  link.close()
})

for (const [options, mode, dirMode] of [
  ['mode=0666', 0o666, 0o2777], ['mode=0660', 0o660, 0o2770], ['mode=0777', 0o666, 0o2777], ['mode=0600/dirmode=0711', 0o600, 0o711]
] as const) {
  node(`[${options}] gives ${mode.toString(8)} and ${dirMode.toString(8)}`, async () => {
    await withNode((path) => `switch://${path}[${options}]`, async (_net, path) => {
      assert.is(lstatSync(`${path}/ctl`).mode & 0o7777, mode)
      assert.is(lstatSync(path).mode & 0o7777, dirMode)
    })
  })
}

node('a live node is refused: EEXIST; it goes on', async () => {
  await withNode((path) => `hub://${path}`, async (net, path) => {
    const error = await refusal(openVnl(`switch://${path}`, new Recorder()))
    assert.is(error.code, 'EEXIST')
    assert.match(error.message, native.strerror(17))
    send(net[1], frame(2, 99))
    await net[0].sink.until((r) => r.frames.length === 1, 'a frame')
  })
})

node('a stale node is replaced', async () => {
  const dir = scratch()
  const path = `${dir.path}/net`
  mkdirSync(path)
  for (const [name, type] of [['ctl', STREAM], ['fd6', DGRAM]] as const) {
    const fd = native.unixSocket(type)
    native.bindUnix(fd, `${path}/${name}`)
    native.close(fd)
  }
  const { link } = await station(`hub://${path}`)
  assert.equal(readdirSync(path).sort(), ['attach', 'ctl'])
  link.close()
  assert.equal(readdirSync(dir.path), [])
  dir.remove()
})

node('a directory of somebody else: EEXIST; a missing parent: ENOENT', async () => {
  const dir = scratch()
  writeFileSync(`${dir.path}/notes`, '')
  assert.is((await refusal(openVnl(`hub://${dir.path}`, new Recorder()))).code, 'EEXIST')
  assert.is((await refusal(openVnl('hub:///nowhere/net', new Recorder()))).code, 'ENOENT')
  assert.equal(readdirSync(dir.path), ['notes'])
  dir.remove()
})

node('port zero is refused at once', async () => {
  await withNode((path) => `hub://${path}`, async (_net, path) => {
    assert.is((await refusal(openVnl(`${path}[0]`, new Recorder()))).code, 'ECONNRESET')
  })
})

node('connections that close, say nothing or nonsense neither spin nor stall it', async () => {
  await withNode((path) => `hub://${path}`, async (net, path) => {
    const open: number[] = []
    for (let i = 0; i < 60; i++) {
      const fd = native.unixSocket(STREAM)
      await until(() => native.connectUnix(fd, `${path}/ctl`) === 0, 'a place')
      if (i % 3 === 0) native.write(fd, hex('ce fa ed fe 03'), 0, 5)
      if (i % 3 === 1) native.close(fd)
      else open.push(fd)
    }
    const before = process.cpuUsage()
    await new Promise((resolve) => { setTimeout(resolve, 200) })
    const { user, system } = process.cpuUsage(before)
    assert.ok(user + system < 150_000, `${user + system} us in 200 ms`)
    send(net[1], frame(2, 99))
    await net[2].sink.until((r) => r.frames.length === 1, 'a frame')
    for (const fd of open) native.close(fd)
  })
})

node('a host that does not take frames stalls nobody', async () => {
  await withNode((path) => `hub://${path}`, async (net) => {
    net[0].link.pause()
    for (let i = 0; i < 3000; i++) {
      while (!net[1].link.send(testFrame(60, i), 0, 60)) await net[1].sink.until((r) => r.writable > 0, 'room')
      net[1].sink.writable = 0
      if (i % 32 === 0) await new Promise((resolve) => { setImmediate(resolve) })
    }
    await net[2].sink.until((r) => r.frames.length === 3000, 'every frame at the other client')
  })
})

const interop = suite("netnodes with Debian's programs")
const plug = program('vde_plug')
const cTest = plug === null ? interop.skip : interop
if (plug === null) console.log('skipped: netnodes with the C vde_plug, because it is not installed')

cTest('the C plug joins our switch://, frames both ways', async () => {
  const dir = scratch()
  const host = await station(`switch://${dir.path}/net`)
  const child = spawn(String(plug), [`vde://${dir.path}/net`], { stdio: ['pipe', 'pipe', 'inherit'] })
  let output = Buffer.alloc(0)
  child.stdout.on('data', (octets: Buffer) => { output = Buffer.concat([output, octets]) })
  child.stdin.write(Buffer.concat([hex('0040'), frame(2, 99)]))
  await host.sink.until((r) => r.frames.length === 1, 'its frame')
  send(host, frame(1, 2))
  await until(() => output.length === 66, 'our frame')
  assert.equal(new Uint8Array(output.subarray(2)), frame(1, 2))
  const ended = new Promise((resolve) => { child.once('exit', resolve) })
  host.link.close()
  await within(5000, ended, 'the end of the C plug')
  dir.remove()
})

cTest('our links on the C hub://', async () => {
  const dir = scratch()
  const path = `${dir.path}/net`
  const child = spawn(String(plug), ['null://', `hub://${path}`], { stdio: 'ignore' })
  const ended = new Promise((resolve) => { child.once('exit', resolve) })
  await until(() => readdirSync(dir.path).length === 1 && readdirSync(path).includes('ctl'), 'the C hub')
  const a = await station(path)
  const b = await station(path)
  send(a, frame(1, 99))
  await b.sink.until((r) => r.frames.length === 1, 'a frame')
  child.kill()
  await a.sink.until((r) => r.closes === 1, 'the end')
  a.link.close()
  b.link.close()
  await ended
  dir.remove()
})

node.run()
interop.run()
