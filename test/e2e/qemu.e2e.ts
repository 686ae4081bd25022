/**
 * A QEMU guest on our switch by `-netdev vde`. The guest is the iPXE of QEMU's own network card ROM, driven over its
 * serial line: it needs no disk image, boots in seconds without KVM, asks for leases and answers pings.
 */
import assert from 'node:assert/strict'
import { namespace, ours, ourSwitch, peer, endPeer, run, SIDE, test, waitFor, asUser, type Proc, type Scene } from './kit/index.ts'

const NEEDS = ['qemu-system-x86_64', 'userns', 'tun', 'ping', 'ip']
/** Emulated without KVM on a busy machine; alone it takes some 6 s. */
const BOOT_MS = 60_000

/** Starts a guest on the network and answers at its `iPXE>` prompt. */
const guest = async (scene: Scene, vnl: string, address: string): Promise<Proc> => {
  const proc = scene.start(asUser([peer('qemu-system-x86_64'), '-accel', 'tcg', '-M', 'pc,graphics=off', '-m', '64', '-nodefaults',
    '-display', 'none', '-vga', 'none', '-serial', 'stdio', '-no-reboot',
    '-device', `virtio-net-pci,netdev=n0,bootindex=1,mac=${address}`, '-netdev', `vde,id=n0,sock=${vnl}`]))
  await proc.says(/Ctrl-B for the iPXE command line/, BOOT_MS)
  proc.write('\x02')
  await proc.says(/iPXE> /, BOOT_MS)
  return proc
}

/** Types key by key, each after the echo of the one before: the emulated UART loses what comes faster than it is read. */
const type = async (proc: Proc, keys: string): Promise<void> => {
  for (const key of keys) {
    const before = proc.out.length
    do proc.write(key)
    while (!await waitFor(() => proc.out.length > before, 3000, 'echo').catch(() => false))
  }
}

/** Runs one iPXE command; its end shows as the next prompt. */
const command = async (proc: Proc, line: string, ms = BOOT_MS): Promise<string> => {
  const from = proc.out.length
  await type(proc, line + '\r')
  await waitFor(() => proc.out.slice(from).includes('iPXE> '), ms, `the end of "${line}"`, () => proc.out.slice(-300))
  return proc.out.slice(from)
}

test('a QEMU guest, a namespace and the C slirpvde on our switch', { needs: [...NEEDS, 'slirpvde'], ours: ['vde_switch', 'vdens'], ms: 120_000 }, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const slirp = scene.start(asUser([peer('slirpvde'), '-s', net.dir, '-D']))
  await slirp.says(/vde switch/, 5000, 'err')
  const space = namespace(scene, ours('vdens'), [net.dir])
  await space.address('10.0.2.99/24')
  const vm = await guest(scene, net.dir, '52:54:00:00:00:01')
  // The lease: a broadcast from the guest, and unicast answers to it.
  assert.match(await command(vm, 'dhcp net0'), / ok/)
  const address = /10\.0\.2\.\d+/.exec(await command(vm, 'show net0/ip:ipv4'))?.[0] ?? 'none'
  await space.ping(address, 30_000)
  assert.match(await space.must(`ip neigh show ${address}`), /52:54:00:00:00:01/)
  assert.match(await (await net.console()).ask('hash/print'), /52:54:00:00:00:01/)
  await space.ping('10.0.2.2')
  await (SIDE === 'c' ? endPeer(space) : space.end())
  await vm.stop('SIGTERM')
})

run()
