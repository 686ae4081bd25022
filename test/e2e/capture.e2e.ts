/** Captures and mirrors of a running switch, judged by tshark and tcpdump. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { BROADCAST, frame, mac, meet, namespace, ours, ourSwitch, peer, PlugPipe, run, test, tagged, waitFor } from './kit/index.ts'

const CLEAN = { code: 0, signal: null }

/** Lines of what `argv` prints; it must end well and complain of nothing but running as root. */
const lines = (argv: readonly string[]): string[] => {
  const { status, stdout, stderr } = spawnSync(peer(argv[0]!), argv.slice(1), { encoding: 'utf8' })
  const complaints = stderr.split('\n').filter((line) => !/^(?:|Running as user "root".*|reading from file.*|dropped privs.*)$/.test(line))
  assert.deepEqual([status, complaints], [0, []], argv.join(' '))
  return stdout.split('\n').filter((line) => line !== '')
}

const fields = (file: string, filter: string, ...names: string[]): string[] =>
  lines(['tshark', '-n', '-r', file, '-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE', '-Y', filter, '-T', 'fields', ...names.flatMap((name) => ['-e', name])])

test('an offloaded transfer, recorded as the wire has it', { needs: ['userns', 'tun', 'ip', 'ping', 'tshark', 'socat'], ours: ['vde_switch', 'vdens'] }, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const console = await net.console()
  const [a, b] = [namespace(scene, ours('vdens'), [`${net.dir}[1]`]), namespace(scene, ours('vdens'), [`${net.dir}[2]`])]
  await a.address('10.99.0.1/24')
  await b.address('10.99.0.2/24')
  await a.ping('10.99.0.2')
  const [whole, short] = [`${net.dir}.whole`, `${net.dir}.short`]
  assert.equal(await console.ask(`port/capture 1 ${whole}`), '1000 Success\n')
  assert.equal(await console.ask(`port/capture 2 ${short} 66 tcp port 5000`), '1000 Success\n')
  await b.must('socat -u TCP-LISTEN:5000 CREATE:/dev/null & until grep -q :1388 /proc/net/tcp; do sleep 0.02; done')
  await a.must('head -c 3000000 /dev/zero | socat -u - TCP:10.99.0.2:5000 && ping -c1 10.99.0.2')
  await b.must('wait')
  const listed = JSON.parse((await console.ask('port/captures --json')).split('\n')[1]!) as Array<{ frames: number, drops: number }>
  for (const port of [1, 2]) assert.equal(await console.ask(`port/capstop ${port}`), '1000 Success\n')
  assert.deepEqual(listed.map(({ drops }) => drops), [0, 0])

  const all = fields(whole, '', 'frame.interface_name', 'frame.packet_flags_direction', 'frame.len')
  assert.ok(all.length >= listed[0]!.frames, 'some may have come before the end')
  assert.ok(all.every((line) => line.startsWith(`${net.dir}[1]\t`)))
  const longest = Math.max(...all.map((line) => Number(line.split('\t')[2])))
  assert.equal(longest, 1514, 'no super-frame')
  const data = fields(whole, 'tcp.len > 0', 'frame.packet_flags_direction', 'tcp.len')
  assert.ok(data.length > 2000 && data.every((line) => line.startsWith('0x00000001\t')), 'what the client sent came in')
  assert.deepEqual(fields(whole, 'tcp.checksum.status == 0 || ip.checksum.status == 0 || icmpv6.checksum.status == 0', 'frame.number'), [])
  assert.equal(fields(whole, 'tcp.checksum.status == 1', 'frame.number').length > 2000, true)
  assert.deepEqual([...new Set(fields(short, '', 'frame.cap_len', 'ip.proto'))], ['66\t6'])
  await a.end()
  await b.end()
})

const FILTERS = ['arp', 'ip', 'not broadcast', 'vlan 7', 'ether host 02:00:5e:00:00:01', 'len >= 100 and ether[14] & 1 = 0', 'ether proto 0x88b5']

