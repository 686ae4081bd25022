import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native } from '@vde-ts/native'
import { Recorder, testFrame, until } from '@vde-ts/link/testing.js'
import { splitCommand } from './command-line.ts'
import { openVnl } from './registry.ts'
import { descriptors, program, refusal, scratch, served } from './testing.ts'

const words = suite('splitCommand')

for (const [line, want] of [
  ['a b  c', ['a', 'b', 'c']],
  ["ssh 'my host' \"vde plug\"", ['ssh', 'my host', 'vde plug']],
  ["sh -c 'a; b | c > d'", ['sh', '-c', 'a; b | c > d']],
  ['a\\ b c\\;', ['a b', 'c;']],
  ["x'y'z", ['xyz']],
  ["a '' b", ['a', '', 'b']],
  ['echo $HOME *', ['echo', '', '*']],
  ["'a\\b'", ['a\\b']]
] as const) {
  words(line, () => { assert.equal(splitCommand(line, 'test'), want) })
}

for (const line of ['', '   ', 'a; b', "a 'b", 'a "b']) {
  words(`${JSON.stringify(line)} is refused`, () => { assert.throws(() => splitCommand(line, 'test'), /^Cannot test: /) })
}

words('takes linear time', () => {
  const start = performance.now()
  splitCommand('$a \'b\' "c" \\d '.repeat(50_000), 'test')
  assert.ok(performance.now() - start < 1000)
})

const cmd = suite('cmd://')

/** What the stream has for one frame, as an escaped text for printf. */
const asPrintf = (frame: Uint8Array): string =>
  [frame.length >> 8, frame.length & 255, ...frame].map((octet) => `\\${octet.toString(8).padStart(3, '0')}`).join('')

cmd('frames of the command arrive, then its end in order', async () => {
  const before = descriptors()
  const sink = new Recorder()
  const link = await openVnl(`cmd://printf '${asPrintf(testFrame(60, 1))}${asPrintf(testFrame(20, 2))}'`, sink)
  link.resume()
  await sink.until((r) => r.closes === 1, 'the end')
  assert.equal(sink.frames, [testFrame(60, 1), testFrame(20, 2)])
  assert.is(sink.why, undefined)
  link.close()
  await until(() => descriptors().length === before.length, 'its descriptors closed')
})

for (const [script, want] of [['exit 3', 'cmd ended: exit 3'], ['kill -9 $$', 'cmd ended: signal SIGKILL']] as const) {
  cmd(`${script} is the reason of the end`, async () => {
    const sink = new Recorder()
    const link = await openVnl(`cmd://sh -c '${script}'`, sink)
    link.resume()
    await sink.until((r) => r.closes === 1, 'the end')
    assert.match(sink.why?.message ?? '', want)
    link.close()
  })
}

cmd('a frame in the stream split anywhere arrives whole', async () => {
  const sink = new Recorder()
  const [head, ...rest] = asPrintf(testFrame(14, 5)).match(/\\\d{3}/g) ?? []
  const slow = [head, ...rest].map((octet) => `printf "\\${String(octet)}"; sleep 0.002`).join('; ')
  const link = await openVnl(`cmd://sh -c '${slow}'`, sink)
  link.resume()
  await sink.until((r) => r.closes === 1, 'the end')
  assert.equal(sink.frames, [testFrame(14, 5)])
  link.close()
})

cmd('no such program: ENOENT from open, nothing left', async () => {
  const before = descriptors()
  const error = await refusal(openVnl('cmd://no-such-program-here a b', new Recorder()))
  assert.is(error.code, 'ENOENT')
  assert.match(error.message, 'no-such-program-here')
  assert.equal(descriptors(), before)
})

cmd('closing ends the command', async () => {
  const dir = scratch()
  const link = await openVnl(`cmd://sh -c 'echo $$ > ${dir.path}/pid; exec sleep 1000'`, new Recorder())
  let pid = 0
  const { readFileSync } = await import('node:fs')
  await until(() => {
    try {
      pid = Number(readFileSync(`${dir.path}/pid`, 'utf8'))
    } catch { /* not yet */ }
    return pid > 0
  }, 'the pid of the command')
  link.close()
  await until(() => native.kill(pid, 0) < 0, 'the end of the command')
  dir.remove()
})

cmd('a command that ignores SIGTERM is killed', async () => {
  const dir = scratch()
  const link = await openVnl(`cmd://sh -c 'trap "" TERM; echo $$ > ${dir.path}/pid; while :; do sleep 0.05; done'`, new Recorder())
  let pid = 0
  const { readFileSync } = await import('node:fs')
  await until(() => {
    try {
      pid = Number(readFileSync(`${dir.path}/pid`, 'utf8'))
    } catch { /* not yet */ }
    return pid > 0
  }, 'the pid of the command')
  link.close()
  await until(() => native.kill(pid, 0) < 0, 'the end of the command')
  dir.remove()
})

const plug = program('vde_plug')
if (plug === null) console.log('skipped: cmd:// with the C vde_plug, because it is not installed')
;(plug === null ? cmd.skip : cmd)('the C vde_plug as a command joins a switch both ways', async () => {
  const dir = scratch()
  const net = served(`${dir.path}/sw`)
  const near = new Recorder()
  const far = new Recorder()
  const link = await openVnl(`cmd://vde_plug ${net.path}`, near)
  const station = await openVnl(net.path, far)
  await until(() => net.listener.clients === 2, 'the C plug')
  link.resume()
  station.resume()
  link.send(testFrame(1514, 1), 0, 1514)
  await far.until((r) => r.frames.length === 1, 'a frame')
  station.send(testFrame(1514, 2), 0, 1514)
  await near.until((r) => r.frames.length === 1, 'a frame back')
  assert.equal([far.frames[0], near.frames[0]], [testFrame(1514, 1), testFrame(1514, 2)])
  link.close()
  await until(() => net.listener.clients === 1, 'the end of the C plug')
  station.close()
  net.close()
  dir.remove()
})

words.run()
cmd.run()
