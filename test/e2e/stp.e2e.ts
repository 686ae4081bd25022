/** Spanning tree among switches of ours, the C switch, Open vSwitch and the kernel's bridge. */
import * as assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import {
  bridge, cable, consoleSays, healing, MIXED_NEEDS, MixedRing, oneCopyEach, ours, Ovs, OVS_NEEDS, PlugPipe, rested, ring, run,
  Shell, test, waitFor
} from './kit/index.ts'

const OURS = ['vde_switch', 'vde_plug']
/** Migrate Time, and a little: until stations are known to be no bridges. */
const SETTLE_MS = 15_000

test('a ring of ours is cut, and heals at once where a cable ends, soon where it falls silent', { ours: OURS, ms: 60_000 }, async (scene) => {
  const { nets: [a, b, c], stations } = await ring(scene, 'ooo')
  let first = cable(scene, a!.dir, b!.dir)
  cable(scene, b!.dir, c!.dir)
  cable(scene, c!.dir, a!.dir)
  await oneCopyEach(stations, SETTLE_MS)
  for (let round = 0; round < 2; round++) {
    await rested([a!, b!, c!])
    const ms = await healing(stations[0]!, stations[1]!, 1000, () => { first.kill('SIGKILL') })
    console.log(`        healed in ${ms} ms`)
    await oneCopyEach(stations, SETTLE_MS)
    first = cable(scene, a!.dir, b!.dir)
    await waitFor(async () => /role=Alternate/.test(await consoleSays(c!, 'fstp/print')), SETTLE_MS, 'an alternate port')
    await oneCopyEach(stations, SETTLE_MS)
  }
  await rested([a!, b!, c!])
  const ms = await healing(stations[0]!, stations[1]!, 8000, () => { first.kill('SIGSTOP') })
  console.log(`        healed in ${ms} ms without a signal`)
  first.kill('SIGCONT')
  await oneCopyEach(stations, SETTLE_MS)
})

for (const [kinds, priority] of [['oc', '0x9000'], ['oco', '0x1000'], ['cco', '0x8000'], ['occo', '0x9000']] as const) {
  test(`a ring ${kinds} of ours and C switches, the first with priority ${priority}`, { needs: ['vde_switch'], ours: OURS }, async (scene) => {
    const { nets, stations } = await ring(scene, kinds, ['--priority', priority])
    for (const [i, { dir }] of nets.entries()) cable(scene, dir, nets[(i + 1) % nets.length]!.dir)
    await oneCopyEach(stations, 2 * SETTLE_MS)
    assert.match(await consoleSays(nets[kinds.indexOf('o')]!, 'fstp/print'), /speaks=fstp/)
  })
}

test('mode fstp: a tree for each VLAN, in a ring with C switches', { needs: ['vde_switch'], ours: OURS }, async (scene) => {
  const { nets, stations } = await ring(scene, 'occ')
  await consoleSays(nets[0]!, 'fstp/mode fstp')
  const behind = ['vlan/create 5', 'port/create 10', 'port/create 11', 'vlan/addport 5 10', 'vlan/addport 5 11', 'port/create 12', 'port/setvlan 12 5']
  for (const net of nets) for (const command of behind) await consoleSays(net, command)
  const tagged = nets.map(({ dir }, i) => new PlugPipe(scene, [ours('vde_plug'), `${dir}[12]`], 50 + i))
  for (const [i, { dir }] of nets.entries()) cable(scene, `${dir}[10]`, `${nets[(i + 1) % nets.length]!.dir}[11]`)
  await oneCopyEach(stations, 2 * SETTLE_MS)
  await oneCopyEach(tagged, 2 * SETTLE_MS)
})

test('a ring with Open vSwitch, rapid spanning tree', { needs: OVS_NEEDS, ours: OURS, ms: 60_000 }, async (scene) => {
  const ovs = await Ovs.start(scene, ['rstp_enable=true'])
  const { nets: [a, b], stations } = await ring(scene, 'oo')
  const edge = await ovs.port('edge', ['--', 'set', 'port', 'edge', 'other_config:rstp-port-admin-edge=true'], 9)
  ovs.setUp('edge', true)
  const first = cable(scene, a!.dir, await ovs.wire('w1'))
  cable(scene, b!.dir, await ovs.wire('w2'))
  cable(scene, a!.dir, b!.dir)
  await oneCopyEach([...stations, edge], SETTLE_MS)
  assert.match(await consoleSays(b!, 'fstp/print'), /role=Alternate.* speaks=rstp/)
  assert.match(ovs.appctl('rstp/show', 'br0'), /stp-system-id +02:00:00:00:01:01/)
  const ms = await healing(stations[0]!, edge, 2000, () => {
    first.kill('SIGKILL')
    ovs.setUp('w1', false)
  })
  console.log(`        healed in ${ms} ms`)
  await oneCopyEach([...stations, edge], SETTLE_MS)
})

