/**
 * The attach protocol on Debian's 6.1 kernel, which has no RWF_NOWAIT for TAPs and no UDP segmentation offload: in a virtual
 * machine, with this machine's programs. VDE_TS_KERNEL_61 names the extracted package, see .ci/run.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { build } from 'esbuild'
import { bootGuest, ROOT, run, test, type Scene } from './kit/index.ts'

const NEEDS = ['kernel 6.1', 'qemu-system-x86_64', 'busybox', 'cpio', 'dash', 'ip', 'ping', 'iperf3', 'setpriv', 'sysctl']

/** Where bundles lie in the guest: the addon is at `../build/vde_native.node` from there. */
const BUNDLES = join(ROOT, 'packages/native/guest')
const COMMANDS = join(ROOT, 'packages/cli/dist/bin')

/** What the kernel has, as the suite finds out. */
const FACTS = `
import { native } from '@vde-ts/native'
import { enableOffload, isTapFailure, openTap } from '@vde-ts/tun-tap'
import { hasNowait } from '@vde-ts/schemes/nowait.js'
import { startNamespace } from '@vde-ts/namespace'
const tap = openTap({ vnetHeader: true })
if (isTapFailure(tap)) throw new Error(tap.detail)
const namespace = startNamespace({ command: ['true'], interfaces: ['vde0'], medium: 'packet' })
const { takesUso } = await import('@vde-ts/tun-tap')
console.log('facts:', JSON.stringify({ nowait: hasNowait(tap.fd), offload: enableOffload(tap.fd), uso: takesUso(namespace.taps[0]) }))
namespace.release()
`

/** Sends 5000 octets to be cut into datagrams of 1000 (UDP_SEGMENT), or says what arrives. */
const UDP = `
import { native, ADDRESS_STRIDE, AF_INET, DGRAM, IN } from '@vde-ts/native'
import { parseAddress } from '@vde-ts/schemes/internet/address.js'
const [, , role, text] = process.argv
const fd = native.internetSocket(AF_INET, DGRAM)
const address = parseAddress(text, 9)
const octets = new Uint8Array(9000)
if (role === 'send') {
  native.setOption(fd, 17, 103, 1000)
  native.connectInternet(fd, address, 0, ADDRESS_STRIDE)
  console.log('sent:', native.send(fd, octets, 0, 5000))
} else {
  native.bindInternet(fd, address, 0, ADDRESS_STRIDE)
  const got = []
  while (got.length < 5 && native.poll(fd, IN, 30_000) > 0) got.push(native.receive(fd, octets, 0, octets.length))
  console.log('segments:', got.join())
}
`

const SCRIPT = `
echo "kernel: $(uname -r)"
node ${BUNDLES}/facts.mjs
echo "== attach"; VDE_ATTACH_TEST=1 node ${BUNDLES}/attach.mjs; echo "attach: $?"
echo "== users"
chmod 666 /dev/net/tun
as() { id=$1; shift; setpriv --reuid $id --regid $id --clear-groups "$@"; }
mkdir -m 777 /tmp/net; cd /tmp/net
as 1001 ${COMMANDS}/vde_switch.cjs -s /tmp/net/sw -m 666 --dirmode 755 -M /tmp/net/mgmt -d
inside() { n=$1; shift; "$@" /tmp/net/sw sh -c "ip addr add 10.0.0.$n/24 dev vde0; ip link set vde0 up; exec iperf3 -s >/dev/null" & }
inside 1 as 1001 ${COMMANDS}/vdens.cjs
as 1001 ${COMMANDS}/vdens.cjs /tmp/net/sw sh -c 'ip addr add 10.0.0.6/24 dev vde0; ip link set vde0 up; node ${BUNDLES}/udp.mjs receive 0.0.0.0; exec sleep 100' &
inside 2 as 1001 ${COMMANDS}/vdens.cjs --packet
inside 3 ${COMMANDS}/vdens.cjs
inside 4 as 1002 ${COMMANDS}/vdens.cjs
inside 5 as 1002 ${COMMANDS}/vdens.cjs --packet
ports() { ${COMMANDS}/unixcmd.cjs -s /tmp/net/mgmt port/allprint; }
for i in $(seq 60); do [ "$(ports | grep -c 'endpoint ID')" = 6 ] && break; sleep 0.1; done
ports
as 1001 ${COMMANDS}/vdens.cjs --packet /tmp/net/sw sh -c '
  ip addr add 10.0.0.8/24 dev vde0; ip link set vde0 up; ping -q -c 1 -w 10 10.0.0.6 >/dev/null; node ${BUNDLES}/udp.mjs send 10.0.0.6; sleep 1'
as 1001 ${COMMANDS}/vdens.cjs /tmp/net/sw sh -c '
  ip addr add 10.0.0.9/24 dev vde0; ip link set vde0 up
  for i in 1 2 3 4 5; do
    ping -q -c 3 -i 0.2 -w 10 10.0.0.$i >/dev/null && echo "ping $i: ok"
    iperf3 -c 10.0.0.$i -n 2M -f m | sed -n "s/^/tcp $i: /; /receiver/p"
  done'
`

/** A bundle for the guest, of a file or of `text`. */
const bundle = async (entry: { readonly file: string } | { readonly text: string }): Promise<string> => {
  const input = 'file' in entry
    ? { entryPoints: [join(ROOT, entry.file)] }
    : { stdin: { contents: entry.text, resolveDir: join(ROOT, 'packages/cli'), loader: 'ts' as const } }
  const { outputFiles } = await build({
    ...input,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['source'],
    banner: { js: "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url)" },
    logLevel: 'warning'
  })
  return outputFiles[0]!.text
}

const boot = async (scene: Scene): Promise<string> => await bootGuest(scene, {
  kernel: process.env['VDE_TS_KERNEL_61']!,
  modules: ['tun', 'veth'],
  programs: ['node', 'ip', 'ping', 'iperf3', 'setpriv', 'sysctl'],
  files: [COMMANDS, join(ROOT, 'packages/native/build')],
  texts: {
    [`${BUNDLES}/facts.mjs`]: await bundle({ text: FACTS }),
    [`${BUNDLES}/udp.mjs`]: await bundle({ text: UDP }),
    [`${BUNDLES}/attach.mjs`]: await bundle({ file: 'packages/schemes/src/attach.test.ts' })
  },
  script: SCRIPT,
  ms: 120_000
})

test('attach on Linux 6.1', { needs: NEEDS, ours: ['vde_switch', 'vdens', 'unixcmd'], ms: 130_000 }, async (scene) => {
  const out = await boot(scene)
  assert.match(out, /^kernel: 6\.1\./m)
  assert.match(out, /^facts: \{"nowait":false,"offload":15,"uso":false\}$/m, out)
  assert.match(out, /^attach: 0$/m, out)
  // The own user's and root's are taken, another user joins by datagrams.
  const modules = [...out.matchAll(/endpoint ID \d+ module (\w+ \w+)/g)].map(([, name]) => name).sort()
  assert.deepEqual(modules, ['packet attached', 'tap attached', 'tap attached', 'tap attached', 'unix prog', 'unix prog'], out)
  // Before 6.2 a packet socket loses frames that hold UDP segments: the interface has to cut them itself.
  assert.match(out, /^segments: 1000,1000,1000,1000,1000$/m, out)
  for (const n of [1, 2, 3, 4, 5]) {
    assert.match(out, new RegExp(`^ping ${n}: ok$`, 'm'), out)
    assert.match(out, new RegExp(`^tcp ${n}: .* [\\d.]+ Mbits/sec +receiver`, 'm'), out)
  }
})

run()
