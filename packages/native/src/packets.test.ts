/** AF_PACKET sockets and requests at a socket, in network namespaces of the test's own. */
import { spawnSync } from 'node:child_process'
import { constants } from 'node:os'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, CLONE_NEWNET, CLONE_NEWUSER } from './index.ts'
import { closeAll, ISOLATED, openCount, pairOf, runScript } from './testing.ts'

const { EBADF, EINVAL, ENOTSOCK, EPERM } = constants.errno

const anywhere = suite('native packets anywhere')
anywhere('what is no packet socket is told', () => {
  const [a, b] = pairOf(1)
  assert.is(native.packetInfo(-1, []), -EBADF)
  assert.is(native.packetInfo(0, []) === -ENOTSOCK || native.packetInfo(0, []) === -25, true)
  assert.is(native.packetInfo(a, []), -25) // ENOTTY
  assert.ok(native.packetPrepare(a) < 0)
  assert.ok(native.packetBind(a, 1) < 0)
  assert.is(native.packetState(-1), -EBADF)
  assert.is(native.packetReceive(a, new Uint8Array(23), 0, 23), -EINVAL)
  assert.is(native.packetSend(a, new Uint8Array(11), 0, 11), -EINVAL)
  if (process.geteuid!() !== 0) assert.is(native.packetOpen(), -EPERM)
  closeAll(a, b)
})
anywhere.run()

const canUnshare = spawnSync('unshare', ['--user', '--net', 'true']).status === 0
const packets = suite('native packets')
const PRELUDE = `
  const ip = (line) => { const { status, stderr } = require('child_process').spawnSync('ip', line.split(' ')); if (status !== 0) throw new Error(line + ': ' + stderr) }
  ip('link add va mtu 9000 type veth peer name vb mtu 9000')
  for (const name of ['va', 'vb']) require('fs').writeFileSync('/proc/sys/net/ipv6/conf/' + name + '/disable_ipv6', '1') // it would send frames of its own
  ip('link set va up'); ip('link set vb up')
  const index = (name) => native.interfaceIndex(name)
  const opened = (name) => { const fd = native.packetOpen(); native.packetPrepare(fd); native.packetIgnoreOutgoing(fd); native.packetBind(fd, index(name)); return fd }
  const until = (ready) => { const end = Date.now() + 5000; while (!ready()) if (Date.now() > end) throw new Error('too late: ' + ready) }
  until(() => require('child_process').execSync('ip link').toString().split('state UP').length === 3)
  const framed = (hex) => Buffer.from('000000000000000000000000' + hex, 'hex')
  const send = (fd, hex) => native.packetSend(fd, framed(hex), 0, framed(hex).length)
  const buf = Buffer.alloc(70000, 0xee)
  const receive = (fd, len = 70000) => { let got; until(() => (got = native.packetReceive(fd, buf, 0, len)) !== -11 && buf.readUInt16BE(24) !== 0x86dd); return got }
`
/** Runs `body`, which prints what it saw. */
const shows = (name: string, body: string, want: string): void => {
  if (!canUnshare) {
    console.log(`SKIP native packets, ${name}: user namespaces are refused`)
    return void packets.skip(name)
  }
  packets(name, () => {
    const { status, out, err } = runScript(PRELUDE + body, ISOLATED)
    assert.is(err, '')
    assert.equal([out.trim(), status], [want, 0])
  })
}

const MACS = 'ffffffffffff020000000001'

shows('frames arrive as they were sent, tags too, behind a header of 12 octets of which 2 stay', `
  const a = opened('va'), b = opened('vb')
  for (const rest of ['88b5aa', '8100a00588b5bb', '88a8000188b5cc', '8100000181000002' + '88b5dd']) {
    const hex = '${MACS}' + rest.padEnd(96, '0')
    send(a, hex)
    const got = receive(b)
    console.log(got, buf.toString('hex', 10, 12), buf.toString('hex', 0, 10), buf.toString('hex', 12, got) === hex)
  }
  console.log(native.packetReceive(b, buf, 0, 70000), native.packetReceive(a, buf, 0, 70000))`,
Array(4).fill('72 eeee 00000000000000000000 true').join('\n') + '\n-11 -11')

shows('a frame that does not fit tells the length it had, its tag counted', `
  const a = opened('va'), b = opened('vb')
  send(a, '${MACS}' + '810000' + '05'.padEnd(200, '0'))
  console.log(receive(b, 60)); buf.fill(0)
  send(a, '${MACS}' + '88b5'.padEnd(200, '0'))
  console.log(receive(b, 60))`,
'127\n124')

