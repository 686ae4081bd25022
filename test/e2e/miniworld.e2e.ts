/** MiniWorld's scenarios by an ordinary user: names, addresses, isolation, sequences, hooks, commands, bad input. */
import assert from 'node:assert/strict'
import { chmodSync, readFileSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SHAPES } from '../../packages/radio-files/src/testing.ts'
import { LAB_NEEDS, MiniUser, ROOT, run, test, waitFor, type Scene } from './kit/index.ts'

const WANTED = { needs: [...LAB_NEEDS], ours: ['mwcli', 'vdenet'], ms: 60_000 }
const LINE = '12 23'
const MANAGEMENT_OF_LINE = ['tap_00001_2', 'tap_00002_3', 'tap_00003_2']

test('A1 A4 a line: names, addresses, who reaches whom, and through whom', WANTED, async (scene) => {
  const mini = new MiniUser(scene)
  await mini.starts(mini.scenario(3, 'multi', [LINE]))
  assert.deepEqual(await mini.info('connections'), { 1: ['mgmt'], 2: ['mgmt'], 3: ['mgmt'] })
  assert.deepEqual(await mini.info('bridges'), { mgmt: MANAGEMENT_OF_LINE })
  assert.deepEqual(await mini.info('distances'), {})
  assert.equal(await mini.pings(3, '172.21.0.1'), true, 'the management network is there before the first step')
  assert.equal(await mini.pings(1, '10.0.0.2'), false)
  await mini.step()
  assert.deepEqual(await mini.info('connections'), { 1: ['2', 'mgmt'], 2: ['3', 'mgmt'], 3: ['mgmt'] })
  assert.deepEqual(await mini.info('bridges'), {
    br_00001_00002: ['tap_00001_1', 'tap_00002_1'], br_00002_00003: ['tap_00002_2', 'tap_00003_1'], mgmt: MANAGEMENT_OF_LINE
  })
  assert.deepEqual(await mini.info('distances'), { "('1', '2')": '1', "('1', '3')": '-1', "('2', '3')": '1' })
  assert.match(await mini.in(2, 'ip -br -4 addr'), /eth0 +UP +10\.0\.0\.2\/16 \neth1 +UP +10\.1\.0\.1\/16 \nmgmt +UP +172\.21\.0\.2\/16 \n/)
  assert.match(await mini.in(2, 'ip -br link show eth1; ip -br link show mgmt'), /02:02:00:00:00:02[^]*0a:01:00:00:00:02/)
  assert.deepEqual([await mini.pings(1, '10.0.0.2'), await mini.pings(3, '10.1.0.1')], [true, true])
  await mini.in(1, 'ip route add 10.1.0.0/16 via 10.0.0.2')
  await mini.in(3, 'ip route add 10.0.0.0/16 via 10.1.0.1')
  assert.equal(await mini.pings(1, '10.1.0.2'), false, 'node 2 does not forward')
  await mini.in(2, 'echo 1 > /proc/sys/net/ipv4/ip_forward')
  assert.equal(await mini.pings(1, '10.1.0.2'), true)
  await mini.user.must('stop')
  await mini.user.isClean()
})

test('A2 neighbours of all files count: taps stay, a later link takes the next', WANTED, async (scene) => {
  const mini = new MiniUser(scene)
  const { err } = await mini.starts(mini.scenario(3, 'multi', [SHAPES.chain, SHAPES.cycle, SHAPES.wheel]))
  assert.match(err, /^mwcli: t0\.xml has 5 hosts, cnt_nodes is 3: the others are left out$/m)
  await mini.step(2)
  const two = await mini.info('bridges')
  await mini.step()
  assert.deepEqual(await mini.info('bridges'), { ...two as object, br_00001_00003: ['tap_00001_2', 'tap_00003_2'] })
  assert.deepEqual((two as { mgmt: string[] }).mgmt, ['tap_00001_5', 'tap_00002_4', 'tap_00003_4'])
  assert.equal(await mini.pings(3, '10.2.0.1'), true, 'the third link has the third subnet')
})

