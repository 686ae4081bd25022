/** `vde_plug` as a command: options, default and indirect networks, login shell, seqpacket, pid file, daemon, signals. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { BROADCAST, PlugPipe, frame, isAlive, meet, ours, ourSwitch, peer, run, Terminal, test, waitFor } from './kit/index.ts'

const OURS = ['vde_switch', 'vde_plug']
const CLEAN = { code: 0, signal: null }
const plug = (): string => ours('vde_plug')

test('the default network: ~/.vdeplug/default before ~/.vde2/default.switch', { ours: OURS }, async (scene) => {
  const { dir } = await ourSwitch(scene)
  const other = await ourSwitch(scene, { name: 'other' })
  mkdirSync(scene.path('.vde2'))
  symlinkSync(dir, scene.path('.vde2/default.switch'))
  const a = new PlugPipe(scene, [peer('vde_plug'), dir], 1)
  const b = new PlugPipe(scene, [plug()], 2)
  const c = new PlugPipe(scene, [plug(), ''], 3)
  await meet(a, b)
  await meet(a, c)
  mkdirSync(scene.path('.vdeplug'))
  writeFileSync(scene.path('.vdeplug/default'), `vde://${other.dir}\n`)
  const d = new PlugPipe(scene, [plug()], 4)
  const e = new PlugPipe(scene, [peer('vde_plug'), other.dir], 5)
  await meet(d, e)
})

test('an indirect file, relative paths, ports, quoting', { ours: OURS }, async (scene) => {
  const { dir } = await ourSwitch(scene)
  writeFileSync(scene.path('net.vnl'), `vde://${dir}[6]\nnull://\n`)
  const a = new PlugPipe(scene, [peer('vde_plug'), dir], 1)
  const spellings = [[scene.path('net.vnl')], ['sw'], ['vde://sw'], ['sw[port=7]'], [`vde://'${dir}'`], [dir.replace('sw', 's%77')].map((path) => `vde://${path}`)]
  for (const [i, words] of spellings.entries()) {
    const b = new PlugPipe(scene, [plug(), ...words], 10 + i, { cwd: scene.dir })
    await meet(a, b)
    assert.deepEqual(await b.end(), CLEAN, words.join(' '))
  }
})

test('an indirect file without a final newline', { ours: OURS, needs: ['fixed'] }, async (scene) => {
  writeFileSync(scene.path('net.vnl'), 'null://')
  const proc = await scene.run([plug(), scene.path('net.vnl')])
  assert.deepEqual(proc.exit, CLEAN, proc.story)
})

test('options end at the first operand or =', { ours: OURS, needs: ['fixed'] }, async (scene) => {
  const proc = await scene.run([plug(), 'null://', '=', 'sh', '-c', `echo "$0 $1" > ${scene.path('args')}`, '-p', '2222'])
  assert.deepEqual(proc.exit, CLEAN, proc.story)
  assert.equal(readFileSync(scene.path('args'), 'utf8'), '-p 2222\n')
  assert.ok(!existsSync(scene.path('2222')))
})

for (const args of [['-c', 'vde_plug vxvde://'], ['-c', 'sh']]) {
  test(`login shell: ${args.join(' ')} is refused with 255`, { ours: OURS }, async (scene) => {
    const proc = await scene.run([plug(), ...args])
    assert.equal(proc.exit?.code, 255)
    assert.match(proc.err, /^[^\n]+\n[^\n]+\n$/)
    assert.match(proc.err, /vde_plug/)
  })
}

test('login shell: nothing on a terminal is refused', { ours: OURS, needs: ['pty', 'fixed'] }, async (scene) => {
  const term = await Terminal.open(scene, [plug()])
  assert.notEqual((await term.ends()).code, 0)
  assert.match(term.screen, /vde_plug/)
})

test('login shell: -c vde_plug is the default network', { ours: OURS }, async (scene) => {
  const { dir } = await ourSwitch(scene)
  mkdirSync(scene.path('.vdeplug'))
  symlinkSync(dir, scene.path('.vdeplug/default'))
  const a = new PlugPipe(scene, [peer('vde_plug'), dir], 1)
  const b = new PlugPipe(scene, [plug(), '-c', 'vde_plug'], 2, { env: { SSH_CLIENT: '192.0.2.7 1 22' } })
  await meet(a, b)
  assert.deepEqual(await b.end(), CLEAN)
})

/**
 * Runs a command where /dev/log is ours: `sh DIR COMMAND...`; what it logs is in DIR/log. A last line of ours, which has to
 * arrive, keeps who writes the file from being ended before he has read the command's.
 */
