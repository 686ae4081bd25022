/** Interfaces are made only in network namespaces of the test's own, so each test runs in a process there. */
import { constants } from 'node:os'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native } from './index.ts'
import { closeAll, ISOLATED, namespaceObstacle, pairOf, runScript } from './testing.ts'

const { EBADF, EINVAL, ENAMETOOLONG, ENODEV, ENOENT, ENOTTY, EPERM } = constants.errno

const anywhere = suite('native taps anywhere')
anywhere('errors of opening', () => {
  assert.is(native.tapOpen('x', 2, [], '/dev/no-such-tun'), -ENOENT)
  assert.is(native.tapOpen('x', 2, [], '/dev/null'), -ENOTTY)
  assert.is(native.tapOpen('1234567890123456', 2, []), -ENAMETOOLONG)
  assert.throws(() => native.tapOpen('x', 2, null as unknown as string[]), TypeError)
})
anywhere('what is no tap is told', () => {
  const [a, b] = pairOf(1)
  assert.ok(native.tapInfo(a, []) < 0)
  assert.is(native.tapPersist(-1, true), -EBADF)
  assert.is(native.tapOwner(-1, 0), -EBADF)
  assert.is(native.tapGroup(-1, 0), -EBADF)
  assert.is(native.tapOffload(-1, 0), -EBADF)
  assert.is(native.tapHeaderSize(-1, 12), -EBADF)
  assert.is(native.tapCarrier(-1, true), -EBADF)
  closeAll(a, b)
})
anywhere('interfaces: lo is there, others are ENODEV', () => {
  assert.ok(native.interfaceMtu('lo') >= 1500)
  assert.is(native.interfaceIndex('lo'), 1)
  // Asked first whether it may, an ordinary user learns no more.
  const refused = process.geteuid?.() === 0 ? -ENODEV : -EPERM
  for (const name of ['no-such-if', '1234567890123456', 'x'.repeat(4000)]) {
    assert.is(native.interfaceMtu(name), -ENODEV)
    assert.is(native.interfaceIndex(name), -ENODEV)
    assert.is(native.setInterfaceMtu(name, 1500), name.length > 15 ? -ENODEV : refused)
    assert.is(native.setInterfaceUp(name, true), -ENODEV)
  }
})
anywhere('rtnetlink refuses what would never be answered', () => {
  assert.is(native.rtnetlink(new Uint8Array(8)), -EINVAL)
  const message = new Uint8Array(16)
  const view = new DataView(message.buffer)
  view.setUint32(0, 16, true)
  assert.is(native.rtnetlink(message), -EINVAL) // no NLM_F_ACK
  view.setUint16(6, 5, true)
  view.setUint32(0, 17, true)
  assert.is(native.rtnetlink(message), -EINVAL) // longer than it is
})
anywhere.run()

const obstacle = namespaceObstacle()
const taps = suite('native taps')
const PRELUDE = `
  const open = (name, flags) => { const names = []; const fd = native.tapOpen(name, flags, names); return [fd, names[0]] }
  const hex = (n) => n < 0 ? String(n) : n.toString(16)
`
/** Runs `body`, which prints what it saw. */
const shows = (name: string, body: string, want: string): void => {
  if (obstacle !== null) {
    console.log(`SKIP native taps, ${name}: ${obstacle}`)
    return void taps.skip(name)
  }
  taps(name, () => {
    const { status, out, err } = runScript(PRELUDE + body, ISOLATED)
    assert.is(err, '')
    assert.equal([out.trim(), status], [want, 0])
  })
}

shows('tapOpen names, tapInfo tells the flags exactly', `
  const [a, name] = open('vt0', 0x1002); const [b] = open('vt1', 0x2); const [c] = open('vt2', 0x5002); const [d] = open('vt3', 0x1001)
  const names = []
  console.log(name, [a, b, c].map((fd) => hex(native.tapInfo(fd, names))).join(), names[0])
  console.log(hex(native.tapInfo(d, names) & 3), open('', 0x1002)[1], open('vt%d', 0x1002)[1])`,
'vt0 1002,2,5002 vt2\n1 tap0 vt4')

shows('a tap is non-blocking and close-on-exec', `
  const [fd] = open('vt0', 0x1002)
  console.log(/flags:\\s+(\\d+)/.exec(require('fs').readFileSync('/proc/self/fdinfo/' + fd))[1])
  console.log(native.read(fd, new Uint8Array(100), 0, 100), native.readNowait(fd, new Uint8Array(100), 0, 100))`,
'02104002\n-11 ' + '-11')

shows('frames go both ways, up to 64 KiB', `
  const [fd] = open('vt0', 0x1002)
  console.log(native.write(fd, new Uint8Array(60), 0, 60), 'down')
  console.log(native.setInterfaceMtu('vt0', 65521), native.interfaceMtu('vt0'), native.setInterfaceUp('vt0', true))
  console.log(native.write(fd, new Uint8Array(65535), 0, 65535), native.writeNowait(fd, new Uint8Array(60), 0, 60))
  const buf = new Uint8Array(2048)
  console.log(native.poll(fd, 1, 5000), native.read(fd, buf, 0, 2048) >= 42, native.setInterfaceUp('vt0', false))`,
'-5 down\n0 65521 0\n65535 60\n1 true 0')

shows('header size, offload, carrier', `
  const [fd] = open('vt0', 0x5002)
  console.log(native.tapHeaderSize(fd, 12), native.tapHeaderSize(fd, 3), native.tapOffload(fd, 1), native.tapOffload(fd, 0))
  native.setInterfaceUp('vt0', true)
  const carrier = () => require('child_process').execSync('ip -br link show vt0').toString().includes('LOWER_UP')
  console.log(native.tapCarrier(fd, false), carrier(), native.tapCarrier(fd, true), carrier())`,
'0 -22 0 0\n0 false 0 true')

shows('a persistent tap stays and is joined by its owner', `
  const [fd] = open('vt0', 0x1002)
  console.log(native.tapOwner(fd, 0), native.tapGroup(fd, 0), native.tapPersist(fd, true), native.close(fd))
  console.log(native.interfaceIndex('vt0') > 0, open('vt0', 0x9002)[0])
  const [again] = open('vt0', 0x1002)
  console.log(native.tapOwner(again, 12345), native.tapPersist(again, false), native.close(again), native.interfaceIndex('vt0'))`,
'0 0 0 0\ntrue -16\n-22 0 0 -19')

shows('rtnetlink acknowledges, and tells errors', `
  const message = (index) => { const m = new Uint8Array(32), v = new DataView(m.buffer)
    v.setUint32(0, 32, true); v.setUint16(4, 16, true); v.setUint16(6, 5, true); v.setUint32(8, 77, true)
    v.setInt32(20, index, true); v.setUint32(24, 1, true); v.setUint32(28, 1, true); return m }
  const up = () => require('child_process').execSync('ip -br link show lo').toString().includes('<LOOPBACK,UP')
  console.log(up(), native.rtnetlink(message(1)), up(), native.rtnetlink(message(4242)))`,
'false 0 true -19')
taps.run()
