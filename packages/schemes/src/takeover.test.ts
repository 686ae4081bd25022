/**
 * Handing over, with a new process that is played by packets sent beforehand: the server does not return to the loop while
 * it hands over, so it hears them in their order.
 */
import { chmodSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, SEQPACKET } from '@vde-ts/native'
import { VdeError, loop } from '@vde-ts/link'
import type { Part } from '@vde-ts/link/part.js'
import { stateOf } from '@vde-ts/link/state-text.js'
import { settle, until } from '@vde-ts/link/testing.js'
import { listenAt } from '@vde-ts/link/socket-file.js'
import { descriptors, program, scratch } from './testing.ts'
import { Takeover } from './takeover-client.ts'
import { BATCH, TAKEOVER, parting } from './takeover-protocol.ts'
import { TakeoverServer } from './takeover-server.ts'

const GREETING = '{"takeover":1,"versions":[1]}'
const READY = '{"ready":true}'
/** Of one that says when it has started. */
const CONFIRMING = '{"takeover":1,"versions":[1],"confirms":true}'
/** In place of two seconds. */
const TIME_MS = 150

interface Bench {
  readonly path: string
  readonly lines: string[]
  /** A zero for each letGo, and the pids that took over. */
  readonly gone: number[]
  /** Calls of whenQuiet that wait. */
  readonly quiet: Array<() => void>
  close (): void
}

const bench = (parts: readonly Part[], isQuiet = true): Bench => {
  const dir = scratch()
  const path = `${dir.path}/${TAKEOVER}`
  const fd = listenAt(path, { mode: 0o600 }, 8, 'listen', SEQPACKET)
  const made = { path, lines: [] as string[], gone: [] as number[], quiet: [] as Array<() => void> }
  const server = new TakeoverServer({
    fd,
    loop,
    parts,
    timeoutMs: TIME_MS,
    whenQuiet: (run) => { isQuiet ? run() : made.quiet.push(run) },
    letGo: () => { made.gone.push(0) },
    onGone: (pid) => { made.gone.push(pid) },
    log: (line) => { made.lines.push(line) }
  })
  return {
    ...made,
    close () {
      server.close()
      server.close()
      native.close(fd)
      dir.remove()
    }
  }
}

const part = (name: string, state: object): Part => ({ name, snapshot: () => state })

const connect = (path: string): number => {
  const fd = native.unixSocket(SEQPACKET)
  assert.is(native.connectUnix(fd, path), 0)
  return fd
}

const say = (fd: number, ...packets: string[]): void => {
  for (const packet of packets) {
    const octets = Buffer.from(packet)
    assert.is(native.send(fd, octets, 0, octets.length), octets.length)
  }
}

/** Everything the server said; pieces of state as they are. Descriptors that came are closed and counted. */
const answers = (fd: number): { readonly packets: string[], readonly fds: number[] } => {
  const packets: string[] = []
  const fds: number[] = []
  const buf = Buffer.alloc(70_000)
  const batch = new Int32Array(300)
  for (;;) {
    const got = native.receiveDescriptors(fd, buf, 0, buf.length, batch)
    if (got <= 0) return { packets, fds }
    packets.push(buf.toString('utf8', 0, got))
    const count = batch.findIndex((one) => one < 0)
    fds.push(count)
    for (const one of batch.subarray(0, count)) native.close(one)
  }
}

const server = suite('TakeoverServer')

server('hands everything over in order, and tells who has it', async () => {
  const b = bench([part('one', { a: 1 }), { name: 'two', snapshot: (departure) => ({ fd: departure.descriptor(0) }) }])
  const fd = connect(b.path)
  say(fd, GREETING, '{"next":0}', READY)
  await until(() => b.gone.length === 2, 'the end')
  assert.equal([b.gone, b.lines], [[0, process.pid], []])
  const { packets, fds } = answers(fd)
  assert.equal(packets.length, 3)
  const state = '{"one":{"a":1},"two":{"fd":0}}'
  assert.equal(JSON.parse(packets[0]!), { version: 1, pid: process.pid, octets: state.length, descriptors: 1 })
  assert.equal([packets[1], fds[1]], [state, 1])
  assert.equal(packets[2], '{"go":true}')
  native.close(fd)
  b.close()
})

