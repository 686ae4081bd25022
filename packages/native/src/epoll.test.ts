/** A process has one set, which others may have started here: every test has a process of its own. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runScript } from './testing.ts'

const START = `
  const events = new Int32Array(8), ends = new Int32Array(2), buf = new Uint8Array(64)
  native.socketPair(2, ends)
  const [a, b] = ends
  const start = (f) => native.epollStart(events, f)
`
const epoll = suite('native epoll')

/** Runs `body`, which prints what it saw. */
const shows = (name: string, body: string, want: string): void => {
  epoll(name, () => {
    const { status, signal, out, err } = runScript(START + body)
    assert.is(err, '')
    assert.equal([out.trim(), status, signal], [want, 0, null])
  })
}

shows('onReady gets descriptor and events, level-triggered', `
  let turns = 0
  start((pairs) => {
    console.log(pairs, events[0] === b, events[1])
    if (++turns === 2) { native.receive(b, buf, 0, 64); native.epollKeepAlive(false) }
  })
  native.epollControl(1, b, 1); native.epollKeepAlive(true); native.send(a, buf, 0, 5)`, '1 true 1\n1 true 1')

shows('without keepAlive the process ends', 'start(() => {}); native.epollControl(1, b, 1); console.log("end")', 'end')

shows('keepAlive holds the process until it is taken back', `
  start(() => {}); native.epollKeepAlive(true)
  setTimeout(() => { console.log('later'); native.epollKeepAlive(false) }, 20).unref()`, 'later')

shows('more ready than room come in the next turns', `
  const seen = new Set()
  start((pairs) => {
    for (let i = 0; i < pairs; i++) { seen.add(events[i * 2]); native.receive(events[i * 2], buf, 0, 64) }
    if (seen.size === 20) { console.log(pairs, seen.size); native.epollStop() }
  })
  for (let i = 0; i < 20; i++) { native.socketPair(2, ends); native.epollControl(1, ends[1], 1); native.send(ends[0], buf, 0, 1) }
  native.epollKeepAlive(true)`, '4 20')

shows('modify and delete', `
  start((pairs) => { console.log('out', events[1]); console.log(native.epollControl(3, b, 0)); setImmediate(() => {
    console.log(native.epollControl(2, b, 0), native.epollControl(2, b, 0)); native.epollStop() }) })
  native.epollControl(1, b, 4); native.epollKeepAlive(true)`, 'out 4\n0\n0 -2')

shows('errors: EBUSY, EEXIST, EBADF, EPERM for a file, EINVAL', `
  console.log(native.epollControl(1, b, 1)); start(() => {}); console.log(start(() => {}))
  native.epollControl(1, b, 1)
  console.log(native.epollControl(1, b, 1), native.epollControl(1, 999, 1), native.epollControl(9, b, 1))
  const file = require('fs').openSync('/proc/self/exe'); console.log(native.epollControl(1, file, 1))`, '-9\n-16\n-17 -9 -22\n-1')

shows('stop, then start again', `
  start(() => console.log('first')); native.epollStop(); native.epollStop()
  console.log(start(() => { console.log('second'); native.epollStop() }))
  native.epollControl(1, b, 1); native.epollKeepAlive(true); native.send(a, buf, 0, 1)`, '0\nsecond')

shows('a callback that throws reaches uncaughtException, and the loop goes on', `
  let turns = 0
  process.on('uncaughtException', (e) => console.log('caught', e.message))
  start(() => { native.receive(b, buf, 0, 64); if (++turns === 2) return native.epollStop(); native.send(a, buf, 0, 1); throw new Error('t' + turns) })
  native.epollControl(1, b, 1); native.epollKeepAlive(true); native.send(a, buf, 0, 1)`, 'caught t1')

