/** `vde_switch --takeover`: a live switch goes on in another process, and nobody who is connected notices. */
import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import { native, IN, SEQPACKET } from '@vde-ts/native'
import {
  PlugPipe, Shell, asUser, endPeer, exchange, isRoot, meet, ours, ourSwitch, pause, peer, run, test, waitFor,
  type ConsoleClient, type Network, type Proc, type Scene
} from './kit/index.ts'
import { RawClient, rawRequest } from './kit/raw-client.ts'

const OURS = ['vde_switch', 'vdens']
const CLEAN = { code: 0, signal: null }
const SWITCH = ours('vde_switch')
/** Nothing is sent by itself, and results do not depend on the host's choice. */
const QUIET = 'sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv4.tcp_congestion_control=reno'
/** ping lets ordinary users do no better. */
const PAUSE_SEC = isRoot ? 0.001 : 0.002
const SERVE = 'iperf3 -s -1 -D; for i in $(seq 100); do ss -Hltn sport = 5201 | grep -q . && break; sleep 0.05; done'

/** Starts the process that takes over, and waits until the former one has ended. */
const takeOver = async (scene: Scene, net: Network, former: Proc, args: readonly string[] = []): Promise<Proc> => {
  const argv = [SWITCH, '-s', net.dir, '--takeover', ...args]
  const next = scene.start(argv)
  await next.says(/took over from pid \d+/, 5000, 'err')
  assert.deepEqual(await former.ends(), CLEAN, former.story)
  return next
}

/** What the console shows of ports, addresses and VLANs; ages and the process's own number go on. */
const shown = async (console: ConsoleClient): Promise<string> => {
  let text = ''
  for (const command of ['port/allprint', 'hash/print', 'vlan/allprint', 'port/showinfo', 'hash/showinfo', 'port/counters', 'ds/showinfo']) {
    text += await console.ask(command)
  }
  return text.replace(/age +\d+/g, 'age N')
}

test('takeover: attached taps, C vdens and C vde_plug under traffic; state, console and requests go on', {
  needs: ['userns', 'tun', 'ip', 'ping', 'iperf3', 'vdens', 'vde_plug'], ours: OURS, ms: 60_000
}, async (scene) => {
  const net = await ourSwitch(scene, { args: ['-n', '100'] })
  const a = new Shell(scene, [ours('vdens'), net.dir])
  const b = new Shell(scene, [ours('vdens'), net.dir])
  const c = new Shell(scene, [peer('vdens'), `vde://${net.dir}`])
  const d = new Shell(scene, [peer('vdens'), `vde://${net.dir}`])
  const shells = [a, b, c, d]
  for (const [i, shell] of shells.entries()) {
    await shell.must(QUIET)
    await shell.address(`10.99.0.${i + 1}/24`)
  }
  for (const shell of [a, c]) for (const to of [2, 4]) await shell.ping(`10.99.0.${to}`)
  const [e, f] = [1, 2].map((n) => new PlugPipe(scene, [peer('vde_plug'), net.dir], n)) as [PlugPipe, PlugPipe]
  await meet(e, f)
  const console = await net.console()
  for (const command of ['vlan/create 7', 'vlan/addport 7 2', 'port/create 50', 'hash/add 02:00:00:00:00:99 50', 'port/defqlen 99', 'hash/setexpire 600']) {
    assert.match(await console.ask(command), /^1000/m, command)
  }
  // A request and a command of which only a part has arrived, and a session that hears events.
  const late = new RawClient(net.dir, `${net.dir}/.99999-00001`)
  const request = rawRequest(late.path, { description: 'late' })
  late.write(request.subarray(0, 60))
  const typist = await net.console()
  typist.send('port/allpr')
  const listener = await net.console()
  await listener.ask('debug/add port')
  const before = await shown(console)

  let current = await takeOver(scene, net, net.proc)
  assert.equal(await shown(console), before)
  assert.match(await console.ask('showinfo'), new RegExp(`pid ${current.pid} `))
  typist.send('int\n')
  assert.match(await typist.until('\nvde$ '), /Port 0050 .*1000 Success/s)
  late.write(request.subarray(60))
  assert.ok(late.accepted())
  assert.match(await listener.until('late"\n'), /^3031 port\/ep\/\+/m)
  await exchange(e, f)

  // With a ping each millisecond over each kind of cable.
  const pings = [a, c].map(async (shell, i) => await shell.run(`ping -q -i ${PAUSE_SEC} -c 1000 -W 3 10.99.0.${i * 2 + 2}`, 20_000))
  current = await takeOver(scene, net, current)
  for (const ping of pings) assert.match((await ping).out, /1000 packets transmitted, 1000 received/)

  // With a stream over each.
  for (const shell of [b, d]) await shell.must(SERVE)
  await a.must(`iperf3 -c 10.99.0.2 -t 3 >${scene.dir}/a.log & echo started`)
  await c.must(`iperf3 -c 10.99.0.4 -t 3 >${scene.dir}/c.log & echo started`)
  for (let i = 0; i < 2; i++) current = await takeOver(scene, net, current)
  for (const [shell, log] of [[a, 'a'], [c, 'c']] as const) {
    await waitFor(async () => (await shell.must(`cat ${scene.dir}/${log}.log`)).includes('receiver'), 10_000, `end of iperf3 ${log}`)
  }
  late.close()
  for (const one of [e, f]) assert.deepEqual(await one.end(), CLEAN)
  for (const one of [a, b]) await one.end()
  await endPeer(c, d)
  assert.deepEqual(await current.stop(), CLEAN)
  assert.equal(existsSync(net.dir), false)
})

