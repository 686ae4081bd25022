/** vde_switch as a process: daemon, pid file, stale and live directories, signals, standard input, name, options. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import {
  ConsoleClient, PlugPipe, commOf, exchange, isAlive, meet, ourSwitch, ours, peer, ready, run, SIDE, Terminal, test,
  waitFor, type Scene
} from './kit/index.ts'

const OURS = ['vde_switch']
const CLEAN = { code: 0, signal: null }
const program = (): string => ours('vde_switch')

/** Starts a daemon, whose parent must have returned 0, and answers its pid. */
const daemon = async (scene: Scene, ...args: string[]): Promise<number> => {
  const pidFile = scene.path('sw.pid')
  const parent = await scene.run([program(), '-d', '-p', pidFile, ...args])
  assert.deepEqual(parent.exit, CLEAN, parent.story)
  const pid = Number(readFileSync(pidFile, 'utf8'))
  scene.atEnd(async () => {
    if (isAlive(pid)) process.kill(pid, 'SIGTERM')
    await waitFor(() => !isAlive(pid), 3000, 'end of the daemon')
  })
  return pid
}

test('-d is ready when the parent returns', { ours: OURS, needs: ['fixed'] }, async (scene) => {
  const pid = await daemon(scene, '-s', scene.path('sw'), '-M', scene.path('sw.mgmt'))
  // Nothing is waited for here.
  assert.ok(statSync(scene.path('sw', 'ctl')).isSocket())
  assert.ok(statSync(scene.path('sw.mgmt')).isSocket())
  assert.equal(readFileSync(scene.path('sw.pid'), 'utf8'), `${pid}\n`)
  assert.equal(commOf(pid), 'vde_switch', 'killall finds it')
  assert.equal(statSync(scene.path('sw.pid')).mode & 0o777, 0o644)
  const a = new PlugPipe(scene, [peer('vde_plug'), scene.path('sw')], 1)
  const b = new PlugPipe(scene, [peer('vde_plug'), scene.path('sw')], 2)
  await meet(a, b)
  await exchange(a, b)
  process.kill(pid, 'SIGTERM')
  await waitFor(() => !isAlive(pid), 5000, 'end of the daemon')
  for (const name of ['sw', 'sw.mgmt', 'sw.pid']) assert.ok(!existsSync(scene.path(name)), `${name} is gone`)
})

test('-d detaches: own session, root directory, no terminal', { ours: OURS, needs: ['fixed'] }, async (scene) => {
  const pid = await daemon(scene, '-s', scene.path('sw'))
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /, '').split(' ')
  assert.equal(stat[4], '0', 'no controlling terminal')
  assert.notEqual(stat[3], String(process.pid))
  assert.equal(readFileSync(`/proc/${pid}/comm`, 'latin1').trim(), 'vde_switch')
})

test('-d resolves relative paths before it detaches', { ours: OURS, needs: ['fixed'] }, async (scene) => {
  mkdirSync(scene.path('here'))
  const parent = await scene.run([program(), '-d', '-s', 'sw', '-M', 'mgmt', '-p', 'sw.pid'], { cwd: scene.path('here') })
  assert.deepEqual(parent.exit, CLEAN, parent.story)
  const pid = Number(readFileSync(scene.path('here/sw.pid'), 'utf8'))
  assert.deepEqual(readdirSync(scene.path('here')).sort(), ['mgmt', 'sw', 'sw.pid'])
  process.kill(pid, 'SIGTERM')
  await waitFor(() => !isAlive(pid), 5000, 'end of the daemon')
  assert.deepEqual(readdirSync(scene.path('here')), [])
})

for (const [what, args, thing] of [
  ['a pid file that is none', ['-p', 'old.pid'], /old\.pid/],
  ['a device as pid file', ['-p', '/dev/full'], /\/dev\/full.*device/],
  ['a management socket in no directory', ['-M', 'none/mgmt'], /none\/mgmt/],
  ['a tap that cannot be', ['-t', 'not/a/name'], /not\/a\/name/]
] as const) {
  test(`-d reports the child's failure: ${what}`, { ours: OURS, needs: ['fixed'] }, async (scene) => {
    writeFileSync(scene.path('old.pid'), 'precious\n')
    scene.leaves(/^old\.pid$/)
    const parent = await scene.run([program(), '-d', '-s', scene.path('sw'), ...args], { cwd: scene.dir })
    assert.notEqual(parent.exit?.code, 0, parent.story)
    assert.match(parent.err, thing)
    assert.ok(!existsSync(scene.path('sw')), 'nothing is left')
    assert.equal(readFileSync(scene.path('old.pid'), 'utf8'), 'precious\n', 'a file of others is kept')
  })
}

