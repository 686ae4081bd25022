/** Ours, Open vSwitch and the kernel's bridge in one ring, at length: how fast it heals, and that TCP comes through. */
import * as assert from 'node:assert/strict'
import {
  healing, median, MIXED_NEEDS, MixedRing, oneCopyEach, ours, OVS_NEEDS, pause, rested, run, Shell, test, waitFor
} from './kit/index.ts'

const OURS = ['vde_switch', 'vde_plug', 'vdens']
const NEEDS = [...OVS_NEEDS, ...MIXED_NEEDS]
const SETTLE_MS = 30_000
const ROUNDS = 20
/** Three hellos of 2 s, and one. */
const SILENT_MS = 7000

test('heals in less than 200 ms where both ends see the failure', { needs: NEEDS, ours: OURS, ms: 600_000 }, async (scene) => {
  const ring = await MixedRing.start(scene)
  const { net, near, edge } = ring
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await oneCopyEach([near, edge], SETTLE_MS)
    await rested([net])
    await pause(4000) // and so must Open vSwitch, which does not tell
    times.push(await healing(near, edge, 3000, () => { ring.cut() }))
    await oneCopyEach([near, edge], SETTLE_MS)
    ring.unplug()
    await ring.plug()
  }
  console.log(`        median ${median(times)} ms of ${times.join(' ')}`)
  assert.ok(median(times) < 200, times.join(' '))
  await ring.kernel.end()
})

test('heals in less than three hellos and a second where nobody signals the failure', { needs: NEEDS, ours: OURS, ms: 200_000 }, async (scene) => {
  const ring = await MixedRing.start(scene)
  const { net, near, edge } = ring
  for (let round = 0; round < 3; round++) {
    await oneCopyEach([near, edge], SETTLE_MS)
    await rested([net])
    const ms = await healing(near, edge, 3 * SILENT_MS, () => { ring.mute(true) })
    console.log(`        healed in ${ms} ms`)
    assert.ok(ms < SILENT_MS, String(ms))
    ring.mute(false)
  }
  await ring.kernel.end()
})

test('TCP through it survives a failure and the repair', { needs: [...NEEDS, 'iperf3'], ours: OURS, ms: 200_000 }, async (scene) => {
  const ring = await MixedRing.start(scene)
  const far = await ring.ovs.wire('host', ['--', 'set', 'port', 'host', 'other_config:rstp-port-admin-edge=true'])
  const server = new Shell(scene, [ours('vdens'), far])
  const client = new Shell(scene, [ours('vdens'), ring.net.dir])
  await server.address('10.0.0.1/24')
  await client.address('10.0.0.2/24')
  await client.ping('10.0.0.1', SETTLE_MS)
  const out = scene.path('out.json')
  await server.must('iperf3 -s -1 -D; for i in $(seq 100); do ss -Hltn sport = 5201 | grep -q . && break; sleep 0.05; done')
  await client.must(`sysctl -qw net.ipv4.tcp_congestion_control=reno; iperf3 -c 10.0.0.1 -t 20 -J >${out} & sender=$!`)
  await carried(server, 1)
  ring.cut()
  await carried(server, 1)
  ring.unplug()
  await ring.plug()
  await carried(server, 1)
  assert.equal((await client.run('wait $sender', 60_000)).code, 0, await client.must(`cat ${out}`))
  await Promise.all([ring.kernel, server, client].map(async (shell) => { await shell.end() }))
})

/** Waits until so many MiB more have come. */
const carried = async (shell: Shell, mib: number): Promise<void> => {
  const octets = async (): Promise<number> => Number(/vde0:\s*(\d+)/.exec(await shell.must('grep vde0 /proc/net/dev'))?.[1])
  const goal = await octets() + mib * 2 ** 20
  await waitFor(async () => await octets() >= goal, SETTLE_MS, `${mib} MiB more`)
}

run()
