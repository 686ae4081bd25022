/** The vde stream and `dpipe`: ours across theirs and back, every notation, bursts, splits, ends. */
import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import {
  PlugPipe, asUser, exchange, meet, ours, ourSwitch, peer, probe, probeText, run, SIDE, test, waitFor, mac, BROADCAST, type Scene
} from './kit/index.ts'

const CLEAN = { code: 0, signal: null }
const PIPES: ReadonlyArray<readonly [string, string, string]> = [['C dpipe', 'dpipe', ''], ['our dpipe', '', 'dpipe']]
const station = (scene: Scene, vnl: string, number: number): PlugPipe => new PlugPipe(scene, asUser([ours('vde_plug'), vnl]), number)

interface Using { readonly needs: string[], readonly ours: string[] }

const cableTest = (name: string, options: Using, cable: (left: string, right: string) => string[]): void => {
  test(name, { needs: options.needs, ours: ['vde_switch', 'vde_plug', ...options.ours] }, async (scene) => {
    const left = await ourSwitch(scene, { user: true, name: 'left' })
    const right = await ourSwitch(scene, { user: true, name: 'right' })
    const proc = scene.start(asUser(cable(left.dir, right.dir)))
    const a = station(scene, left.dir, 1)
    const b = station(scene, right.dir, 2)
    await meet(a, b)
    await exchange(a, b)
    assert.deepEqual(await proc.stop('SIGTERM'), CLEAN)
  })
}

for (const [label, need, own] of PIPES) {
  const dpipe = (): string => own === '' ? peer('dpipe') : ours('dpipe')
  const options = { needs: need === '' ? [] : [need], ours: own === '' ? [] : [own] }
  cableTest(`our stream across ${label} and back`, options, (l, r) => [dpipe(), ours('vde_plug'), l, '=', ours('vde_plug'), r])
  cableTest(`${label}: our plug to a C plug`, { ...options, needs: [...options.needs, 'vde_plug'] },
    (l, r) => [dpipe(), ours('vde_plug'), l, '=', peer('vde_plug'), r])
  cableTest(`${label}: our plugs through the C wirefilter`, { ...options, needs: [...options.needs, 'wirefilter'] },
    (l, r) => [dpipe(), ours('vde_plug'), l, '=', peer('wirefilter'), '=', ours('vde_plug'), r])
  cableTest(`${label}: =} filter }= one way through the C wirefilter`, { ...options, needs: [...options.needs, 'wirefilter'] },
    (l, r) => [dpipe(), ours('vde_plug'), l, '=}', peer('wirefilter'), '}=', ours('vde_plug'), r])
  cableTest(`${label}: ={ filter {= the other way`, { ...options, needs: [...options.needs, 'wirefilter'] },
    (l, r) => [dpipe(), ours('vde_plug'), l, '={', peer('wirefilter'), '{=', ours('vde_plug'), r])
}

for (const [notation, open, close, way] of [['=} }=', '=}', '}=', 'right'], ['={ {=', '={', '{=', 'left']] as const) {
  test(`our dpipe: ${notation} filters only towards the ${way}`, { ours: ['dpipe'] }, async (scene) => {
    // Three programs that write who they are and log what they read: no network needed to see the wiring.
    const say = (who: string, log: string): string[] => ['/bin/sh', '-c', `echo ${who}; exec cat > ${log}`]
    const filter = (log: string): string[] => ['/bin/sh', '-c', `sed -u s/^/via-/ | tee ${log}`]
    const pipe = await scene.run([ours('dpipe'), ...say('a', scene.path('a')), open, ...filter(scene.path('f')), close, ...say('c', scene.path('c'))])
    assert.deepEqual(pipe.exit, CLEAN, pipe.story)
    const got = (name: string): string => readFileSync(scene.path(name), 'utf8')
    const far = way === 'right' ? 'c' : 'a'
    const near = way === 'right' ? 'a' : 'c'
    assert.equal(got(far), `via-${near}\n`)
    assert.equal(got(near), `${far}\n`)
  })
}