shows('microtasks and ticks run after the callback, before the next', `
  const log = []; let turns = 0
  start(() => { native.receive(b, buf, 0, 64); log.push('turn'); process.nextTick(() => log.push('tick')); Promise.resolve().then(() => log.push('micro'))
    if (++turns === 2) { native.epollStop(); setImmediate(() => console.log(log.join())) } else native.send(a, buf, 0, 1) })
  native.epollControl(1, b, 1); native.epollKeepAlive(true); native.send(a, buf, 0, 1)`, 'turn,tick,micro,turn,tick,micro')

shows('libuv gets its turn while a descriptor is always ready: timers, immediates, sockets, threads, signals', `
  const net = require('net'), fs = require('fs'), seen = new Set()
  const saw = (what) => { seen.add(what); if (seen.size === 6) { console.log([...seen].sort().join()); native.epollStop(); server.close(); clearInterval(timer) } }
  start(() => {}); native.epollControl(1, b, 4); native.epollKeepAlive(true)
  let ticks = 0
  const timer = setInterval(() => { if (++ticks === 5) saw('timers') }, 2)
  const again = (n) => setImmediate(() => n === 0 ? saw('immediates') : again(n - 1))
  again(5)
  process.once('SIGUSR2', () => saw('signal'))
  process.kill(process.pid, 'SIGUSR2')
  const path = require('path').join(require('os').tmpdir(), 'epoll-' + process.pid)
  const server = net.createServer((s) => s.end('x')).listen(path, () => {
    net.connect(path).on('data', () => saw('socket')).on('close', () => saw('close'))
  })
  fs.stat('/', () => saw('thread'))`, 'close,immediates,signal,socket,thread,timers')

shows('what libuv is asked for in a callback is begun at once, also when nothing is ready any more', `
  const net = require('net')
  start(() => {
    native.receive(b, buf, 0, 64)
    const at = performance.now()
    setTimeout(() => { const ms = performance.now() - at; console.log('timer', ms >= 29 && ms < 1000) ; native.epollKeepAlive(false) }, 30)
    const child = require('child_process').spawn('/bin/true')
    child.on('exit', () => console.log('child'))
  })
  native.epollControl(1, b, 1); native.epollKeepAlive(true)
  setTimeout(() => native.send(a, buf, 0, 1), 50)`, 'child\ntimer true')

shows('a timer set late in a long wait counts from then', `
  start(() => {
    native.receive(b, buf, 0, 64); native.epollStop()
    const at = performance.now()
    setTimeout(() => console.log(performance.now() - at >= 19), 20)
  })
  native.epollControl(1, b, 1); native.epollKeepAlive(true)
  require('child_process').spawn('sh', ['-c', 'sleep 0.2; echo >&3'], { stdio: ['ignore', 'ignore', 'ignore', a] })`, 'true')

epoll('a callback that throws without a handler ends the process with its stack', () => {
  const { status, err } = runScript(START + `start(() => { throw new Error('nobody listens') })
    native.epollControl(1, b, 4); native.epollKeepAlive(true)`)
  assert.is(status, 1)
  assert.match(err, /Error: nobody listens/)
})

shows('each worker has a set of its own, and ends with it running', `
  const { Worker } = require('worker_threads')
  const body = (wait) => 'const native = require(' + JSON.stringify(addon) + ');' +
    'const e = new Int32Array(8), p = new Int32Array(2); native.socketPair(2, p);' +
    'native.epollStart(e, (n) => { require("worker_threads").parentPort.postMessage(n);' + (wait ? '' : 'native.epollStop()') + '});' +
    'native.epollControl(1, p[0], 4); native.epollKeepAlive(true)'
  start(() => {})
  const run = (wait) => new Promise((done) => {
    const worker = new Worker(body(wait), { eval: true })
    worker.once('message', (n) => { if (wait) worker.terminate() ; worker.once('exit', () => done(n)) })
    worker.once('error', done)
  })
  Promise.all([run(false), run(true), run(false), run(true)]).then((all) => console.log(all.join()))`, '1,1,1,1')

epoll.run()