test('filters choose what tcpdump chooses, and the end of the switch ends the files well', { needs: ['vde_plug', 'tcpdump', 'tshark'], ours: ['vde_switch'] }, async (scene) => {
  const net = await ourSwitch(scene, { args: ['--trunk'] })
  const console = await net.console()
  const a = new PlugPipe(scene, [peer('vde_plug'), `${net.dir}[1]`], 1)
  const b = new PlugPipe(scene, [peer('vde_plug'), `${net.dir}[2]`], 2)
  await meet(a, b)
  const file = (i: number): string => scene.path(`capture${i}`)
  for (const [i, filter] of ['', ...FILTERS].entries()) assert.equal(await console.ask(`port/capture 1 ${file(i)} ${filter}`), '1000 Success\n', filter)
  assert.match(await console.ask(`port/capture 1 ${file(99)} no such filter`), /^1022 /)
  for (let i = 0; i < 60; i++) {
    const type = [0x0806, 0x0800, 0x88b5][i % 3]!
    const bytes = frame(i % 3 === 0 ? BROADCAST : b.address, mac(i % 4), type, Buffer.alloc(46 + i * 2, i))
    a.send(i % 5 === 0 ? tagged(bytes, 6 + i % 2, 3) : bytes)
  }
  a.say('last')
  await b.hears('last')
  assert.deepEqual(await net.stop(), CLEAN)
  for (const [i, filter] of FILTERS.entries()) {
    const chosen = lines(['tcpdump', '-n', '-t', '-r', file(i + 1), '-xx'])
    assert.deepEqual(chosen, lines(['tcpdump', '-n', '-t', '-r', file(0), '-xx', filter]), filter)
    assert.ok(chosen.length > 0, filter)
  }
  assert.ok(fields(file(0), '', 'frame.len').length >= 61)
})

test('a FIFO is a live capture; its reader ends it', { needs: ['vde_plug', 'tcpdump', 'mkfifo'], ours: ['vde_switch'] }, async (scene) => {
  const net = await ourSwitch(scene)
  const console = await net.console()
  const a = new PlugPipe(scene, [peer('vde_plug'), `${net.dir}[1]`], 1)
  const b = new PlugPipe(scene, [peer('vde_plug'), `${net.dir}[2]`], 2)
  await meet(a, b)
  const fifo = scene.path('fifo')
  await scene.run([peer('mkfifo'), fifo])
  assert.match(await console.ask(`port/capture 1 ${fifo}`), /^1006 /, 'nobody reads')
  const reader = scene.start(['/bin/sh', '-c', `exec ${peer('tcpdump')} -l -n -e -r - <${fifo}`])
  await waitFor(async () => (await console.ask(`port/capture 1 ${fifo}`)).startsWith('1000'), 5000, 'capture')
  a.say('one')
  await reader.says(/02:00:5e:00:00:01 > ff:ff:ff:ff:ff:ff/)
  await reader.stop('SIGTERM')
  await waitFor(async () => {
    a.say('two')
    return (await console.ask('port/captures')).split('\n').length === 4
  }, 5000, 'end of the capture')
})

test('a mirror shows both ways, and nobody hears its port', { needs: ['vde_plug'], ours: ['vde_switch'] }, async (scene) => {
  const net = await ourSwitch(scene)
  const console = await net.console()
  const plug = (port: number): PlugPipe => new PlugPipe(scene, [peer('vde_plug'), `${net.dir}[${port}]`], port)
  const [a, b, analyser] = [plug(1), plug(2), plug(3)]
  await meet(a, b)
  await meet(a, analyser)
  assert.equal(await console.ask('port/mirror 1 both 3'), '1000 Success\n')
  a.say('to b', b.address)
  b.say('to a', a.address)
  for (const text of ['to b', 'to a']) await analyser.hears(text)
  analyser.say('psst')
  await waitFor(async () => /mirror [1-9]/.test(await console.ask('port/counters 3')), 5000, 'the drop')
  assert.equal(await console.ask('port/mirror 1 off'), '1000 Success\n')
  analyser.say('again')
  await b.hears('again')
  assert.equal(a.heard('psst') || b.heard('psst'), false)
  assert.equal(analyser.heard('to b') || analyser.heard('to a'), false, 'once each')
})

run()
