/** The control protocol of our switch, octet by octet, and what odd, slow or hostile clients get. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, unlinkSync } from 'node:fs'
import { native, DGRAM } from '@vde-ts/native'
import { RawClient, abstractName, rawRequest, type RequestOptions } from './kit/raw-client.ts'
import { BROADCAST, mac, openDescriptors, ourSwitch, probe, probeText, run, tagged, test, waitFor, type Network, type Scene } from './kit/index.ts'

const OURS = ['vde_switch']
const NEEDS = ['native']
const FIXED = ['native', 'fixed']

const join = (scene: Scene, net: Network, options: RequestOptions = {}, path?: string): RawClient => {
  const client = RawClient.join(net.dir, options, path)
  scene.atEnd(() => { client.close() })
  if (client.path !== '' && !client.path.startsWith('\0')) unlinkSync(client.path)
  return client
}

const open = (scene: Scene, net: Network): RawClient => {
  const client = new RawClient(net.dir)
  scene.atEnd(() => { client.close() })
  scene.leaves(/\/\.\d+-\d+$/)
  return client
}

/** Frames both ways between two clients. */
const talk = (a: RawClient, b: RawClient): void => {
  for (const [from, to, n] of [[a, b, 1], [b, a, 2]] as const) {
    const bytes = probe(BROADCAST, mac(n), `t${n}`, 300)
    assert.equal(from.send(bytes), 300)
    assert.deepEqual(to.hears((got) => probeText(got) === `t${n}`), bytes)
  }
}

test('a version 3 request and its reply', { needs: NEEDS, ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene)
  const a = join(scene, net, { description: 'first' })
  assert.equal(a.reply.length, 110)
  assert.equal(a.reply.readUInt16LE(0), 1)
  assert.match(a.peer, new RegExp(`^${net.dir}/001\\.\\d+$`))
  assert.ok(a.reply.subarray(2 + a.peer.length).every((octet) => octet === 0))
  assert.ok(existsSync(a.peer))
  const b = join(scene, net)
  talk(a, b)
  const text = await (await net.console()).ask('port/print')
  assert.match(text, /Port 0001 [^]* {2}-- endpoint ID \d{4} module unix prog {3}: first\n[^]*Port 0002 [^]*: (no endpoint description)?\n/)
  a.close()
  await waitFor(() => !existsSync(a.peer), 2000, 'the end of its data socket')
})

test('version 1, User Mode Linux, no description', { needs: NEEDS, ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene)
  const one = join(scene, net, { version: 1, description: 'old' })
  // As the kernel's: an abstract name with inner NULs, 124 octets.
  const uml = join(scene, net, { padding: 2 }, abstractName(`${process.pid}uml`))
  const plain = join(scene, net)
  talk(one, uml)
  talk(uml, plain)
})

test('ports by number, kind 1, and negative', { needs: NEEDS, ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene)
  for (const [options, port] of [[{ port: 5 }, '005'], [{ port: 5 }, '005'], [{ kind: 1 }, '000'], [{ port: -1 }, '000'], [{ kind: 1, port: 9 }, '000'], [{}, '001']] as const) {
    assert.match(join(scene, net, options).peer, new RegExp(`/${port}\\.\\d+$`), JSON.stringify(options))
  }
})

test('several endpoints of one port: each gets all, none its sibling\'s', { needs: NEEDS, ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene)
  const [first, second] = [join(scene, net, { port: 5 }), join(scene, net, { port: 5 })]
  const other = join(scene, net)
  other.send(probe(BROADCAST, mac(1), 'both'))
  for (const client of [first, second]) assert.ok(client.hears((got) => probeText(got) === 'both'))
  first.send(probe(BROADCAST, mac(2), 'out'))
  assert.ok(other.hears((got) => probeText(got) === 'out'))
  other.send(probe(BROADCAST, mac(1), 'next'))
  assert.equal(probeText(second.receive() ?? Buffer.alloc(0)), 'next', 'the sibling\'s frame did not come')
  const ids = (await (await net.console()).ask('port/print 5')).match(/endpoint ID (\d{4})/g)
  assert.equal(new Set(ids).size, 2)
})

test('a request in pieces', { needs: FIXED, ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene)
  const a = open(scene, net)
  for (const octet of rawRequest(a.path, { port: 3 })) a.write(Uint8Array.of(octet))
  assert.ok(a.accepted())
  assert.match(a.peer, /003\.\d+$/)
})

for (const [what, bytes] of [
  ['a wrong magic', (path: string) => rawRequest(path, { magic: 0x12345678 })],
  ['version 2', (path: string) => rawRequest(path, { version: 2 })],
  ['version 4', (path: string) => rawRequest(path, { version: 4 })],
  ['an unknown kind', (path: string) => rawRequest(path, { kind: 7 })],
  ['a client socket that is not there', () => rawRequest('/nowhere/at/all')]
] as const) {
  test(`${what}: the switch hangs up and lives`, { needs: NEEDS, ours: OURS }, async (scene) => {
    const net = await ourSwitch(scene)
    const a = open(scene, net)
    a.write(bytes(a.path))
    assert.ok(a.hungUp())
    talk(join(scene, net), join(scene, net))
    assert.equal(readdirSync(net.dir).filter((name) => /^\d{3}\./.test(name)).length, 2)
  })
}

test('a port out of range is refused at once', { needs: FIXED, ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene)
  const a = open(scene, net)
  a.write(rawRequest(a.path, { port: 4000 }))
  assert.ok(a.hungUp())
})

