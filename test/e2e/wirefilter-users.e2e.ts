/**
 * Who calls `wirefilter`: the examples of Debian's man page, and the command lines and consoles of graphical labs, with
 * Debian's programs around it.
 */
import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import {
  ConsoleClient, PlugPipe, asUser, meet, ours, ourSwitch, peer, probeText, run, test, waitFor, type Proc, type Scene
} from './kit/index.ts'

const SUITE = ['wirefilter', 'vde_switch', 'vde_plug']
const CLEAN = { code: 0, signal: null }

interface Ends { readonly left: string, readonly right: string, readonly a: PlugPipe, readonly b: PlugPipe }

/** Two switches of ours, as /tmp/s1 and /tmp/s2 there, with a station on each. */
const switches = async (scene: Scene): Promise<Ends> => {
  const [left, right] = [await ourSwitch(scene, { user: true, name: 's1' }), await ourSwitch(scene, { user: true, name: 's2' })]
  const [a, b] = [left, right].map((net, i) => new PlugPipe(scene, asUser([ours('vde_plug'), net.dir]), i + 1))
  return { left: left.dir, right: right.dir, a: a!, b: b! }
}

const SENT = 1000

/** How many of SENT frames each way arrive, paced so that no queue loses any. */
const arrived = async ({ a, b }: Ends): Promise<[right: number, left: number]> => {
  const count = (pipe: PlugPipe): number => pipe.frames.filter((bytes) => probeText(bytes).startsWith('n')).length
  for (let i = 0; i < SENT; i++) {
    a.say(`n${i}`, b.address)
    b.say(`n${i}`, a.address)
    if (i % 10 === 9) await Promise.all([a, b].map(async ({ proc }) => { await proc.drained() }))
    if (i % 10 === 9) await new Promise((resolve) => setImmediate(resolve))
  }
  // Frames keep their order: when these are through, nothing is on its way. Some of them are lost, too.
  await waitFor(() => { a.say('end'); b.say('end'); return a.heard('end') && b.heard('end') }, 10_000, 'the last frames')
  return [count(b), count(a)]
}

/** 10 percent, within 4.5 standard deviations. */
const isTenth = (count: number): boolean => Math.abs(count - SENT * 0.9) < 4.5 * Math.sqrt(SENT * 0.09)

for (const [name, argv] of [
  ['dpipe vde_plug s1 = wirefilter -l 10 = vde_plug s2', (l: string, r: string) =>
    [peer('dpipe'), peer('vde_plug'), l, '=', ours('wirefilter'), '-l', '10', '=', peer('vde_plug'), r]],
  ['wirefilter -v s1:s2 -l 10', (l: string, r: string) => [ours('wirefilter'), '-v', `${l}:${r}`, '-l', '10']]
] as const) {
  test(`${name} loses a tenth in each direction`, { ours: SUITE, needs: ['dpipe', 'vde_plug'], ms: 30_000 }, async (scene) => {
    const ends = await switches(scene)
    const proc = scene.start(asUser(argv(ends.left, ends.right)))
    await meet(ends.a, ends.b)
    const [right, left] = await arrived(ends)
    assert.ok(isTenth(right) && isTenth(left), `${right} and ${left} of ${SENT}`)
    assert.deepEqual(await proc.stop('SIGTERM'), CLEAN)
  })
}

const open = async (scene: Scene, path: string): Promise<ConsoleClient> => {
  const client = await ConsoleClient.whenThere(path, '\nVDEwf$ ')
  scene.atEnd(() => { client.close() })
  return client
}

/** Values as the page writes them, and what showinfo tells then. */
const VALUES: ReadonlyArray<readonly [args: readonly string[], told: RegExp]> = [
  [['-l', 'LR20.5', '-l', 'RL10'], /Loss {3}L->R 20\.5\+0U {3}R->L 10\+0U/],
  [['-d', '1000+500'], /Delay {2}L->R 1000\+500U {3}R->L 1000\+500U/],
  [['-d', '1000+500U'], /Delay {2}L->R 1000\+500U/],
  [['-d', '1000+500N'], /Delay {2}L->R 1000\+500N/],
  [['-b', '128K'], /Bandw {2}L->R 131072\+0U/],
  [['-b', '128+64K'], /Bandw {2}L->R 131072\+65536U/],
  [['-b', '128+64KN'], /Bandw {2}L->R 131072\+65536N/],
  [['-L', '5', '-D', '10', '-s', '1M', '-c', '64K', '-n', '3', '-m', '1400'],
    /Lburst L->R 5\+0U [^]*Dup {4}L->R 10\+0U [^]*Speed {2}L->R 1\.04858e\+06\+0U [^]*Noise {2}L->R 3\+0U [^]*MTU {4}L->R 1400 [^]*Cap\. {3}L->R 65536\+0U/],
  [['-N'], /Fifoness FALSE/]
]