test('our dpipe: a chain gives the middle command the alternate descriptors', { ours: ['dpipe'] }, async (scene) => {
  const middle = 'read x; echo "m:$x" >&$ALTERNATE_STDOUT; read y <&$ALTERNATE_STDIN; echo "m:$y"'
  const pipe = await scene.run([ours('dpipe'),
    '/bin/sh', '-c', `echo left; read z; echo "$z" > ${scene.path('left')}`, '=',
    '/bin/bash', '-c', middle, '=',
    '/bin/sh', '-c', `read z; echo "$z" > ${scene.path('right')}; echo right`])
  assert.deepEqual(pipe.exit, CLEAN, pipe.story)
  assert.equal(readFileSync(scene.path('right'), 'utf8'), 'm:left\n')
  assert.equal(readFileSync(scene.path('left'), 'utf8'), 'm:right\n')
})

for (const [line, code] of [[['true', '=', 'false'], 1], [['false', '=', 'true'], 0], [['true', '=', 'sh', '-c', 'exit 7'], 7], [['true', '=', 'no-such-command'], 127]] as const) {
  test(`our dpipe: ${line.join(' ')} ends with ${code}`, { ours: ['dpipe'] }, async (scene) => {
    const pipe = await scene.run([ours('dpipe'), ...line])
    assert.deepEqual(pipe.exit, { code, signal: null }, pipe.story)
  })
}

test('our dpipe: under setsid, and as the first process of a container', { needs: ['fixed', 'userns'], ours: ['dpipe'] }, async (scene) => {
  const line = [ours('dpipe'), 'echo', 'hello', '=', 'sh', '-c', 'read x; test "$x" = hello']
  assert.deepEqual((await scene.run(['/usr/bin/setsid', '--wait', ...line])).exit, CLEAN)
  const inside = await scene.run(asUser(['/usr/bin/unshare', '-Urpf', '--mount-proc', ...line]))
  assert.deepEqual(inside.exit, CLEAN, inside.story)
})

test('our dpipe: pid and group files', { ours: ['dpipe'] }, async (scene) => {
  const pidFile = scene.path('d.pid')
  const groupFile = scene.path('d.group')
  const pipe = scene.start([ours('dpipe'), '-p', pidFile, '-P', groupFile, 'cat', '=', 'cat'])
  await waitFor(() => [pidFile, groupFile].every((file) => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n')), 3000, 'their lines')
  assert.equal(readFileSync(pidFile, 'utf8'), `${pipe.pid}\n`)
  assert.equal(readFileSync(groupFile, 'utf8'), `-${pipe.pid}\n`)
  assert.deepEqual(await pipe.stop('SIGTERM'), CLEAN)
  await scene.vanishes(pidFile)
  await scene.vanishes(groupFile)
})

test('our dpipe -d: returns at once, and its group can be ended by the file', { ours: ['dpipe'] }, async (scene) => {
  const group = scene.path('d.group')
  const parent = await scene.run([ours('dpipe'), '-d', '-P', group, 'cat', '=', 'cat'])
  assert.deepEqual(parent.exit, CLEAN)
  await waitFor(() => existsSync(group) && /^-\d+\n$/.test(readFileSync(group, 'utf8')), 3000, 'its group')
  await waitFor(() => scene.processes().filter(({ command }) => command === 'cat').length === 2, 3000, 'two cats')
  process.kill(Number(readFileSync(group, 'utf8')), 'SIGTERM')
  await waitFor(() => scene.processes().length === 0, 3000, 'the end of all')
  await scene.vanishes(group)
})

for (const signal of ['SIGINT', 'SIGHUP'] as const) {
  test(`our dpipe: ${signal} ends all its commands`, { ours: ['dpipe'] }, async (scene) => {
    const pipe = scene.start([ours('dpipe'), 'cat', '=', 'cat'])
    await waitFor(() => scene.processes().filter(({ command }) => command === 'cat').length === 2, 3000, 'two cats')
    const exit = await pipe.stop(signal)
    assert.ok(exit.signal === signal || exit.code === 0, JSON.stringify(exit))
    await waitFor(() => scene.processes().length === 0, 3000, 'the end of all')
  })
}

test('our vde_plug = command: the stream on its stdin and stdout', { ours: ['vde_switch', 'vde_plug'] }, async (scene) => {
  const left = await ourSwitch(scene, { user: true, name: 'left' })
  const right = await ourSwitch(scene, { user: true, name: 'right' })
  // "--" for the C program, which reads options behind "=" too.
  scene.start(asUser([ours('vde_plug'), ...(SIDE === 'c' ? ['--'] : []), left.dir, '=', ours('vde_plug'), '-D', 'inner', right.dir]))
  const a = station(scene, left.dir, 1)
  const b = station(scene, right.dir, 2)
  await meet(a, b)
  await exchange(a, b)
})

const lengthOf = (i: number): number => 60 + (i * 97) % 1455
const packet = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes])