test('a second message changes nothing: no ghost, no second endpoint', { needs: FIXED, ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene)
  const a = join(scene, net)
  const b = join(scene, net)
  a.write(rawRequest(b.path, { port: 9 }))
  a.write(Buffer.from('rubbish'))
  const console = await net.console()
  assert.doesNotMatch(await console.ask('port/print'), /Port 0009/)
  a.close()
  b.close()
  await waitFor(async () => !/endpoint ID/.test(await console.ask('port/print')), 3000, 'no endpoint')
  assert.deepEqual(readdirSync(net.dir).filter((name) => /^\d{3}\./.test(name)), [])
})

test('an oversized request is taken for its first part', { needs: NEEDS, ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene)
  const a = open(scene, net)
  a.write(rawRequest(a.path, { description: 'd'.repeat(134) }))
  assert.ok(a.accepted())
  assert.match(await (await net.console()).ask('port/print'), /: d{100,134}\n/)
})

test('control characters of a description are shown escaped', { needs: FIXED, ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene)
  join(scene, net, { description: 'bad\n.\n1000 Success\n\x1b[2J' })
  const text = await (await net.console()).ask('port/print')
  assert.equal(text.match(/1000 Success/g)?.length, 2, 'one in the description, one at the end')
  assert.equal(text.match(/^1000 Success$/gm)?.length, 1)
  assert.ok(!text.includes('\x1b'))
})

test('silent and broken connections cost nothing', { needs: FIXED, ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene)
  const before = openDescriptors(net.proc.pid)
  const silent = Array.from({ length: 100 }, () => open(scene, net))
  for (const client of silent.slice(0, 50)) client.write(rawRequest(client.path).subarray(0, 50))
  talk(join(scene, net), join(scene, net))
  for (const client of silent) client.close()
  await waitFor(() => openDescriptors(net.proc.pid) <= before + 4, 5000, 'descriptors as before, and two clients')
})

test('a connection that asks for nothing is closed in time', { needs: FIXED, ours: OURS, ms: 60_000 }, async (scene) => {
  const net = await ourSwitch(scene)
  const a = open(scene, net)
  a.write(rawRequest(a.path).subarray(0, 50))
  const b = join(scene, net)
  await waitFor(() => a.hungUp(0), 40_000, 'hang-up')
  assert.ok(!b.hungUp(0), 'one that joined stays')
})

test('nobody else may send to a port', { needs: NEEDS, ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene)
  const a = join(scene, net)
  const thief = native.unixSocket(DGRAM)
  scene.atEnd(() => { native.close(thief) })
  assert.equal(native.connectUnix(thief, a.peer), -1, 'EPERM')
})

test('a burst to one that does not read waits in the queue', { needs: FIXED, ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene)
  const [a, b] = [join(scene, net), join(scene, net)]
  const count = 1000
  const send = async (i: number): Promise<void> => {
    await waitFor(() => a.send(probe(BROADCAST, mac(1), `q${i}`, 1514)) > 0, 2000, 'room to send')
  }
  for (let i = 0; i < count; i++) await send(i)
  for (let i = 0; i < count; i++) assert.equal(probeText(b.receive() ?? Buffer.alloc(0)), `q${i}`)
})

test('untagged in, tagged out, and back', { needs: NEEDS, ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene)
  const console = await net.console()
  for (const line of ['vlan/create 7', 'port/create 3', 'port/create 4', 'port/setvlan 3 7', 'vlan/addport 7 4']) {
    assert.match(await console.ask(line), /1000 Success/, line)
  }
  const access = join(scene, net, { port: 3 })
  const trunk = join(scene, net, { port: 4 })
  const plain = join(scene, net)
  const up = probe(BROADCAST, mac(1), 'up')
  access.send(up)
  assert.deepEqual(trunk.receive(), tagged(up, 7))
  const down = probe(BROADCAST, mac(2), 'down')
  trunk.send(tagged(down, 7, 5))
  assert.deepEqual(access.receive(), down)
  plain.send(probe(BROADCAST, mac(3), 'other'))
  assert.equal(probeText(trunk.receive() ?? Buffer.alloc(0)), 'other', 'untagged VLAN 0 on the trunk')
  access.send(probe(mac(3), mac(1), 'secret'))
  trunk.send(probe(BROADCAST, mac(4), 'end'))
  assert.equal(probeText(plain.receive() ?? Buffer.alloc(0)), 'end', 'nothing of VLAN 7 came')
})

test('tagged frames of undefined VLANs: dropped, or passed by --trunk', { needs: FIXED, ours: OURS }, async (scene) => {
  for (const [args, passes] of [[[], false], [['--trunk'], true]] as const) {
    const net = await ourSwitch(scene, { args, name: `sw${args.length}` })
    const [a, b] = [join(scene, net), join(scene, net)]
    const foreign = tagged(probe(BROADCAST, mac(1), 'foreign'), 77, 3)
    a.send(foreign)
    a.send(probe(BROADCAST, mac(1), 'plain'))
    if (passes) assert.deepEqual(b.receive(), foreign)
    assert.equal(probeText(b.receive() ?? Buffer.alloc(0)), 'plain')
  }
})

test('learnt addresses get their frames alone', { needs: NEEDS, ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene)
  const [a, b, c] = [join(scene, net), join(scene, net), join(scene, net)]
  b.send(probe(BROADCAST, mac(2), 'here'))
  assert.ok(a.hears((got) => probeText(got) === 'here'))
  a.send(probe(mac(2), mac(1), 'private'))
  assert.ok(b.hears((got) => probeText(got) === 'private'))
  a.send(probe(BROADCAST, mac(1), 'all'))
  assert.ok(c.hears((got) => probeText(got) === 'here'))
  assert.equal(probeText(c.receive() ?? Buffer.alloc(0)), 'all', 'the private one did not come')
})

run()
