/**
 * What a person gets for a mistake: one line that names the thing and the way out, the exit status of the original,
 * and nothing left behind (each scene checks that).
 */
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync } from 'node:fs'
import { PlugPipe, asUser, ours, ourSwitch, run, sharedHome, test, waitFor, type Proc, type Scene } from './kit/index.ts'

const FIXED = ['fixed']
const LONG = 'x'.repeat(100)

/** One line, from this program, naming `thing`, and saying `wayOut`. */
const oneLine = (proc: Proc, name: string, status: number, thing: string | RegExp, wayOut: RegExp): void => {
  assert.deepEqual(proc.exit, { code: status, signal: null }, proc.story)
  assert.match(proc.err, /^[^\n]+\n$/, `one line: ${proc.story}`)
  assert.ok(proc.err.startsWith(`${name}: `), `begins with its name: ${proc.err}`)
  if (typeof thing === 'string') assert.ok(proc.err.includes(thing), `names ${thing}: ${proc.err}`)
  else assert.match(proc.err, thing)
  assert.match(proc.err, wayOut)
}

interface Row {
  readonly what: string
  readonly command: string
  readonly args: (scene: Scene) => string[]
  readonly status: number
  readonly thing: string | RegExp
  readonly wayOut: RegExp
}

const ROWS: readonly Row[] = [
  { what: 'unknown scheme', command: 'vde_plug', args: () => ['nosuch://x'], status: 1, thing: 'nosuch', wayOut: /not supported|scheme/i },
  { what: 'a VNL with an unknown key', command: 'vde_plug', args: (s) => [`vde://${s.dir}[bogus=1]`], status: 1, thing: 'bogus', wayOut: /port|key|parameter|option/i },
  { what: 'a command VNL without a command', command: 'vde_plug', args: () => ['cmd://'], status: 1, thing: 'cmd://', wayOut: /command/i },
  { what: 'no such directory', command: 'vde_plug', args: (s) => [s.path('none')], status: 1, thing: /none/, wayOut: /no such file|start/i },
  { what: 'a path over 107 octets', command: 'vde_plug', args: (s) => { mkdirSync(s.path(LONG)); return [s.path(LONG)] }, status: 1, thing: LONG, wayOut: /at most|107|shorter|long/i },
  { what: 'a switch:// over 107 octets', command: 'vde_plug', args: (s) => ['null://', `switch://${s.path(LONG)}`], status: 1, thing: LONG, wayOut: /at most|107|shorter|long/i },
  { what: 'no default network', command: 'vde_plug', args: () => [], status: 1, thing: /default|vde\.ctl/, wayOut: /no such file|name|start/i },
  { what: 'a switch in no directory', command: 'vde_switch', args: (s) => ['-s', s.path('none/sw')], status: 255, thing: 'none/sw', wayOut: /no such file|directory/i },
  { what: 'a switch path over 107 octets', command: 'vde_switch', args: (s) => ['-s', s.path(LONG)], status: 255, thing: LONG, wayOut: /at most|107|shorter|long/i },
  { what: 'a bad MAC address', command: 'vde_switch', args: (s) => ['-s', s.path('sw'), '--macaddr', '02:zz'], status: 1, thing: '02:zz', wayOut: /six|hex|wanted/i },
  { what: 'no such group', command: 'vde_switch', args: (s) => ['-s', s.path('sw'), '-g', 'no_such_group'], status: 1, thing: 'no_such_group', wayOut: /group/i },
  { what: 'no ports', command: 'vde_switch', args: (s) => ['-s', s.path('sw'), '-n', '0'], status: 1, thing: /0/, wayOut: /at least 1|1\.\.|wanted/i },
  { what: 'a management socket in no directory', command: 'vde_switch', args: (s) => ['-s', s.path('sw'), '-M', s.path('none/mgmt')], status: 1, thing: 'none/mgmt', wayOut: /no such file|directory/i },
  { what: 'an rc file that is not there', command: 'vde_switch', args: (s) => ['-s', s.path('sw'), '-f', s.path('none.rc')], status: 1, thing: 'none.rc', wayOut: /no such file/i },
  { what: 'a network that is not there', command: 'vdens', args: (s) => [s.path('none'), 'true'], status: 1, thing: /none/, wayOut: /no such file|start/i },
  { what: 'a bad network of several', command: 'vdens', args: () => ['-m', 'null://', 'nosuch://x', '--', 'true'], status: 1, thing: 'nosuch', wayOut: /not supported|scheme/i },
  { what: 'a control directory without a name', command: 'vde_switch', args: () => ['-s', ''], status: 1, thing: '--sock', wayOut: /empty.*path/ },
  { what: 'a missing directory of a path that is too long', command: 'vde_switch', args: (s) => ['-s', s.path(`none/${LONG}`)], status: 255, thing: LONG, wayOut: /at most/ },
  { what: 'several networks, but none named', command: 'vdens', args: () => ['-m', '--', 'ip', 'link'], status: 1, thing: '-m', wayOut: /VNL before --/ },
  { what: 'a name server that is no address', command: 'vdens', args: () => ['-R', 'foo', 'no', 'true'], status: 1, thing: 'foo', wayOut: /IP address/ },
  { what: 'an interface whose name is too long', command: 'vde_tunctl', args: () => ['-t', '1234567890123456'], status: 1, thing: '1234567890123456', wayOut: /at most 15/ },
  { what: 'an interface to remove that is not there', command: 'vde_tunctl', args: () => ['-d', 'nosuch0'], status: 1, thing: 'nosuch0', wayOut: /none of this name/ },
  { what: 'a priority that no bridge has', command: 'vde_switch', args: (s) => ['-s', s.path('sw'), '--priority', '70000'], status: 1, thing: '70000', wayOut: /0\.\.65535/ },
  { what: 'the address of a group', command: 'vde_switch', args: (s) => ['-s', s.path('sw'), '--macaddr', '01:00:5e:00:00:01'], status: 1, thing: '01:00:5e', wayOut: /one station/ },
  { what: 'an rc file that is not there', command: 'wirefilter', args: (s) => ['-f', s.path('none.rc'), 'null://', 'null://'], status: 1, thing: 'none.rc', wayOut: /no such file/i },
  { what: 'no console there', command: 'unixterm', args: (s) => [s.path('none')], status: 255, thing: /none/, wayOut: /no such file/i }
]