test('the values of the page are told again by showinfo, to unixterm and vdecmd alike', {
  ours: [...SUITE, 'vdecmd'], needs: ['unixterm'], ms: 40_000
}, async (scene) => {
  const { left, right } = await switches(scene)
  for (const [i, [args, told]] of VALUES.entries()) {
    const mgmt = scene.path('user', `m${i}`)
    const proc = scene.start(asUser([ours('wirefilter'), '-M', mgmt, '-v', `${left}:${right}`, ...args]))
    await open(scene, mgmt)
    const once = await scene.run(asUser([ours('vdecmd'), '-s', mgmt, 'showinfo']))
    assert.match(once.out, told, args.join(' '))
    const term = scene.start(asUser([peer('unixterm'), mgmt]))
    await term.says(/VDEwf\$ /)
    term.write('showinfo\n')
    await term.says(told)
    await proc.stop('SIGTERM')
  }
})

test('the states of the page, from a start-up file and over unixterm', { ours: [...SUITE, 'vdecmd'], needs: ['unixterm'] }, async (scene) => {
  const { left, right } = await switches(scene)
  const [rc, mgmt] = [scene.shared('rc'), scene.path('user', 'm')]
  writeFileSync(`${rc}.rc`, ['markov-numnodes 5', 'delay 100+10N[4]', 'loss 10[2]', 'markov-name 4,slow', 'setedge 0,4,0'].join('\n'))
  scene.start(asUser([ours('wirefilter'), '-f', `${rc}.rc`, '-M', mgmt, '-v', `${left}:${right}`]))
  const client = await open(scene, mgmt)
  assert.match(await client.ask('showinfo 4'), /Node 4 "slow" \(0,\.\.,4\) Markov-time 100\n[^]*Delay {2}L->R 100\+10N {3}R->L 100\+10N/)
  assert.match(await client.ask('showinfo 2'), /Loss {3}L->R 10\+0U {3}R->L 10\+0U/)
  const term = scene.start(asUser([peer('unixterm'), mgmt]))
  await term.says(/VDEwf\$ /)
  for (const line of ['setedge 1,3,30', 'setedge 1,2,20', 'markov-setnode 1', 'markov-time 600000']) {
    assert.match(await client.ask(line), /^1000 /, line)
  }
  // New nodes lead nowhere; what leads to a node that is removed stays at home; who is in one goes to node 0.
  term.write('showedges 1\n')
  await term.says(/Edge 1 ->1 {2}""->"" weight 50\nEdge 1 ->2 {2}""->"" weight 20\nEdge 1 ->3 {2}""->"" weight 30\n/)
  const command = await scene.run(asUser([ours('vdecmd'), '-s', mgmt, 'markov-numnodes', '3']))
  assert.equal(command.exit?.code, 0, command.story)
  assert.match(await client.ask('showedges 1'), /weight 80\nEdge 1 ->2 {2}""->"" weight 20\n/)
  assert.match(await client.ask('markov-numnodes 1'), /^1000 /)
  assert.match(await client.ask('showcurrent'), /Current Markov Node 0 "" \(0,\.\.,0\)/)
})

/** Datagrams of lamps, as socat prints them. */
const lamps = async (scene: Scene): Promise<{ path: string, proc: Proc }> => {
  const path = scene.path('lamp')
  const proc = scene.start(['socat', '-u', `UNIX-RECV:${path},mode=777`, 'STDOUT'])
  await scene.exists(path)
  return { path, proc }
}

/** Says something until the lamp was seen: a listener that is slow for a moment loses datagrams, as it should. */
const flashes = async (lamp: Proc, line: string, say: () => void): Promise<void> => {
  await waitFor(() => { say(); return lamp.out.split('\n').includes(line) }, 5000, `the lamp ${line}`)
}

test('--blink as the page shows it: process id, direction, octets', { ours: SUITE, needs: ['socat'] }, async (scene) => {
  const { left, right, a, b } = await switches(scene)
  const { path, proc } = await lamps(scene)
  const filter = scene.start([ours('wirefilter'), '-v', `${left}:${right}`, '--blink', path])
  await meet(a, b)
  const id = String(filter.pid).padStart(6, '0')
  await flashes(proc, `${id} LR 102`, () => { a.say('lamp', b.address, 100) })
  await flashes(proc, `${id} RL 202`, () => { b.say('lamp', a.address, 200) })
})

