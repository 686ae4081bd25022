import { lstatSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, DGRAM, STREAM } from '@vde-ts/native'
import { VdeError } from '@vde-ts/link'
import { SOCKADDR, decodeReply, encodeRequest } from '@vde-ts/frame/control.js'
import { Recorder, hex, seeded, testFrame, until } from '@vde-ts/link/testing.js'
import { MAX_PENDING } from './listener.ts'
import { openVnl } from './registry.ts'
import { descriptors, scratch, served, type Served } from './testing.ts'

/** A client made of bare system calls. */
class RawClient {
  readonly control: number = native.unixSocket(STREAM)
  readonly data: number = native.unixSocket(DGRAM)
  readonly #octets = new Uint8Array(SOCKADDR)

  constructor (net: Served) { assert.is(native.connectUnix(this.control, `${net.path}/ctl`), 0) }

  write (octets: Uint8Array): void { assert.is(native.write(this.control, octets, 0, octets.length), octets.length) }

  /** -EAGAIN nothing yet, 0 the end, else octets of a reply. */
  read (): number { return native.read(this.control, this.#octets, 0, SOCKADDR) }

  /** The path of the reply, or null when the switch hung up. */
  async reply (): Promise<string | null> {
    let count = 0
    await until(() => (count = this.read()) !== -11, 'the answer')
    return count <= 0 ? null : decodeReply(this.#octets, 0, count)?.path ?? null
  }

  close (): void {
    native.close(this.control)
    native.close(this.data)
  }
}

/** Connects without asserting: the backlog may be full for a moment. */
class PatientClient {
  readonly fd: number = native.unixSocket(STREAM)
  readonly #path: string
  constructor (net: Served) { this.#path = `${net.path}/ctl` }
  tryConnect (): boolean { return native.connectUnix(this.fd, this.#path) === 0 }
  close (): void { native.close(this.fd) }
}

/** A request of a client whose data socket is bound to `path`. */
const request = (client: RawClient, path: string, port: number | null = null, description: string = ''): Uint8Array => {
  assert.is(native.bindUnix(client.data, path), 0)
  return encodeRequest({ port, address: path, description })
}

const inSwitch = async (
  run: (net: Served, dir: string) => Promise<void>, options: Parameters<typeof served>[1] = {}
): Promise<void> => {
  const dir = scratch()
  const before = descriptors()
  const net = served(`${dir.path}/sw`, options)
  try {
    await run(net, dir.path)
  } finally {
    net.close()
  }
  assert.equal(readdirSync(dir.path).filter((name) => name === 'sw'), [], 'the directory is gone')
  assert.equal(descriptors(), before, 'no descriptor is left')
  dir.remove()
}

const protocol = suite('VdeListener protocol')

protocol('the log of a refusal is one line without controls, whatever path the client names', async () => {
  await inSwitch(async (net) => {
    const client = new RawClient(net)
    client.write(encodeRequest({ port: null, address: '/nowhere\n\u001b[2J', description: '' }))
    assert.is(await client.reply(), null)
    assert.match(net.lines.join(), '/nowhere\\x0a\\x1b[2J')
    client.close()
  })
})

protocol('the reply is 110 octets naming DIR/NNN.ID, mode from birth', async () => {
  await inSwitch(async (net, dir) => {
    const client = new RawClient(net)
    client.write(request(client, `${dir}/c`, 5))
    const path = await client.reply()
    assert.is(path, `${net.path}/005.1`)
    assert.ok(lstatSync(String(path)).isSocket())
    client.close()
    await until(() => net.listener.clients === 0, 'its end')
    assert.equal(readdirSync(net.path).sort(), ['attach', 'ctl'])
  })
})

protocol('a request without description is complete with 122 octets', async () => {
  await inSwitch(async (net, dir) => {
    const client = new RawClient(net)
    const octets = request(client, `${dir}/c`)
    assert.is(octets.length, 122)
    client.write(octets)
    assert.is.not(await client.reply(), null)
    assert.is(net.bridge.port(1).endpoints[0]?.description, '')
    client.close()
  })
})

for (const cut of [1, 3, 4, 8, 11, 14, 100, 121, 122, 125]) {
  protocol(`a request in two pieces, cut at ${cut}`, async () => {
    await inSwitch(async (net, dir) => {
      const client = new RawClient(net)
      const octets = request(client, `${dir}/c`, 3, 'in pieces')
      client.write(octets.subarray(0, cut))
      await until(() => net.listener.pending === 1 || net.listener.clients === 1, 'the first piece')
      if (cut < 122) await new Promise((resolve) => { setTimeout(resolve, 5) }) // past one turn, so that it is read alone
      client.write(octets.subarray(cut))
      assert.is(await client.reply(), `${net.path}/003.1`)
      if (cut < 122) assert.is(net.bridge.port(3).endpoints[0]?.description, 'in pieces')
      client.close()
    })
  })
}

protocol('version 1 is served', async () => {
  await inSwitch(async (net, dir) => {
    const client = new RawClient(net)
    assert.is(native.bindUnix(client.data, `${dir}/c`), 0)
    client.write(encodeRequest({ version: 1, port: null, address: `${dir}/c`, description: 'old' }))
    assert.is(await client.reply(), `${net.path}/001.1`)
    assert.is(net.bridge.port(1).endpoints[0]?.description, 'old')
    client.close()
  })
})

protocol('User Mode Linux: 124 octets, abstract address, a socket that is not connected', async () => {
  await inSwitch(async (net) => {
    const sink = new Recorder()
    const link = await openVnl(net.path, sink)
    link.resume()
    const client = new RawClient(net)
    // sun_path: NUL, three octets of padding, pid, usecs, zeros. Its name is all of them: 110 octets of address.
    const address = new Uint8Array(SOCKADDR)
    address.set(hex('01 00  00 00 00 00  39 30 00 00  11 22 33 44'))
    const name = '\0' + Buffer.from(address.subarray(3)).toString('latin1')
    assert.is(native.bindUnix(client.data, name), 0)
    const octets = new Uint8Array(124)
    octets.set(encodeRequest({ port: null, address, description: '' }))
    octets.set([0xde, 0xad], 122) // padding, whatever was on its stack
    client.write(octets)
    const path = String(await client.reply())
    assert.is(net.bridge.port(2).endpoints[0]?.description, '')
    assert.is(net.bridge.port(2).endpoints[0]?.owner.uid, process.geteuid!(), 'identity comes from the kernel')

    // It receives on the unconnected socket. What it sends would go by sendto: to the switch that is the same as connecting.
    const frame = testFrame(60, 1)
    for (let i = 0; i < 40; i++) link.send(testFrame(60, 100 + i), 0, 60)
    await until(() => net.bridge.port(2).outFrames === 40, 'frames for it')
    const buf = new Uint8Array(2048)
    let received = 0
    // More than max_dgram_qlen frames wait for it, and all of them come, in order.
    await until(() => {
      const count = native.receive(client.data, buf, 0, buf.length)
      if (count > 0) assert.equal(buf.subarray(0, count), testFrame(60, 100 + received++))
      return received === 40
    }, 'the frames it gets')
    assert.is(native.connectUnix(client.data, path), 0)
    assert.is(native.send(client.data, frame, 0, 60), 60)
    await sink.until((r) => r.frames.length === 1, 'its frame')
    client.close()
    await until(() => net.listener.clients === 1, 'its end')
    link.close()
  })
})

protocol('input after the request is ignored, the end counts', async () => {
  await inSwitch(async (net, dir) => {
    const client = new RawClient(net)
    client.write(request(client, `${dir}/c`))
    assert.is.not(await client.reply(), null)
    client.write(encodeRequest({ port: 9, address: `${dir}/c`, description: 'again' }))
    client.write(new Uint8Array(1000))
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    assert.is(net.listener.clients, 1)
    assert.is(net.bridge.ports().length, 1)
    client.close()
    await until(() => net.listener.clients === 0, 'its end')
  })
})

protocol('a client that closes its data socket only is unplugged when it is written to', async () => {
  await inSwitch(async (net, dir) => {
    const client = new RawClient(net)
    client.write(request(client, `${dir}/c`))
    assert.is.not(await client.reply(), null)
    native.close(client.data)
    const link = await openVnl(net.path, new Recorder())
    link.send(testFrame(60, 1), 0, 60)
    await until(() => net.listener.clients === 1, 'the end of the dead endpoint')
    assert.is(await client.reply(), null)
    native.close(client.control)
    link.close()
  })
})

const refusals = suite('VdeListener refusals')

const refuse = (name: string, octets: Uint8Array, line: string): void => {
  refusals(name, async () => {
    await inSwitch(async (net) => {
      const client = new RawClient(net)
      client.write(octets)
      assert.is(await client.reply(), null)
      assert.is(net.listener.pending, 0)
      assert.is(net.bridge.ports().length, 0)
      assert.match(net.lines.join('\n'), line)
      client.close()
    })
  })
}

const withVersion = (version: number): Uint8Array => {
  const octets = encodeRequest({ port: null, address: '/tmp/nobody', description: '' })
  octets[4] = version
  return octets
}

refuse('no magic', new Uint8Array(150), 'V0 request')
refuse('version 2', withVersion(2), 'version 2')
refuse('version 4', withVersion(4), 'version 4')
refuse('another kind', encodeRequest({ port: null, address: '/tmp/nobody', description: '' }).with(8, 7), 'request type : 7')
refuse('another address family', encodeRequest({ port: null, address: '/tmp/nobody', description: '' }).with(12, 2), 'family')
refuse('a socket that is not there', encodeRequest({ port: null, address: '/nowhere/c', description: '' }), '/nowhere/c')
refuse('a file instead of a socket', encodeRequest({ port: null, address: '/etc/passwd', description: '' }), 'not a socket')

refusals('a port beyond the switch is answered by hanging up', async () => {
  await inSwitch(async (net, dir) => {
    const client = new RawClient(net)
    client.write(request(client, `${dir}/c`, 9999))
    assert.is(await client.reply(), null)
    assert.match(net.lines.join(), '9999')
    client.close()
  })
})

refusals('half a request and the end', async () => {
  await inSwitch(async (net) => {
    const client = new RawClient(net)
    client.write(hex('ce fa ed fe 03 00 00 00 00'))
    await until(() => net.listener.pending === 1, 'the connection')
    client.close()
    await until(() => net.listener.pending === 0, 'the end')
  })
})

refusals('silence is timed out', async () => {
  await inSwitch(async (net) => {
    const silent = new RawClient(net)
    const half = new RawClient(net)
    half.write(hex('ce fa ed fe 03'))
    assert.is(await silent.reply(), null)
    assert.is(await half.reply(), null)
    silent.close()
    half.close()
  }, { timeoutMs: 40 })
})

refusals('1000 silent connections cost a client nothing', async () => {
  await inSwitch(async (net) => {
    const silent: PatientClient[] = []
    for (let i = 0; i < 1000; i++) {
      const client = new PatientClient(net)
      await until(() => client.tryConnect(), 'a place in the backlog')
      silent.push(client)
    }
    const link = await openVnl(net.path, new Recorder())
    assert.is(net.listener.clients, 1)
    assert.ok(net.listener.pending <= MAX_PENDING)
    link.close()
    for (const client of silent) client.close()
    await until(() => net.listener.pending === 0, 'their end')
  })
})

refusals('seeded garbage never ends in more than a line', async () => {
  await inSwitch(async (net) => {
    const random = seeded(7)
    const sample = encodeRequest({ port: 3, address: '/tmp/nobody', description: 'x' })
    for (let i = 0; i < 300; i++) {
      const client = new PatientClient(net)
      await until(() => client.tryConnect(), 'a place')
      const octets = random.int(2) === 0 ? random.octets(1 + random.int(300)) : new Uint8Array(sample)
      for (let flips = random.int(4); flips > 0; flips--) octets[random.int(octets.length)] = random.int(256)
      assert.is(native.write(client.fd, octets, 0, octets.length), octets.length)
      client.close()
    }
    await until(() => net.listener.pending === 0, 'all of them gone')
    await until(() => net.listener.clients === 0, 'nobody in')
    assert.ok(net.lines.length <= 21, 'the log is bounded')
    const link = await openVnl(net.path, new Recorder())
    link.close()
  })
})

refusals('a full descriptor table turns clients away and is survived', async () => {
  await inSwitch(async (net) => {
    const waiting = [new PatientClient(net), new PatientClient(net), new PatientClient(net)]
    const hoard: number[] = []
    for (;;) {
      const fd = native.eventfd(0)
      if (fd < 0) break
      hoard.push(fd)
    }
    for (const client of waiting) assert.ok(client.tryConnect())
    await until(() => net.lines.some((line) => line.includes(native.strerror(24))), 'the report')
    const before = process.cpuUsage()
    await new Promise((resolve) => { setTimeout(resolve, 200) })
    const { user, system } = process.cpuUsage(before)
    assert.ok(user + system < 150_000, `no busy loop: ${user + system} us of 200 ms`)
    for (const fd of hoard) native.close(fd)
    for (const client of waiting) client.close()
    const link = await openVnl(net.path, new Recorder())
    link.close()
  })
})

refusals('100 clients join and leave: nothing stays', async () => {
  await inSwitch(async (net) => {
    for (let i = 0; i < 100; i++) {
      const link = await openVnl(net.path, new Recorder())
      link.close()
    }
    await until(() => net.listener.clients === 0, 'their end')
    assert.equal(readdirSync(net.path).sort(), ['attach', 'ctl'])
    assert.is(net.bridge.ports().length <= 3, true)
  })
})

const directory = suite('ControlDirectory')

const code = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    assert.instance(error, VdeError)
    return (error as VdeError).code
  }
  return 'none'
}

/** A directory as a killed switch leaves it. */
const staleSwitch = (path: string): void => {
  mkdirSync(path)
  for (const [type, name] of [[STREAM, 'ctl'], [DGRAM, '001.7'], [DGRAM, '.00123-00000']] as const) {
    const fd = native.unixSocket(type)
    native.bindUnix(fd, `${path}/${name}`)
    native.close(fd)
  }
}

directory('a stale switch is recovered and removed at the end', () => {
  const dir = scratch()
  staleSwitch(`${dir.path}/sw`)
  const net = served(`${dir.path}/sw`)
  assert.equal(readdirSync(net.path).sort(), ['attach', 'ctl'])
  net.close()
  assert.equal(readdirSync(dir.path), [])
  dir.remove()
})

directory('a live switch is refused and unharmed', async () => {
  const dir = scratch()
  const net = served(`${dir.path}/sw`)
  assert.is(code(() => served(`${dir.path}/sw`)), 'EADDRINUSE')
  const link = await openVnl(net.path, new Recorder())
  link.close()
  net.close()
  assert.equal(readdirSync(dir.path), [])
  dir.remove()
})

directory('foreign files are neither touched nor removed', () => {
  const dir = scratch()
  const path = `${dir.path}/sw`
  staleSwitch(path)
  writeFileSync(`${path}/notes`, 'mine')
  writeFileSync(`${path}/002.9`, 'looks like ours, is a file')
  const net = served(path)
  net.close()
  assert.equal(readdirSync(path).sort(), ['002.9', 'notes'])
  assert.is(readFileSync(`${path}/notes`, 'utf8'), 'mine')
  dir.remove()
})

directory('a directory that was there stays there', () => {
  const dir = scratch()
  mkdirSync(`${dir.path}/sw`)
  served(`${dir.path}/sw`).close()
  assert.equal(readdirSync(dir.path), ['sw'])
  dir.remove()
})

directory('a file at the place is refused untouched', () => {
  const dir = scratch()
  writeFileSync(`${dir.path}/sw`, 'mine', { mode: 0o640 })
  assert.is(code(() => served(`${dir.path}/sw`)), 'ENOTDIR')
  assert.is(lstatSync(`${dir.path}/sw`).mode & 0o7777, 0o640)
  dir.remove()
})

directory('ctl that is a file is refused untouched', () => {
  const dir = scratch()
  mkdirSync(`${dir.path}/sw`)
  writeFileSync(`${dir.path}/sw/ctl`, 'mine')
  assert.is(code(() => served(`${dir.path}/sw`)), 'EADDRINUSE')
  assert.is(readFileSync(`${dir.path}/sw/ctl`, 'utf8'), 'mine')
  dir.remove()
})

directory('a missing parent: ENOENT', () => {
  assert.is(code(() => served('/nowhere/sw')), 'ENOENT')
})

directory('a link to nowhere is refused', () => {
  const dir = scratch()
  symlinkSync('/nowhere', `${dir.path}/sw`)
  assert.is(code(() => served(`${dir.path}/sw`)), 'ENOENT')
  dir.remove()
})

directory('a missing parent of a path that is too long: the length is what is told', () => {
  for (const size of [90, 300]) {
    assert.throws(() => served(`/nowhere/${'x'.repeat(size)}`), (e: Error) => /has \d+ octets, at most \d+/.test(e.message))
  }
})

directory('a path that leaves no room for sockets: ENAMETOOLONG, nothing made', () => {
  const dir = scratch()
  const before = descriptors()
  assert.is(code(() => served(`${dir.path}/${'x'.repeat(90)}`)), 'ENAMETOOLONG')
  assert.equal(readdirSync(dir.path), [])
  assert.equal(descriptors(), before)
  dir.remove()
})

protocol.run()
refusals.run()
directory.run()
