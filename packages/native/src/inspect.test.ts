/** Foreign descriptors, each test in a process with a network namespace of its own. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ISOLATED, namespaceObstacle, runScript } from './testing.ts'

const obstacle = namespaceObstacle()
const inspecting = suite('native inspectDescriptor')
const PRELUDE = `
  const fs = require('fs')
  void process.stdout // opens what it needs before descriptors are counted
  const count = () => fs.readdirSync('/proc/self/fd').length
  const ends = new Int32Array(2)
  native.socketPair(5, ends)
  const [ours, theirs] = ends
  const open = (name, flags) => native.tapOpen(name, flags, [])
  const give = (text, ...fds) => native.sendDescriptors(theirs, Buffer.from(text), 0, text.length, Int32Array.from(fds))
  const inspect = (room = 4096) => new Promise((resolve) => {
    const packet = new Uint8Array(room)
    const result = native.inspectDescriptor(ours, packet, (fd, flags, name, length) =>
      resolve([fd < 0 ? fd : 'fd', flags.toString(16), name, length, Buffer.from(packet.subarray(0, Math.min(room, length))).toString(), fd]))
    if (result < 0) resolve([result])
  })
  // Starts the inspector, which takes two descriptors of ours, before descriptors are counted.
  const warm = async () => { give('x'); await inspect() }
  const show = async (...a) => { const r = await inspect(...a); console.log(r.slice(0, 5).join(' ').trim()); return r[5] }
  const until = (what) => new Promise((resolve) => { const look = () => what() ? resolve() : setTimeout(look, 5); look() })
`
const shows = (name: string, body: string, want: string): void => {
  if (obstacle !== null) {
    console.log(`SKIP native inspectDescriptor, ${name}: ${obstacle}`)
    return void inspecting.skip(name)
  }
  inspecting(name, () => {
    const { status, signal, out, err } = runScript(`${PRELUDE}; (async () => { ${body} })()`, ISOLATED)
    assert.is(err, '')
    assert.equal([out.trim(), status, signal], [want, 0, null])
  })
}

shows('answers the tap with its exact flags, name and packet', `
  await warm(); const a = open('vt0', 0x1002), b = open('vt1', 0x4002), before = count()
  give('{"v":1}', a); const fd = await show()
  console.log(fd !== a, /flags:\\s+02/.test(fs.readFileSync('/proc/self/fdinfo/' + fd, 'latin1')), native.tapInfo(fd, []).toString(16))
  give('x', b); const two = await show()
  native.closeElsewhere(fd); native.closeElsewhere(two); await until(() => count() <= before); console.log('closed')`,
'fd 1002 vt0 7 {"v":1}\ntrue true 1002\nfd 4002 vt1 1 x\nclosed')

shows('a packet that is cut shows its real length', `
  give('0123456789', open('vt0', 0x1002)); await show(4)`, 'fd 1002 vt0 10 0123')

shows('everything else is refused and closed', `
  const pipe = new Int32Array(2); native.pipe(pipe, true)
  const file = fs.openSync('/proc/self/exe'), tun = open('tun0', 0x1001), bare = fs.openSync('/dev/net/tun', 'r+')
  const tap = open('vt0', 0x1002)
  await warm(); const before = count()
  for (const fd of [pipe[0], file, tun, ours]) { give('x', fd); await show() }
  give('x', bare); console.log((await inspect())[0] < 0)
  give('x'); await show()
  await until(() => count() <= before); console.log('closed')`,
'-25 0  1 x\n-25 0  1 x\n-25 0  1 x\n-25 0  1 x\ntrue\n-74 0  1 x\nclosed')

shows('of several descriptors the first counts, the others never arrive', `
  await warm(); const a = open('vt0', 0x1002), before = count()
  give('x', a, 0, 1, 2); const fd = await show(); console.log(count() - before)`, 'fd 1002 vt0 1 x\n1')

shows('the end of the connection, and one closed by us meanwhile', `
  const wait = inspect(); native.close(ours); native.close(theirs); console.log((await wait)[0])
  console.log(native.inspectDescriptor(999, new Uint8Array(1), () => {}))`, '-104\n-9')

shows('a silent connection is given up after 2 s, without blocking', `
  const begin = Date.now(); let ticks = 0; const timer = setInterval(() => ticks++, 50)
  await show(); clearInterval(timer)
  console.log(Date.now() - begin >= 2000, Date.now() - begin < 4000, ticks > 10)`, '-110 0  0\ntrue true true')

shows('silent ones do not keep others waiting', `
  const silent = []
  for (let i = 0; i < 6; i++) { const p = new Int32Array(2); native.socketPair(5, p); native.inspectDescriptor(p[0], new Uint8Array(8), () => {}) }
  const begin = Date.now(); give('x', open('vt0', 0x1002)); await show(); console.log(Date.now() - begin < 1500); process.exit()`,
'fd 1002 vt0 1 x\ntrue')

shows('100 at once all come back', `
  await warm(); const a = open('vt0', 0x1002), before = count()
  for (let i = 0; i < 100; i++) { give(String(i), a) }
  const all = await Promise.all(Array.from({ length: 100 }, () => inspect()))
  console.log(all.every((r) => r[0] === 'fd'), new Set(all.map((r) => r[4])).size)
  for (const r of all) native.closeElsewhere(r[5])
  await until(() => count() <= before); console.log('closed')`, 'true 100\nclosed')

shows('an inspector that was killed is replaced, an idle one is let go', `
  const zombies = () => fs.readdirSync('/proc').filter((pid) => { try {
    return fs.readFileSync('/proc/' + pid + '/status', 'latin1').match(/PPid:\\s+(\\d+)/)[1] === String(process.pid) } catch { return false } })
  const a = open('vt0', 0x1002); give('x', a); await show()
  const [pid] = zombies(); console.log(fs.readFileSync('/proc/' + pid + '/comm', 'latin1').trim(), native.kill(Number(pid), 9))
  give('y', a); await show(); console.log(zombies().length)
  await until(() => zombies().length === 0); console.log('none')`,
'fd 1002 vt0 1 x\nvde-inspector 0\nfd 1002 vt0 1 y\n1\nnone')

shows('a callback that throws reaches uncaughtException', `
  process.on('uncaughtException', (e) => console.log('caught', e.message))
  give('x', open('vt0', 0x1002)); native.inspectDescriptor(ours, new Uint8Array(8), () => { throw new Error('mine') })`, 'caught mine')

shows('a worker that ends with inspections under way takes nobody with it', `
  const { Worker } = require('worker_threads')
  const body = 'const native = require(' + JSON.stringify(addon) + '); const p = new Int32Array(2); native.socketPair(5, p);' +
    'for (let i = 0; i < 5; i++) native.inspectDescriptor(p[0], new Uint8Array(8), () => {}); require("worker_threads").parentPort.postMessage(p[1])'
  const worker = new Worker(body, { eval: true })
  const peer = await new Promise((resolve) => worker.once('message', resolve))
  await worker.terminate()
  give('x', open('vt0', 0x1002)); await show()
  native.sendDescriptors(peer, Buffer.from('late'), 0, 4, Int32Array.from([0])); native.close(peer)
  give('x', 0); await show()`, 'fd 1002 vt0 1 x\n-25 0  1 x')

inspecting.run()

const closing = suite('native closeElsewhere')
closing('closes anything, refuses what is no descriptor', () => {
  const { out, status } = runScript(`${PRELUDE}
    console.log(native.closeElsewhere(-1)); const before = count(); const all = []
    for (let i = 0; i < 50; i++) all.push(fs.openSync('/dev/null'))
    console.log(all.map(native.closeElsewhere).every((r) => r === 0)); until(() => count() <= before).then(() => console.log('closed'))`)
  assert.equal([out, status], ['-9\ntrue\nclosed\n', 0])
})
closing.run()