test('A3 a broadcast stays on its link', { ...WANTED, needs: [...LAB_NEEDS, 'tcpdump'] }, async (scene) => {
  const mini = new MiniUser(scene)
  await mini.starts(mini.scenario(3, 'multi', [LINE]))
  await mini.step()
  for (const node of [2, 3]) await mini.in(node, 'tcpdump -l -ni eth0 arp > /tmp/arp 2>&1 &')
  for (const node of [2, 3]) await waitFor(async () => /listening/.test(await mini.in(node, 'cat /tmp/arp')), 5000, `tcpdump in ${node}`)
  await mini.pings(1, '10.0.9.9')
  await waitFor(async () => /who-has 10\.0\.9\.9/.test(await mini.in(2, 'cat /tmp/arp')), 5000, 'the ARP request at 2')
  // What node 2 hears at eth0 and would pass on would be at 3 before its answer to a ping that is sent now.
  assert.equal(await mini.pings(2, '10.1.0.2'), true)
  assert.doesNotMatch(await mini.in(3, 'cat /tmp/arp'), /10\.0\.9\.9/)
})

test('A10 A11 chain, clique, cycle, star, wheel: every link comes back with its mark and its addresses', WANTED, async (scene) => {
  const mini = new MiniUser(scene)
  await mini.starts(mini.scenario(5, 'multi', Object.values(SHAPES)))
  const marks = new Map<string, unknown>()
  const own = async (): Promise<string> => await mini.in(3, 'ip -4 -o addr show eth2 | cut -d" " -f7; cat /sys/class/net/eth2/address')
  const addresses = await own()
  for (const [shape, edges] of Object.entries(SHAPES)) {
    await mini.step()
    assert.equal(await mini.edges(), edges.split(' ').sort().join(' '), shape)
    for (const { nodes, mark } of await mini.info('links', '--json') as Array<{ nodes: number[], mark: number }>) {
      assert.equal(marks.get(String(nodes)) ?? mark, mark, `${shape} ${nodes}`)
      marks.set(String(nodes), mark)
    }
  }
  assert.equal(marks.size, 10)
  assert.equal(await own(), addresses)
  assert.match(addresses, /^10\.\d\.0\.[12]\/16\n02:03:00:00:00:03\n$/)
})

test('examples/miniworld: a line, then a triangle', WANTED, async (scene) => {
  const mini = new MiniUser(scene)
  await mini.starts(join(ROOT, 'examples/miniworld/line-then-triangle.json'))
  await mini.step(2)
  assert.equal(await mini.edges(), '12 13 23')
  assert.equal(await mini.pings(3, '10.0.0.9'), true, 'the third link has the third /30')
})

/** A hook that notes its argument and what it reads, and its file of notes. */
const hook = (scene: Scene, mini: MiniUser, more = ''): { readonly backend: object, readonly notes: string } => {
  const notes = join(scene.shared('notes'), 'hook')
  chmodSync(mini.user.file('hook.sh', `#!/bin/sh\n${more}\necho "$# [$1] $(pwd)" >> ${notes}\ncat >> ${notes}\n`), 0o755)
  return { backend: { event_hook_script: 'hook.sh' }, notes }
}

