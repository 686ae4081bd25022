/** `vde_switch --config`, and the console's `config/`: a switch as a file, for root and for an ordinary user. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConsoleClient } from './kit/console-client.ts'
import { ROOT, Shell, asUser, isRoot, ours, ready, run, test, type Proc, type Scene } from './kit/index.ts'

const SWITCH = ours('vde_switch')
const OURS = ['vde_switch']

interface Running { readonly proc: Proc, readonly console: ConsoleClient }

const enter = async (scene: Scene, dir: string, proc: Proc): Promise<Running> => {
  await ready(join(dir, 'm'), proc)
  const console = await ConsoleClient.open(join(dir, 'm'))
  scene.atEnd(() => { console.close() })
  return { proc, console }
}

type Wrap = (argv: readonly string[]) => readonly string[]

const start = async (scene: Scene, dir: string, file: string, wrap: Wrap): Promise<Running> => {
  const argv = [SWITCH, '--config', file, '-s', join(dir, 'sw'), '-M', join(dir, 'm'), '--nostdin']
  return await enter(scene, dir, scene.start(wrap(argv)))
}

for (const who of isRoot ? ['root', 'an ordinary user'] : ['an ordinary user']) {
  const wrap = who === 'root' ? (argv: readonly string[]) => argv : (argv: readonly string[]) => isRoot ? asUser([...argv]) : argv

  test(`the example of a configuration, saved, loaded, saved: the same text, by ${who}`, { ours: OURS }, async (scene) => {
    const dir = scene.shared('config')
    const { console, proc } = await start(scene, dir, join(ROOT, 'examples/switch.yaml'), wrap)
    assert.equal(await console.ask('config/diff'), "0000 DATA END WITH '.'\n.\n1000 Success\n")
    assert.match(await console.ask(`config/save ${dir}/a.yaml`), /^1000/)
    assert.match(await console.ask(`config/load ${dir}/a.yaml`), /'\n\.\n1000/)
    assert.match(await console.ask(`config/save ${dir}/b.yaml`), /^1000/)
    const saved = readFileSync(`${dir}/a.yaml`, 'utf8')
    assert.equal(readFileSync(`${dir}/b.yaml`, 'utf8'), saved)
    assert.match(saved, /ports: 48\n/)

    // Not of this switch, not a configuration, and mistakes: nothing is changed.
    writeFileSync(`${dir}/c.yaml`, `${saved.replace(/dir: .*/, 'dir: /elsewhere')}`)
    assert.match(await console.ask(`config/load ${dir}/c.yaml`), /c\.yaml:2:8: sockets\.dir: .*cannot be changed while the switch runs.*\n\.\n1022 Invalid argument/)
    writeFileSync(`${dir}/d.yaml`, 'hash: { expire: soon }\nswitch:\n  hbu: true\n')
    assert.match(await console.ask(`config/load ${dir}/d.yaml`), /d\.yaml:1:17: hash\.expire: .*\n.*d\.yaml:3:3: switch\.hbu: .*did you mean "hub"/)
    assert.match(await console.ask(`config/save ${dir}/d.yaml`), /^1017/, 'it is no configuration')
    assert.match(await console.ask('config/diff'), /'\n\.\n1000/)
    await proc.stop('SIGTERM')
  })
}

test('SIGHUP loads the file; one with a mistake changes nothing; a process that takes over goes on with it', { ours: OURS }, async (scene) => {
  const dir = scene.dir
  const file = join(dir, 'sw.yaml')
  writeFileSync(file, 'hash: { expire: 7 }\n')
  const { proc, console } = await start(scene, dir, file, (argv) => argv)
  writeFileSync(file, 'hash: { expire: 8 }\n')
  proc.kill('SIGHUP')
  await proc.says(/configuration: hash\.expire: 8, was 7\n.*configuration: 1 changes/, 5000, 'err')
  writeFileSync(file, 'hash: { expire: 9, size: 0 }\n')
  proc.kill('SIGHUP')
  await proc.says(/sw\.yaml:1:26: hash\.size: .*\n.*nothing was changed/, 5000, 'err')
  assert.match(await console.ask('hash/showinfo'), /GC expire 8 secs/)
  const next = scene.start([SWITCH, '-s', join(dir, 'sw'), '--takeover', '--nostdin'])
  await next.says(/took over from pid \d+/, 5000, 'err')
  writeFileSync(file, 'hash: { expire: 11 }\n')
  next.kill('SIGHUP')
  await next.says(/hash\.expire: 11, was 8/, 5000, 'err')
  await next.stop('SIGTERM')
})

test('a file with mistakes, and options that are the file\'s: no start, and nothing is left', { ours: OURS }, async (scene) => {
  const file = join(scene.dir, 'sw.yaml')
  const argv = [SWITCH, '--config', file, '-s', join(scene.dir, 'sw'), '--nostdin']
  const said = async (args: readonly string[] = []): Promise<string> => {
    const proc = await scene.run([...argv, ...args])
    assert.equal(proc.exit?.code, 1, proc.story)
    return proc.err
  }
  writeFileSync(file, 'tree: { priority: x }\nports: { 99: { vlan: { access: 5000 } } }\n')
  assert.match(await said(), /sw\.yaml:1:19: tree\.priority: .*\n.*sw\.yaml:2:\d+: ports\[99\]\.vlan\.access: .*\n.*has 2 mistakes/)
  writeFileSync(file, 'switch: { hub: true }\ntree: { enabled: true }\n')
  assert.match(await said(), /sw\.yaml:2:18: tree\.enabled: .*a hub has no tree/)
  // Of the schema, of the start, of things that do not go together: in one round.
  writeFileSync(file, 'sockets: { group: "no such group" }\nswitch: { ports: 16, hbu: true }\nports:\n  1: { user: "no such user" }\n  17: { sticky: true }\n' +
    'mirrors:\n  - { port: 1, what: in, to: 2 }\n  - { port: 1, what: in, to: 18 }\nhash: {}\nhash: {}\n')
  assert.deepEqual([...(await said()).matchAll(/sw\.yaml:(\d+:\d+): (\S+):/g)].map(([, place, what]) => `${place} ${what}`),
    ['1:19 sockets.group', '2:22 switch.hbu', '4:14 ports[1].user', '5:7 ports[17]', '8:30 mirrors[1].to', '10:1 hash'])
  writeFileSync(file, '')
  assert.match(await said(['-n', '40']), /--numports is given with --config, want switch\.ports/)
})

test('commands of the command line: run behind the file; one that fails ends the start, and nothing is left', { ours: OURS }, async (scene) => {
  const dir = scene.dir
  const file = join(dir, 'sw.yaml')
  writeFileSync(file, 'ports: { 1: { sticky: true } }\n')
  const argv = [SWITCH, '--config', file, '-s', join(dir, 'sw'), '-M', join(dir, 'm'), '--nostdin', '--command', 'port/maxmacs 1 5']
  const { console, proc } = await enter(scene, dir, scene.start(argv))
  assert.match(await console.ask('port/guards 1'), /maxmacs 5 sticky 1 /)
  await proc.stop('SIGTERM')
  const failed = await scene.run([...argv, '--command', 'port/maxmacs 2 5'])
  assert.equal(failed.exit?.code, 1, failed.story)
  assert.match(failed.err, /^vde_switch: Cannot start: --command 'port\/maxmacs 2 5': [^\n]+\n$/)
  assert.deepEqual(readdirSync(dir), ['sw.yaml'])
})

test('a ping and other ports notice nothing of a load', { needs: ['userns', 'tun', 'ip', 'ping'], ours: [...OURS, 'vdens'], ms: 40_000 }, async (scene) => {
  const file = join(scene.dir, 'sw.yaml')
  writeFileSync(file, '{}\n')
  const { console, proc } = await start(scene, scene.dir, file, (argv) => argv)
  const shells = [1, 2].map(() => new Shell(scene, [ours('vdens'), join(scene.dir, 'sw')]))
  for (const [i, shell] of shells.entries()) await shell.address(`10.99.0.${i + 1}/24`)
  await shells[0]!.ping('10.99.0.2')
  const pinging = shells[0]!.run('ping -q -i 0.01 -c 200 -W 2 10.99.0.2', 20_000)
  for (const text of ['vlans: "10"\nports: { 9: { vlan: { access: 10 }, sticky: true } }\n', '{}\n', 'hash: { expire: 50 }\n']) {
    writeFileSync(file, text)
    assert.match(await console.ask('config/load'), /1000 Success/)
  }
  assert.match(JSON.stringify(await pinging), / 0% packet loss/)
  await proc.stop('SIGTERM')
})

run()