server('goes on when the new process is killed between go and its start', async () => {
  const b = bench([part('one', {})])
  const fd = connect(b.path)
  say(fd, CONFIRMING, '{"next":0}', READY)
  native.shutdown(fd, 1) // what it said can still be heard
  await until(() => b.lines.length === 1, 'the line')
  assert.match(b.lines[0]!, /ended before it had started/)
  assert.equal(b.gone, [])
  assert.is(answers(fd).packets[2], '{"go":true}')
  native.close(fd)
  b.close()
})

server('is gone when the new process has started, and when it says nothing: it may yet', async () => {
  for (const last of [['{"started":true}'], []]) {
    const b = bench([part('one', {})])
    const fd = connect(b.path)
    say(fd, CONFIRMING, '{"next":0}', READY, ...last)
    await until(() => b.gone.length === 2, 'the end')
    assert.equal([b.gone, b.lines], [[0, process.pid], []])
    native.close(fd)
    b.close()
  }
})

server('sends at most 253 descriptors with a packet', async () => {
  const octets = new Uint8Array(100_000).fill(7)
  const pipe = new Int32Array(2)
  native.pipe(pipe, true)
  const b = bench([{
    name: 'many',
    snapshot (departure) {
      for (let i = 0; i < 600; i++) departure.descriptor(pipe[0]!)
      return { octets }
    }
  }])
  const fd = connect(b.path)
  say(fd, GREETING, '{"next":0}', '{"next":1}', '{"next":2}', READY)
  native.setBuffers(fd, 1 << 20, 1 << 20)
  await until(() => b.gone.length === 2, 'the end')
  const { packets, fds } = answers(fd)
  assert.equal(fds, [0, BATCH, BATCH, 94, 0])
  assert.equal(stateOf(packets.slice(1, 4).join('')), { many: { octets } })
  native.close(fd)
  for (const one of pipe) native.close(one)
  b.close()
})

for (const [octets, count, packets] of [
  [2, 0, 1], [65536, 253, 1], [65537, 1, 2], [10, 254, 2], [1_000_000, 10_000, 40]
] as const) {
  server(`parting of ${octets} octets and ${count} descriptors are ${packets} packets, none of them empty`, () => {
    const parts = parting(octets, count)
    assert.is(parts.packets, packets)
    assert.ok(parts.piece * (packets - 1) < octets && parts.piece * packets >= octets)
  })
}

/** Packets of a new process that fails, and what the log says. */
const FAILURES: ReadonlyArray<readonly [string, readonly string[], RegExp]> = [
  ['leaves before it says anything', [], /has left/],
  ['leaves after the greeting', [GREETING], /has left|EPIPE|Broken pipe/],
  ['leaves in the middle', [GREETING, '{"next":0}'], /has left/],
  ['speaks a newer version', ['{"takeover":1,"versions":[2,3]}'], /its versions are \[2,3\], 1 is spoken here/],
  ['says garbage at first', ['\0\xff{'], /no step of a takeover/],
  ['says too much at first', ['{'.repeat(5000)], /no step of a takeover/],
  ['greets with something else', ['[]'], /no step of a takeover/],
  ['greets with an empty object', ['{}'], /its versions are null/],
  ['says garbage in the middle', [GREETING, 'x'], /no step of a takeover/],
  ['wants another packet', [GREETING, '{"next":1}'], /wants packet 1, 0 is next/],
  ['is ready too early', [GREETING, READY], /wants packet null, 0 is next/],
  ['is not ready in the end', [GREETING, '{"next":0}', '{"ready":1}'], /is not ready/]
]

for (const [what, packets, why] of FAILURES) {
  server(`goes on when the new process ${what}`, async () => {
    const b = bench([part('one', { a: 1 })])
    const before = descriptors().length
    const fd = connect(b.path)
    say(fd, ...packets)
    native.shutdown(fd, 1)
    await until(() => b.lines.length === 1, 'a line')
    assert.match(b.lines[0]!, why)
    assert.match(b.lines[0]!, /^pid \d+ did not take over: Cannot hand over to another process: /)
    assert.is(b.gone.length, 0)
    native.close(fd)
    assert.is(descriptors().length, before)
    const next = connect(b.path)
    say(next, GREETING, '{"next":0}', READY)
    await until(() => b.gone.length === 2, 'the one that can')
    native.close(next)
    b.close()
  })
}

