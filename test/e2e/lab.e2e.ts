/** Networks declared in files, run by an ordinary user: what works, what changes, what goes wrong, and that nothing is left. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { LAB_NEEDS, LabUser, ROOT, Terminal, asUser, run, test, waitFor } from './kit/index.ts'

const OURS = ['vdenet', 'vde_plug', 'vde_switch']
const LABS = join(ROOT, 'examples/labs')

const TWO = `vdenet: 1
nets: { lan: }
nodes:
  a: { if: { eth0: { net: lan, ip: 10.0.0.1/24 } }, run: [ "echo started; exec sleep 1000" ] }
  b: { if: { eth0: { net: lan, ip: 10.0.0.2/24 } } }
`

/** The interfaces of the machine. */
const links = (): string => spawnSync('ip', ['-j', 'link'], { encoding: 'utf8' }).stdout

const EXAMPLES: ReadonlyArray<readonly [file: string, needs: readonly string[]]> = [
  ['two-hosts', []], ['stp', []], ['vlan', []], ['nat', ['nft', 'iperf3']], ['vxlan', []], ['radio', []], ['ospf', ['bird']],
  ['dhcp', ['dnsmasq', 'busybox']], ['routing', ['bird']]
]
for (const [name, needs] of EXAMPLES) {
  test(`examples/labs/${name}.yaml does what it says`, { needs: [...LAB_NEEDS, ...needs], ours: OURS, ms: 60_000 }, async (scene) => {
    const user = new LabUser(scene)
    const before = links()
    const report = join(scene.shared('out'), 'junit.xml')
    const proc = await user.run(['test', '--junit', report, join(LABS, `${name}.yaml`)], 50_000)
    assert.equal(proc.exit?.code, 0, proc.story)
    assert.match(readFileSync(report, 'utf8'), new RegExp(`<testsuite name="${name}" tests="\\d+" failures="0"`))
    await user.isClean()
    assert.equal(links(), before)
  })
}

test('apply, status, exec, logs, cp, capture, stop', { needs: [...LAB_NEEDS, 'tcpdump'], ours: OURS }, async (scene) => {
  const user = new LabUser(scene)
  const file = user.file('two.yaml', TWO)
  assert.equal((await user.run(['plan', file])).exit?.code, 2)
  assert.match(await user.must('apply', file), /^two: 5 created\n$/)
  assert.equal((await user.run(['plan', file])).exit?.code, 0)
  assert.match(await user.must('status'), /node a: pid \d+\n {4}eth0 on lan 10\.0\.0\.1\/24\n {4}echo started; exec sleep 1000: runs/)
  assert.match(await user.must('exec', 'a', 'ping', '-c1', '-W2', '10.0.0.2'), /1 received/)
  assert.equal((await user.run(['exec', 'b', 'sh', '-c', 'exit 7'])).exit?.code, 7)
  assert.equal((await user.run(['exec', 'b', 'no-such-program'])).exit?.code, 127)
  await waitFor(async () => (await user.must('logs')) === 'started\n', 5000, 'what the program printed')
  const shared = scene.shared('files')
  await user.must('cp', file, 'b:/tmp/')
  await user.must('cp', 'b:/tmp/two.yaml', join(shared, 'copy'))
  assert.equal(readFileSync(join(shared, 'copy'), 'utf8'), TWO)
  const capture = user.start(['capture', 'a:eth0', '-w', join(shared, 'pcap'), 'icmp'])
  await capture.says(/listening/, 5000, 'err')
  await user.must('exec', 'b', 'ping', '-c2', '-i0.2', '10.0.0.1')
  assert.equal((await capture.stop('SIGTERM')).code, 0)
  const dump = await scene.run(asUser(['tcpdump', '-nr', join(shared, 'pcap')]))
  assert.match(dump.out, /10\.0\.0\.2 > 10\.0\.0\.1: ICMP echo request/, dump.story)
  await user.must('stop')
  await user.isClean()
  assert.match(await user.fails('status'), /^vdenet: Cannot find the network: none runs, start one with "vdenet apply FILE"\n$/)
})

