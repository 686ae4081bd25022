/** `wirefilter`: every option, its forms, its console, against Debian's C program and between the suite's own. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import {
  ConsoleClient, PlugPipe, Tube, asUser, compareLaws, exchange, meet, ours, ourSwitch, peer, run, test, waitFor, type Scene
} from './kit/index.ts'

const CLEAN = { code: 0, signal: null }
const OURS = ['wirefilter']
const filter = (): string => ours('wirefilter')
const tube = async (scene: Scene, ...args: string[]): Promise<Tube> => await Tube.open(scene, [filter(), ...args])

test('-d: every frame takes its time, in order; -d 0 takes none', { ours: OURS }, async (scene) => {
  const slow = await tube(scene, '-d', '100')
  await slow.stream(50, 1)
  await slow.until(50)
  assert.deepEqual(slow.serials, Array.from({ length: 50 }, (_, i) => i))
  assert.ok(slow.delays.every((ms) => ms >= 99 && ms < 200), slow.delays.join(' '))
  const fast = await tube(scene)
  await fast.stream(50, 1)
  await fast.until(50)
})

test('-N: with a spread, frames overtake; without -N never', { ours: OURS }, async (scene) => {
  const ascending = (list: number[]): boolean => list.every((value, i) => i === 0 || value > list[i - 1]!)
  for (const [args, isOrdered] of [[['-N'], false], [['--nofifo'], false], [[], true]] as const) {
    const found = await tube(scene, '-d', '30+25', ...args)
    await found.stream(200, 2)
    await found.until(200)
    assert.equal(ascending(found.serials), isOrdered, args.join(' '))
  }
})

test('-l, -L, -D, -m, -c: shares and bounds', { ours: OURS }, async (scene) => {
  const [loss, burst, dup, mtu, capacity] = await Promise.all([
    tube(scene, '-l', '30'), tube(scene, '--loss', '30', '--lostburst', '4'), tube(scene, '-D', '30'),
    tube(scene, '-m', '1000'), tube(scene, '-c', '1000', '-d', '300')
  ])
  for (const one of [loss, burst, dup]) await one.stream(2000, 4)
  for (const len of [60, 998, 999, 1500]) mtu.send(len)
  for (let i = 0; i < 5; i++) capacity.send(300)
  await capacity.until(3)
  for (const one of [loss, burst, dup, mtu]) await one.quiet(200)
  assert.ok(Math.abs(loss.arrivals.length - 1400) < 4 * Math.sqrt(2000 * 0.21), `${loss.arrivals.length}`)
  assert.ok(Math.abs(burst.arrivals.length - 1400) < 4 * Math.sqrt(2000 * 0.21 * 5), `${burst.arrivals.length}`)
  // Copies are geometric: mean 0.3 / 0.7, variance 0.3 / 0.49.
  assert.ok(Math.abs(dup.arrivals.length - 2000 * (1 + 3 / 7)) < 4 * Math.sqrt(2000 * 0.3 / 0.49), `${dup.arrivals.length}`)
  assert.deepEqual(mtu.arrivals.map(({ len }) => len), [60, 998])
  assert.deepEqual(capacity.serials, [0, 1, 2])
})

for (const option of ['-b', '-s']) {
  test(`${option}: 20 frames of 1000 octets at 100 000 octets/s take 0.2 s`, { ours: OURS }, async (scene) => {
    const line = await tube(scene, option, '100000')
    for (let i = 0; i < 20; i++) line.send(1000)
    await line.until(20)
    const took = line.arrivals.at(-1)!.ms - line.arrivals[0]!.sentMs
    assert.ok(took > 195 && took < 400, `${took} ms`)
  })
}

test('-n: bits are flipped; noise and duplication beyond measure do not hang', { ours: OURS, needs: ['fixed'] }, async (scene) => {
  const noisy = await tube(scene, '-n', '2000')
  await noisy.stream(500, 4, 1000)
  await noisy.until(500)
  const flips = noisy.arrivals.filter(({ bytes }) => bytes.subarray(18).some((octet) => octet !== 0)).length
  // 2000 bits in a MiB are 1.9 in 1000 octets: 85 % have one behind the number.
  assert.ok(flips > 380 && flips < 470, `${flips} of 500`)
  const wild = await tube(scene, '-n', '200000', '-D', '100')
  wild.send(1500)
  await wild.until(64)
})

test('the same seed gives every frame the same fate', { ours: OURS, needs: ['fixed'] }, async (scene) => {
  const fates = async (): Promise<number[]> => {
    const one = await tube(scene, '--seed', '7', '-l', '20', '-D', '10')
    await one.stream(1000, 4)
    await one.quiet(200)
    return one.serials
  }
  assert.deepEqual(await fates(), await fates())
})

test('against the C program: delays and runs of loss have the same law', { ours: OURS, needs: ['wirefilter'], ms: 60_000 }, async (scene) => {
  const { delays, runs } = await compareLaws(scene, [filter(), peer('wirefilter')], 4000)
  // In real time, beside other tests: a machine that is late for one of both shows. The bound of 0.01 is that of impair.long.ts.
  assert.ok(delays > 1e-4, `delays: p = ${delays}`)
  assert.ok(runs > 1e-4, `runs of loss: p = ${runs}`)
})

test('-f and ~/.vde2/wirefilter.rc: the file named, mistakes are told, the rest runs', { ours: OURS }, async (scene) => {
  writeFileSync(scene.path('rc'), '# a comment\nnonsense\n\ndelay 80\n')
  const one = await tube(scene, '-f', scene.path('rc'))
  one.send()
  await one.until(1)
  assert.ok(one.delays[0]! >= 79, `${one.delays[0]}`)
  await one.pipe.proc.says(/rc/, 5000, 'err')
})

for (const args of [['-d', 'x'], ['--seed', 'x'], ['-v', '/tmp/only-one'], ['--mgmtmode', '9'], ['-v', '-:-'], ['a'], ['a', 'b', 'c'], ['--nonsense']]) {
  test(`${args.join(' ')} is refused with status 1 and one line`, { ours: OURS, needs: ['fixed'] }, async (scene) => {
    const proc = await scene.run(['/bin/bash', '-o', 'pipefail', '-c', 'cat </dev/null | "$0" "$@" | cat', filter(), ...args])
    assert.equal(proc.exit?.code, 1, proc.story)
    assert.match(proc.err, /^wirefilter: Cannot [^\n]+\n(Try [^\n]+\n)?$/)
  })
}

test('without pipes and without networks it says what is missing', { ours: OURS }, async (scene) => {
  const proc = await scene.run([filter(), '-d', '5'])
  assert.equal(proc.exit?.code, 1, proc.story)
  assert.match(proc.err, /Error on std(in|out): it is not a pipe/)
})

/** Two switches of ours with a station on each. */
const ends = async (scene: Scene): Promise<{ left: string, right: string, a: PlugPipe, b: PlugPipe }> => {
  const left = await ourSwitch(scene, { user: true, name: 'left' })
  const right = await ourSwitch(scene, { user: true, name: 'right' })
  const [a, b] = [left, right].map((net, i) => new PlugPipe(scene, asUser([ours('vde_plug'), net.dir]), i + 1))
  return { left: left.dir, right: right.dir, a: a!, b: b! }
}