test('A12 A13 the hook is told of a change, and of no step without one', WANTED, async (scene) => {
  const mini = new MiniUser(scene)
  const { backend, notes } = hook(scene, mini)
  await mini.starts(mini.scenario(3, 'multi', [LINE, LINE, '12'], { backend }))
  assert.equal(existsSync(notes), false)
  await mini.step()
  const [words, json] = readFileSync(notes, 'utf8').split('\n') as [string, string]
  assert.equal(words, `1 [br_00001_00002 br_00002_00003] ${scene.dir}`)
  assert.deepEqual(JSON.parse(json).changes[0], { action: 'open', from: 1, to: 2, quality: '' })
  await mini.step()
  assert.equal(readFileSync(notes, 'utf8').split('\n').length, 3, 'nothing changed')
  await mini.step()
  assert.match(readFileSync(notes, 'utf8'), /\n1 \[\] .*\n\{"step":3,"bridges":\[\],"changes":\[\{"action":"close","from":2,"to":3\}/)
})

test('A14 a new link that does not answer fails the step, and stays', WANTED, async (scene) => {
  const mini = new MiniUser(scene)
  const links = { configuration: { connectivity_check: { timeout: 1 } } }
  await mini.starts(mini.scenario(3, 'multi', [LINE], { links }))
  await mini.in(3, 'ip link set eth0 down')
  assert.match(await mini.user.fails('step'), /^mwcli: Cannot check the new links: 2 does not reach 3 at 10\.1\.0\.2.*; 3 does not reach 2 at 10\.1\.0\.1.*\n$/)
  assert.equal(await mini.edges(), LINE)
  assert.equal(await mini.pings(1, '10.0.0.2'), true)
})

test('A9 B4 qualities of a wired chain; the management network has none', WANTED, async (scene) => {
  const mini = new MiniUser(scene)
  await mini.starts(mini.scenario(3, 'multi', [LINE], { links: { model: 'miniworld.model.network.LinkQualityModelWiFiExponential' } }))
  await mini.step()
  const links = await mini.info('links', '-ii') as Record<string, unknown>
  const nothing = { loss: null, limit: null, corrupt: null, duplicate: null, reorder: null, rate: null }
  assert.deepEqual(links["('1', '2')"], [['mesh', 'mesh'], { bandwidth: '54000.0', delay: '1.00ms 0.10ms 25%', ...nothing }])
  assert.deepEqual(links["('1', 'mgmt')"], [['management', 'management'], null])
  // The quickest of many: the others tell of the machine.
  const rtt = async (address: string): Promise<number> => Number(/= ([\d.]+)\//.exec(await mini.in(1, `ping -n -c20 -i0.02 ${address}`))?.[1])
  const [impaired, plain] = [await rtt('10.0.0.2'), await rtt('172.21.0.2')]
  assert.ok(impaired >= 1.8 && impaired < 12, `${impaired} ms there and back`)
  assert.ok(plain < 1.8, `${plain} ms by the management network`)
})

const ONE_WAY = `<scenario name="x"><devices><device id="1" name="n1"/><device id="2" name="n2"/></devices><links>
  <link node1="1" node2="2"><options delay="10000" bandwidth="1000000" unidirectional="1"/></link>
  <link node1="2" node2="1"><options delay="50000" unidirectional="1"/></link>
</links></scenario>`

test('B7 B15 each direction has its own quality; a delay without a rate delays', WANTED, async (scene) => {
  const mini = new MiniUser(scene)
  await mini.starts(mini.scenario(2, 'multi', [ONE_WAY]))
  await mini.step()
  assert.deepEqual(await mini.info('links', '--json'),
    [{ nodes: [1, 2], mark: 1, interfaces: ['mesh', 'mesh'], there: 'delay=10ms rate=1mbit', back: 'delay=50ms' }])
  const rtt = Number(/= ([\d.]+)\//.exec(await mini.in(1, 'ping -n -c10 -i0.05 10.0.0.2'))?.[1])
  assert.ok(rtt >= 60 && rtt < 72, `${rtt} ms`)
})

test('A18 A20 a daemon that is killed leaves a scenario that goes on; a second one is refused', WANTED, async (scene) => {
  const mini = new MiniUser(scene)
  const file = mini.scenario(3, 'multi', [LINE, '12 23 13'])
  await mini.starts(file)
  await mini.step()
  const daemon = mini.user.daemon()
  process.kill(daemon, 'SIGKILL')
  await waitFor(() => !mini.user.daemonIs(daemon), 5000, 'end of the daemon')
  await mini.step()
  assert.equal(await mini.edges(), '12 13 23')
  assert.equal(await mini.pings(1, '10.2.0.2'), true)
  assert.match(await mini.user.fails('start', '--nodes', 'namespace', file), /^mwcli: Cannot start "test": scenario "test" runs, stop it first: mwcli stop\n$/)
  await mini.user.must('stop')
  await mini.user.isClean()
  assert.match(await mini.user.fails('step'), /^mwcli: Cannot find the scenario: none runs, start one with "mwcli start --nodes namespace FILE"\n$/)
  await mini.starts(file)
})

test('A19 exec, logs, ping, addr, server, scenario', WANTED, async (scene) => {
  const mini = new MiniUser(scene)
  const shell = { pre_network_start: { shell_cmds: ['echo before {node_id}'] }, post_network_start: { shell_cmds: ['echo behind', 'exit 3'] } }
  const provisioning = { image: 'http://example.org//none', regex_shell_prompt: '#', shell }
  const { err } = await mini.starts(mini.scenario(3, 'multi', [LINE], { more: { provisioning } }))
  assert.equal(err, 'mwcli: nodes are namespaces: provisioning.image, provisioning.regex_shell_prompt ignored\n')
  assert.deepEqual(JSON.parse(await mini.user.must('exec', 'hostname')), { 1: '1\n', 2: '2\n', 3: '3\n' })
  assert.equal(await mini.user.must('exec', '-ni', '2', 'echo', '$((1 + 1))'), '2\n')
  assert.deepEqual(JSON.parse(await mini.user.must('exec', 'false')), { 1: '', 2: '', 3: '' })
  assert.match(await mini.user.fails('exec', '-v', '-ni', '2', 'echo no; exit 7'), /^mwcli: Cannot run "echo no; exit 7": in node 2 it ended with 7: no\n$/)
  assert.match(await mini.user.fails('exec', '-t', '0.3', '-ni', '1', 'sleep 10'), /^mwcli: Cannot run "sleep 10": no end after 0\.3 s in node 1\n$/)
  assert.equal((await mini.user.must('exec', '-ni', '1', 'head -c 300000 /dev/zero | tr "\\0" x')).length, 300_000)
  assert.match((await mini.user.run(['step'])).err, /^mwcli: node \d: "exit 3" ended with 3\n/)
  assert.equal(await mini.user.must('logs', 'boot', '2'), '# echo before 2\nbefore 2\n# echo behind\nbehind\n# exit 3\n')
  assert.equal(await mini.user.must('ping'), 'pong\n')
  assert.deepEqual([await mini.info('addr'), await mini.info('server'), await mini.info('server', '-ni', '3')], [{ 1: '127.0.0.1' }, { 1: [1, 2, 3] }, 1])
  assert.equal((await mini.info('scenario') as { provisioning: object }).provisioning.constructor, Object)
  assert.match(await mini.user.fails('exec', '-ni', '4', 'true'), /Cannot find node "4": want one of 1 to 3/)
})

test('B12 B13 start -as steps by time, tells of steps that take too long, and ends with the scenario', WANTED, async (scene) => {
  const mini = new MiniUser(scene)
  const { backend, notes } = hook(scene, mini, 'sleep 0.3')
  const file = mini.scenario(3, 'multi', [LINE, '12 23 13'], { backend, core: { loop: true } })
  const config = mini.user.file('config.json', '{"management": {"use": false}, "simulation": {"time_step": 0.2}}')
  await mini.starts(file, '-as', '-c', config)
  assert.equal((await mini.info('connections') as Record<string, unknown>)[1] !== undefined, true, 'the first topology is there')
  await waitFor(() => readFileSync(notes, 'utf8').includes('"step":4,'), 15_000, 'the fourth step: the first topology again')
  const log = join(mini.user.env['XDG_RUNTIME_DIR']!, 'vde-ts')
  const steps = scene.path('steps')
  writeFileSync(steps, (await scene.run(['/usr/bin/find', log, '-name', 'steps.log', '-exec', 'cat', '{}', '+'])).out)
  assert.match(readFileSync(steps, 'utf8'), /mwcli: step \d took 0\.[3-9]\d s, longer than the time step of 0\.2 s/)
  await mini.user.must('stop')
  await mini.user.isClean()
})

test('steps of -as that fail end, and the next command says why', WANTED, async (scene) => {
  const mini = new MiniUser(scene)
  const links = { configuration: { connectivity_check: { timeout: 1 } } }
  const file = mini.scenario(3, 'multi', ['12', LINE], { links, more: { provisioning: { shell: { post_network_start: { shell_cmds: ['ip link set eth0 down'] } } } } })
  await mini.starts(file, '-as', '-c', mini.user.file('config.json', '{"simulation": {"time_step": 0.1}}'))
  await waitFor(async () => (await mini.user.run(['info', 'server'])).exit?.code === 1, 10_000, 'the failure')
  assert.match(await mini.user.fails('info', 'server'), /^mwcli: Cannot go on: the steps have failed \(Cannot check the new links: 2 does not reach 3 .*\), stop the scenario, or pass over that with -nc\n$/)
  assert.deepEqual(await mini.info('-nc', 'server'), { 1: [1, 2, 3] })
})

test('A5 A6 pseudo-WiFi: neighbours hear each other on one hub, and nobody else', WANTED, async (scene) => {
  const mini = new MiniUser(scene)
  await mini.starts(mini.scenario(3, 'single', [LINE, '12 23 13', '12'], { links: { model: 'exponential' } }))
  assert.equal(await mini.pings(1, '10.0.0.2'), false)
  await mini.step()
  assert.deepEqual(await mini.info('bridges'), {
    wifi1: ['tap_00001_1', 'tap_00002_1', 'tap_00003_1'], mgmt: ['tap_00001_2', 'tap_00002_2', 'tap_00003_2']
  })
  assert.deepEqual((await mini.info('links', '--json') as Array<{ mark: number }>).map(({ mark }) => mark), [1, 2])
  assert.deepEqual([await mini.pings(1, '10.0.0.2'), await mini.pings(3, '10.0.0.2'), await mini.pings(1, '10.0.0.3')], [true, true, false])
  const rtt = Number(/= ([\d.]+)\//.exec(await mini.in(1, 'ping -n -c20 -i0.02 10.0.0.2'))?.[1])
  assert.ok(rtt >= 1.8 && rtt < 12, `${rtt} ms there and back`)
  await mini.step()
  assert.equal(await mini.pings(1, '10.0.0.3'), true)
  await mini.step()
  assert.deepEqual([await mini.pings(1, '10.0.0.2'), await mini.pings(2, '10.0.0.3')], [true, false])
})

test('A7 what a neighbour sends is overheard, what others send is not', { ...WANTED, needs: [...LAB_NEEDS, 'tcpdump'] }, async (scene) => {
  const mini = new MiniUser(scene)
  await mini.starts(mini.scenario(3, 'single', [LINE]))
  await mini.step()
  await mini.in(3, 'tcpdump -l -ni eth0 icmp > /tmp/icmp 2>&1 &')
  await waitFor(async () => /listening/.test(await mini.in(3, 'cat /tmp/icmp')), 5000, 'tcpdump in 3')
  assert.equal(await mini.pings(1, '10.0.0.2'), true)
  await waitFor(async () => /10\.0\.0\.2 > 10\.0\.0\.1: ICMP echo reply/.test(await mini.in(3, 'cat /tmp/icmp')), 5000, 'the answer of 2 at 3')
  assert.doesNotMatch(await mini.in(3, 'cat /tmp/icmp'), /10\.0\.0\.1 > 10\.0\.0\.2/)
})

test('B11 examples/miniworld: moving nodes, the same in each run', WANTED, async (scene) => {
  const mini = new MiniUser(scene)
  const runs: unknown[] = []
  for (let run = 0; run < 2; run++) {
    await mini.starts(join(ROOT, 'examples/miniworld/walkers.json'))
    await mini.step(12)
    runs.push([await mini.info('distances'), await mini.info('links')])
    await mini.user.must('stop')
  }
  assert.deepEqual(runs[0], runs[1])
  assert.ok(Object.keys((runs[0] as [object, object])[1]).length > 5, 'some hear each other')
})

test('A15 A16 hub WiFi and typed interfaces', WANTED, async (scene) => {
  const mini = new MiniUser(scene)
  await mini.starts(mini.scenario(3, 'single', [LINE], { links: { interfaces: ['mesh', 'ap', 'hubwifi'], configuration: { connectivity_check: { enabled: false } } } }))
  await mini.step()
  // eth0 is ap 1, eth1 mesh 1, eth2 the hub; each in a subnet of its own.
  assert.deepEqual([await mini.pings(1, '10.0.0.2'), await mini.pings(1, '10.1.0.2'), await mini.pings(1, '10.2.0.2')], [true, true, true])
  assert.deepEqual([await mini.pings(1, '10.0.0.3'), await mini.pings(1, '10.1.0.3'), await mini.pings(1, '10.2.0.3')], [false, false, true])
  assert.equal(await mini.in(2, 'cat /sys/class/net/eth[012]/address'), '12:01:00:00:00:02\n02:01:00:00:00:02\n06:01:00:00:00:02\n')
})

test('what is wrong is one line, and nothing is left', WANTED, async (scene) => {
  const mini = new MiniUser(scene)
  const start = async (file: string, ...words: string[]): Promise<string> => {
    const said = await mini.user.fails('start', '--nodes', 'namespace', ...words, file)
    assert.match(said, /^mwcli: Cannot [^\n]+\n$/)
    return said
  }
  const good = mini.scenario(3, 'multi', [LINE])
  assert.match(await start('gone.json'), /Cannot read "gone\.json": no such file/)
  assert.match(await start(mini.user.file('a.json', '{"scenario": ')), /a\.json: line 1: not JSON: value expected/)
  assert.match(await start(good, '-cs', '{"network": {"links": {"model": "x.LinkQualityModelWiFi"}}}'), /found the class "LinkQualityModelWiFi"/)
  assert.match(await start(good, '-cs', '{"network": {"links": {"bandwidth": -1}}}'), /the JSON of -cs: line 1: network\.links\.bandwidth: found -1/)
  assert.match(await start(good, '-cs', '{"walk_model": {"name": "RandomWalk"}}'), /want "random-walk"/)
  assert.match(await start(good, '-cs', '{"network": {"core": {"topologies": [[0, "gone.xml"]]}}}'), /Cannot read "gone\.xml": no such file/)
  mini.user.file('back.csv', 'time,node,x,y\n5,1,0,0\n3,1,1,1\n')
  const trace = '{"network": {"backend": {"connection_mode": "single"}}, "walk_model": {"name": "arma", "filepath": "back.csv"}}'
  assert.match(await start(good, '-cs', trace), /Cannot read back\.csv: line 3: found 1 at 3 s after 5 s of line 2, want a time that is later/)
  const place = '{"network": {"backend": {"connection_mode": "single"}}, "walk_model": {"name": "static", "positions": {"1": [1e9, 2e9]}}}'
  assert.match(await start(good, '-cs', place), /walk_model\.positions\.1\[1\]: found 2000000000/)
  assert.match(await mini.user.fails('start', good), /provisioning\.image: found no image, want one to boot; or start it with --nodes namespace/)
  assert.match(await mini.user.fails('--distributed', 'ping'), /--distributed is not offered/)
  assert.match(await mini.user.fails('stpe'), /command "stpe" found, did you mean "step"\?/)
  await mini.user.isClean()
})

await run()
