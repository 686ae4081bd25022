/**
 * A User-Mode Linux guest on our switch by `eth0=daemon`: it asks with the 124 octets and the abstract address that no
 * other client has. Debian's kernel, a static busybox as its only program, commands over its console.
 */
import assert from 'node:assert/strict'
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { asUser, endPeer, namespace, ours, ourSwitch, packInitrd, peer, run, SIDE, test, waitFor, type Proc, type Scene } from './kit/index.ts'

const NEEDS = ['linux.uml', 'busybox', 'cpio', 'userns', 'tun', 'ping', 'ip']
const BOOT_MS = 30_000

/** Runs each line it reads, and says what became of it. */
const INIT = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox --install /bin
ip link set eth0 up
echo READY
while read -r line; do sh -c "$line"; echo "status=$?"; done
poweroff -f
`

/** Makes the archive the guest boots from. */
const initramfs = async (scene: Scene): Promise<string> => {
  const root = scene.path('root')
  for (const name of ['bin', 'proc', 'dev']) mkdirSync(`${root}/${name}`, { recursive: true })
  copyFileSync(peer('busybox'), `${root}/bin/busybox`)
  writeFileSync(`${root}/init`, INIT)
  for (const name of ['bin/busybox', 'init']) chmodSync(`${root}/${name}`, 0o755)
  return await packInitrd(scene, root)
}

/** A booted guest on the switch. */
const guest = async (scene: Scene, directory: string): Promise<Proc> => {
  const image = await initramfs(scene)
  const home = scene.shared('home')
  const proc = scene.start(asUser([peer('linux.uml'), 'mem=64M', `initrd=${image}`, 'con=null', 'con0=fd:0,fd:1',
    `eth0=daemon,52:54:00:00:00:09,unix,${directory}/ctl`, 'quiet']), { env: { HOME: home, TMPDIR: home } })
  await proc.says(/READY/, BOOT_MS)
  return proc
}

/** Runs one line in the guest. @returns what it wrote */
const inside = async (vm: Proc, line: string): Promise<string> => {
  const from = vm.out.length
  vm.write(`${line}\n`)
  await waitFor(() => /status=\d/.test(vm.out.slice(from)), 15_000, `the end of "${line}"`, () => vm.out.slice(-300))
  const text = vm.out.slice(from)
  assert.match(text, /status=0/, text)
  return text
}

test('a User-Mode Linux guest and a namespace on our switch', { needs: NEEDS, ours: ['vde_switch', 'vdens'], ms: 90_000 }, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const vm = await guest(scene, net.dir)
  const space = namespace(scene, ours('vdens'), [net.dir])
  await space.address('10.99.0.1/24')
  await inside(vm, 'ip addr add 10.99.0.9/24 dev eth0')
  await inside(vm, 'ping -c 3 -s 1400 10.99.0.1')
  await space.ping('10.99.0.9')
  const console = await net.console()
  assert.match(await console.ask('hash/print'), /52:54:00:00:00:09/)
  assert.match(await console.ask('port/print'), /Port 0001/)
  await (SIDE === 'c' ? endPeer(space) : space.end())
  vm.write('poweroff -f\n')
  await vm.ends(10_000)
})

run()
