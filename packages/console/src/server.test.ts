import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { existsSync, lstatSync, readdirSync, statSync, writeFileSync, unlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { native, STREAM } from '@vde-ts/native'
import { VdeError } from '@vde-ts/link'
import { ConsoleClient } from './client.ts'
import { makeBench, RawSession, serve, type Bench } from './testing.ts'
import type { ConsoleServer } from './server.ts'
import type { SwitchContext } from './switch/context.ts'

interface World { bench: Bench, server: ConsoleServer<SwitchContext>, path: string }

const test = suite<World>('ConsoleServer')

test.before.each((world) => {
  world.bench = makeBench()
  world.server = serve(world.bench)
  world.path = join(world.bench.dir, 'm')
})

test.after.each(({ bench, server }) => {
  server.close()
  bench.close()
  assert.equal(bench.defects, [])
})

const GREETING = 'VDE switch V.0.1.0\n(C) 2026 the vde-ts authors - MIT\n\nvde$ '

const open = async (path: string): Promise<RawSession> => {
  const session = new RawSession(path)
  await session.until('\nvde$ ')
  return session
}

/** The session every client of the original was written against. */
const TRANSCRIPT: ReadonlyArray<readonly [line: string, reply: string]> = [
  ['port/create 3', '1000 Success\n'],
  ['port/create 3', '1017 File exists\n'],
  ['port/createauto', "0000 DATA END WITH '.'\nPort 0001\n.\n1000 Success\n"],
  ['port/print 9', "0000 DATA END WITH '.'\n.\n1006 No such device or address\n"],
  ['vlan/create 5', '1000 Success\n'],
  ['port/setvlan 3 5', '1000 Success\n'],
  ['vlan/addport 5 1', '1000 Success\n'],
  ['vlan/allprint', "0000 DATA END WITH '.'\nVLAN 0000\n -- Port 0001 tagged=0 active=0 status=Learning\nVLAN 0005\n" +
    ' -- Port 0001 tagged=1 active=0 status=Learning\n -- Port 0003 tagged=0 active=0 status=Learning\n.\n1000 Success\n'],
  ['vlan/remove 5', '1098 Address already in use\n'],
  ['nosuch', '1038 Function not implemented\n']
]

test('holds the classic session byte for byte', async ({ path }) => {
  const session = new RawSession(path)
  assert.is(await session.until('\nvde$ '), GREETING)
  for (const [line, reply] of TRANSCRIPT) assert.is(await session.ask(line), `${reply}\nvde$ `)
  session.send('logout\n')
  assert.is(await session.rest(), '9999 END OF SESSION')
})

test('reads lines however they are cut', async ({ path }) => {
  const want = TRANSCRIPT.slice(0, 3).map(([, reply]) => `${reply}\nvde$ `).join('')
  const merged = await open(path)
  merged.send('port/create 3\nport/create 3\nport/createauto\n')
  assert.is(await merged.until('Port 0001\n.\n1000 Success\n\nvde$ '), want)
  const cut = await open(path)
  for (const part of ['port/cre', 'ate 3\r', '\nport/', 'create 3\r\nport/createauto\r', '\n']) {
    cut.send(part)
    await new Promise((resolve) => { setImmediate(resolve) })
  }
  assert.is(await cut.until('Port 0002\n.\n1000 Success\n\nvde$ '), want.replace('1000 Success', '1017 File exists').replace('0001', '0002'))
  merged.close()
  cut.close()
})

test('answers a lone command without a newline', async ({ path }) => {
  const session = await open(path)
  session.send('port/create 3')
  assert.is(await session.until('\nvde$ '), '1000 Success\n\nvde$ ')
  session.close()
})

test('answers what was sent before the end of the input', async ({ path }) => {
  const session = await open(path)
  session.socket.end('port/create 3\nport/create 3')
  assert.is(await session.rest(), '1000 Success\n\nvde$ 1017 File exists\n\nvde$ ')
})

test('gives 20 000 lines whole to a slow reader', async ({ bench, path }) => {
  bench.sw.createPort(1)
  for (let i = 0; i < 20_000; i++) bench.sw.hash.add(0x0200, i, 0, 1)
  const session = await open(path)
  session.socket.pause()
  session.send('hash/print\nport/showinfo\n')
  // The reader takes a little at a time; meanwhile another session is answered.
  const other = await open(path)
  let octets = 0
  while (!session.text.endsWith('true\n.\n1000 Success\n\nvde$ ')) {
    session.socket.resume()
    await new Promise((resolve) => { setImmediate(resolve) })
    session.socket.pause()
    if (octets === session.text.length) assert.match(await other.ask('port/showinfo'), 'Numports=32')
    octets = session.text.length
  }
  const lines = session.text.split('\n')
  assert.is(lines.filter((line) => /^Hash: \d{4} Addr: 02:00:00:00:[0-9a-f]{2}:[0-9a-f]{2} VLAN 0000 to port: 001 {2}age 0 secs static$/.test(line)).length, 20_000)
  assert.is(lines[20_001], '.')
  session.close()
  other.close()
})

test('a reader who stops costs one block, and his end nothing', async ({ bench, path, server }) => {
  bench.sw.createPort(1)
  for (let i = 0; i < 20_000; i++) bench.sw.hash.add(0x0200, i, 0, 1)
  const session = await open(path)
  session.socket.pause()
  session.send('hash/print\n'.repeat(200))
  const other = await open(path)
  for (let i = 0; i < 20; i++) await other.ask('port/showinfo')
  session.close()
  await until(() => server.sessions === 1)
  other.close()
})

test('holds 100 sessions, and leaves nothing behind', async ({ path, server }) => {
  const before = readdirSync('/proc/self/fd').length
  const sessions = await Promise.all(Array.from({ length: 100 }, async () => await open(path)))
  assert.is(server.sessions, 100)
  const replies = await Promise.all(sessions.map(async (one) => await one.ask('port/showinfo')))
  assert.ok(replies.every((reply) => reply === replies[0]))
  for (const one of sessions) one.close()
  await until(() => server.sessions === 0)
  await until(() => readdirSync('/proc/self/fd').length <= before)
})

test('tells a session too many why', async ({ bench, server }) => {
  const path = join(bench.dir, 'few')
  const few = serve(bench, { path, maxSessions: 1 })
  const one = await open(path)
  assert.is(await new RawSession(path).rest(), '1024 Too many open files\n')
  one.close()
  await until(() => few.sessions === 0)
  const next = await open(path)
  next.close()
  few.close()
  assert.is(server.sessions, 0)
})

test('shutdown is told once its last words are out', async ({ bench }) => {
  let isDown = false
  const path = join(bench.dir, 'down')
  const server = serve(bench, { path, onShutdown () { isDown = true } })
  const session = await open(path)
  session.send('shutdown\n')
  assert.is(await session.rest(), '9999 END OF SESSION')
  assert.ok(isDown)
  server.close()
})

test('events reach who asked, and only him', async ({ bench, path }) => {
  const one = await open(path)
  const other = await open(path)
  await one.ask('debug/add port')
  const endpoint = bench.plug(6, 'me\n1000 Success')
  assert.is(await one.until('Success"\n'),
    '3021 port/+ 06\n3031 port/ep/+ Port 06 FD  1\n3023 port/descr Port 06 FD  1 -> "me\\x0a1000 Success"\n')
  endpoint.close()
  assert.is(await one.until('port/- 06\n'), '3032 port/ep/- Port 06 FD  1\n3022 port/- 06\n')
  assert.match(await other.ask('port/showinfo'), /^0000/)
  one.close()
  other.close()
})

test('is private from birth, removes its file', ({ bench, path, server }) => {
  assert.is(lstatSync(path).mode & 0o777, 0o600)
  const shared = serve(bench, { path: join(bench.dir, 'shared'), mode: 0o660, gid: process.getgid!() })
  assert.is(lstatSync(shared.path).mode & 0o777, 0o660)
  shared.close()
  assert.not.ok(existsSync(shared.path))
  server.close()
  assert.not.ok(existsSync(path))
})

test('has the mode and the group it is given', ({ bench }) => {
  const path = join(bench.dir, 'grouped')
  const own = process.getegid!()
  const grouped = serve(bench, { path, mode: 0o660, gid: own })
  const found = statSync(path)
  assert.equal([found.mode & 0o777, found.gid], [0o660, own])
  grouped.close()
})

test('does not remove what took its name', ({ path, server }) => {
  unlinkSync(path)
  writeFileSync(path, 'mine')
  server.close()
  assert.ok(existsSync(path))
})

const refusal = (bench: Bench, path: string): string => {
  try {
    serve(bench, { path }).close()
  } catch (error) {
    return (error as VdeError).code
  }
  return 'none'
}

test('replaces a stale socket, refuses what lives or is foreign', async ({ bench, path, server }) => {
  const stale = join(bench.dir, 'stale')
  const fd = native.unixSocket(STREAM)
  native.bindUnix(fd, stale)
  native.close(fd)
  assert.is(refusal(bench, stale), 'none')
  assert.is(refusal(bench, path), 'EADDRINUSE')
  assert.is(server.sessions, 0)
  const foreign = createServer().listen(join(bench.dir, 'foreign'))
  await new Promise((resolve) => { foreign.once('listening', resolve) })
  assert.is(refusal(bench, join(bench.dir, 'foreign')), 'EADDRINUSE')
  await new Promise((resolve) => { foreign.close(resolve) })
  writeFileSync(join(bench.dir, 'file'), '')
  assert.is(refusal(bench, join(bench.dir, 'file')), 'EEXIST')
  assert.is(refusal(bench, join(bench.dir, 'no', 'dir')), 'ENOENT')
  assert.is(refusal(bench, join(bench.dir, 'x'.repeat(108))), 'ENAMETOOLONG')
  assert.ok(existsSync(join(bench.dir, 'file')))
})

test('a typed client asks, hears events and learns of the end', async ({ bench, path }) => {
  const client = await ConsoleClient.connect(path)
  assert.is(client.prompt, 'vde$ ')
  assert.is(client.banner[0], 'VDE switch V.0.1.0')
  const replies = await Promise.all([client.command('port/create 3'), client.command('port/create 3'), client.command('port/showinfo')])
  assert.equal(replies.map((reply) => reply.code), [0, 17, 0])
  assert.equal(replies[2].data, ['Numports=32', 'HUB=false', 'counters=true'])
  assert.is((await client.command('')).code, -1)
  await client.command('debug/add port')
  const event = new Promise((resolve) => { client.onEvents = resolve })
  bench.sw.createPort(4)
  assert.equal(await event, { tag: 0o21, path: 'port/+', text: '04' })
  const closed = new Promise<void>((resolve) => { client.onClose = resolve })
  assert.ok((await client.command('logout')).isEnd)
  await closed
  try {
    await client.command('help')
    assert.unreachable()
  } catch (error) {
    assert.is((error as VdeError).code, 'EPIPE')
  }
})

test('a typed client says who is not there', async ({ bench }) => {
  for (const [path, code] of [['nothing', 'ENOENT'], ['x'.repeat(108), 'ENAMETOOLONG']]) {
    try {
      await ConsoleClient.connect(join(bench.dir, path))
      assert.unreachable()
    } catch (error) {
      assert.is((error as VdeError).code, code)
    }
  }
})

/** Polls the event loop, not the clock, up to a deadline. */
const until = async (isDone: () => boolean): Promise<void> => {
  const end = performance.now() + 5000
  while (!isDone()) {
    if (performance.now() > end) throw new Error('Cannot wait longer')
    await new Promise((resolve) => { setTimeout(resolve, 1) })
  }
}

test.run()