const WITH_LOG = 'mkdir "$1/dev" && mount -t tmpfs dev "$1/dev" && ' +
  'for n in null zero random urandom tty; do touch "$1/dev/$n" && mount --bind "/dev/$n" "$1/dev/$n"; done && mount --rbind "$1/dev" /dev && ' +
  '{ setpriv --pdeathsig TERM socat -u UNIX-RECV:/dev/log CREATE:"$1/log" </dev/null & } && ' +
  'until [ -S /dev/log ]; do sleep 0.02; done; dir=$1; shift; "$@"; status=$?; ' +
  'echo "end $$" | socat -u - UNIX-SENDTO:/dev/log; until grep -q "end $$" "$dir/log"; do sleep 0.02; done; exit $status'

test('login shell: the system log has start, addresses, stop and refusal', { ours: OURS, needs: ['userns', 'socat'] }, async (scene) => {
  const { dir } = await ourSwitch(scene)
  mkdirSync(scene.path('.vdeplug'))
  symlinkSync(dir, scene.path('.vdeplug/default'))
  const logged = (...words: string[]): string[] => ['/usr/bin/unshare', '-rm', '/bin/sh', '-c', WITH_LOG, 'sh', scene.dir, ...words]
  const env = { SSH_CLIENT: '192.0.2.7 1 22' }
  const log = (): string => existsSync(scene.path('log')) ? readFileSync(scene.path('log'), 'latin1') : ''
  const seen = async (line: RegExp): Promise<unknown> => await waitFor(() => line.test(log()), 5000, String(line), log)

  const session = new PlugPipe(scene, logged(plug(), '-L', '-c', 'vde_plug'), 2, { env })
  // <14>: facility user, level info
  await seen(/^<14>.*vde_plug(\[\d+\])?: START: user \S+ IP 192\.0\.2\.7/)
  const ipv4 = Buffer.concat([Buffer.from('45', 'hex'), Buffer.alloc(11), Buffer.from([10, 1, 2, 3]), Buffer.alloc(30)])
  for (let i = 0; i < 2; i++) session.send(frame(BROADCAST, session.address, 0x0800, ipv4))
  await seen(/: user \S+ Real-IP 192\.0\.2\.7 has got VDE-IP4 10\.1\.2\.3 on vlan 0/)
  assert.deepEqual(await session.end(), CLEAN)
  await seen(/: STOP: user \S+ IP 192\.0\.2\.7/)
  assert.equal(log().match(/VDE-IP4/g)?.length, 1, log())

  rmSync(scene.path('dev'), { recursive: true })
  const refused = await scene.run(logged(plug(), '-c', 'sh'), { env })
  assert.equal(refused.exit?.code, 255, refused.story)
  await seen(/: FAILED: user \S+ IP 192\.0\.2\.7/)
})

test('the description: user, pid, and where ssh came from', { ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene)
  const console = await net.console()
  const b = new PlugPipe(scene, [plug(), '-D', 'my plug', net.dir], 2, { env: { SSH_CLIENT: '192.0.2.7 1 22' } })
  const line = new RegExp(`: my plug user=\\S+ pid=${b.proc.pid} SSH=192\\.0\\.2\\.7\n`)
  await waitFor(async () => line.test(await console.ask('port/print')), 5000, String(line))
})

test('seqpacket://FD: frames on an inherited pair', { ours: OURS, needs: ['native'] }, async (scene) => {
  const { native, SEQPACKET } = await import('@vde-ts/native')
  const { probe, mac, BROADCAST, probeText } = await import('./kit/index.ts')
  const pair = new Int32Array(2)
  assert.equal(native.socketPair(SEQPACKET, pair), 0)
  const [mine, theirs] = [pair[0]!, pair[1]!]
  const { dir } = await ourSwitch(scene)
  const a = new PlugPipe(scene, [peer('vde_plug'), dir], 1)
  const proc = scene.start([plug(), '--descr', 'static', 'seqpacket://3', dir], { extra: [theirs] })
  native.close(theirs)
  const buf = Buffer.alloc(2048)
  const heard = (text: string): boolean => {
    for (;;) {
      const got = native.receive(mine, buf, 0, buf.length)
      if (got <= 0) return false
      if (probeText(buf.subarray(0, got)) === text) return true
    }
  }
  await waitFor(() => { a.say('down'); return heard('down') }, 5000, 'a frame from the switch')
  const up = probe(BROADCAST, mac(9), 'up', 900)
  assert.equal(native.send(mine, up, 0, up.length), up.length)
  await a.expectBytes(up)
  native.close(mine)
  assert.deepEqual(await proc.ends(), CLEAN)
})

test('-p: the pid file, and its end', { ours: OURS }, async (scene) => {
  const file = scene.path('plug.pid')
  const proc = scene.start([plug(), '-p', file, 'null://'])
  await waitFor(() => existsSync(file) && readFileSync(file, 'utf8') === `${proc.pid}\n`, 5000, 'its pid')
  assert.deepEqual(await proc.stop('SIGTERM'), CLEAN)
  assert.ok(!existsSync(file))
})

