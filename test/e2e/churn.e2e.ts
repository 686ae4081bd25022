/** Coming and going: a thousand clients, kills of clients and of the switch. Nothing grows, everything recovers. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, unlinkSync } from 'node:fs'
import { RawClient } from './kit/raw-client.ts'
import {
  BROADCAST, PlugPipe, exchange, mac, meet, namespace, openDescriptors, ours, ourSwitch, peer, probe, probeText, residentMemory,
  run, SIDE, test, waitFor, type Network
} from './kit/index.ts'

const CLEAN = { code: 0, signal: null }
const CLIENTS = 1000
const ROUNDS = 10
/** Rounds before those: the heap of a young process grows to its working size, 110 MB here, and stays (60 rounds measured). */
const WARM_UP = 15
/** What the memory of a garbage-collected process differs by between two quiet moments, in octets; 1 MB measured. */
const SLACK = 8 << 20

const portFiles = (net: Network): string[] => readdirSync(net.dir).filter((name) => !/^(ctl|attach|\.takeover)$/.test(name))

test(`${CLIENTS} clients join and leave ${ROUNDS} times`, { needs: ['native'], ours: ['vde_switch'], ms: 120_000 }, async (scene) => {
  const net = await ourSwitch(scene, { args: ['-n', String(CLIENTS + 8)] })
  const stays = RawClient.join(net.dir)
  const talks = RawClient.join(net.dir)
  scene.atEnd(() => { stays.close(); talks.close() })
  for (const client of [stays, talks]) unlinkSync(client.path)
  const files = portFiles(net).length
  const descriptors = openDescriptors(net.proc.pid)
  const memory: number[] = []
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const clients: RawClient[] = []
    for (let i = 0; i < CLIENTS; i++) {
      const client = RawClient.join(net.dir)
      unlinkSync(client.path)
      clients.push(client)
    }
    assert.equal(portFiles(net).length, files + CLIENTS)
    clients[round]!.send(probe(BROADCAST, mac(100 + round), `r${round}`))
    assert.ok(stays.hears((got) => probeText(got) === `r${round}`), 'traffic during the crowd')
    for (const client of clients) client.close()
    await waitFor(() => openDescriptors(net.proc.pid) === descriptors, 10_000, `${descriptors} descriptors`, () => String(openDescriptors(net.proc.pid)))
    await waitFor(() => portFiles(net).length === files, 5000, `${files} files`)
    memory.push(residentMemory(net.proc.pid))
  }
  const grown = memory.at(-1)! - memory[WARM_UP - 1]!
  assert.ok(grown < SLACK, `grew by ${grown} octets: ${memory.join(' ')}`)
  talks.send(probe(BROADCAST, mac(1), 'last'))
  assert.ok(stays.hears((got) => probeText(got) === 'last'))
  assert.deepEqual(await net.stop(), CLEAN)
})

for (const [label, program, need] of [['C', peer('vde_plug'), ['vde_plug']], ['our', ours('vde_plug'), []]] as const) {
  test(`kill -9 of ${label} vde_plug frees its port`, { needs: [...need], ours: ['vde_switch', 'vde_plug'] }, async (scene) => {
    const net = await ourSwitch(scene)
    const a = new PlugPipe(scene, [peer('vde_plug'), net.dir], 1)
    const b = new PlugPipe(scene, [ours('vde_plug'), net.dir], 2)
    await meet(a, b)
    const before = openDescriptors(net.proc.pid)
    for (let i = 0; i < 3; i++) {
      const victim = new PlugPipe(scene, [program, net.dir], 10 + i)
      await meet(a, victim)
      await victim.proc.stop('SIGKILL')
      await waitFor(() => portFiles(net).length === 2, 5000, 'the two others only')
    }
    await exchange(a, b)
    await waitFor(() => openDescriptors(net.proc.pid) === before, 5000, 'descriptors as before')
  })
}

test('kill -9 of C and our vdens frees their ports', { needs: ['vdens', 'userns', 'tun', 'ping', 'ip'], ours: ['vde_switch', 'vdens'] }, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const b = namespace(scene, ours('vdens'), [net.dir])
  await b.address('10.99.0.2/24')
  const before = portFiles(net).length
  for (const program of [peer('vdens'), ours('vdens')]) {
    const victim = namespace(scene, program, [net.dir])
    await victim.address('10.99.0.1/24')
    await victim.ping('10.99.0.2')
    await victim.proc.stop('SIGKILL')
    await waitFor(() => portFiles(net).length === before, 5000, 'its port to be free')
  }
  b.proc.endInput()
  await b.proc.ends(1500).catch(async () => { await b.proc.stop('SIGTERM') })
})

test('kill -9 of the switch: plugs end, the next start has everything again', { needs: ['vde_plug'], ours: ['vde_switch', 'vde_plug'] }, async (scene) => {
  const args = ['-p', scene.path('sw.pid')]
  for (let i = 0; i < 3; i++) {
    const net = await ourSwitch(scene, { args: i === 0 ? args : [] })
    const a = new PlugPipe(scene, [peer('vde_plug'), net.dir], 1)
    const b = new PlugPipe(scene, [ours('vde_plug'), net.dir], 2)
    await meet(a, b)
    await exchange(a, b)
    await net.proc.stop('SIGKILL')
    assert.deepEqual(await a.proc.ends(), CLEAN)
    assert.deepEqual(await b.proc.ends(), CLEAN)
  }
  scene.leaves(/^sw\.pid$/)
  const last = await ourSwitch(scene)
  if (SIDE !== 'c') assert.deepEqual(portFiles(last), [], 'no data sockets of the dead')
  assert.deepEqual(await last.stop(), CLEAN)
  if (SIDE !== 'c') assert.ok(!existsSync(last.dir))
  else scene.leaves(/^sw\/\d+\./)
})

test('a dead switch\'s pid file does not keep the next one from starting', { needs: ['fixed'], ours: ['vde_switch'] }, async (scene) => {
  const args = ['-p', scene.path('sw.pid')]
  const first = await ourSwitch(scene, { args })
  await first.proc.stop('SIGKILL')
  const second = await ourSwitch(scene, { args })
  assert.deepEqual(await second.stop(), CLEAN)
})

test('a stopped client does not hold up the others', { needs: ['vde_plug'], ours: ['vde_switch', 'vde_plug'] }, async (scene) => {
  const net = await ourSwitch(scene)
  const a = new PlugPipe(scene, [peer('vde_plug'), net.dir], 1)
  const b = new PlugPipe(scene, [ours('vde_plug'), net.dir], 2)
  const stuck = new PlugPipe(scene, [peer('vde_plug'), net.dir], 3)
  await meet(a, b)
  await meet(a, stuck)
  stuck.proc.kill('SIGSTOP')
  for (let i = 0; i < 300; i++) {
    a.say(`n${i}`, BROADCAST, 1000)
    if (i % 20 === 19) await b.hears(`n${i}`)
  }
  await exchange(a, b)
  stuck.proc.kill('SIGCONT')
  await meet(a, stuck)
})

run()
