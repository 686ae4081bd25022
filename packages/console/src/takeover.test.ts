/** Sessions that go on in another server, as in another process: nobody at the other end of the socket can tell. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { existsSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { VdeError, loop } from '@vde-ts/link'
import { depart, settle, until } from '@vde-ts/link/testing.js'
import { Dialogue } from './dialogue.ts'
import { ConsoleServer } from './server.ts'
import { RawSession, makeBench, serve, type Bench } from './testing.ts'
import type { SwitchContext } from './switch/context.ts'

const takeover = suite('ConsoleServer.from')

const PROMPT = '\nvde$ '

interface World { bench: Bench, old: ConsoleServer<SwitchContext>, path: string, next: ConsoleServer<SwitchContext> | null }
const world = {} as World

takeover.before.each(() => {
  world.bench = makeBench()
  world.old = serve(world.bench)
  world.path = join(world.bench.dir, 'm')
  world.next = null
})

takeover.after.each(() => {
  world.next?.close()
  world.old.close()
  world.bench.close()
})

let shutdowns = 0
const move = ({ console }: Bench = world.bench): ConsoleServer<SwitchContext> => {
  const { state, arrival, start } = depart((departure) => world.old.snapshot(departure))
  world.next = ConsoleServer.from(state, arrival, { console, loop, onShutdown: () => { shutdowns++ } })
  start()
  return world.next
}

const open = async (): Promise<RawSession> => {
  const session = new RawSession(world.path)
  await session.until(PROMPT)
  return session
}

takeover('an idle session, half a line, and whoever comes later', async () => {
  const [idle, typist] = [await open(), await open()]
  typist.send('port/cre')
  await settle(20)
  const next = move()
  assert.equal([next.sessions, next.path, next.mode], [2, world.path, 0o600])
  assert.match(await idle.ask('port/showinfo'), /^0000 .*Numports=32.*1000 Success/s)
  typist.send('ate 3\n')
  assert.is(await typist.until(PROMPT), '1000 Success\n\nvde$ ')
  const late = await open()
  assert.match(await late.ask('port/allprint'), 'Port 0003')
  for (const one of [idle, typist, late]) one.close()
})

takeover('a reply of which a part was read, and the lines behind it', async () => {
  for (let port = 1; port <= 32; port++) world.bench.plug(port, 'd'.repeat(200))
  const session = await open()
  const other = await open()
  const once = await other.ask('port/print')
  session.socket.pause()
  const count = 200
  session.send('port/print\n'.repeat(count))
  await until(() => session.socket.readableLength > 0 || world.old.sessions === 2, 'both')
  await settle(200)
  move()
  session.socket.resume()
  const all = await session.until(`${once.slice(-30)}`, 10_000).then(async (text) => {
    while (text.length < once.length * count) text += await session.until(PROMPT)
    return text
  })
  assert.is(all.length, once.length * count)
  assert.is(all, once.repeat(count))
  for (const one of [session, other]) one.close()
})

takeover('subscriptions', async () => {
  const session = await open()
  await session.ask('debug/add port/+')
  const other = await open()
  const there = makeBench() // the old process hears nothing of what happens in the new one
  move(there)
  there.plug(6)
  assert.is(await session.until('06\n'), '3021 port/+ 06\n')
  assert.match(await session.ask('debug/list'), /port\/\+ +021 ON.*port\/- +022 OFF/s)
  assert.match(await other.ask('debug/list'), /port\/\+ +021 OFF/)
  for (const one of [session, other]) one.close()
  world.next!.close()
  there.close()
})

takeover('events that were not told yet', () => {
  const { console } = world.bench
  const options = { isGreeting: false, isPrompting: false, mayLogout: true, hasPause: true }
  const [old, next] = [new Dialogue(console, options, () => {}), new Dialogue(console, options, () => {})]
  console.events.subscribe(old, 'port/+')
  world.bench.plug(5)
  old.lostEvents = 3
  next.restore(old.snapshot())
  assert.is(next.next(), '3021 port/+ 05\n3000 debug/lost 3\n')
  assert.is(old.next(), '3021 port/+ 05\n3000 debug/lost 3\n')
})

takeover('a command without its newline is executed after the pause, there', async () => {
  const session = await open()
  session.send('port/showinfo')
  await settle(20)
  move()
  assert.match(await session.until(PROMPT), 'Numports=32')
  session.close()
})

takeover('a client that has closed its sending side gets what is left, and the end', async () => {
  const session = await open()
  session.socket.end('port/showinfo\nport/create 9\n')
  await settle(3)
  move()
  assert.match(await session.rest(), /Numports=32.*1000 Success/s)
})

takeover('shutdown in the new one ends it, and its file goes only with it', async () => {
  const session = await open()
  const next = move()
  session.send('shutdown\n')
  await until(() => shutdowns === 1, 'the shutdown')
  assert.ok(existsSync(world.path))
  next.close()
  assert.not.ok(existsSync(world.path))
})

takeover('a file that was removed before is no reason to fail', async () => {
  const session = await open()
  unlinkSync(world.path)
  move()
  assert.match(await session.ask('port/showinfo'), 'Numports=32')
  session.close()
})

takeover('snapshot ends the reply under way, and says it next when the old one goes on', () => {
  const { console } = world.bench
  const dialogue = new Dialogue(console, { isGreeting: false, isPrompting: true, mayLogout: true, hasPause: true }, () => {})
  const say = (text: string): void => { dialogue.push(Buffer.from(text), 0, text.length) }
  const hear = (): string => {
    let text = ''
    for (let piece = dialogue.next(); piece !== null; piece = dialogue.next()) text += piece
    return text
  }
  hear()
  say('port/showinfo\n')
  const whole = hear()
  say('port/showinfo\nport/create 4\n')
  const first = dialogue.next()!
  const state = dialogue.snapshot()
  assert.is(first + state.unsaid, whole)
  assert.equal(state.lines.lines, ['port/create 4'])
  assert.is(hear(), `${state.unsaid}1000 Success\n\nvde$ `)
})

takeover('snapshot refuses a reply that is too long to be kept', () => {
  const endless = { ...world.bench.console.table.find('help')!, path: 'endless', * run () { for (;;) yield 'x'.repeat(8000) } }
  const { console } = world.bench
  const find = console.table.find.bind(console.table)
  console.table.find = (word) => word === 'endless' ? endless : find(word)
  const dialogue = new Dialogue(console, { isGreeting: false, isPrompting: false, mayLogout: true, hasPause: true }, () => {})
  dialogue.push(Buffer.from('endless\n'), 0, 8)
  dialogue.next()
  assert.throws(() => dialogue.snapshot(), (error: unknown) => error instanceof VdeError && error.code === 'EBUSY')
})

takeover.run()