for (const { what, command, args, status, thing, wayOut } of ROWS) {
  test(`${command}: ${what}`, { needs: FIXED, ours: [command] }, async (scene) => {
    const proc = await scene.run([ours(command), ...args(scene)], { cwd: scene.dir })
    oneLine(proc, command, status, thing, wayOut)
    assert.deepEqual(readdirSync(scene.dir, { recursive: true }).filter((name) => name !== LONG), [])
  })
}

test('vde_switch: no permission for the directory', { needs: ['root', ...FIXED], ours: ['vde_switch'] }, async (scene) => {
  const proc = await scene.run(asUser([ours('vde_switch'), '-s', scene.path('sw')]))
  oneLine(proc, 'vde_switch', 255, scene.path('sw'), /permission denied/i)
})

test('vde_plug: no permission for the switch', { needs: ['root', ...FIXED], ours: ['vde_switch', 'vde_plug'] }, async (scene) => {
  const { dir } = await ourSwitch(scene)
  const proc = await scene.run(asUser([ours('vde_plug'), dir]))
  oneLine(proc, 'vde_plug', 1, dir, /permission denied/i)
})

test('vde_plug: the port is out of range', { needs: FIXED, ours: ['vde_switch', 'vde_plug'] }, async (scene) => {
  const net = await ourSwitch(scene, { args: ['-n', '4'] })
  const proc = await scene.run([ours('vde_plug'), `${net.dir}[99]`])
  oneLine(proc, 'vde_plug', 1, '99', /refused|port|switch/i)
  assert.match(await (await net.console()).ask('port/create 99'), /1022 Invalid argument/)
  await net.proc.says(/99/, 2000, 'err')
})