test('a live directory is refused with 255 and not touched', { ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene)
  const a = new PlugPipe(scene, [peer('vde_plug'), net.dir], 1)
  const b = new PlugPipe(scene, [peer('vde_plug'), net.dir], 2)
  await meet(a, b)
  const before = readdirSync(net.dir).sort()
  for (const args of [[], ['-d']]) {
    const second = await scene.run([program(), '-s', net.dir, ...args])
    assert.equal(second.exit?.code, 255, second.story)
    assert.ok(second.err.includes(net.dir), second.err)
  }
  assert.deepEqual(readdirSync(net.dir).sort(), before)
  await exchange(a, b)
})

test('a stale directory is replaced', { ours: OURS }, async (scene) => {
  const first = await ourSwitch(scene)
  await first.proc.stop('SIGKILL')
  assert.ok(existsSync(scene.path('sw', 'ctl')))
  if (SIDE === 'c') scene.leaves(/sw\.mgmt/)
  const second = await ourSwitch(scene)
  const a = new PlugPipe(scene, [peer('vde_plug'), second.dir], 1)
  const b = new PlugPipe(scene, [peer('vde_plug'), second.dir], 2)
  await meet(a, b)
  assert.deepEqual(await a.end(), CLEAN)
  assert.deepEqual(await b.end(), CLEAN)
  assert.deepEqual(await second.stop(), CLEAN)
  assert.ok(!existsSync(scene.path('sw')))
})

test('a directory with foreign files is used, and they are kept', { ours: OURS }, async (scene) => {
  mkdirSync(scene.path('sw'))
  writeFileSync(scene.path('sw', 'mine'), 'text')
  const net = await ourSwitch(scene)
  assert.deepEqual(await net.stop(), CLEAN)
  assert.deepEqual(readdirSync(net.dir), ['mine'])
})

for (const [signal, status] of [['SIGTERM', CLEAN], ['SIGINT', { code: null, signal: 'SIGINT' }]] as const) {
  test(`${signal} cleans up`, { ours: OURS }, async (scene) => {
    const net = await ourSwitch(scene, { args: ['-p', scene.path('sw.pid')] })
    const plug = new PlugPipe(scene, [peer('vde_plug'), net.dir], 1)
    await waitFor(() => readdirSync(net.dir).some((name) => /^001\./.test(name)), 5000, 'the plug')
    assert.deepEqual(await net.proc.stop(signal), status)
    for (const name of ['sw', 'sw.mgmt', 'sw.pid']) assert.ok(!existsSync(scene.path(name)), `${name} is gone`)
    assert.deepEqual(await plug.proc.ends(), CLEAN)
  })
}

test('SIGHUP and the ignored signals do not end it', { ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene)
  const console = await net.console()
  for (const signal of ['SIGHUP', 'SIGPIPE', 'SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGPROF', 'SIGVTALRM', 'SIGIO', 'SIGPWR'] as const) {
    net.proc.kill(signal)
    assert.match(await console.ask('port/showinfo'), /1000 Success/, signal)
  }
  assert.equal(net.proc.exit, null)
})

test('standard input at its end ends it', { ours: OURS }, async (scene) => {
  const proc = await scene.run([program(), '-s', scene.path('sw')], { stdin: 'ignore' })
  assert.deepEqual(proc.exit, CLEAN)
  assert.ok(!existsSync(scene.path('sw')))
})

test('standard input as a pipe: commands, no prompt, no echo, end', { ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene)
  net.proc.write('port/create 3\n')
  await net.proc.says(/1000 Success\n/)
  net.proc.write('port/create 3\n')
  await net.proc.says(/1017 File exists\n/)
  assert.doesNotMatch(net.proc.out, /vde\$/)
  assert.doesNotMatch(net.proc.out, /port\/create/)
  net.proc.endInput()
  assert.deepEqual(await net.proc.ends(), CLEAN)
})

test('standard input as a pipe: many lines at once, the last without newline', { ours: OURS, needs: ['fixed'] }, async (scene) => {
  const net = await ourSwitch(scene)
  net.proc.write(Array.from({ length: 20 }, (_, i) => `port/create ${i + 1}\n`).join('') + 'port/create 3')
  net.proc.endInput()
  assert.deepEqual(await net.proc.ends(), CLEAN)
  assert.equal(net.proc.out.match(/1000 Success/g)?.length, 20)
  assert.match(net.proc.out, /1017 File exists/)
})

