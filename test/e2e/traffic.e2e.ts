/** Traffic and the console together: taps, TCP, jumbo frames, events, large tables. */
import assert from 'node:assert/strict'
import {
  ConsoleClient, PlugPipe, Shell, asUser, endPeer, exchange, meet, namespace, ours, ourSwitch, peer, probe, mac, BROADCAST, ready,
  run, sharedHome, SIDE, test, waitFor, type Scene
} from './kit/index.ts'

const NEEDS = ['userns', 'tun', 'ip', 'ping']
const CLEAN = { code: 0, signal: null }

/** Our vdens ends with its shell; the C one has to be told. */
const end = async (...shells: Shell[]): Promise<void> => {
  if (SIDE === 'c') return await endPeer(...shells)
  for (const shell of shells) await shell.end()
}

const pair = async (scene: Scene, dir: string): Promise<[Shell, Shell]> => {
  const [a, b] = [namespace(scene, ours('vdens'), [dir]), namespace(scene, ours('vdens'), [dir])]
  await a.address('10.99.0.1/24')
  await b.address('10.99.0.2/24')
  await a.ping('10.99.0.2')
  return [a, b]
}

test('a TCP stream between two of our namespaces', { needs: [...NEEDS, 'iperf3'], ours: ['vde_switch', 'vdens'] }, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const [a, b] = await pair(scene, net.dir)
  await b.must(`iperf3 -s -1 -D -I ${net.dir}.iperf`)
  await waitFor(async () => (await b.run('grep -q ":1451 " /proc/net/tcp6 /proc/net/tcp')).code === 0, 5000, 'the server')
  const out = await a.must('iperf3 -c 10.99.0.2 -n 40M -f m', 30_000)
  assert.match(out, /40\.\d MBytes .* sender/)
  assert.match(await (await net.console()).ask('port/print'), /bytes +[4-9]\d{7}\n/)
  await end(a, b)
})

test('jumbo frames between our namespaces', { needs: [...NEEDS, 'fixed'], ours: ['vde_switch', 'vdens'] }, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const [a, b] = await pair(scene, net.dir)
  for (const shell of [a, b]) await shell.must('ip link set vde0 mtu 9216')
  await a.must('ping -c3 -i0.2 -W2 -M do -s 9188 10.99.0.2')
  await end(a, b)
})

test('-t: taps of the switch\'s own namespace', { needs: NEEDS, ours: ['vde_switch', 'vdens'] }, async (scene) => {
  const dir = `${sharedHome(scene)}/sw`
  const host = new Shell(scene, asUser(['/usr/bin/unshare', '-Urn']))
  // A fifo opened both ways: an input that does not end.
  await host.must(`mkfifo ${dir}.in && { ${ours('vde_switch')} -s ${dir} -M ${dir}.mgmt -t t0 -t t1 <>${dir}.in >/dev/null & } && sw=$!`)
  await ready(`${dir}.mgmt`)
  const console = await ConsoleClient.open(`${dir}.mgmt`)
  const text = await console.ask('port/print')
  assert.match(text, /Port 0001 [^]*Current User: NONE [^]*endpoint ID \d{4} module tuntap {6}: t0\nPort 0002 [^]*: t1\n/)
  await host.address('10.99.0.1/24', 't0')
  const b = namespace(scene, ours('vdens'), [dir])
  await b.address('10.99.0.2/24')
  await b.ping('10.99.0.1')
  await host.ping('10.99.0.2')
  await end(b)
  await console.ask('port/print')
  console.send('shutdown\n')
  await host.must('wait $sw; ! ip link show t0 2>/dev/null')
  console.close()
  await host.end()
})

test('vde_tunctl: a persistent tap, used, and removed', { needs: NEEDS, ours: ['vde_tunctl', 'vde_plug2tap', 'vde_switch', 'vdens'] }, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const host = new Shell(scene, asUser(['/usr/bin/unshare', '-Urn']))
  assert.equal(await host.must(`${ours('vde_tunctl')} -b -t keep0`), 'keep0\n')
  assert.match(await host.must(`${ours('vde_tunctl')} -t keep1 -u 0`), /^Set 'keep1' persistent and owned by uid 0\n$/)
  await host.address('10.99.0.1/24', 'keep0')
  await host.must(`${ours('vde_plug2tap')} -s ${net.dir} keep0 & plug=$!`)
  const b = namespace(scene, ours('vdens'), [net.dir])
  await b.address('10.99.0.2/24')
  await b.ping('10.99.0.1')
  await host.must('kill $plug; wait $plug; ip link show keep0')
  assert.match(await host.must(`${ours('vde_tunctl')} -d keep0`), /^Set 'keep0' nonpersistent\n$/)
  await host.must('! ip link show keep0 2>/dev/null')
  await end(b)
  await host.end()
})

