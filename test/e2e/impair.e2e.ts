/** Bad links under real traffic: interfaces, offload, carrier, rates, in namespaces and on a running switch. */
import assert from 'node:assert/strict'
import { ConsoleClient, Shell, asUser, namespace, ours, ourSwitch, run, tcpMbit, test, waitFor, type Scene } from './kit/index.ts'

const SUITE = { ours: ['vde_switch', 'vdens'], needs: ['tun', 'userns', 'ip', 'ping'] }
const vdens = (): string => ours('vdens')

/** Two namespaces on one switch, 10.0.0.1 behind the words. */
const pair = async (scene: Scene, words: string): Promise<{ a: Shell, b: Shell }> => {
  const { dir } = await ourSwitch(scene, { user: true })
  const a = namespace(scene, vdens(), words.startsWith('--') ? [words, dir] : [`impair://[${words}]{vde://${dir}}`])
  const b = namespace(scene, vdens(), [dir])
  await a.address('10.0.0.1/24')
  await b.address('10.0.0.2/24')
  return { a, b }
}

const pings = async (shell: Shell, count: number, address = '10.0.0.2'): Promise<number[]> => {
  const out = await shell.must(`ping -i 0.05 -c ${count} -W 2 ${address}`)
  return [...out.matchAll(/time=([\d.]+) ms/g)].map(([, ms]) => Number(ms))
}

test('impair:// in a namespace: both ways take their time', SUITE, async (scene) => {
  const { a } = await pair(scene, 'out.delay=30ms/in.delay=20ms')
  await a.ping('10.0.0.2')
  const times = await pings(a, 10)
  assert.ok(times.every((ms) => ms >= 50), times.join(' '))
})

test('vdens --impair is the same in words', SUITE, async (scene) => {
  const { a } = await pair(scene, '--impair=delay=20ms in.loss=0')
  await a.ping('10.0.0.2')
  const times = await pings(a, 5)
  assert.ok(times.every((ms) => ms >= 40), times.join(' '))
})

test('a corrupted TCP segment is seen by the receiver, also from a sender that leaves checksums to others', {
  ...SUITE, needs: [...SUITE.needs, 'iperf3']
}, async (scene) => {
  const { a, b } = await pair(scene, 'corrupt=5%/corrupt-bits=3')
  await a.ping('10.0.0.2', 20_000)
  await tcpMbit(a, b, '10.0.0.2', 1)
  const errors = Number((await b.must('awk \'/^Tcp: [0-9]/ {print $16}\' /proc/net/snmp')).trim())
  assert.ok(errors > 0, 'TcpInCsumErrors of the receiver')
})

test('wirefilter:// with a console: a link that is down takes the carrier of the interface, and gives it back', SUITE, async (scene) => {
  const { dir } = await ourSwitch(scene, { user: true })
  const mgmt = scene.path('user', 'm')
  const a = namespace(scene, vdens(), [`wirefilter://[delay=1/mgmt="${mgmt}"]{vde://${dir}}`])
  await a.address('10.0.0.1/24')
  const client = await ConsoleClient.open(mgmt, '\nVDEwf$ ')
  scene.atEnd(() => { client.close() })
  for (const [word, isDown] of [['down', true], ['down=off', false]] as const) {
    assert.match(await client.ask(`set ${word}`), /^1000 /)
    await waitFor(async () => /NO-CARRIER/.test(await a.must('ip -o link show vde0')) === isDown, 500, `carrier after ${word}`)
  }
})

test('a cable with mgmt= is changed while it carries: vde_plug between switches, and vdens', { ...SUITE, ours: [...SUITE.ours, 'vde_plug', 'vdecmd'] }, async (scene) => {
  const [left, right] = [await ourSwitch(scene, { user: true, name: 'left' }), await ourSwitch(scene, { user: true, name: 'right' })]
  const sockets = ['plug', 'ns'].map((name) => scene.path('user', name)) as [string, string]
  const plug = scene.start(asUser([ours('vde_plug'), '--impair', `mgmt=${sockets[0]}`, left.dir, right.dir]))
  const a = namespace(scene, vdens(), ['--impair', `mgmt=${sockets[1]}`, left.dir])
  const b = namespace(scene, vdens(), [right.dir])
  await a.address('10.0.0.1/24')
  await b.address('10.0.0.2/24')
  await a.ping('10.0.0.2')
  for (const [socket, words, least] of [[sockets[0], 'delay=30ms', 60], [sockets[1], 'out.delay=20ms', 80]] as const) {
    assert.ok((await pings(a, 5)).some((ms) => ms < least), words)
    const command = await scene.run(asUser([ours('vdecmd'), '-s', socket, 'set', words]))
    assert.equal(command.exit?.code, 0, command.story)
    const times = await pings(a, 5)
    assert.ok(times.every((ms) => ms >= least), times.join(' '))
  }
  await plug.stop('SIGTERM')
  await scene.vanishes(sockets[0])
})