test('takeover: packet sockets, and connections that carry frames', {
  needs: ['userns', 'ip', 'ping'], ours: [...OURS, 'vde_plug'], ms: 40_000
}, async (scene) => {
  const near = await ourSwitch(scene)
  const far = await ourSwitch(scene, { name: 'far' })
  scene.start([ours('vde_plug'), near.dir, far.dir], { stdin: 'ignore' })
  const [a, b] = [new Shell(scene, [ours('vdens'), '--packet', near.dir]), new Shell(scene, [ours('vdens'), '--packet', far.dir])]
  for (const [i, shell] of [a, b].entries()) {
    await shell.must(QUIET)
    await shell.address(`10.99.0.${i + 1}/24`)
  }
  await a.ping('10.99.0.2')
  const before = await shown(await near.console())
  assert.match(before, /module packet attached[^]*module socket attached|module socket attached[^]*module packet attached/)
  const ping = a.run(`ping -q -i ${PAUSE_SEC} -c 1000 -W 3 10.99.0.2`, 20_000)
  const current = await takeOver(scene, near, near.proc)
  assert.match((await ping).out, /1000 packets transmitted, 1000 received/)
  const modules = (text: string): string[] => [...text.matchAll(/endpoint ID.*/g)].map(([line]) => line)
  assert.deepEqual(modules(await shown(await near.console())), modules(before))
  for (const one of [a, b]) await one.end()
  assert.deepEqual(await current.stop(), CLEAN)
})

/** What is served at a unix socket, once somebody serves there. */
const scrape = async (path: string): Promise<string> => {
  let text = ''
  await waitFor(async () => {
    text = await new Promise((resolve) => {
      get({ socketPath: path, path: '/metrics' }, (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (part: string) => { body += part }).on('end', () => { resolve(body) })
      }).on('error', () => { resolve('') })
    })
    return text !== ''
  }, 5000, 'metrics')
  return text
}

/** In place of a packet: says nothing, and hears what comes. */
const WAIT = ''

/** A process that asks to take over and says `packets`, one after each answer. @returns the last answer */
const ask = (net: Network, packets: readonly string[]): string => {
  const fd = native.unixSocket(SEQPACKET)
  const answer = Buffer.alloc(70_000)
  let last = ''
  if (native.connectUnix(fd, `${net.dir}/.takeover`) < 0) return 'no connection'
  for (const packet of packets) {
    const octets = Buffer.from(packet)
    if (packet !== WAIT) native.send(fd, octets, 0, octets.length)
    native.poll(fd, IN, 4000)
    let count = native.receive(fd, answer, 0, answer.length)
    if (count < 0) count = native.receive(fd, answer, 0, answer.length) // a hang-up is told before what was said
    last = answer.toString('latin1', 0, Math.max(0, count))
  }
  native.close(fd)
  return last
}