server('goes on after its time when the new process hangs, and says so to it', async () => {
  const b = bench([part('one', { a: 1 })])
  const fd = connect(b.path)
  const started = performance.now()
  say(fd, GREETING, '{"next":0}')
  await until(() => b.lines.length === 1, 'a line')
  const took = performance.now() - started
  assert.ok(took > TIME_MS - 20 && took < TIME_MS + 500, `${took} ms`)
  assert.match(b.lines[0]!, /says nothing/)
  assert.match(answers(fd).packets.at(-1)!, /^\{"errno":110,/)
  native.close(fd)
  b.close()
})

server('one that says nothing at all is let go, a second one is refused meanwhile', async () => {
  const b = bench([part('one', {})])
  const [silent, second] = [connect(b.path), connect(b.path)]
  await settle()
  assert.match(answers(second).packets[0]!, /"errno":16,.*another process/)
  await until(() => native.receive(silent, Buffer.alloc(9), 0, 9) === 0, 'the end of the silent one')
  assert.equal(b.gone, [])
  for (const fd of [silent, second]) native.close(fd)
  b.close()
})

server('waits for a quiet moment; one that leaves meanwhile is forgotten', async () => {
  const b = bench([part('one', {})], false)
  const fd = connect(b.path)
  say(fd, GREETING, '{"next":0}', READY)
  await until(() => b.quiet.length === 1, 'the request for a quiet moment')
  assert.equal(answers(fd).packets, [])
  b.quiet[0]!()
  assert.equal(b.gone, [0, process.pid])
  native.close(fd)
  b.close()
  b.quiet[0]!()
  assert.equal(b.gone, [0, process.pid])
})

server('a part that cannot leave keeps everything here', async () => {
  const b = bench([{ name: 'busy', snapshot: () => { throw new VdeError('EBUSY', 'leave', 'not now') } }])
  const fd = connect(b.path)
  say(fd, GREETING)
  await until(() => b.lines.length === 1, 'a line')
  assert.match(answers(fd).packets[0]!, /"errno":16,"text":"Cannot leave: not now"/)
  native.close(fd)
  b.close()
})

const setpriv = program('setpriv')
const canPlayOthers = process.geteuid!() === 0 && setpriv !== null
;(canPlayOthers ? server : server.skip)('a stranger is refused by his uid, whatever the mode of the file', async () => {
  const b = bench([part('one', {})])
  chmodSync(b.path, 0o777)
  chmodSync(b.path.slice(0, -TAKEOVER.length), 0o755)
  const fd = connect(b.path) // root, in whose name nothing is refused
  const text = `const { createRequire } = require('node:module');
    const native = createRequire('${import.meta.filename}')('../../native/build/vde_native.node');
    const fd = native.unixSocket(5); native.connectUnix(fd, process.argv[1]);
    const b = Buffer.from('${GREETING}'); native.send(fd, b, 0, b.length); native.poll(fd, 1, 2000);
    const a = Buffer.alloc(500); let n = native.receive(fd, a, 0, 500); if (n < 0) n = native.receive(fd, a, 0, 500);
    console.log(a.toString('utf8', 0, Math.max(0, n)))`
  const stranger = spawn(setpriv!, ['--reuid', '1002', '--regid', '1002', '--clear-groups', process.execPath, '-e', text, b.path])
  let out = ''
  stranger.stdout.on('data', (chunk: Buffer) => { out += chunk.toString() })
  await new Promise((resolve) => { stranger.on('close', resolve) })
  assert.match(out, /"errno":1,"text":"Cannot take over: the running program belongs to uid 0/)
  assert.equal(b.gone, [])
  native.close(fd)
  b.close()
})

const client = suite('Takeover.begin')

for (const [what, code, prepare] of [
  ['nobody there', 'ENOENT', () => {}],
  ['a dead one', 'ECONNREFUSED', (path: string) => { native.close(listenAt(path, { mode: 0o600 }, 1, 'listen', SEQPACKET)) }]
] as const) {
  client(`${what} is ${code}`, () => {
    const dir = scratch()
    prepare(`${dir.path}/${TAKEOVER}`)
    assert.throws(() => Takeover.begin(dir.path, []), (error: VdeError) => error.code === code && /Cannot take over/.test(error.message))
    dir.remove()
  })
}

/** A connection on which the old process has said `packets` already, the one at `at` with descriptors. */
const oldOne = (packets: readonly string[], fds: readonly number[] = []): readonly [number, number] => {
  const ends = new Int32Array(2)
  assert.is(native.socketPair(SEQPACKET, ends), 0)
  packets.forEach((packet, i) => {
    const octets = Buffer.from(packet)
    assert.is(native.sendDescriptors(ends[1]!, octets, 0, octets.length, Int32Array.from(i === 1 ? fds : [])), octets.length)
  })
  return [ends[0]!, ends[1]!]
}

const announced = (state: string, count = 0): string[] =>
  [JSON.stringify({ version: 1, pid: 77, octets: state.length, descriptors: count }), state]

client('has the parts and descriptors of the old process, and starts when that has let go', () => {
  const pipe = new Int32Array(2)
  native.pipe(pipe, true)
  const [fd, old] = oldOne([...announced('{"one":{"a":[1]},"two":{}}', 1), '{"go":true}'], [pipe[0]!])
  const takeover = Takeover.on(fd, ['one', 'two', 'three'], 'take over')
  assert.equal([takeover.pid, takeover.part('one'), takeover.part('three')], [77, { a: [1] }, undefined])
  const taken = takeover.descriptor(0)
  assert.is(native.write(pipe[1]!, Buffer.from('x'), 0, 1), 1)
  assert.is(native.read(taken, Buffer.alloc(4), 0, 4), 1)
  assert.throws(() => takeover.descriptor(1), /descriptor 1 of 1 is named/)
  const started: number[] = []
  takeover.atStart(() => { started.push(1) })
  takeover.atStart(() => { started.push(2) })
  const said = (): string[] => answers(old).packets
  assert.equal(said(), [CONFIRMING, '{"next":0}'])
  native.shutdown(old, 1)
  takeover.start()
  assert.equal([started, said()], [[1, 2], [READY, '{"started":true}']])
  for (const one of [taken, old, ...pipe]) native.close(one)
})

client('starts beside an older one, which hangs up after go', () => {
  const [fd, old] = oldOne([...announced('{"one":{}}'), '{"go":true}'])
  const takeover = Takeover.on(fd, ['one'], 'take over')
  let started = 0
  takeover.atStart(() => {
    started++
    native.close(old)
  })
  takeover.start()
  assert.is(started, 1)
})

/** What an old process says, and how that fails. */
const OLD: ReadonlyArray<readonly [string, readonly string[], string]> = [
  ['refuses', ['{"errno":16,"text":"busy"}'], 'EBUSY'],
  ['says garbage', ['x'], 'EPROTO'],
  ['speaks an older version', ['{"version":0,"pid":1,"octets":2,"descriptors":0}'], 'EPROTO'],
  ['leaves', [], 'ECONNRESET'],
  ['sends less than it announced', [announced('{"one":{}}')[0]!, '{}'], 'ECONNRESET'],
  ['sends no descriptor', announced('{}', 1), 'EMFILE'],
  ['sends what is no JSON', announced('{{'), 'EPROTO'],
  ['sends what is no object', announced('17'), 'EPROTO'],
  ['has a part of a later version', announced('{"new":{}}'), 'EPROTONOSUPPORT']
]

for (const [what, packets, code] of OLD) {
  client(`an old process that ${what} is ${code}`, () => {
    const [fd, old] = oldOne(packets)
    native.shutdown(old, 1)
    assert.throws(() => Takeover.on(fd, ['one'], 'take over'), (error: VdeError) => error.code === code)
    for (const one of [fd, old]) native.close(one)
  })
}

client('hears why it is refused by one that has left before the greeting', () => {
  const [fd, old] = oldOne(['{"errno":1,"text":"belongs to another"}'])
  native.close(old)
  assert.throws(() => Takeover.on(fd, ['one'], 'take over'), /running program answers: belongs to another/)
  native.close(fd)
})

client('does not start when the old process has gone on by itself', () => {
  const [fd, old] = oldOne([...announced('{"one":{}}'), '{"errno":110,"text":"too slow"}'])
  const takeover = Takeover.on(fd, ['one'], 'take over')
  let started = 0
  takeover.atStart(() => { started++ })
  assert.throws(() => { takeover.start() }, /running program answers: too slow/)
  assert.is(started, 0)
  for (const one of [fd, old]) native.close(one)
})

server.run()
client.run()