test('as Marionnet starts a cable: lamps with two ids, eight defects, input that never comes, output nowhere', {
  ours: SUITE, needs: ['socat']
}, async (scene) => {
  const { left, right, a, b } = await switches(scene)
  const { path, proc } = await lamps(scene)
  const id = '((id: 5; port: 0)(id: 7; port: 1))'
  // A pipe whose other end stays open, see kit/proc.
  const cable = scene.start([
    ours('wirefilter'), '--blink', path, '--blinkid', id,
    '-l', 'LR0.000000', '-D', 'LR0.000000', '--noise', 'LR0', '-d', 'LR60.000000+0.000000',
    '-l', 'RL100.000000', '-D', 'RL0.000000', '--noise', 'RL0', '-d', 'RL0.000000+0.000000',
    '-v', `${left}:${right}`
  ], { stdout: 'ignore' })
  await waitFor(() => { a.say('there'); return b.heard('there') }, 10_000, 'the rightward way')
  b.say('never', a.address)
  const start = Date.now()
  a.say('late', b.address, 100)
  await b.hears('late')
  assert.ok(Date.now() - start >= 59)
  assert.ok(!a.heard('never'))
  await flashes(proc, `${id} LR 102`, () => { a.say('lamp', b.address, 100) })
  // It stops and continues cables, and restarts them.
  cable.kill('SIGSTOP')
  cable.kill('SIGCONT')
  a.say('goes on', b.address)
  await b.hears('goes on')
  assert.deepEqual(await cable.stop('SIGTERM'), CLEAN)
})

/** Commands as Virtualbricks sends them: the next one when it has read the prompt behind the reply to the one before. */
const converse = async (proc: Proc, commands: readonly string[]): Promise<void> => {
  for (const [i, command] of commands.entries()) {
    proc.write(`${command}\n`)
    await proc.says(new RegExp(`^(?:1000 Success\n\nVDEwf\\$ ){${i + 1}}$`))
  }
}

test('as Virtualbricks starts an emulator: vde-netemu, states set up over pipes', { ours: ['vde-netemu', ...SUITE, 'vdecmd'] }, async (scene) => {
  const { left, right, a, b } = await switches(scene)
  const mgmt = scene.path('user', 'wan.mgmt')
  const netemu = scene.start(asUser([
    ours('vde-netemu'), '-v', `${left}:${right}`, '-b', '125000', '-d', 'LR 60', '-d', 'RL 0', '-c', '75000', '-l', '0.0',
    '--nofifo', '-M', mgmt
  ]))
  await meet(a, b)
  await converse(netemu, [
    'markov-numnodes 2', 'markov-name 0,default name', 'bandwidth 125000[0]', 'delay LR 60[0]', 'delay RL 0[0]', 'chanbufsize 75000[0]',
    'loss 0.000000[0]', 'markov-name 1,bad', 'bandwidth LR 1000[1]', 'bandwidth RL 2000[1]', 'delay 7[1]', 'chanbufsize LR 5[1]',
    'chanbufsize RL 6[1]', 'loss LR 100.000000[1]', 'loss RL 3.500000[1]', 'setedge 0,0,0.000000', 'setedge 0,1,0.000000',
    'setedge 1,0,40.000000', 'setedge 1,1,0.000000', 'markov-time 100'
  ])
  const start = Date.now()
  a.say('late', b.address)
  await b.hears('late')
  assert.ok(Date.now() - start >= 59)
  const client = await open(scene, mgmt)
  assert.match(await client.ask('showinfo 1'), new RegExp([
    'Node 1 "bad" \\(0,..,1\\) Markov-time 100', 'Loss {3}L->R 100\\+0U {3}R->L 3.5\\+0U', 'Lburst .*', 'Delay {2}L->R 7\\+0U {3}R->L 7\\+0U',
    'Dup .*', 'Bandw {2}L->R 1000\\+0U {3}R->L 2000\\+0U', 'Speed .*', 'Noise .*', 'MTU .*', 'Cap\\. {3}L->R 5\\+0U {3}R->L 6\\+0U'
  ].join('\n')))
  assert.match(await client.ask('showedges 1'), /weight 40\n[^]*weight 60\n/)
  assert.match(await client.ask('showinfo 0'), /Fifoness FALSE/)
  assert.deepEqual(await netemu.stop('SIGTERM'), CLEAN)
  assert.ok(!existsSync(mgmt))
})

run()
