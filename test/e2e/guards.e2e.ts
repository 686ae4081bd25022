/** What ports are allowed, with real traffic: addresses, neighbours, floods, rates, reserved groups. */
import assert from 'node:assert/strict'
import {
  BROADCAST, frame, mac, meet, namespace, ours, ourSwitch, peer, PlugPipe, probe, run, test, waitFor,
  type ConsoleClient, type Scene, type Shell
} from './kit/index.ts'

const NEEDS = { needs: ['vde_plug'], ours: ['vde_switch'] }

interface Site { readonly console: ConsoleClient, readonly plugs: readonly PlugPipe[] }

/** Our switch with `count` stations, on ports 1 and up, who know each other. */
const site = async (scene: Scene, count: number): Promise<Site> => {
  const net = await ourSwitch(scene)
  const plugs = Array.from({ length: count }, (_, i) => new PlugPipe(scene, [peer('vde_plug'), `${net.dir}[${i + 1}]`], i + 1))
  for (const plug of plugs.slice(1)) await meet(plugs[0]!, plug)
  return { console: await net.console(), plugs }
}

const must = async (console: ConsoleClient, line: string): Promise<void> => { assert.equal(await console.ask(line), '1000 Success\n', line) }

/** Waits until port 1 has lost `count` frames for this reason. */
const lost = async (console: ConsoleClient, port: number, reason: string, count: number): Promise<void> => {
  const pattern = new RegExp(` ${reason} (\\d+)`)
  await waitFor(async () => Number(pattern.exec(await console.ask(`port/counters ${port}`))?.[1]) === count, 5000, `${count} lost for ${reason}`)
}

test('a port with a limit, and one with sticky addresses', NEEDS, async (scene) => {
  const { console, plugs: [a, b] } = await site(scene, 2)
  await must(console, 'port/maxmacs 1 1')
  a!.send(probe(BROADCAST, mac(50), 'stranger'))
  a!.say('known')
  await b!.hears('known')
  await lost(console, 1, 'addresses', 1)
  assert.equal(b!.heard('stranger'), false)
  await must(console, 'port/sticky 2 1')
  b!.send(probe(BROADCAST, mac(60), 'mine'))
  await a!.hears('mine')
  assert.match(await console.ask('hash/find 02:00:5e:00:00:3c'), /port: 002 .* static/)
  await must(console, 'port/maxmacs 1 off')
  a!.send(probe(BROADCAST, mac(60), 'stolen'))
  await lost(console, 1, 'pinned', 1)
  assert.equal(b!.heard('stolen'), false)
})

test('isolated ports reach the others only', NEEDS, async (scene) => {
  const { console, plugs: [a, b, up] } = await site(scene, 3)
  for (const port of [1, 2]) await must(console, `port/isolate ${port} 5`)
  a!.say('to all')
  a!.say('to b', b!.address)
  a!.say('to up', up!.address)
  for (const text of ['to all', 'to up']) await up!.hears(text)
  await lost(console, 1, 'isolated', 1)
  up!.say('from up')
  for (const plug of [a!, b!]) await plug.hears('from up')
  assert.equal(b!.heard('to all') || b!.heard('to b'), false)
})

test('a broadcast storm is cut, and the rest of the traffic goes on', NEEDS, async (scene) => {
  const { console, plugs: [a, b] } = await site(scene, 2)
  await must(console, 'port/storm 1 broadcast 1f/20')
  for (let i = 0; i < 1000; i++) a!.say('storm')
  a!.say('calm', b!.address)
  await b!.hears('calm')
  const passed = b!.frames.filter((bytes) => bytes.includes('storm')).length
  assert.ok(passed >= 20 && passed <= 22, `${passed} passed`)
  await lost(console, 1, 'storm', 1000 - passed)
})

test('reserved addresses end at a port that is told so', NEEDS, async (scene) => {
  const { console, plugs: [a, b] } = await site(scene, 2)
  const lldp = (text: string): Buffer => probe(Buffer.from('0180c200000e', 'hex'), a!.address, text)
  a!.send(lldp('passes'))
  await b!.hears('passes')
  await must(console, 'port/reserved 1 standard')
  a!.send(lldp('ends'))
  await lost(console, 1, 'reserved', 1)
  assert.equal(b!.heard('ends'), false)
})

