/** The C switch's plugins: commands, replies, events and files as Debian's own `dump` and `pdump`, and through a takeover. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ours, ourSwitch, peerSwitch, PlugPipe, run, test, waitFor, type Network, type Scene } from './kit/index.ts'

const OURS = ['vde_switch', 'vde_plug']
const SECTION = 24
const RECORD = 16 + 60

const LINES = [
  'plugin/list', 'plugin/add nosuch', 'plugin/add', 'dump/active 1', 'plugin/add dump', 'plugin/add dump', 'plugin/list', 'plugin/list z',
  'debug/list dump', 'help dump', 'dump/active 0', 'plugin/del d', 'plugin/del d', 'dump/active 0', 'plugin/add pdump', 'debug/list pdump',
  'help pdump', 'pdump/filename', 'pdump/active 0', 'pdump/active', 'pdump/active 1', 'pdump/active 1', 'pdump/buffered 0', 'pdump/active 0',
  'pdump/active 0', 'plugin/del pdump', 'plugin/list'
]

test('dump and pdump answer as the C plugins do', { needs: ['vde_switch'], ours: OURS }, async (scene) => {
  const replies = async (net: Network): Promise<string[]> => {
    const console = await net.console()
    const found: string[] = []
    for (const line of LINES) found.push(`${line}: ${await console.ask(line)}`)
    return found
  }
  const here = { cwd: scene.dir } as const
  const theirs = await replies(await peerSwitch(scene, { ...here, name: 'theirs' }))
  const mine = await replies(await ourSwitch(scene, { ...here, name: 'mine' }))
  assert.deepEqual(mine, theirs)
})

/** Two stations, and what the session that listens is told of one broadcast. */
const dumpOf = async (scene: Scene, net: Network): Promise<string[]> => {
  const console = await net.console()
  for (const line of ['plugin/add dump', 'debug/add dump', 'dump/active 1']) assert.match(await console.ask(line), /^1000/)
  const [a, b] = [1, 2].map((n) => new PlugPipe(scene, [ours('vde_plug'), `${net.dir}[${n}]`], n)) as [PlugPipe, PlugPipe]
  await waitFor(async () => (await (await net.console()).ask('port/print')).match(/endpoint ID/g)?.length === 2, 5000, 'both plugs')
  a.say('once')
  await b.expect((bytes) => bytes.includes('once'), 'the broadcast')
  await waitFor(() => console.text.split('\n').length > 2, 5000, 'both events')
  return console.text.split('\n').filter((line) => line !== '')
}

test('dump tells frames as the C plugin does', { needs: ['vde_switch'], ours: OURS }, async (scene) => {
  const theirs = await dumpOf(scene, await peerSwitch(scene, { name: 'theirs' }))
  const mine = await dumpOf(scene, await ourSwitch(scene, { name: 'mine' }))
  assert.deepEqual(mine, theirs)
  assert.equal(mine.length, 2)
})

test('pdump writes a file that tshark reads, and goes on with it in the process that takes over', {
  needs: ['tshark'], ours: OURS
}, async (scene) => {
  const net = await ourSwitch(scene, { cwd: scene.dir })
  const file = join(scene.dir, 'vde_dump.cap')
  const console = await net.console()
  for (const line of ['plugin/add pdump', 'pdump/active 1']) assert.match(await console.ask(line), /1000 Success/)
  const [a, b] = [1, 2].map((n) => new PlugPipe(scene, [ours('vde_plug'), `${net.dir}[${n}]`], n)) as [PlugPipe, PlugPipe]
  await waitFor(async () => (await console.ask('port/print')).match(/endpoint ID/g)?.length === 2, 5000, 'both plugs')
  a.say('first')
  await b.expect((bytes) => bytes.includes('first'), 'the first')
  const next = scene.start([ours('vde_switch'), '-s', net.dir, '--takeover'], { cwd: scene.dir })
  await next.says(/took over from pid \d+/, 5000, 'err')
  await net.proc.ends()
  assert.match(await console.ask('plugin/list'), /\npdump /)
  a.say('second')
  await b.expect((bytes) => bytes.includes('second'), 'the second')
  assert.match(await console.ask('pdump/active 0'), /1000 Success/)
  assert.equal(readFileSync(file).length, SECTION + 4 * RECORD)
  const { out } = await scene.run(['tshark', '-r', file, '-T', 'fields', '-e', 'frame.len', '-e', 'frame.cap_len', '-e', 'eth.dst'])
  assert.equal(out, '60\t60\tff:ff:ff:ff:ff:ff\n'.repeat(4))
})

test('iplog: SIGHUP makes its file anew, and does not end the switch', { ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene)
  const file = join(scene.dir, 'ip.log')
  const console = await net.console()
  for (const line of ['plugin/add iplog', `iplog/logfile ${file}`]) assert.match(await console.ask(line), /1000 Success/)
  assert.ok(existsSync(file))
  net.proc.kill('SIGHUP')
  await waitFor(() => readFileSync(file, 'utf8').includes('SIGHUP: opening file'), 5000, 'the signal in the log')
  assert.match(await console.ask('iplog/showinfo'), new RegExp(`log on file ${file}`))
})

run()