test('takeover: one that leaves, hangs, is of another version, talks nonsense or is a stranger changes nothing', {
  needs: ['vde_plug'], ours: ['vde_switch'], ms: 60_000
}, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const [a, b] = [1, 2].map((n) => new PlugPipe(scene, asUser([peer('vde_plug'), net.dir]), n)) as [PlugPipe, PlugPipe]
  await meet(a, b)
  const console = await net.console()
  const before = await shown(console)
  const greeting = '{"takeover":1,"versions":[1]}'
  assert.match(ask(net, ['{"takeover":1,"versions":[2]}']), /"errno":93,/)
  assert.match(ask(net, ['nonsense']), /"errno":71,/)
  assert.match(ask(net, [greeting]), /^\{"version":1,/) // and leaves
  await net.proc.says(/did not take over: .*has left/, 5000, 'err')
  assert.match(ask(net, [greeting, '{"next":7}']), /"errno":71,/)
  // As one that is killed when it was told to go on, before it has done a thing.
  const confirming = '{"takeover":1,"versions":[1],"confirms":true}'
  assert.equal(ask(net, [confirming, '{"next":0}', '{"ready":true}']), '{"go":true}')
  await net.proc.says(/did not take over: .*ended before it had started/, 5000, 'err')
  // It hangs with everything in its hands: two seconds, in which nothing is lost.
  for (let i = 0; i < 20; i++) a.say(`waits ${i}`, b.address)
  const started = Date.now()
  assert.match(ask(net, [greeting, '{"next":0}', WAIT]), /"errno":110,/)
  assert.ok(Date.now() - started > 1900 && Date.now() - started < 3500)
  for (let i = 0; i < 20; i++) await b.hears(`waits ${i}`)
  if (isRoot) {
    chmodSync(`${net.dir}/.takeover`, 0o666)
    chmodSync(net.dir, 0o755)
    const stranger = await scene.run(asUser([SWITCH, '-s', net.dir, '--takeover'], 1002))
    assert.equal(stranger.exit?.code, 1)
    assert.match(stranger.err, /belongs to uid 1001, be that or root/)
  }
  const bare = (text: string): string => text.replaceAll(/[\d\s]+/g, ' ') // counters go on
  assert.equal(bare(await shown(console)), bare(before))
  await exchange(a, b)
  const next = await takeOver(scene, net, net.proc, ['--nostdin'])
  await exchange(a, b)
  for (const one of [a, b]) assert.deepEqual(await one.end(), CLEAN)
  assert.deepEqual(await next.stop(), CLEAN)
})

test('takeover: whenever its starter is ended, there is a switch', { needs: ['fixed'], ours: ['vde_switch', 'unixcmd'], ms: 60_000 }, async (scene) => {
  const [dir, mgmt] = [scene.path('sw'), scene.path('m')]
  const line = [SWITCH, '-s', dir, '-M', mgmt, '-d']
  assert.equal((await scene.run(line)).exit?.code, 0)
  const client = RawClient.join(dir)
  for (let ms = 40; ms <= 200; ms += 10) {
    const starter = scene.start([...line, '--takeover'])
    await pause(ms)
    await starter.stop('SIGKILL')
    await pause(150) // until its copy has done what it will
    const asked = await scene.run([ours('unixcmd'), '-s', mgmt, 'port/showinfo'])
    assert.equal(asked.exit?.code, 0, `${ms} ms: ${asked.story}${starter.story}`)
  }
  const console = await scene.run([ours('unixcmd'), '-s', mgmt, 'port/print'])
  assert.match(console.out, /endpoint ID/)
  client.close()
  await scene.run([ours('unixcmd'), '-s', mgmt, 'shutdown'])
  await scene.vanishes(dir)
})