test('a rate in drops, a rate out makes wait', NEEDS, async (scene) => {
  const { console, plugs: [a, b] } = await site(scene, 2)
  await must(console, 'port/rate 2 out 1M/100k')
  const start = Date.now()
  for (let i = 0; i < 100; i++) a!.say(`slow${i}`, b!.address, 1250)
  for (let i = 0; i < 100; i++) await b!.hears(`slow${i}`)
  const took = Date.now() - start
  assert.ok(took > 850 && took < 3000, `1 Mbit took ${took} ms, 0.9 s is the rate`)
  await must(console, 'port/rate 2 out off')
  await must(console, 'port/rate 1 in 8k/100k')
  const came = Number(/ in (\d+)/.exec(await console.ask('port/counters 1'))?.[1])
  for (let i = 0; i < 100; i++) a!.say(`fast${i}`, b!.address, 1250)
  await waitFor(async () => Number(/ in (\d+)/.exec(await console.ask('port/counters 1'))?.[1]) === came + 100, 5000, 'all of them')
  await must(console, 'port/rate 1 in off')
  a!.say('last')
  await b!.hears('last')
  const passed = b!.frames.length
  assert.ok(passed >= 10 && passed <= 12, `${passed} passed`)
  await lost(console, 1, 'rate', 100 - passed)
})

test('a kernel with an address bound to another port is not heard', { needs: ['userns', 'tun', 'ip', 'ping'], ours: ['vde_switch', 'vdens'] }, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const console = await net.console()
  const [a, b] = [1, 2].map((port) => namespace(scene, ours('vdens'), [`${net.dir}[${port}]`])) as [Shell, Shell]
  await a.address('10.99.0.1/24')
  await b.address('10.99.0.2/24')
  const address = /([0-9a-f]{2}:){5}[0-9a-f]{2}/.exec(await a.must('ip -br link show vde0'))![0]
  await must(console, `port/bind 1 ${address} 10.99.0.1 fd00::1`)
  await a.must('ip -6 addr flush dev vde0; ip -6 addr add fd00::1/64 dev vde0 nodad')
  await b.must('ip -6 addr add fd00::2/64 dev vde0 nodad')
  await b.ping('10.99.0.1')
  await b.ping('fd00::1')
  const before = Number(/ binding (\d+)/.exec(await console.ask('port/counters 1'))?.[1])
  await a.must('ip addr add 10.99.0.66/24 dev vde0; ip -6 addr add fd00::66/64 dev vde0 nodad')
  for (const spoofed of ['10.99.0.66', 'fd00::66']) assert.notEqual((await b.run(`ping -c1 -W1 ${spoofed}`)).code, 0, spoofed)
  assert.ok(Number(/ binding (\d+)/.exec(await console.ask('port/counters 1'))?.[1]) > before)
  await b.ping('10.99.0.1')
  await must(console, 'port/unbind 1')
  await b.ping('10.99.0.66')
  for (const shell of [a, b]) await shell.end()
})

test('DHCP servers and routers only where they may be', NEEDS, async (scene) => {
  const { console, plugs: [a, b] } = await site(scene, 2)
  await must(console, 'port/dhcpguard 1 1')
  await must(console, 'port/raguard 1 1')
  const offer = frame(BROADCAST, a!.address, 0x0800, Buffer.from(`45000020000000004011000010${'00'.repeat(3)}ffffffff0043004400080000`.padEnd(92, '0'), 'hex'))
  const router = frame(BROADCAST, a!.address, 0x86dd, Buffer.from(`6000000000103aff${'fe80'.padEnd(32, '0')}${'ff02'.padEnd(32, '0')}${'86'.padEnd(32, '0')}`, 'hex'))
  a!.send(offer)
  a!.send(router)
  await lost(console, 1, 'dhcp', 1)
  await lost(console, 1, 'routerAdvertisement', 1)
  for (const port of [1, 2]) await must(console, `port/dhcpguard ${port} 0`)
  await must(console, 'port/raguard 1 0')
  for (const bytes of [offer, router]) {
    a!.send(bytes)
    await b!.expectBytes(bytes)
  }
})

run()