shows('what it is bound to: its name, whether it is up, whether it is gone', `
  const a = opened('va'), names = []
  const unbound = native.packetOpen(), lo = native.packetOpen()
  native.packetBind(lo, 1)
  console.log(native.packetInfo(a, names), names[0], native.packetInfo(unbound, names), native.packetInfo(lo, names), native.packetState(unbound))
  console.log(native.packetInterface(a) === index('va'), native.packetState(a), native.setInterfaceUp('va', false), native.packetState(a), native.socketError(a))
  ip('link del vb'); console.log(native.packetState(a), native.packetInterface(a), native.packetInfo(a, names))`,
'0 va -77 -25 -19\ntrue 1 0 0 100\n-19 -19 -77')

shows('frames of the interface itself can be left out', `
  const a = native.packetOpen(); native.packetPrepare(a); console.log(native.packetSkipOwn(a, index('va')), native.packetSkipOwn(a, 999)); native.packetBind(a, index('va'))
  const other = opened('va'), mac = /ether (\\S+)/.exec(require('child_process').execSync('ip link show va'))[1].replaceAll(':', '')
  send(other, 'ffffffffffff' + mac + '88b501'.padEnd(96, '0'))
  send(other, '${MACS}' + '88b502'.padEnd(96, '0'))
  receive(a); console.log(buf[26])`,
'0 -19\n2')

shows('offload of an interface: exactly what the mask says', `
  const socket = native.packetOpen()
  console.log(native.interfaceOffload(socket, 'va', 0x6f), native.interfaceOffload(socket, 'va', 0), native.interfaceOffload(socket, 'no', 0), native.interfaceOffload(-1, 'va', 0))`,
'0 0 -19 -9')

shows('rtnetlink and names at a socket of the namespace', `
  const spawned = native.spawn({ file: 'sleep', argv: ['sleep', '9'], env: [], fds: [-1, 1, 2], namespaces: ${CLONE_NEWNET}, packets: 2, hold: true })
  const link = (fd) => require('fs').readlinkSync('/proc/self/fd/' + fd).startsWith('socket:')
  console.log(spawned.packets.length, spawned.packets.every(link), link(spawned.inside), link(spawned.outside))
  console.log(native.interfaceIndexAt(spawned.inside, 'lo'), native.interfaceIndexAt(spawned.inside, 'va'), native.interfaceIndexAt(spawned.outside, 'va'))
  const up = (index) => { const m = new Uint8Array(32), v = new DataView(m.buffer)
    v.setUint32(0, 32, true); v.setUint16(4, 16, true); v.setUint16(6, 5, true)
    v.setInt32(20, index, true); v.setUint32(24, 1, true); v.setUint32(28, 1, true); return m }
  console.log(native.rtnetlinkAt(spawned.outside, up(1)), native.rtnetlinkAt(spawned.outside, up(42)), native.rtnetlinkAt(spawned.outside, new Uint8Array(16)))
  native.pidfdSignal(spawned.pidfd, 9)`,
'2 true true true\n1 -19 -19\n0 -19 -22')
packets.run()

const spawning = suite('native spawn with packets')
spawning('descriptors come up and are counted, and nothing is left of a failure', () => {
  const spec = { argv: ['true'], env: [], fds: [-1, 1, 2], namespaces: CLONE_NEWUSER | CLONE_NEWNET, packets: 300, hold: true }
  const before = openCount()
  const made = native.spawn({ file: '/bin/true', ...spec })
  if ('step' in made) {
    console.log(`SKIP native spawn with packets: ${made.step} ${native.strerror(made.errno)}`)
    return
  }
  assert.equal([made.packets.length, made.taps.length], [300, 0])
  assert.is(openCount(), before + 300 + 4)
  native.pidfdSignal(made.pidfd, 9)
  native.poll(made.pidfd, 1, 5000)
  native.pidfdWait(made.pidfd)
  closeAll(...made.packets, made.inside!, made.outside!, made.hold, made.pidfd)
  const failed = native.spawn({ file: '/bin/true', ...spec, cwd: '/no-such-directory' })
  assert.is('step' in failed && failed.step, 'chdir')
  assert.is(openCount(), before)
  assert.throws(() => native.spawn({ file: '/bin/true', ...spec, packets: -1 }), TypeError)
})
spawning.run()