test('takeover: frames that wait for the rate of their port go on waiting, and all arrive', {
  needs: ['fixed', 'vde_plug'], ours: ['vde_switch'], ms: 40_000
}, async (scene) => {
  const net = await ourSwitch(scene)
  const [a, b] = [1, 2].map((n) => new PlugPipe(scene, [peer('vde_plug'), net.dir], n)) as [PlugPipe, PlugPipe]
  await meet(a, b)
  const console = await net.console()
  const places = await console.ask('hash/print')
  const port = new RegExp(`${b.address.toString('hex').match(/../g)!.join(':')} VLAN 0000 to port: 0*(\\d+)`, 'i').exec(places)?.[1]
  assert.ok(port !== undefined, places)
  assert.match(await console.ask(`port/rate ${port} out 500k/100k`), /^1000/m)
  const start = Date.now()
  for (let i = 0; i < 100; i++) a.say(`slow${i}`, b.address, 1250)
  await b.hears('slow20')
  const next = await takeOver(scene, net, net.proc)
  assert.equal(b.heard('slow90'), false, 'most of them wait')
  for (let i = 21; i < 100; i++) await b.hears(`slow${i}`)
  const took = Date.now() - start
  assert.ok(took > 1500 && took < 6000, `1 Mbit took ${took} ms, 1.8 s is the rate, 1.6 s with the burst of a second process`)
  for (const one of [a, b]) assert.deepEqual(await one.end(), CLEAN)
  assert.deepEqual(await next.stop(), CLEAN)
})

test('takeover: pid file and metrics go on where the new line has none, and a wrong pid file stops it', {
  needs: ['fixed'], ours: ['vde_switch', 'unixcmd'], ms: 40_000
}, async (scene) => {
  const [dir, mgmt, pid, other, metrics] = ['sw', 'm', 'pid', 'other', 'metrics'].map((name) => scene.path(name)) as [string, string, string, string, string]
  const plain = [SWITCH, '-s', dir, '-d']
  const pidOf = async (): Promise<string> => {
    const info = await scene.run([ours('unixcmd'), '-s', mgmt, 'showinfo'])
    return /pid (\d+)/.exec(info.out)?.[1] ?? info.story
  }
  const started = await scene.run([...plain, '-M', mgmt, '-p', pid, '--metrics', metrics])
  assert.equal(started.exit?.code, 0, started.story)
  const first = await pidOf()
  for (const wrong of [scene.path('none/pid'), '/dev/null']) {
    const refused = await scene.run([...plain, '--takeover', '-p', wrong])
    assert.equal(refused.exit?.code, 1, refused.story)
    assert.match(refused.err, /Cannot write pid file/)
    assert.equal(await pidOf(), first, 'the running switch went on')
  }
  for (const [args, path] of [[[], pid], [['-p', other], other], [[], other]] as const) {
    const before = await pidOf()
    const next = await scene.run([...plain, '--takeover', ...args])
    assert.equal(next.exit?.code, 0, next.story)
    assert.notEqual(await pidOf(), before)
    assert.equal(readFileSync(path, 'latin1').trim(), await pidOf())
    assert.match(await scrape(metrics), /^vde_\w+/m)
  }
  assert.equal(existsSync(pid), false, 'its switch has another')
  await scene.run([ours('unixcmd'), '-s', mgmt, 'shutdown'])
  for (const path of [dir, other, metrics]) await scene.vanishes(path)
})

test('takeover: 300 clients, an interface of -t, pid file and -d', { needs: ['root', 'tun', 'ip'], ours: ['vde_switch'], ms: 60_000 }, async (scene) => {
  const shell = new Shell(scene, ['/usr/bin/unshare', '-n'])
  const [dir, mgmt, pid] = [scene.path('sw'), scene.path('m'), scene.path('sw.pid')]
  const line = `${SWITCH} -s ${dir} -M ${mgmt} -p ${pid} -n 400 -t tap7 -d`
  await shell.must(line)
  const first = readFileSync(pid, 'latin1')
  const clients = Array.from({ length: 300 }, () => RawClient.join(dir))
  await shell.must('ip link set tap7 up; ip addr add 10.99.0.1/24 dev tap7')
  // The line it was started with, in its place.
  assert.match(await shell.must(`${line} --takeover`), /took over from pid/)
  const second = readFileSync(pid, 'latin1')
  assert.notEqual(second, first)
  await shell.run('ping -c 1 -W 0.1 10.99.0.2')
  for (const client of clients) assert.ok(client.hears((frame) => frame.readUInt16BE(12) === 0x0806) !== null, 'the ARP request')
  for (const client of clients) client.close()
  await waitFor(async () => (await shell.must(`${ours('unixcmd')} -s ${mgmt} port/print`)).split('endpoint').length === 2, 5000, 'tap7 alone')
  await shell.must(`${ours('unixcmd')} -s ${mgmt} shutdown`)
  for (const path of [pid, dir]) await scene.vanishes(path)
})

run()