const SUITE = [...OURS, 'vde_switch', 'vde_plug', 'dpipe']
const forms: ReadonlyArray<readonly [string, (l: string, r: string) => string[]]> = [
  ['-v LEFT:RIGHT', (l, r) => [filter(), '-v', `${l}:${r}`]],
  ['--vde-plug of VNLs', (l, r) => [filter(), '--vde-plug', `vde://${l}:vde://${r}`]],
  ['VNL VNL', (l, r) => [filter(), l, `vde://${r}`]],
  ['our dpipe', (l, r) => [ours('dpipe'), ours('vde_plug'), l, '=', filter(), '=', ours('vde_plug'), r]],
  ['C dpipe and plugs', (l, r) => [peer('dpipe'), peer('vde_plug'), l, '=', filter(), '=', peer('vde_plug'), r]],
  ['our dpipe =} }=', (l, r) => [ours('dpipe'), ours('vde_plug'), l, '=}', filter(), '}=', ours('vde_plug'), r]],
  ['C dpipe ={ {=', (l, r) => [peer('dpipe'), ours('vde_plug'), l, '={', filter(), '{=', ours('vde_plug'), r]],
  ['dpipe and -v -:VNL', (l, r) => [ours('dpipe'), ours('vde_plug'), l, '=', filter(), '-v', `-:${r}`]]
]