test('a shell has a real terminal', { needs: [...LAB_NEEDS, 'pty'], ours: OURS }, async (scene) => {
  const user = new LabUser(scene)
  await user.must('apply', user.file('two.yaml', TWO))
  const terminal = await Terminal.open(scene, user.argv('shell', 'a'))
  await terminal.says(/a# /)
  terminal.type('tty; id -u; hostname; sleep 4321\n')
  await terminal.says(/\/dev\/pts\/\d+\r\n0\r\na\r\n/)
  await waitFor(async () => /sleep 4321/.test((await user.run(['exec', 'a', 'ps', 'a', '-o', 'stat=,args='])).out.replaceAll(/^[^+]*$/gm, '')), 5000, 'sleep in front')
  terminal.type('\x03')
  terminal.type('echo status $?; exit 5\n')
  await terminal.says(/status 130/)
  assert.equal((await terminal.ends()).code, 5)
})

test('a daemon that is killed: the next one finds everything, and TCP goes on', { needs: [...LAB_NEEDS, 'iperf3'], ours: OURS }, async (scene) => {
  const user = new LabUser(scene)
  await user.must('apply', user.file('two.yaml', TWO))
  const pids = (await user.must('status')).match(/pid \d+/g)
  await user.must('exec', 'b', 'iperf3', '-s', '-1', '-D')
  const client = user.start(['exec', 'a', 'iperf3', '-c', '10.0.0.2', '-t', '3', '-i', '0.5'])
  await client.says(/ sec .*bits\/sec/)
  const daemon = user.daemon()
  process.kill(daemon, 'SIGKILL')
  await waitFor(() => user.daemonIs(daemon) === false, 2000, 'end of the daemon')
  const begun = performance.now()
  assert.match(await user.must('list'), /^two: 2 of 2 nodes, 1 nets, 0 links\n$/)
  const ms = performance.now() - begun
  assert.ok(ms < 5000, `found after ${ms} ms`)
  assert.equal((await client.ends(15_000)).code, 0, client.story)
  assert.deepEqual((await user.must('status')).match(/pid \d+/g), pids)
  await user.must('stop')
  await user.isClean()
})

test('what changed is changed, the rest notices nothing', { needs: LAB_NEEDS, ours: OURS }, async (scene) => {
  const user = new LabUser(scene)
  const file = user.file('two.yaml', TWO)
  await user.must('apply', file)
  const before = JSON.parse(await user.must('status', '--json')) as { nodes: Array<{ pid: number }> }
  const ping = user.start(['exec', 'a', 'ping', '-i0.05', '-W1', '10.0.0.2'])
  await ping.says(/icmp_seq=3/)
  user.file('two.yaml', TWO.replace('10.0.0.2/24', '[ 10.0.0.2/24, 10.0.0.3/24 ]') +
    '  c: { if: { eth0: { net: lan, ip: 10.0.0.4/24 } } }\n')
  assert.match(await user.must('apply', file), /^two: 2 created, 1 changed in place\n$/)
  await user.must('exec', 'c', 'ping', '-c1', '-W2', '10.0.0.3')
  await ping.says(/icmp_seq=9/)
  await ping.stop('SIGTERM')
  const numbers = [...ping.out.matchAll(/icmp_seq=(\d+)/g)].map(([, number]) => Number(number))
  assert.deepEqual(numbers, numbers.map((_, i) => i + 1), 'every echo came back')
  const after = JSON.parse(await user.must('status', '--json')) as { nodes: Array<{ pid: number }> }
  assert.deepEqual(after.nodes.slice(0, 2).map(({ pid }) => pid), before.nodes.map(({ pid }) => pid))
})

test('an apply that fails leaves the network as it was', { needs: LAB_NEEDS, ours: OURS }, async (scene) => {
  const user = new LabUser(scene)
  const file = user.file('two.yaml', TWO)
  await user.must('apply', file)
  const before = await user.must('status')
  const bad: ReadonlyArray<readonly [text: string, said: RegExp]> = [
    [TWO + '  c: { run: [ no-such-daemon ] }\n', /"no-such-daemon" is not installed\n$/],
    [TWO + '  c: { if: { eth0: { net: lan, ip: 10.0.0.4/24 } }, routes: { default: 192.0.2.1 } }\n',
      /^vdenet: Cannot add route default via 192\.0\.2\.1 in c: Network is unreachable; the network is as it was before\n$/],
    [TWO + '  c: { if: { eth0: { vnl: "/nowhere/switch" } } }\n', /nowhere\/switch.*; the network is as it was before\n$/],
    [TWO.replace('nets:', 'nest:'), /two\.yaml:2:1: nest: no such key "nest" \[KEY_UNKNOWN\] \(did you mean "nets"\?\)/]
  ]
  for (const [text, said] of bad) {
    user.file('two.yaml', text)
    assert.match(await user.fails('apply', file), said)
    assert.equal((await user.must('status')).replace(/runs, pid \d+/, ''), before.replace(/runs, pid \d+/, ''))
  }
  await user.must('exec', 'a', 'ping', '-c1', '-W2', '10.0.0.2')
  await user.must('stop')
  assert.match(await user.fails('apply', user.file('one.yaml', bad[1]![0])), /unreachable/)
  await user.isClean()
})

test('a plan that was saved is carried out as it is, or refused when something has changed', { needs: LAB_NEEDS, ours: OURS }, async (scene) => {
  const user = new LabUser(scene)
  const [file, shared] = [user.file('two.yaml', TWO), scene.shared('plans')]
  const saved = async (name: string): Promise<string> => {
    assert.equal((await user.run(['plan', '-w', join(shared, name), file])).exit?.code, 2)
    return join(shared, name)
  }
  const first = await saved('first')
  assert.match(await user.must('apply', first), /^two: 5 created\n$/)
  user.file('two.yaml', TWO.replace('10.0.0.2', '10.0.0.3'))
  const second = await saved('second')
  assert.match(await user.must('apply', second), /^two: 1 changed in place\n$/)
  await user.must('exec', 'a', 'ping', '-c1', '-W2', '10.0.0.3')
  for (const path of [first, second]) {
    assert.match(await user.fails('apply', path), /Cannot apply the plan: \S+ \S+ is not what it was when the plan was made, make a new plan\n$/)
  }
})

test('a network that gets another file is of that one; logs outlive their node', { needs: LAB_NEEDS, ours: OURS }, async (scene) => {
  const user = new LabUser(scene)
  await user.must('apply', user.file('two.yaml', TWO))
  const moved = user.file('three.yaml', `name: two\n${TWO}`)
  await user.must('apply', moved)
  assert.ok((await user.must('status')).startsWith(`two: of ${moved}\n`))
  await waitFor(async () => (await user.must('logs', 'a')) === 'started\n', 5000, 'what the program printed')
  process.kill(Number(/node a: pid (\d+)/.exec(await user.must('status'))![1]), 'SIGKILL')
  await waitFor(async () => /node a: ENDED/.test(await user.must('status')), 5000, 'the end of a')
  assert.equal(await user.must('logs', 'a'), 'started\n')
  assert.match(await user.fails('logs', 'c'), /Cannot show the logs of "c": there is no such node\n$/)
})

test('try comes back, unless it is confirmed; rollback', { needs: LAB_NEEDS, ours: OURS }, async (scene) => {
  const user = new LabUser(scene)
  const file = user.file('two.yaml', TWO)
  const more = TWO + '  c: { if: { eth0: { net: lan, ip: 10.0.0.4/24 } } }\n'
  await user.must('apply', file)
  const watch = user.start(['watch'])
  user.file('two.yaml', more)
  assert.match(await user.must('try', '--timeout', '0.5', file), /2 created\nIt goes back in 0\.5 s, unless you say: vdenet confirm --lab two\n/)
  await watch.says(/two trial: not confirmed, rolled back[\s\S]*two applied: 2 steps/)
  assert.doesNotMatch(await user.must('status'), /node c/)
  await user.must('try', file)
  await user.must('confirm')
  assert.match(await user.must('status'), /node c: pid/)
  assert.match(await user.must('rollback'), /^2 deleted\n$/)
  assert.doesNotMatch(await user.must('status'), /node c/)
})

test('a link that is cut loses its carrier, and one that is impaired is slow', { needs: LAB_NEEDS, ours: OURS }, async (scene) => {
  const user = new LabUser(scene)
  await user.must('apply', user.file('pair.yaml', `vdenet: 1
nodes: { a: { if: { eth0: { ip: 10.0.0.1/24 } } }, b: { if: { eth0: { ip: 10.0.0.2/24 } } } }
links: [ { name: cable, a: "a:eth0", b: "b:eth0" } ]
`))
  const carrier = async (): Promise<string> => await user.must('exec', 'a', 'cat', '/sys/class/net/eth0/carrier') +
    await user.must('exec', 'b', 'cat', '/sys/class/net/eth0/carrier')
  assert.equal(await carrier(), '1\n1\n')
  await user.must('link', 'cable', 'delay=30ms')
  assert.match(await user.must('exec', 'a', 'ping', '-c3', '-i0.2', '-W2', '10.0.0.2'), /rtt min\S+ = [6-9]\d\./)
  await user.must('link', 'cable', 'down')
  assert.equal(await carrier(), '0\n0\n')
  await user.must('link', 'cable')
  assert.equal(await carrier(), '1\n1\n')
  assert.match(await user.fails('link', 'cabel', 'down'), /change link "cabel": there is none of this name, want one of cable\n$/)
  assert.match(await user.fails('link', 'cable', 'delay=x'), /Cannot read delay/)
  await user.must('exec', 'b', 'ping', '-c1', '-W2', '10.0.0.1')
})

test('a node that ends is drift, which the next apply mends', { needs: LAB_NEEDS, ours: OURS }, async (scene) => {
  const user = new LabUser(scene)
  const file = user.file('two.yaml', TWO)
  await user.must('apply', file)
  const watch = user.start(['watch', '--json'])
  const [, pid] = /node b: pid (\d+)/.exec(await user.must('status'))!
  process.kill(Number(pid), 'SIGKILL')
  await waitFor(async () => /node b: ENDED/.test(await user.must('status')), 5000, 'the end of b', () => watch.story)
  assert.match(await user.must('status'), /2 steps away from it/)
  assert.match(await user.must('apply', file), /2 created/)
  await user.must('exec', 'a', 'ping', '-c1', '-W2', '10.0.0.2')
})

test("Debian's frr, dnsmasq and tcpdump run in a node as they are", { needs: [...LAB_NEEDS, 'dnsmasq', 'tcpdump', 'vtysh'], ours: OURS }, async (scene) => {
  const user = new LabUser(scene)
  await user.must('apply', user.file('two.yaml', TWO))
  await user.must('exec', 'a', 'sh', '-c', '/usr/lib/frr/zebra -d -f /dev/null && /usr/lib/frr/ospfd -d -f /dev/null')
  await waitFor(async () => (await user.run(['exec', 'a', 'vtysh', '-c', 'show ip ospf'])).exit?.code === 0, 10_000, 'frr')
  await user.must('exec', 'a', 'dnsmasq', '--interface=eth0', '--dhcp-range=10.0.0.50,10.0.0.60')
  assert.match(await user.must('exec', 'b', 'sh', '-c', 'ping -c3 -i0.2 10.0.0.1 >/dev/null & tcpdump -c1 -ni eth0 icmp 2>/dev/null'), /ICMP echo/)
})

run()
