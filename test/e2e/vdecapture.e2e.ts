/** The list of running switches, live captures through it, and Wireshark's view of both. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readlinkSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { meet, ours, ourSwitch, peer, PlugPipe, run, test, waitFor, type Network, type Scene } from './kit/index.ts'

const CLEAN = { code: 0, signal: null }
const OURS = ['vde_switch', 'vdecapture', 'vde_extcap']

interface Site {
  readonly net: Network
  readonly env: Record<string, string>
  /** The list. */
  readonly runtime: string
  readonly plugs: [PlugPipe, PlugPipe]
}

/** Our switch, two stations on it, and a runtime directory of the scene's. */
const site = async (scene: Scene): Promise<Site> => {
  const runtime = scene.path('run')
  mkdirSync(runtime, { mode: 0o700 })
  const env = { XDG_RUNTIME_DIR: runtime }
  const net = await ourSwitch(scene, { env })
  const plug = (port: number): PlugPipe => new PlugPipe(scene, [peer('vde_plug'), `${net.dir}[${port}]`], port)
  const plugs: [PlugPipe, PlugPipe] = [plug(1), plug(2)]
  await meet(...plugs)
  return { net, env, runtime: `${runtime}/vde-ts`, plugs }
}

test('a switch is in the list while it runs; a dead one is taken out', { needs: ['vde_plug'], ours: OURS }, async (scene) => {
  const { net, env, runtime } = await site(scene)
  const pid = net.proc.pid
  assert.deepEqual(readdirSync(runtime).sort(), [`${pid}.json`, `${pid}.sock`])
  const entry = JSON.parse(readFileSync(`${runtime}/${pid}.json`, 'utf8')) as Record<string, unknown>
  assert.deepEqual(entry, {
    kind: 'switch',
    pid,
    pidNamespace: readlinkSync('/proc/self/ns/pid'),
    program: 'vde_switch',
    controlDir: net.dir,
    console: `${runtime}/${pid}.sock`,
    management: net.mgmt
  })
  const dead = spawnSync('true').pid
  writeFileSync(`${runtime}/${dead}.json`, JSON.stringify({ ...entry, pid: dead }))
  const listed = await scene.run([ours('vde_extcap'), '--extcap-interfaces'], { env })
  assert.match(listed.out, new RegExp(`^extcap \\{version=.*\\n(interface \\{value=vde-${pid}-[12]\\}\\{display=VDE ${net.dir}\\[[12]\\].*\\}\\n){2}$`))
  assert.equal(existsSync(`${runtime}/${dead}.json`), false)
  assert.deepEqual(await net.stop(), CLEAN)
  assert.equal(existsSync(runtime), false)
})

test('vdecapture streams live, with a filter, and ends by signal, reader and switch', { needs: ['vde_plug', 'tcpdump', 'tshark'], ours: OURS }, async (scene) => {
  const { net, env, plugs: [a, b] } = await site(scene)
  const console = await net.console()
  const isRunning = async (count: number): Promise<boolean> => (await console.ask('port/captures')).split('Port 0001').length === count + 1
  const file = scene.path('a.pcapng')
  const toFile = scene.start([ours('vdecapture'), '-f', 'not ether host 02:00:5e:00:00:02', '-w', file, `${net.dir}[1]`], { env })
  const toPipe = scene.start(['/bin/sh', '-c', `exec ${ours('vdecapture')} -w - vde://${net.mgmt}[1] | ${peer('tcpdump')} -l -n -e -r -`], { env })
  await waitFor(async () => await isRunning(2), 10_000, 'two captures')
  a.say('one')
  b.say('two')
  for (const station of [1, 2]) await toPipe.says(new RegExp(`02:00:5e:00:00:0${station} > ff:ff:ff:ff:ff:ff`))
  assert.deepEqual(await toFile.stop('SIGINT'), CLEAN, toFile.story)
  const shown = spawnSync(peer('tshark'), ['-n', '-r', file, '-T', 'fields', '-e', 'eth.src', '-e', 'frame.interface_name'], { encoding: 'utf8' })
  assert.equal(shown.stdout, `02:00:5e:00:00:01\t${net.dir}[1]\n`)
  assert.equal(await isRunning(1), true)
  assert.deepEqual(await net.stop(), CLEAN)
  assert.deepEqual(await toPipe.ends(), CLEAN)
})

test('vdecapture says what is wrong', { needs: ['tcpdump', 'vde_plug'], ours: OURS }, async (scene) => {
  const { net, env } = await site(scene)
  for (const [args, code, text] of [
    [[`${net.dir}[1]`], 2, /-w is missing/], [['-w', '-', net.dir], 2, /a port of it/], [['-w', '-', `${net.dir}[9]`], 1, /port 9: the switch refuses/],
    [['-w', '-', '/tmp[1]'], 1, /no switch of this user serves it/], [['-w', '-', '/nosuch[1]'], 1, /no such directory/], [['-w', '-', '/etc/passwd/x[1]'], 1, /no such directory/],
    [['-w', '-', '-f', 'what is this', `${net.dir}[1]`], 1, /read the filter/], [['-w', '-', '-s', '1', `${net.dir}[1]`], 2, /14\.\./]
  ] as const) {
    const proc = await scene.run([ours('vdecapture'), ...args], { env })
    assert.deepEqual(proc.exit, { code, signal: null }, proc.story)
    assert.match(proc.err, text)
    assert.equal(proc.out, '')
  }
  // What fails before there is anything to write leaves the file of an earlier capture alone.
  const file = scene.path('keep')
  writeFileSync(file, 'precious')
  const proc = await scene.run([ours('vdecapture'), '-w', file, `${net.dir}[9]`], { env })
  assert.equal(proc.exit?.code, 1)
  assert.equal(readFileSync(file, 'utf8'), 'precious')
})

test('tshark shows the ports and captures there', { needs: ['tshark', 'vde_plug'], ours: OURS }, async (scene) => {
  const { net, env: runtime, plugs: [a] } = await site(scene)
  const env = { ...runtime, PATH: `${dirname(process.execPath)}:/usr/bin:/bin` }
  const installed = await scene.run([ours('vde_extcap'), '--install'], { env })
  assert.equal(installed.out, `${scene.dir}/.config/wireshark/extcap/vde_extcap\n${scene.dir}/.local/lib/wireshark/extcap/vde_extcap\n`)
  assert.deepEqual((await scene.run([ours('vde_extcap'), '--install'], { env })).exit, CLEAN, 'twice')
  const name = `vde-${net.proc.pid}-1`
  const listed = await scene.run([peer('tshark'), '-D'], { env, ms: 20_000 })
  assert.match(listed.out, new RegExp(`\\d+\\. ${name} \\(VDE ${net.dir.replaceAll('.', '\\.')}\\[1\\]`), listed.story)
  const live = scene.start([peer('tshark'), '-n', '-l', '-i', name, '-c', '1', '-T', 'fields', '-e', 'eth.src'], { env })
  const console = await net.console()
  await waitFor(async () => (await console.ask('port/captures')).includes('Port 0001'), 20_000, 'a capture', () => live.story)
  a.say('hello')
  assert.equal((await live.says(/^(.*)\n/, 10_000))[1], '02:00:5e:00:00:01')
  await live.ends(10_000)
  await waitFor(async () => {
    a.say('and on')
    return !(await console.ask('port/captures')).includes('Port 0001')
  }, 10_000, 'end of the capture')
})

run()