test('vde_plug: the switch is full', { needs: FIXED, ours: ['vde_switch', 'vde_plug'] }, async (scene) => {
  const net = await ourSwitch(scene, { args: ['-n', '2'] })
  const console = await net.console()
  const plugs = [1, 2].map((station) => new PlugPipe(scene, [ours('vde_plug'), net.dir], station))
  await waitFor(async () => (await console.ask('port/print')).match(/ ACTIVE/g)?.length === 2, 5000, 'two ports in use')
  const proc = await scene.run([ours('vde_plug'), net.dir])
  oneLine(proc, 'vde_plug', 1, net.dir, /refused|full|port/i)
  assert.match(await console.ask('port/createauto'), /1028 No space left on device/)
  for (const plug of plugs) assert.deepEqual(await plug.end(), { code: 0, signal: null })
})

test('vdens: user namespaces are switched off', { needs: ['userns', ...FIXED], ours: ['vdens'] }, async (scene) => {
  // A limit of its own: inside a user namespace its root may forbid further ones.
  const line = `echo 0 > /proc/sys/user/max_user_namespaces && exec '${ours('vdens')}' null:// true`
  const proc = await scene.run(asUser(['/usr/bin/unshare', '-Ur', '/bin/sh', '-c', line]))
  oneLine(proc, 'vdens', 1, /user namespace/i, /max_user_namespaces/)
})

for (const [what, hide] of [
  ['/dev/net/tun is missing', 'mount -t tmpfs none /dev/net'],
  ['/dev/net/tun is not for this user', 'mount --bind /etc/shadow /dev/net/tun']
] as const) {
  test(`vdens goes on where ${what}`, { needs: ['userns', 'tun', ...(what.endsWith('user') ? ['root'] : []), ...FIXED], ours: ['vdens'] }, async (scene) => {
    // Back to the ordinary user inside, as `vdens` would find itself.
    const line = `${hide} && exec '${ours('vdens')}' null:// ip link show vde0`
    const proc = await scene.run(asUser(['/usr/bin/unshare', '-Urm', '/bin/sh', '-c', line]))
    oneLine(proc, 'vdens', 0, what, /--packet/)
    assert.match(proc.out, /vde0/)
  })
}

test('vde_switch: no /dev/net/tun for a tap', { needs: ['userns', 'tun', ...FIXED], ours: ['vde_switch'] }, async (scene) => {
  const dir = `${sharedHome(scene)}/sw`
  const line = `mount -t tmpfs none /dev/net && exec '${ours('vde_switch')}' -s ${dir} -t tap0`
  const proc = await scene.run(asUser(['/usr/bin/unshare', '-Urnm', '/bin/sh', '-c', line]))
  oneLine(proc, 'vde_switch', 1, '/dev/net/tun', /modprobe tun|load|create/i)
  assert.deepEqual(readdirSync(sharedHome(scene)), [])
})

test('vde_switch: a tap without the right to make one', { needs: ['tun', ...FIXED], ours: ['vde_switch'] }, async (scene) => {
  const dir = `${sharedHome(scene)}/sw`
  const proc = await scene.run(asUser([ours('vde_switch'), '-s', dir, '-t', 'vdetest0']))
  oneLine(proc, 'vde_switch', 1, 'vdetest0', /not permitted|vde_tunctl|root/i)
  assert.deepEqual(readdirSync(sharedHome(scene)), [])
})

for (const [command, status] of [['vde_plug', 255], ['vdens', 1], ['dpipe', 0]] as const) {
  test(`${command} -h ends with ${status}`, { needs: command === 'dpipe' ? FIXED : [], ours: [command] }, async (scene) => {
    const proc = await scene.run([ours(command), '-h'])
    assert.deepEqual(proc.exit, { code: status, signal: null }, proc.story)
    assert.match(proc.out + proc.err, new RegExp(command))
  })
}

run()
