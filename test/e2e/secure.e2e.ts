/** secure:// between two hosts: keys, streams through it, ends that die and move, and others on the way. */
import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import {
  A, B, HOST_NEEDS, UdpRelay, asUser, endAll, exchange, hosts, meet, ours, run, test, waitFor,
  type Host, type PlugPipe, type Scene
} from './kit/index.ts'

const NEEDS = [...HOST_NEEDS, 'tun']
/** Serves one run of iperf3, when the server of the run before has ended. */
const SERVE = ['while ss -Hltn sport = 5201 | grep -q .; do sleep 0.05; done', 'iperf3 -s -1 -D',
  'for i in $(seq 100); do ss -Hltn sport = 5201 | grep -q . && break; sleep 0.05; done'].join('; ')
const OURS = ['vde_plug', 'vdens', 'vde_keygen']
const PORT = 7000
/** A listener is found again: silence of 5 s, and a try. */
const AGAIN_MS = 20_000

/** Makes a key by vde_keygen, as the user of the test. @returns the parameter `key`, and the public half */
const keyOf = async (scene: Scene, file: string): Promise<{ readonly key: string, readonly publicKey: string }> => {
  const proc = await scene.run(asUser([ours('vde_keygen'), file]))
  assert.deepEqual(proc.exit, { code: 0, signal: null }, proc.story)
  assert.match(proc.out, /^[0-9a-f]{64}\n$/)
  return { key: `key='${file}'`, publicKey: proc.out.trim() }
}

/** Parameters of both ends: static keys, or a secret. */
const keys = async (scene: Scene, isShared: boolean = false): Promise<readonly [near: string, far: string]> => {
  const dir = scene.shared('keys')
  if (isShared) {
    const proc = await scene.run(asUser([ours('vde_keygen'), '--psk', `${dir}/psk`]))
    assert.deepEqual([proc.exit?.code, proc.out], [0, ''], proc.story)
    return [`psk='${dir}/psk'`, `psk='${dir}/psk'`]
  }
  const [near, far] = [await keyOf(scene, `${dir}/near`), await keyOf(scene, `${dir}/far`)]
  return [`${near.key}/peer=${far.publicKey}`, `${far.key}/peer=${near.publicKey}`]
}

const listener = (host: Host, far: string): PlugPipe => host.plug([ours('vde_plug'), `secure-listen://:${PORT}[${far}]`], 2)
const caller = (host: Host, near: string, port: number = PORT, address: string = B.v4): PlugPipe =>
  host.plug([ours('vde_plug'), `secure://${address}:${port}[${near}]`], 1)

for (const [what, isShared, address, mtu, runs] of [
  ['static keys', false, B.v4, 1434, ['', '-R', '-u -b 50M']],
  ['a shared secret, IPv6', true, B.v6, 1414, ['']]
] as const) {
  test(`two namespaces, ${what}: pings and streams both ways`, { needs: [...NEEDS, 'iperf3'], ours: OURS, ms: 60_000 }, async (scene) => {
    const [a, b] = await hosts(scene)
    const [near, far] = await keys(scene, isShared)
    const server = b.shell([ours('vdens'), `secure-listen://${isShared ? '::' : ''}:${PORT}[${far}]`])
    const client = a.shell([ours('vdens'), `secure://${address}:${PORT}[${near}]`])
    await server.address('10.9.0.2/24')
    await client.address('10.9.0.1/24')
    await client.ping('10.9.0.2')
    await server.ping('10.9.0.1')
    assert.match(await client.must('ip link show vde0'), new RegExp(` mtu ${mtu} `))
    await client.must('ping -c1 -W2 -s 8000 10.9.0.2')
    for (const direction of runs) {
      await server.must(SERVE)
      await client.must(`iperf3 -c 10.9.0.2 -t 1 ${direction} | grep receiver`, 20_000)
    }
    await client.end()
    await server.end()
  })
}

test('either end is killed and started again, and the cable is there again', { needs: NEEDS, ours: OURS, ms: 90_000 }, async (scene) => {
  const [a, b] = await hosts(scene)
  const [near, far] = await keys(scene)
  let [client, server] = [caller(a, near), listener(b, far)]
  await meet(client, server)
  await exchange(client, server)
  await server.proc.stop('SIGKILL')
  server = listener(b, far)
  await meet(client, server, AGAIN_MS)
  await exchange(client, server)
  await client.proc.stop('SIGKILL')
  client = caller(a, near)
  await meet(client, server, AGAIN_MS)
  await exchange(client, server)
  await endAll(client, server)
})

test('a caller who gets another address, and a listener who does', { needs: NEEDS, ours: OURS, ms: 60_000 }, async (scene) => {
  const [a, b] = await hosts(scene)
  const [near, far] = await keys(scene)
  const [client, server] = [caller(a, near), listener(b, far)]
  await meet(client, server)
  await a.root.must(`ip addr del ${A.v4}/24 dev eth0; ip addr add 192.0.2.11/24 dev eth0`)
  await meet(client, server)
  await exchange(client, server)
  // The listener's answers come from the first address of its network: a caller believes what is authentic.
  await b.root.must(`ip addr del ${B.v4}/24 dev eth0; ip addr add 198.51.100.2/24 dev eth0; ip route add 192.0.2.0/24 dev eth0`)
  await a.root.must('ip route add 198.51.100.0/24 dev eth0')
  server.say('from elsewhere')
  await client.hears('from elsewhere', AGAIN_MS)
  await meet(client, server)
  await exchange(client, server)
  await endAll(client, server)
})