test('events: who comes, what is learnt, who goes', { needs: ['vde_plug'], ours: ['vde_switch'] }, async (scene) => {
  const net = await ourSwitch(scene)
  const console = await net.console()
  assert.match(await console.ask('debug/add port'), /1000 Success/)
  assert.match(await console.ask('debug/add hash'), /1000 Success/)
  console.text = ''
  const a = new PlugPipe(scene, [peer('vde_plug'), net.dir], 1)
  const b = new PlugPipe(scene, [peer('vde_plug'), net.dir], 2)
  await waitFor(() => (console.text.match(/port\/descr/g) ?? []).length === 2, 5000, 'two descriptions', () => console.text)
  a.say('hello')
  await waitFor(() => console.text.includes('hash/+'), 5000, 'the address')
  const port = /hash\/\+ .* Port (\d)/.exec(console.text)![1]!
  assert.match(console.text, /^3021 port\/\+ 01\n3031 port\/ep\/\+ Port 01 FD +(\d+)\n3023 port\/descr Port 01 FD +\1 -> "vdeplug: user=\S+ pid=\d+"\n/)
  assert.match(console.text, new RegExp(`^3011 hash/\\+ 02:00:5e:00:00:01 VLAN 00:00 Port ${port}$`, 'm'))
  await a.end()
  await waitFor(() => /^3032 port\/ep\/- Port 0\d FD +\d+\n3022 port\/- 0\d\n/m.test(console.text), 5000, 'the end of its port')
  await waitFor(() => /^3012 hash\/- 02:00:5e:00:00:01 VLAN 00:00 Port \d$/m.test(console.text), 5000, 'the end of its address')
  await b.end()
})

test('events as JSON, for programs: what there is, then what happens', { needs: ['vde_plug'], ours: ['vde_switch', 'unixterm'] }, async (scene) => {
  const net = await ourSwitch(scene)
  const first = new PlugPipe(scene, [peer('vde_plug'), net.dir], 1)
  const console = await net.console()
  await waitFor(async () => (await console.ask('port/print')).includes('endpoint'), 5000, 'the first station')
  const term = scene.start([ours('unixterm'), net.mgmt])
  await term.says(/vde\$ $/)
  term.write('events\n')
  await term.says(/\{"event":"port","port":1,.*"isUp":true.*\}\n\{"event":"ready",.*\}\n$/)
  const second = new PlugPipe(scene, [peer('vde_plug'), net.dir], 2)
  await term.says(/\{"event":"port\/\+","port":2\}\n\{"event":"port\/ep\/\+","port":2,"endpoint":2\}\n/)
  await meet(first, second)
  await term.says(/\{"event":"hash\/\+","mac":"02:00:5e:00:00:01","vlan":0,"port":1\}\n/)
  term.write('port/create 9\n')
  await second.end()
  await term.says(/\{"event":"port\/-","port":2\}\n/)
  assert.doesNotMatch(await console.ask('port/allprint'), /Port 0009/)
  assert.doesNotMatch(term.out, /1000 Success/)
})

test('a table of 20 000 addresses is printed whole, to a slow reader too', { needs: ['vde_plug', 'fixed'], ours: ['vde_switch'] }, async (scene) => {
  const net = await ourSwitch(scene)
  const a = new PlugPipe(scene, [peer('vde_plug'), net.dir], 1)
  const count = 20_000
  for (let i = 0; i < count; i++) {
    a.send(probe(BROADCAST, mac(i), '', 60))
    if (i % 500 === 499) await a.proc.drained()
  }
  const console = await net.console()
  await waitFor(async () => (await console.ask('hash/print', 10_000)).split('\n').filter((line) => line.startsWith('Hash: ')).length === count, 15_000, 'all of them')
  const slow = scene.start([peer('unixterm'), net.mgmt])
  await slow.says(/vde\$ /)
  slow.holdOutput()
  slow.write('hash/print\n')
  assert.match(await console.ask('port/showinfo'), /1000 Success/, 'another session meanwhile')
  slow.takeOutput()
  await slow.says(/\n\.\n1000 Success\n/, 10_000)
  assert.equal(slow.out.match(/^Hash: \d{4} Addr: 02:00:5e:00:..:.. VLAN 0000 to port: 001 {2}age \d+ secs$/gm)?.length, count)
})