for (const [name, argv] of forms) {
  test(`frames cross: ${name}`, { ours: SUITE, needs: ['dpipe', 'vde_plug'] }, async (scene) => {
    const { left, right, a, b } = await ends(scene)
    const proc = scene.start(asUser(argv(left, right)))
    await meet(a, b)
    await exchange(a, b)
    assert.deepEqual(await proc.stop('SIGTERM'), CLEAN)
  })
}

const blocked = async (scene: Scene, name: string, argv: readonly string[], a: PlugPipe, b: PlugPipe): Promise<void> => {
  const proc = scene.start(asUser(argv))
  await waitFor(() => { b.say(`through ${name}`); return a.heard(`through ${name}`) }, 10_000, 'the open direction')
  a.say(`stopped ${name}`)
  b.say(`behind ${name}`)
  await a.hears(`behind ${name}`)
  assert.ok(!b.heard(`stopped ${name}`), 'the blocked direction let a frame pass')
  await proc.stop('SIGTERM')
}

test('LR and one-way filters block their direction only', { ours: SUITE }, async (scene) => {
  const { left, right, a, b } = await ends(scene)
  await blocked(scene, 'LR', [filter(), '-v', `${left}:${right}`, '-l', 'LR100'], a, b)
  await blocked(scene, 'chain', [ours('dpipe'), ours('vde_plug'), left, '=}', filter(), '-l', '100', '}=', ours('vde_plug'), right], a, b)
})

const console = async (scene: Scene, mgmt: string): Promise<ConsoleClient> => {
  const client = await ConsoleClient.whenThere(mgmt, '\nVDEwf$ ')
  scene.atEnd(() => { client.close() })
  return client
}

/** A filter between two switches, in the background, with a console. */
const daemon = async (scene: Scene, ...args: string[]): Promise<{ mgmt: string, a: PlugPipe, b: PlugPipe }> => {
  const { left, right, a, b } = await ends(scene)
  const mgmt = scene.path('user', 'wf')
  const pidFile = scene.path('user', 'wf.pid')
  const proc = await scene.run(asUser([filter(), '--daemon', '--pidfile', pidFile, '-M', mgmt, '-v', `${left}:${right}`, ...args]))
  assert.deepEqual(proc.exit, CLEAN, proc.story)
  scene.atEnd(async () => {
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTERM')
    await scene.vanishes(pidFile)
  })
  return { mgmt, a, b }
}