test('standard input as a terminal: prompt, command, shutdown', { ours: OURS, needs: ['pty'] }, async (scene) => {
  const term = await Terminal.open(scene, [program(), '-s', scene.path('sw')])
  await scene.exists(scene.path('sw', 'ctl'))
  term.type('port/showinfo\r')
  await term.says(/Numports=32\s[^]*1000 Success\s+vde\$ $/)
  term.type('logout\r')
  term.type('shutdown\r')
  assert.deepEqual(await term.ends(), { code: 0, signal: 0 })
  assert.ok(!existsSync(scene.path('sw')))
})

test('a terminal\'s Ctrl-C ends it cleanly', { ours: OURS, needs: ['pty'] }, async (scene) => {
  const term = await Terminal.open(scene, [program(), '-s', scene.path('sw')])
  await scene.exists(scene.path('sw', 'ctl'))
  term.type('\x03')
  assert.equal((await term.ends()).signal, 2)
  assert.ok(!existsSync(scene.path('sw')))
})

test('--nostdin lives without input', { ours: OURS, needs: ['fixed'] }, async (scene) => {
  const mgmt = scene.path('mgmt')
  const proc = scene.start([program(), '--nostdin', '-s', scene.path('sw'), '-M', mgmt], { stdin: 'ignore' })
  await ready(mgmt, proc)
  const console = await ConsoleClient.open(mgmt)
  assert.match(await console.ask('showinfo'), /mgmt .* perm 0600/)
  console.close()
  assert.deepEqual(await proc.stop(), CLEAN)
})

test('--version and --help', { ours: OURS }, async (scene) => {
  const version = await scene.run([program(), '--version'])
  assert.match(version.out, /^VDE \d/)
  assert.equal(version.exit?.code, 0)
  const help = await scene.run([program(), '-h'])
  assert.equal(help.exit?.code, 1)
  for (const option of ['--sock', '--mgmt', '--tap', '--hub', '--numports', '--dirmode']) assert.ok(help.out.includes(option), option)
})

test('an unknown option is reported and ignored; an operand is not', { ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene, { args: ['--no-such-option'] })
  await net.proc.says(/no-such-option/, 2000, 'err')
  assert.deepEqual(await net.stop(), CLEAN)
  assert.equal((await scene.run([program(), '-s', scene.path('other'), 'operand'])).exit?.code, 1)
  assert.ok(!existsSync(scene.path('other')))
})

test('the spellings people type', { ours: OURS }, async (scene) => {
  const spellings: ReadonlyArray<readonly string[]> = [
    ['-sock', 'D', '-mgmt', 'M', '-mod', '777', '-hub', '-numports', '8'],
    ['-sock=D', '-mgmt=M', '-mode=777', '-x', '-n8'],
    ['--vdesock', 'D', '--mgmt=M', '-m', '777', '--hub', '--numports=8'],
    ['--unix=D', '-MM', '-m777', '--hu', '--nump', '8']
  ]
  for (const [i, words] of spellings.entries()) {
    const [dir, mgmt] = [scene.path(`d${i}`), scene.path(`m${i}`)]
    const argv = words.map((word) => word.replace(/(^|=)D$/, `$1${dir}`).replace(/(^|=|-M)M$/, `$1${mgmt}`))
    const proc = scene.start([program(), ...argv])
    await ready(mgmt, proc)
    assert.equal(statSync(dir).mode & 0o7777, 0o2777, words.join(' '))
    const console = await ConsoleClient.open(mgmt)
    assert.match(await console.ask('port/showinfo'), /Numports=8\nHUB=true\n/, words.join(' '))
    console.close()
    assert.deepEqual(await proc.stop(), CLEAN)
  }
})

test('the rc file: -f, and ~/.vde2/vde_switch.rc without it', { ours: OURS }, async (scene) => {
  mkdirSync(scene.path('.vde2'))
  writeFileSync(scene.path('.vde2/vde_switch.rc'), '# comment\nport/create 6\n\nvlan/create 9\nport/setvlan 6 9\n')
  writeFileSync(scene.path('rc'), 'port/create 7\n')
  const home = await ourSwitch(scene, { name: 'one' })
  assert.match(await (await home.console()).ask('port/allprint'), /Port 0006 untagged_vlan=0009/)
  const chosen = await ourSwitch(scene, { name: 'two', args: ['-f', scene.path('rc')] })
  const ports = await (await chosen.console()).ask('port/allprint')
  assert.match(ports, /Port 0007/)
  assert.doesNotMatch(ports, /Port 0006/)
})

run()