test('our vde_plug: a burst comes in order and whole, through a pipe', { ours: ['vde_switch', 'vde_plug'], needs: ['fixed'] }, async (scene) => {
  const { dir } = await ourSwitch(scene, { user: true })
  const a = station(scene, dir, 1)
  const b = station(scene, dir, 2)
  await meet(a, b)
  const count = 2000
  const burst = Array.from({ length: count }, (_, i) => packet(probe(b.address, a.address, `b${i}`, lengthOf(i))))
  a.proc.write(Buffer.concat(burst))
  await b.hears(`b${count - 1}`, 10_000)
  const texts = b.frames.map(probeText).filter((text) => /^b\d+$/.test(text))
  assert.equal(texts.length, count - 1)
  texts.forEach((text, i) => { assert.equal(text, `b${i}`) })
})

test('our vde_plug: a stream cut at every octet', { ours: ['vde_switch', 'vde_plug'], needs: ['fixed'] }, async (scene) => {
  const { dir } = await ourSwitch(scene, { user: true })
  const a = station(scene, dir, 1)
  const b = station(scene, dir, 2)
  await meet(a, b)
  const bytes = Buffer.concat(['one', 'two', 'three'].map((text) => packet(probe(BROADCAST, a.address, text, 60))))
  for (const octet of bytes) {
    a.proc.write(Uint8Array.of(octet))
    await new Promise((resolve) => { setImmediate(resolve) })
  }
  for (const text of ['one', 'two', 'three']) await b.hears(text)
})

test('our vde_plug: end of input with frames still in the pipe', { ours: ['vde_switch', 'vde_plug'], needs: ['fixed'] }, async (scene) => {
  const { dir } = await ourSwitch(scene, { user: true })
  const b = station(scene, dir, 2)
  const c = station(scene, dir, 3)
  await meet(b, c)
  const file = scene.path('frames')
  writeFileSync(file, Buffer.concat(Array.from({ length: 50 }, (_, i) => packet(probe(BROADCAST, mac(1), `f${i}`, lengthOf(i))))))
  for (const from of [`${ours('vde_plug')} ${dir} < ${file}`, `cat ${file} | ${ours('vde_plug')} ${dir}`]) {
    const plug = await scene.run(asUser(['/bin/sh', '-c', from]))
    assert.deepEqual(plug.exit, CLEAN, plug.story)
    await b.hears('f49')
    for (let i = 0; i < 49; i++) assert.ok(b.heard(`f${i}`), `frame ${i} of "${from}"`)
    b.frames.length = 0
  }
})

test('our vde_plug: two VNLs hold back a fast sender and lose nothing', { ours: ['vde_switch', 'vde_plug'], needs: ['fixed'] }, async (scene) => {
  const left = await ourSwitch(scene, { user: true, name: 'left' })
  const a = station(scene, left.dir, 1)
  // The other side is a command that reads nothing for a while: the cable must stop reading the switch, whose queue holds.
  // The command keeps its output open, for its end would be the cable's.
  const gate = scene.path('gate')
  const slow = `cmd://sh -c "until test -e ${gate}; do sleep 0.05; done; cat >${scene.path('got')}"`
  const cable = scene.start(asUser([ours('vde_plug'), left.dir, slow]))
  await waitFor(async () => /Port 0002/.test(await (await left.console()).ask('port/print')), 5000, 'the cable on the switch')
  writeFileSync(scene.path('got'), '')
  chmodSync(scene.path('got'), 0o666)
  const count = 700
  for (let i = 0; i < count; i++) a.say(`q${i}`, BROADCAST, 1000)
  writeFileSync(gate, '')
  const wanted = Array.from({ length: count }, (_, i) => `q${i}`).at(-1)!
  await waitFor(() => readFileSync(scene.path('got')).includes(wanted), 8000, 'the last frame behind the cable')
  const got = readFileSync(scene.path('got'))
  for (let i = 0; i < count; i++) assert.ok(got.includes(`q${i}`), `frame ${i}`)
  assert.deepEqual(await cable.stop('SIGTERM'), CLEAN)
})

run()