/** `vde_impair`, by the user whose cables they are. */
const impair = async (scene: Scene, ...args: string[]): Promise<string> => {
  const command = await scene.run(asUser([ours('vde_impair'), ...args]))
  assert.equal(command.exit?.code, 0, command.story)
  return command.out
}

test('vde_impair: cables that were started without a word, changed while they carry', {
  ...SUITE, ours: [...SUITE.ours, 'vde_plug', 'vde_impair'], ms: 40_000
}, async (scene) => {
  const [left, right] = [await ourSwitch(scene, { user: true, name: 'left' }), await ourSwitch(scene, { user: true, name: 'right' })]
  const plug = scene.start(asUser([ours('vde_plug'), left.dir, right.dir]))
  const a = namespace(scene, vdens(), [`${left.dir}[3]`])
  const b = namespace(scene, vdens(), [right.dir])
  await a.address('10.0.0.1/24')
  await b.address('10.0.0.2/24')
  await a.ping('10.0.0.2')
  const listed = await impair(scene)
  for (const [pid, what] of [[plug.pid, 'vde_plug'], [a.proc.pid, 'vdens'], [b.proc.pid, 'vdens']]) {
    assert.match(listed, new RegExp(`^${pid} ${what} `, 'm'))
  }
  // A plug between switches, then an interface that the switch was handed, then its port.
  for (const [target, words, least] of [
    [`${plug.pid}`, ['delay=20ms'], 40], [`${a.proc.pid}`, ['out', 'delay=30ms'], 70], [`${left.dir}[3]`, ['in', 'delay=10ms'], 80]
  ] as const) {
    assert.ok((await pings(a, 4)).some((ms) => ms < least), target)
    await impair(scene, target, ...words)
    await a.ping('10.0.0.2')
    const times = await pings(a, 5)
    assert.ok(times.every((ms) => ms >= least), `${target}: ${times.join(' ')}`)
  }
  assert.match(await impair(scene, `${a.proc.pid}/vde0`), /\nout inFrames [1-9]/)
  assert.match(await impair(scene), new RegExp(`^${a.proc.pid} vdens .* out\\.delay=30ms$`, 'm'))
  for (const target of [`${plug.pid}`, `${a.proc.pid}`, `${left.dir}[3]`]) await impair(scene, target, 'off')
  const console = await left.console()
  await waitFor(async () => /Port 0003 [^]*module tap attached: vdens/.test(await console.ask('port/print')), 3000, 'the interface handed over again')
  await a.ping('10.0.0.2')
  assert.ok((await pings(a, 5)).some((ms) => ms < 20))
})

test('vde_impair refuses what it cannot do, and changes nothing', { ours: ['vde_impair', 'vde_plug'] }, async (scene) => {
  const plug = scene.start(asUser([ours('vde_plug'), 'null://', 'null://']))
  await waitFor(async () => new RegExp(`^${plug.pid} vde_plug null:// null://$`, 'm').test(await impair(scene)), 5000, 'the cable')
  for (const [args, status, said] of [
    [['1', 'delay=1ms'], 1, /no cable of this user/], [[`${plug.pid}/x`, 'delay=1ms'], 1, /No such file/],
    [[`${plug.pid}`, 'delay=fast'], 1, /Invalid argument/], [[scene.path('none[1]'), 'off'], 1, /no switch of this user/],
    [['x', 'off'], 2, /want the process id of a cable/], [['--nonsense'], 2, /nonsense/]
  ] as const) {
    const command = await scene.run(asUser([ours('vde_impair'), ...args]))
    assert.equal(command.exit?.code, status, command.story)
    assert.match(command.err, said)
  }
  assert.match(await impair(scene), new RegExp(`^${plug.pid} vde_plug null:// null://$`, 'm'))
})