test('a ring with Open vSwitch, spanning tree of 1998', { needs: OVS_NEEDS, ours: OURS, ms: 60_000 }, async (scene) => {
  const ovs = await Ovs.start(scene, ['stp_enable=true', 'other_config:stp-priority=4096', 'other_config:stp-hello-time=1',
    'other_config:stp-max-age=6', 'other_config:stp-forward-delay=4'])
  const { nets: [a, b], stations } = await ring(scene, 'oo')
  const edge = await ovs.port('edge', [], 9)
  ovs.setUp('edge', true)
  cable(scene, a!.dir, await ovs.wire('w1'))
  cable(scene, b!.dir, await ovs.wire('w2'))
  cable(scene, a!.dir, b!.dir)
  await oneCopyEach([...stations, edge], 3 * SETTLE_MS)
  const tree = await consoleSays(a!, 'fstp/print')
  assert.match(tree, /root 10:00:/)
  assert.match(tree, /role=Root.* speaks=stp/)
  assert.match(tree, /speaks=rstp/, 'between the two it is rapid')
})

test('a ring with the kernel\'s bridge', { needs: ['user', 'tun', 'userns', 'ip'], ours: [...OURS, 'vdens'], ms: 60_000 }, async (scene) => {
  const { nets: [a, b], stations } = await ring(scene, 'oo')
  const kernel = new Shell(scene, [ours('vdens'), '--multi', a!.dir, b!.dir, '--'])
  await kernel.must('ip link add br0 type bridge stp_state 1 forward_delay 400 hello_time 100 max_age 600 priority 4096')
  await kernel.must('for i in vde0 vde1; do ip link set $i up; ip link set $i master br0; done; ip link set br0 up')
  cable(scene, a!.dir, b!.dir)
  await oneCopyEach(stations, 3 * SETTLE_MS)
  const tree = await consoleSays(a!, 'fstp/print')
  assert.match(tree, /root 10:00:/)
  assert.match(tree, /speaks=stp/)
  await kernel.end()
})

test('a ring of ours, Open vSwitch and the kernel\'s bridge is cut, and heals', {
  needs: [...OVS_NEEDS, ...MIXED_NEEDS], ours: [...OURS, 'vdens'], ms: 90_000
}, async (scene) => {
  const ring = await MixedRing.start(scene)
  const { net, near, edge, kernel } = ring
  await oneCopyEach([near, edge], SETTLE_MS)
  assert.match(await consoleSays(net, 'fstp/print'), /role=Alternate.* speaks=stp/)
  await rested([net])
  const ms = await healing(near, edge, 2000, () => { ring.cut() })
  console.log(`        healed in ${ms} ms`)
  await oneCopyEach([near, edge], SETTLE_MS)
  await kernel.end()
})

test('tshark decodes what each mode sends without a warning', { needs: ['tshark'], ours: OURS }, async (scene) => {
  const modes = [['rstp', '2\t0x02'], ['stp', '0\t0x00'], ['fstp', '2\t0x02']] as const
  await Promise.all(modes.map(async ([mode, wanted], i) => {
    const net = await bridge(scene, 'ours', 1 + i)
    const console = await net.console()
    for (const command of [`fstp/mode ${mode}`, 'vlan/create 5', 'port/create 1', 'vlan/addport 5 1']) await console.ask(command)
    const { frames, proc } = new PlugPipe(scene, [ours('vde_plug'), `${net.dir}[1]`], 1)
    const bpdus = (): Buffer[] => frames.filter((bytes) => bytes.toString('hex', 0, 6) === '0180c2000000')
    await waitFor(() => bpdus().length >= 3, SETTLE_MS, 'three BPDUs', () => proc.story)
    assert.equal(bpdus().some((bytes) => bytes.toString('hex', 12, 16) === '81000005'), mode === 'fstp')
    const file = scene.path(`${mode}.pcap`)
    writeFileSync(file, pcap(bpdus()))
    const fields = ['-e', 'stp.version', '-e', 'stp.type', '-e', '_ws.expert.message', '-e', '_ws.malformed']
    const { out } = await scene.run(['/usr/bin/tshark', '-r', file, '-T', 'fields', ...fields], { ms: 20_000 })
    for (const text of out.trimEnd().split('\n')) assert.equal(text.trimEnd(), wanted, mode)
  }))
})

/** A capture file of the old format, Ethernet. */
const pcap = (frames: readonly Buffer[]): Buffer => {
  const head = Buffer.alloc(24)
  head.writeUInt32LE(0xa1b2c3d4, 0)
  head.writeUInt16LE(2, 4)
  head.writeUInt16LE(4, 6)
  head.writeUInt32LE(65535, 16)
  head.writeUInt32LE(1, 20)
  return Buffer.concat([head, ...frames.flatMap((bytes) => {
    const record = Buffer.alloc(16)
    record.writeUInt32LE(bytes.length, 8)
    record.writeUInt32LE(bytes.length, 12)
    return [record, bytes]
  })])
}

run()