test('-d: ready or failed when the parent returns', { ours: OURS, needs: ['fixed'] }, async (scene) => {
  const { dir } = await ourSwitch(scene)
  const bad = await scene.run([plug(), '-d', 'null://', 'nosuch://x'])
  assert.equal(bad.exit?.code, 1, bad.story)
  assert.match(bad.err, /nosuch/)
  const good = await scene.run([plug(), '-d', '-p', 'plug.pid', 'null://', 'sw'], { cwd: scene.dir })
  assert.deepEqual(good.exit, CLEAN, good.story)
  const pid = Number(readFileSync(scene.path('plug.pid'), 'utf8'))
  assert.ok(isAlive(pid))
  process.kill(pid, 'SIGTERM')
  await waitFor(() => !isAlive(pid), 5000, 'end of the daemon')
  assert.ok(!existsSync(scene.path('plug.pid')))
  assert.ok(existsSync(dir))
})

for (const [signal, exit] of [['SIGTERM', CLEAN], ['SIGINT', { code: null, signal: 'SIGINT' }], ['SIGHUP', { code: null, signal: 'SIGHUP' }]] as const) {
  test(`${signal}: removes its switch:// and pid file`, { ours: OURS }, async (scene) => {
    const file = scene.path('plug.pid')
    const dir = scene.path('node')
    // A session of its own: the C program sends INT and HUP on to its whole process group.
    const proc = scene.start([plug(), '-p', file, 'null://', `switch://${dir}`], { detached: true })
    await scene.exists(`${dir}/ctl`)
    assert.deepEqual(await proc.stop(signal), exit)
    assert.ok(!existsSync(file))
    assert.ok(!existsSync(dir))
  })
}

test('a signal is not for the whole group', { ours: OURS, needs: ['fixed'] }, async (scene) => {
  const line = `trap 'echo trapped' INT; ${plug()} null:// null:// & plug=$!; sleep 0.3; kill -INT $plug; wait $plug; echo status $?`
  const proc = await scene.run(['/bin/sh', '-mc', line], { detached: true })
  assert.match(proc.out, /status 130\n$/)
  assert.doesNotMatch(proc.out, /trapped/)
})

test('a killed switch:// leaves a directory that the next one replaces', { ours: OURS, needs: ['fixed'] }, async (scene) => {
  const dir = scene.path('node')
  const birth = (): bigint => statSync(`${dir}/ctl`, { bigint: true, throwIfNoEntry: false })?.ctimeNs ?? 0n
  const first = scene.start([plug(), 'null://', `switch://${dir}`])
  await scene.exists(`${dir}/ctl`)
  const old = birth()
  await first.stop('SIGKILL')
  const second = scene.start([plug(), 'null://', `switch://${dir}`])
  await waitFor(() => birth() !== old && birth() !== 0n, 5000, 'a new socket', () => second.story)
  const a = new PlugPipe(scene, [peer('vde_plug'), dir], 1)
  const b = new PlugPipe(scene, [plug(), dir], 2)
  await meet(a, b)
  assert.deepEqual(await second.stop('SIGTERM'), CLEAN)
  assert.ok(!existsSync(dir))
})

test('a live switch:// is not taken over', { ours: OURS }, async (scene) => {
  const dir = scene.path('node')
  scene.start([plug(), 'null://', `switch://${dir}`])
  await scene.exists(`${dir}/ctl`)
  const second = await scene.run([plug(), 'null://', `switch://${dir}`])
  assert.equal(second.exit?.code, 1, second.story)
  assert.ok(existsSync(`${dir}/ctl`))
})

test('a peer that opens and closes the control socket costs nothing', { ours: OURS, needs: ['fixed'] }, async (scene) => {
  const dir = scene.path('node')
  const holder = scene.start([plug(), 'null://', `switch://${dir}`])
  await scene.exists(`${dir}/ctl`)
  const { connect } = await import('node:net')
  for (let i = 0; i < 20; i++) await new Promise<void>((resolve) => { const s = connect(`${dir}/ctl`, () => { s.destroy(); resolve() }) })
  const a = new PlugPipe(scene, [peer('vde_plug'), dir], 1)
  const b = new PlugPipe(scene, [plug(), dir], 2)
  await meet(a, b)
  const ticks = (): number => {
    const fields = readFileSync(`/proc/${holder.pid}/stat`, 'latin1').replace(/^.*\) /, '').split(' ')
    return Number(fields[11]) + Number(fields[12])
  }
  const before = ticks()
  await new Promise((resolve) => { setTimeout(resolve, 500) }) // an idle half second is what is measured
  assert.ok(ticks() - before < 20, 'it does not spin')
})

run()
