import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, DGRAM, STREAM } from '@vde-ts/native'
import { VdeError, loop, type Link } from '@vde-ts/link'
import { Recorder, hex, testFrame, until, within } from '@vde-ts/link/testing.js'
import { openVnl } from './registry.ts'
import { joinSwitch } from './vde.ts'
import { descriptors, program, refusal, scratch, served } from './testing.ts'

/** A stream listener that answers as the test says; what came is in `request`. */
class FakeSwitch {
  readonly request = new Uint8Array(512)
  have = 0
  connection = -1
  readonly #fd: number
  constructor (path: string) {
    this.#fd = native.unixSocket(STREAM)
    assert.is(native.bindUnix(this.#fd, path), 0)
    assert.is(native.listen(this.#fd, 8), 0)
  }

  /** Accepts one client and its request. */
  async listen (least: number): Promise<void> {
    await until(() => (this.connection = native.accept(this.#fd)) >= 0, 'a client')
    await until(() => {
      const count = native.read(this.connection, this.request, this.have, 512 - this.have)
      if (count > 0) this.have += count
      return this.have >= least
    }, 'its request')
  }

  close (): void {
    if (this.connection >= 0) native.close(this.connection)
    native.close(this.#fd)
  }
}

const wire = suite('vde:// on the wire')

wire('the request is that of the C library, octet for octet', async () => {
  const dir = scratch()
  const fake = new FakeSwitch(`${dir.path}/ctl`)
  const opened = refusal(openVnl(`vde://${dir.path}[5]`, new Recorder(), { description: 'vdeplug:' }))
  await fake.listen(130)
  const own = `${dir.path}/.${String(process.pid).padStart(5, '0')}-00000`
  const path = Buffer.alloc(108)
  path.write(own)
  const login = native.userById(process.geteuid!())?.name ?? '??'
  const ssh = process.env['SSH_CLIENT']?.split(' ')[0]
  const description = `vdeplug: user=${login} pid=${process.pid}${ssh === undefined ? '' : ` SSH=${ssh}`}`
  const want = Buffer.concat([
    hex('ce fa ed fe'), // magic
    hex('03 00 00 00'), // version
    hex('00 05 00 00'), // new connection, port 5
    hex('01 00'), path, // AF_UNIX, our data socket
    Buffer.from(description)
  ])
  assert.is(Buffer.from(fake.request.subarray(0, fake.have)).toString('hex'), want.toString('hex'))
  assert.is(statSync(own).mode & 0o777, 0o700)
  fake.close()
  await opened
  assert.equal(readdirSync(dir.path), ['ctl'], 'our socket is gone')
  dir.remove()
})

for (const [text, type] of [['0', '01000000'], ['', '00000000'], ['300', '002c0100'], ['port=7', '00070000']] as const) {
  wire(`[${text}] is request type ${type}`, async () => {
    const dir = scratch()
    const fake = new FakeSwitch(`${dir.path}/ctl`)
    const opened = refusal(openVnl(`vde://${dir.path}[${text}]`, new Recorder()))
    await fake.listen(122)
    assert.is(Buffer.from(fake.request.subarray(8, 12)).toString('hex'), type)
    fake.close()
    await opened
    dir.remove()
  })
}

wire('a negative port of the open arguments is port zero', async () => {
  const dir = scratch()
  const fake = new FakeSwitch(`${dir.path}/ctl`)
  const opened = refusal(openVnl(dir.path, new Recorder(), { port: -1 }))
  await fake.listen(122)
  assert.is(fake.request[8], 1)
  fake.close()
  await opened
  dir.remove()
})

wire('a description is cut to 127 octets', async () => {
  const dir = scratch()
  const fake = new FakeSwitch(`${dir.path}/ctl`)
  const opened = refusal(openVnl(dir.path, new Recorder(), { description: 'é'.repeat(200) }))
  await fake.listen(248)
  assert.is(fake.have, 122 + 126, 'cut between characters')
  fake.close()
  await opened
  dir.remove()
})

wire('frames cross both ways, of any length up to 64 KiB', async () => {
  const dir = scratch()
  const net = served(`${dir.path}/sw`)
  const a = new Recorder()
  const b = new Recorder()
  const left = await openVnl(net.path, a)
  const right = await openVnl(`vde://${net.path}`, b)
  left.resume()
  right.resume()
  for (const len of [14, 60, 1514, 1522, 9234, 65557]) {
    const frame = testFrame(len, len)
    assert.ok(left.send(frame, 0, len))
    await b.until((r) => r.frames.length === 1, `the frame of ${len} octets`)
    assert.equal(b.frames.pop(), frame)
    assert.ok(right.send(frame, 0, len))
    await a.until((r) => r.frames.length === 1, `the frame of ${len} octets back`)
    assert.equal(a.frames.pop(), frame)
  }
  left.close()
  right.close()
  net.close()
  dir.remove()
})

wire('the end of the switch ends the link, once', async () => {
  const dir = scratch()
  const net = served(`${dir.path}/sw`)
  const sink = new Recorder()
  const link = await openVnl(net.path, sink)
  net.close()
  await sink.until((r) => r.closes === 1, 'the end')
  assert.is(sink.why, undefined)
  link.close()
  link.close()
  assert.is(sink.closes, 1)
  dir.remove()
})

wire('the end of a paused link waits for what arrived', async () => {
  const dir = scratch()
  const net = served(`${dir.path}/sw`)
  const sink = new Recorder()
  const link = await openVnl(net.path, sink)
  const other = await openVnl(net.path, new Recorder())
  for (let i = 0; i < 50; i++) assert.ok(other.send(testFrame(60, i), 0, 60))
  await until(() => net.bridge.ports().some((port) => port.outFrames === 50), 'the frames on their way')
  net.close()
  assert.is(sink.frames.length, 0)
  link.resume()
  await sink.until((r) => r.closes === 1, 'the end')
  assert.is(sink.frames.length, 50)
  link.close()
  other.close()
  dir.remove()
})

const refused = suite('vde:// refused')

const text = (code: number): string => native.strerror(code)

refused('no directory: ENOENT', async () => {
  const error = await refusal(openVnl('vde:///nowhere/sw', new Recorder()))
  assert.is(error.code, 'ENOENT')
  assert.match(error.message, `Cannot open vde:///nowhere/sw: ${text(2)}`)
})

refused('a directory without a switch: ENOENT', async () => {
  const dir = scratch()
  assert.is((await refusal(openVnl(dir.path, new Recorder()))).code, 'ENOENT')
  assert.equal(readdirSync(dir.path), [])
  dir.remove()
})

refused('a file: ENOTDIR', async () => {
  const dir = scratch()
  writeFileSync(`${dir.path}/file`, '')
  const error = await refusal(openVnl(`vde://${dir.path}/file`, new Recorder()))
  assert.is(error.code, 'ENOTDIR')
  assert.match(error.message, text(20))
  dir.remove()
})

refused('a stale socket: ECONNREFUSED', async () => {
  const dir = scratch()
  new FakeSwitch(`${dir.path}/ctl`).close()
  const error = await refusal(openVnl(dir.path, new Recorder()))
  assert.is(error.code, 'ECONNREFUSED')
  assert.match(error.message, text(111))
  dir.remove()
})

refused('an unknown port group does not join the ordinary network', async () => {
  const dir = scratch()
  const net = served(`${dir.path}/sw`)
  assert.is((await refusal(openVnl(`${net.path}[guests]`, new Recorder()))).code, 'ENOENT')
  assert.is(net.listener.clients, 0)
  net.close()
  dir.remove()
})

refused('a port group is the control socket of that name', async () => {
  const dir = scratch()
  const fake = new FakeSwitch(`${dir.path}/guests`)
  const opened = refusal(openVnl(`${dir.path}[guests]`, new Recorder()))
  await fake.listen(122)
  assert.is(fake.request[9], 0)
  fake.close()
  await opened
  dir.remove()
})

for (const port of ['../x', '..', 'a/b']) {
  refused(`port ${port}: EINVAL`, async () => {
    const dir = scratch()
    const opened = joinSwitch({ directory: dir.path, port, group: '', mode: 0, description: '', loop }, new Recorder())
    assert.is((await refusal(opened)).code, 'EINVAL')
    dir.remove()
  })
}

refused('a port that no request can carry: EINVAL', async () => {
  const dir = scratch()
  assert.is((await refusal(openVnl(`${dir.path}[8388608]`, new Recorder()))).code, 'EINVAL')
  dir.remove()
})

refused('a path over 107 octets is named with its length', async () => {
  const dir = scratch()
  const long = `${dir.path}/${'x'.repeat(120)}`
  mkdirSync(long)
  const error = await refusal(openVnl(long, new Recorder()))
  assert.is(error.code, 'ENAMETOOLONG')
  assert.match(error.message, `${Buffer.byteLength(`${long}/ctl`)} octets`)
  dir.remove()
})

refused('a switch that hangs up: ECONNRESET, and nothing is left', async () => {
  const dir = scratch()
  const before = descriptors()
  const fake = new FakeSwitch(`${dir.path}/ctl`)
  const opened = refusal(openVnl(dir.path, new Recorder()))
  await fake.listen(122)
  fake.close()
  assert.is((await opened).code, 'ECONNRESET')
  assert.equal(readdirSync(dir.path), ['ctl'])
  assert.equal(descriptors(), before)
  dir.remove()
})

refused('a switch that never answers: ETIMEDOUT', async () => {
  const dir = scratch()
  const fake = new FakeSwitch(`${dir.path}/ctl`)
  const before = descriptors()
  const opened = joinSwitch({ directory: dir.path, port: '', group: '', mode: 0, description: '', loop, timeoutMs: 50 }, new Recorder())
  const error = await refusal(opened)
  assert.is(error.code, 'ETIMEDOUT')
  assert.match(error.message, 'does not answer')
  assert.equal(descriptors(), before)
  assert.equal(readdirSync(dir.path), ['ctl'])
  fake.close()
  dir.remove()
})

refused('an answer that is none: EPROTO', async () => {
  const dir = scratch()
  const fake = new FakeSwitch(`${dir.path}/ctl`)
  const opened = refusal(openVnl(dir.path, new Recorder()))
  await fake.listen(122)
  native.write(fake.connection, new Uint8Array(110), 0, 110)
  assert.is((await opened).code, 'EPROTO')
  fake.close()
  dir.remove()
})

refused('an unknown group: EINVAL', async () => {
  const dir = scratch()
  const net = served(`${dir.path}/sw`)
  assert.is((await refusal(openVnl(`${net.path}[group=no-such-group]`, new Recorder()))).code, 'EINVAL')
  assert.is((await refusal(openVnl(`${net.path}[mode=9]`, new Recorder()))).code, 'EINVAL')
  net.close()
  dir.remove()
})

const names = suite('vde:// names and permissions')

names('a taken name is stepped over', async () => {
  const dir = scratch()
  const net = served(`${dir.path}/sw`)
  const taken = native.unixSocket(DGRAM)
  native.bindUnix(taken, `${net.path}/.${String(process.pid).padStart(5, '0')}-00000`)
  const link = await openVnl(net.path, new Recorder())
  assert.is(net.listener.clients, 1)
  link.close()
  native.close(taken)
  net.close()
  dir.remove()
})

names('mode 0 is the default, not a lock-out', async () => {
  const dir = scratch()
  const fake = new FakeSwitch(`${dir.path}/ctl`)
  const opened = refusal(openVnl(dir.path, new Recorder(), { mode: 0 }))
  await fake.listen(122)
  const own = readdirSync(dir.path).find((name) => name.startsWith('.'))
  assert.is(statSync(`${dir.path}/${String(own)}`).mode & 0o777, 0o700)
  fake.close()
  await opened
  dir.remove()
})

names('group and mode of the VNL are those of the socket', async () => {
  const dir = scratch()
  const fake = new FakeSwitch(`${dir.path}/ctl`)
  const gid = process.getegid!()
  const opened = refusal(openVnl(`${dir.path}[group=${gid}/mode=0750]`, new Recorder()))
  await fake.listen(122)
  const own = statSync(`${dir.path}/${String(readdirSync(dir.path).find((name) => name.startsWith('.')))}`)
  assert.is(own.mode & 0o777, 0o750)
  assert.is(own.gid, gid)
  fake.close()
  await opened
  dir.remove()
})

const interop = suite("vde:// with Debian's programs")

const cSwitch = program('vde_switch')
const cTest = cSwitch === null ? interop.skip : interop
if (cSwitch === null) console.log('skipped: vde:// on the C switch, because vde_switch is not installed')

cTest('two of our links talk over the C switch, and hear of its end', async () => {
  const dir = scratch()
  const path = `${dir.path}/sw`
  const child = spawn(String(cSwitch), ['-s', path], { stdio: ['pipe', 'ignore', 'ignore'] })
  const ended = new Promise((resolve) => { child.once('exit', resolve) })
  const join = async (sink: Recorder, vnl: string = path): Promise<Link> => {
    for (;;) {
      try {
        return await openVnl(vnl, sink)
      } catch (error) {
        if (!['ENOENT', 'ECONNREFUSED'].includes((error as VdeError).code)) throw error
        await new Promise((resolve) => { setImmediate(resolve) })
      }
    }
  }
  const a = new Recorder()
  const b = new Recorder()
  const left = await within(5000, join(a), 'the C switch')
  const right = await join(b, `${path}[7]`)
  left.resume()
  right.resume()
  const frame = testFrame(1000, 1)
  left.send(frame, 0, 1000)
  await b.until((r) => r.frames.length === 1, 'a frame')
  assert.equal(b.frames[0], frame)
  right.send(testFrame(60, 2), 0, 60)
  await a.until((r) => r.frames.length === 1, 'a frame back')
  assert.ok(readdirSync(path).some((name) => name.startsWith('007.')))
  child.kill()
  await a.until((r) => r.closes === 1, 'the end')
  await b.until((r) => r.closes === 1, 'the end')
  left.close()
  right.close()
  await ended
  dir.remove()
})

const cPlug = program('vde_plug')
const pTest = cPlug === null ? interop.skip : interop
if (cPlug === null) console.log('skipped: the C plug on our switch, because vde_plug is not installed')

pTest('the C plug joins our switch: frames both ways, EOF ends it', async () => {
  const dir = scratch()
  const net = served(`${dir.path}/sw`)
  const sink = new Recorder()
  const link = await openVnl(net.path, sink)
  link.resume()
  const child = spawn(String(cPlug), [`vde://${net.path}[3]`], { stdio: ['pipe', 'pipe', 'inherit'] })
  const output: Buffer[] = []
  child.stdout.on('data', (octets: Buffer) => { output.push(octets) })
  await until(() => net.listener.clients === 2, 'the C plug')
  assert.match(net.bridge.port(3).endpoints[0]?.description ?? '', /^vdeplug: user=\S+ pid=\d+/)
  const frame = testFrame(100, 9)
  child.stdin.write(Buffer.concat([hex('0064'), frame]))
  await sink.until((r) => r.frames.length === 1, 'its frame')
  assert.equal(sink.frames[0], frame)
  link.send(frame, 0, 100)
  await until(() => Buffer.concat(output).length === 102, 'our frame')
  assert.is(Buffer.concat(output).toString('hex'), '0064' + Buffer.from(frame).toString('hex'))
  child.stdin.end()
  await until(() => net.listener.clients === 1, 'its end')
  link.close()
  net.close()
  dir.remove()
})

wire.run()
refused.run()
names.run()
interop.run()