test('somebody on the way: what he sends again, reflects or invents has no effect and no answer', { needs: NEEDS, ours: OURS, ms: 60_000 }, async (scene) => {
  const [a, b] = await hosts(scene)
  const [near, far] = await keys(scene)
  const relay = await UdpRelay.open(a, 7001, B.v4, PORT)
  const [client, server] = [caller(a, near, 7001, '127.0.0.1'), listener(b, far)]
  await meet(client, server)
  await exchange(client, server)
  const received = server.received
  for (const what of ['replay', 'reflect', 'noise', 'replay'] as const) await relay.tell(what)
  // All of it was there before what comes now.
  await exchange(client, server)
  assert.equal(server.received - received, 5, 'the frames of one exchange, and no other')
  assert.equal(await relay.tell('answers'), 0, 'octets for a stranger')
  await relay.tell('move')
  await meet(client, server)
  await exchange(client, server)
  await endAll(client, server)
  assert.match(server.proc.err, /no newer than the last one was ignored: a replay/)
})

test('after a restart of the listener an old handshake leads nowhere', { needs: NEEDS, ours: OURS, ms: 60_000 }, async (scene) => {
  const [a, b] = await hosts(scene)
  const [near, far] = await keys(scene)
  const relay = await UdpRelay.open(a, 7001, B.v4, PORT)
  const client = caller(a, near, 7001, '127.0.0.1')
  let server = listener(b, far)
  await meet(client, server)
  await client.proc.stop('SIGKILL')
  await server.proc.stop('SIGKILL')
  server = listener(b, far)
  await waitFor(async () => (await b.root.must('ss -Hlun')).includes(`:${PORT} `), 5000, 'listener')
  await relay.tell('replay')
  const again = caller(a, near, 7001, '127.0.0.1')
  await meet(again, server, AGAIN_MS)
  await exchange(again, server)
  await endAll(again, server)
})

test('keys that do not fit: both sides say so, and the listener answers nothing', { needs: NEEDS, ours: OURS, ms: 60_000 }, async (scene) => {
  const [a, b] = await hosts(scene)
  const [near, far] = await keys(scene)
  const other = await keyOf(scene, scene.path('keys', 'other'))
  const relay = await UdpRelay.open(a, 7001, B.v4, PORT)
  const server = listener(b, far)
  const client = caller(a, near.replace(/^key='[^']*'/, other.key), 7001, '127.0.0.1')
  await client.proc.says(/no answer from 127\.0\.0\.1:7001 yet: nobody listens there, or its keys or psk and ours do not fit\n/, 15_000, 'err')
  await server.proc.says(/an initiation from 192\.0\.2\.1:\d+ was ignored: its keys or psk and ours do not fit, or it is a stranger's\n/, 5000, 'err')
  assert.equal(await relay.tell('fromServer'), 0)
  await endAll(client, server)
})

test('the packages beside the suite are found: vnl lists, completes and explains their schemes', { ours: ['vnl'] }, async (scene) => {
  const vnl = async (...words: string[]): Promise<string> => {
    // From a directory of somebody else's.
    const proc = await scene.run(asUser([ours('vnl'), ...words]), { cwd: scene.dir })
    assert.deepEqual([proc.exit?.code, proc.err], [0, ''], proc.story)
    return proc.out
  }
  const list = await vnl('list')
  for (const name of ['secure', 'secure-listen', 'ws', 'wss', 'ws-listen']) assert.ok(list.includes(`\n${name}:// `), name)
  assert.equal(await vnl('complete', '--', 'vde_plug', 'sec'), 'secure://\nsecure-listen://\n')
  assert.equal(await vnl('complete', '--', 'vde_plug', 'wss://h:1/x[to'), 'wss://h:1/x[token=\n')
  assert.match(await vnl('explain', "secure://h:1[psk='/x']"), /\(overhead\) +66 octets over IPv4/)
})

test('what cannot be opened says why', { needs: ['userns'], ours: OURS }, async (scene) => {
  const [near] = await keys(scene)
  const readable = scene.path('keys', 'near')
  chmodSync(readable, 0o640)
  const key = '0'.repeat(64)
  for (const [vnl, why] of [
    [`secure://127.0.0.1:7[${near}]`, /others may use ".*near" \(mode 640\), 0600 is wanted/],
    ['secure://127.0.0.1:7', /found no keys, key=FILE and peer=PUBLICKEY are wanted, or psk=FILE/],
    [`secure://127.0.0.1:7[peer=${key}]`, /found peer, key=FILE and peer=PUBLICKEY are wanted/],
    [`secure://127.0.0.1:7[key='/nowhere'/peer=${key}]`, /no such file or directory/],
    [`secure://127.0.0.1:7[key='${scene.path('keys', 'far')}'/peer=abc]`, /peer is "abc", 64 hexadecimal digits are wanted/],
    [`secure://127.0.0.1:7[key='${scene.path('keys', 'far')}'/peer=${key}]`, /peer is no public key/],
    [`secure://127.0.0.1[psk='${scene.path('keys', 'far')}']`, /has no port/],
    [`secure://:7[psk='${scene.path('keys', 'far')}']`, /has no host/],
    [`secure-listen://203.0.113.9:7[psk='${scene.path('keys', 'far')}']`, /address not available/]
  ] as const) {
    const proc = await scene.run(asUser([ours('vde_plug'), vnl, 'null://']))
    assert.deepEqual(proc.exit, { code: 1, signal: null }, proc.story)
    assert.match(proc.err, why)
    assert.equal(proc.err.split('\n').length, 2, proc.err)
  }
})

run()