test('the console: prompt, layout of showinfo, values, codes, states with events', { ours: SUITE, ms: 40_000 }, async (scene) => {
  const { mgmt } = await daemon(scene, '-d', '10+5N', '-l', 'LR1.5', '-b', '1M', '-m', '1400', '--seed', '7')
  const client = await console(scene, mgmt)
  const ask = async (line: string): Promise<string> => await client.ask(line)
  const lines = (await ask('showinfo')).split('\n')
  assert.deepEqual(lines, [
    "0000 DATA END WITH '.'", 'WireFilter: bidirectional', 'Loss   L->R 1.5+0U   R->L 0+0U', 'Lburst L->R 0+0U   R->L 0+0U',
    'Delay  L->R 10+5N   R->L 10+5N', 'Dup    L->R 0+0U   R->L 0+0U', 'Bandw  L->R 1.04858e+06+0U   R->L 1.04858e+06+0U',
    'Speed  L->R 0+0U   R->L 0+0U', 'Noise  L->R 0+0U   R->L 0+0U', 'MTU    L->R 1400     R->L 1400   ', 'Cap.   L->R 0+0U   R->L 0+0U',
    'Current Delay Queue size:   L->R 0      R->L 0   ', 'Fifoness TRUE', 'Waiting packets in delay queues 0', 'Seed 7', '.', '1000 Success', ''
  ])
  for (const [line, code] of [
    ['delay RL7', '1000'], ['delay100', '1000'], ['band 5k', '1000'], ['capacity 7', '1000'], ['fifo 0', '1000'], ['nonsense', '1038'],
    ['markov-numnodes 0', '1022'], ['delay 5[3]', '1022'], ['markov-numnodes 2', '1000'], ['delay 5[1]', '1000'], ['markov-name 0,good', '1000'],
    ['markov-name 1,bad', '1000'], ['markov-time 10', '1000'], ['markov-debug 1', '1000'], ['set delay=1', '1022'], ['set delay=1ms in.rate=1mbit', '1000']
  ]) assert.match(await ask(line!), new RegExp(`(^|\n)${code} `), line)
  assert.match(await ask('showinfo 1'), /Node 1 "bad" \(0,..,1\) Markov-time 10\n[^]*Delay {2}L->R 5\+0U/)
  assert.match(await ask('showedges'), /Edge 0 ->0 {2}"good"->"good" weight 100/)
  await ask('setedge 0,1,100')
  await client.until('3801 Node 0 "good" -> 1 "bad"\n')
  assert.match(await ask('showcurrent'), /Current Markov Node 1 "bad" \(0,..,1\)/)
  assert.match(await ask('show --json'), /^0000[^\n]*\n\{"seed":7,"out":\{/)
})

test('load echoes each line before its reply', { ours: SUITE }, async (scene) => {
  const { mgmt } = await daemon(scene)
  writeFileSync(scene.path('file'), 'delay 3\nnonsense\n')
  const client = await console(scene, mgmt)
  client.send(`load ${scene.path('file')}\n`)
  await client.until(`\nVDEwf$  (${scene.path('file')}) delay 3\n1000 Success\n\nVDEwf$  (${scene.path('file')}) nonsense\n1038 `)
})

test('Debian\'s unixterm and unixcmd, and our vdecmd, talk to it', { ours: [...SUITE, 'vdecmd'], needs: ['unixterm', 'unixcmd'] }, async (scene) => {
  const { mgmt, a, b } = await daemon(scene)
  await meet(a, b)
  // Its status is 255 with the C wirefilter too: only what it does counts.
  await scene.run([peer('unixcmd'), '-f', '/etc/vde2/vdecmd', '-s', mgmt, 'delay', '150'])
  const start = Date.now()
  a.say('later')
  await b.hears('later')
  assert.ok(Date.now() - start >= 149)
  for (const [nodes, status] of [['1', 0], ['0', 22]] as const) {
    const command = await scene.run([ours('vdecmd'), '-s', mgmt, 'markov-numnodes', nodes])
    assert.equal(command.exit?.code, status, command.story)
  }
  const term = scene.start([peer('unixterm'), mgmt])
  await term.says(/VDEwf\$ /)
  term.write('showinfo\n')
  await term.says(/Delay {2}L->R 150\+0U {3}R->L 150\+0U/)
})

test('as graphical labs call it: mixed spellings, a lamp socket, states set up over the console', { ours: SUITE, needs: ['socat'] }, async (scene) => {
  const lamp = scene.path('user-lamp')
  const listener = scene.start(['socat', '-u', `UNIX-RECV:${lamp},mode=777`, 'STDOUT'])
  await scene.exists(lamp)
  const { mgmt, a, b } = await daemon(scene, '-noise', '0', '--loss', '0', '-delay=1', '--lostburst', '0', '--blink', lamp, '--blinkid', '(id: 7)')
  await meet(a, b)
  a.say('lamp', b.address, 100)
  b.say('lamp', a.address, 200)
  await listener.says(/^\(id: 7\) LR 102$/m)
  await listener.says(/^\(id: 7\) RL 202$/m)
  const client = await console(scene, mgmt)
  for (const line of ['markov-numnodes 2', 'setedge 0,1,50', 'setedge 1,0,50', 'loss 100[1]', 'markov-time 5', 'bandwidth LR100000', 'fifo 1']) {
    assert.match(await client.ask(line), /^1000 /, line)
  }
  assert.match(await client.ask('showinfo 1'), /Loss {3}L->R 100\+0U {3}R->L 100\+0U[^]*Blink socket: .*user-lamp\nBlink id: {5}\(id: 7\) \n/)
})

test('a lamp that nobody reads does not stop the filter', { ours: OURS, needs: ['fixed', 'socat'] }, async (scene) => {
  const lamp = scene.path('lamp')
  const listener = scene.start(['socat', '-u', `UNIX-RECV:${lamp}`, 'STDOUT'])
  await scene.exists(lamp)
  listener.kill('SIGSTOP')
  const one = await tube(scene, '--blink', lamp)
  await one.stream(2000, 4)
  await one.until(2000)
  listener.kill('SIGCONT')
})

test('between two networks standard input is the console, its end that of the filter', { ours: SUITE }, async (scene) => {
  const { left, right } = await ends(scene)
  const proc = scene.start(asUser([filter(), left, right]))
  proc.write('delay 5\nshowcurrent\n')
  await proc.says(/1000 Success[^]*Current Markov Node 0/)
  proc.endInput()
  assert.deepEqual(await proc.ends(), CLEAN)
})

test('shutdown on the console ends it; its socket and pid file go', { ours: SUITE }, async (scene) => {
  const { left, right } = await ends(scene)
  const proc = scene.start(asUser([filter(), '-M', scene.path('user', 'm'), '--pidfile', scene.path('user', 'p.pid'), left, right]))
  const client = await console(scene, scene.path('user', 'm'))
  client.send('shutdown\n')
  assert.deepEqual(await proc.ends(), CLEAN)
})

test('record writes every decision, replay repeats them', { ours: OURS, needs: ['fixed'] }, async (scene) => {
  const record = scene.path('record.csv')
  writeFileSync(scene.path('rc1'), `record ${record}\n`)
  writeFileSync(scene.path('rc2'), `replay ${record}\n`)
  const first = await tube(scene, '-f', scene.path('rc1'), '-l', '30', '-D', '20')
  await first.stream(500, 4)
  await first.quiet(200)
  await first.pipe.end()
  assert.equal(readFileSync(record, 'utf8').trim().split('\n').length, 501)
  const again = await tube(scene, '-f', scene.path('rc2'))
  await again.stream(500, 4)
  await again.quiet(200)
  assert.deepEqual(again.serials, first.serials)
})

test('as vde-netemu sizes are those of frames, values may be in bits, and there are counters', { ours: ['vde-netemu'], needs: ['fixed'] }, async (scene) => {
  const one = await Tube.open(scene, [ours('vde-netemu'), '-m', '1000', '-b', '800kb', '-M', scene.path('m')])
  for (const len of [999, 1000, 1001]) one.send(len)
  await one.until(2)
  assert.deepEqual(one.arrivals.map(({ len }) => len), [999, 1000])
  const client = await console(scene, scene.path('m'))
  assert.match(await client.ask('counters'), /L->R inFrames 3 .*outFrames 2 [^]*mtu 1 /)
  await client.ask('reset-counters')
  assert.match(await client.ask('counters'), /L->R inFrames 0 /)
  assert.match(await client.ask('RED 1000,5000,10,0'), /^1000 /)
})

run()