test('port/impair on a running switch: interfaces that were handed over, and one that comes later', SUITE, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const [a, b] = [namespace(scene, vdens(), [`${net.dir}[1]`]), namespace(scene, vdens(), [`${net.dir}[2]`])]
  await a.address('10.0.0.1/24')
  await b.address('10.0.0.2/24')
  await a.ping('10.0.0.2')
  const console = await net.console()
  assert.match(await console.ask('port/impair 2 in delay=40ms'), /^1000 /)
  assert.match(await console.ask('port/impair 3 delay=20ms'), /^1\d{3} /)
  assert.match(await console.ask('port/impair 2 out delay=fast'), /^1022 /)
  assert.ok((await pings(a, 5)).every((ms) => ms >= 40))
  assert.match(await console.ask('port/impaired 2'), /\nin inFrames [1-9]/)
  await b.end()
  const later = namespace(scene, vdens(), [`${net.dir}[2]`])
  await later.address('10.0.0.3/24')
  await a.ping('10.0.0.3')
  assert.ok((await pings(a, 3, '10.0.0.3')).every((ms) => ms >= 40))
  assert.match(await console.ask('port/impair 2 off'), /^1000 /)
  assert.ok((await pings(a, 5, '10.0.0.3')).some((ms) => ms < 40))
})

test('port/impair goes on in the process that takes over', SUITE, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const [a, b] = [1, 2].map((port) => namespace(scene, vdens(), [`${net.dir}[${port}]`])) as [Shell, Shell]
  await a.address('10.0.0.1/24')
  await b.address('10.0.0.2/24')
  await a.ping('10.0.0.2')
  const console = await net.console()
  assert.match(await console.ask('port/impair 2 in delay=40ms'), /^1000 /)
  const next = scene.start(asUser([ours('vde_switch'), '-s', net.dir, '--takeover']))
  await next.says(/took over from pid \d+/, 5000, 'err')
  assert.deepEqual(await net.proc.ends(), { code: 0, signal: null }, net.proc.story)
  await a.ping('10.0.0.2')
  assert.ok((await pings(a, 5)).every((ms) => ms >= 40))
  assert.match(await console.ask('port/impair 2 off'), /^1000 /)
  assert.ok((await pings(a, 5)).some((ms) => ms < 40))
})

test('interfaces show the rate of their link as speed, else 10 000, and follow it', {
  ...SUITE, ours: [...SUITE.ours, 'vde_impair', 'vdecmd'], needs: [...SUITE.needs, 'ethtool']
}, async (scene) => {
  const { dir } = await ourSwitch(scene, { user: true })
  const mgmt = scene.path('user', 'm')
  const rates = `in.rate=25mbit/out.rate=30mbit/mgmt="${mgmt}"`
  const vnls = [dir, `impair://[${rates}]{vde://${dir}}`, `vlan://7{impair://[rate=100500bit]{vde://${dir}}}`]
  const shell = namespace(scene, vdens(), ['--multi', ...vnls, '--'])
  const show = async (...speeds: number[]): Promise<void> => {
    const wanted = speeds.map((mbit) => `Speed: ${mbit}Mb/s`).join(' ')
    const ask = 'echo $(for i in 0 1 2; do PATH=$PATH:/usr/sbin ethtool vde$i; done | grep Speed)'
    await waitFor(async () => (await shell.must(ask)).trim() === wanted, 3000, wanted)
  }
  await show(10_000, 25, 1)
  const command = await scene.run(asUser([ours('vdecmd'), '-s', mgmt, 'set', 'rate=7mbit']))
  assert.equal(command.exit?.code, 0, command.story)
  await impair(scene, `${shell.proc.pid}/vde2`, 'rate=3gbit')
  await impair(scene, `${shell.proc.pid}/vde0`, 'in', 'rate=40mbit')
  await show(40, 7, 3000)
  await impair(scene, `${shell.proc.pid}/vde0`, 'off')
  await show(10_000, 7, 3000)
})

test('rate=10mbit: a TCP receiver gets that, but for the headers', { ...SUITE, needs: [...SUITE.needs, 'iperf3'], ms: 40_000 }, async (scene) => {
  // The queue holds all that the sender may have on its way: what is lost would be sent again, and is not received twice.
  const { a, b } = await pair(scene, 'out.rate=10mbit/out.queue=8MB')
  await a.ping('10.0.0.2')
  const share = await tcpMbit(a, b, '10.0.0.2', 3) / (10 * 1448 / 1514)
  assert.ok(Math.abs(share - 1) < 0.02, `${share} of the rate`)
})

run()