test('a full table of addresses evicts, and the switch goes on', { needs: ['vde_plug', 'fixed'], ours: ['vde_switch'] }, async (scene) => {
  const net = await ourSwitch(scene)
  const flooder = new PlugPipe(scene, [peer('vde_plug'), net.dir], 1)
  const a = new PlugPipe(scene, [peer('vde_plug'), net.dir], 2)
  const b = new PlugPipe(scene, [peer('vde_plug'), net.dir], 3)
  await meet(a, b)
  const count = 150_000
  // To an address of its own: they teach the table and then go nowhere.
  flooder.say('mine')
  await a.hears('mine')
  const bytes = probe(flooder.address, mac(0), '', 60)
  for (let i = 0; i < count; i++) {
    const one = Buffer.from(bytes)
    one.writeUInt32BE(i, 7)
    flooder.send(one)
    if (i % 500 === 499) await flooder.proc.drained()
    if (i % 10_000 === 0) await exchange(a, b, [60]) // the honest keep their places
  }
  await exchange(a, b)
  const table = await (await net.console()).ask('hash/print', 20_000)
  const lines = table.split('\n').filter((line) => line.startsWith('Hash: '))
  assert.ok(lines.length > 10_000 && lines.length <= 131_072, `${lines.length} addresses`)
  for (const { address } of [a, b]) {
    const text = address.toString('hex').replace(/..(?=.)/g, '$&:')
    assert.ok(lines.some((line) => line.includes(text)), `${text} is still known`)
  }
})

test('ours on the console: counters, static addresses, --json', { needs: ['vde_plug', 'fixed'], ours: ['vde_switch'] }, async (scene) => {
  const net = await ourSwitch(scene)
  const console = await net.console()
  const a = new PlugPipe(scene, [peer('vde_plug'), net.dir], 1)
  const b = new PlugPipe(scene, [peer('vde_plug'), net.dir], 2)
  await meet(a, b)
  assert.match(await console.ask('hash/add 02:00:5e:00:00:77 1'), /1000 Success/)
  assert.match(await console.ask('hash/find 02:00:5e:00:00:77'), /to port: 001/)
  assert.match(await console.ask('hash/del 02:00:5e:00:00:77'), /1000 Success/)
  assert.match(await console.ask('hash/find 02:00:5e:00:00:77'), /1019 No such device/)
  assert.match(await console.ask('port/counters 1'), / lost: .*queueFull 0/)
  for (const command of ['showinfo', 'ds/showinfo', 'hash/showinfo', 'hash/print', 'port/showinfo', 'port/print', 'port/allprint', 'vlan/print', 'fstp/showinfo']) {
    const text = await console.ask(`${command} --json`)
    const match = /^0000 DATA END WITH '\.'\n([^\n]+)\n\.\n1000 Success\n$/.exec(text)
    assert.ok(match !== null, `${command}: ${text}`)
    assert.equal(typeof JSON.parse(match[1]!), 'object', command)
  }
})

test('many commands in one write, and one in many', { ours: ['vde_switch'], needs: ['fixed'] }, async (scene) => {
  const net = await ourSwitch(scene)
  const console = await net.console()
  console.send(Array.from({ length: 20 }, (_, i) => `port/create ${i + 1}\r\n`).join(''))
  for (let i = 0; i < 20; i++) assert.equal(await console.until('\nvde$ '), '1000 Success\n')
  for (const octet of 'port/remove 12\n') {
    console.send(octet)
    await new Promise((resolve) => { setImmediate(resolve) })
  }
  assert.equal(await console.until('\nvde$ '), '1000 Success\n')
  assert.match(await console.ask('port/allprint 1'), /Port 0001/, 'port/remove 1 was never run')
})

test('--macaddr, --hashsize, --priority', { ours: ['vde_switch'] }, async (scene) => {
  const net = await ourSwitch(scene, { args: ['--macaddr', '02:0:5e:00:00:aA', '--hashsize', '100', '--priority', '0x1000'] })
  const console = await net.console()
  assert.match(await console.ask('showinfo'), new RegExp(`\npid ${net.proc.pid} MAC 02:00:5e:00:00:aa uptime \\d+\n`))
  assert.match(await console.ask('hash/showinfo'), /Hash size 128\n/)
  assert.match(await console.ask('fstp/showinfo'), /MAC 02:00:5e:00:00:aa Priority 4096 \(0x1000\)\nFSTP=false\n/)
  assert.deepEqual(await net.stop(), CLEAN)
})

run()
