import { constants } from 'node:os'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ADDRESS, ADDRESS_STRIDE, AF_INET, AF_INET6, DGRAM, IN, native } from './index.ts'
import { bytesPerRun, closeAll, flagsOf } from './testing.ts'

const { EADDRNOTAVAIL, EAFNOSUPPORT, EAGAIN, EINVAL } = constants.errno
const SOL_SOCKET = 1
const SO_REUSEADDR = 2
const UDP = 17
const UDP_GRO = 104
const IP = 0
const IP_MULTICAST_LOOP = 34

/** A sockaddr_in or sockaddr_in6 of `host` (octets) and `port`. */
const addressOf = (family: number, host: readonly number[], port: number): Uint8Array => {
  const address = new Uint8Array(ADDRESS_STRIDE)
  new Uint16Array(address.buffer)[0] = family
  address.set([port >> 8, port & 255], 2)
  address.set(host, family === AF_INET ? 4 : 8)
  return address
}

const LOOPBACK = { [AF_INET]: [127, 0, 0, 1], [AF_INET6]: [...new Array<number>(15).fill(0), 1] }

/** A UDP socket on a port of its own of the loopback address, and that address; null where there is none. */
const station = (family: 2 | 10): { fd: number, address: Uint8Array } | null => {
  const fd = native.internetSocket(family, DGRAM)
  const address = addressOf(family, LOOPBACK[family] ?? [], 0)
  if (fd >= 0 && native.bindInternet(fd, address, 0, ADDRESS) === -EADDRNOTAVAIL) return null
  assert.is(native.localAddress(fd, address, 0, ADDRESS), 0)
  return { fd, address }
}

const datagrams = suite('native datagrams with addresses')

for (const family of [AF_INET, AF_INET6] as const) {
  datagrams(`family ${family}: a batch arrives with its sender, super-datagrams are cut and put together`, () => {
    const a = station(family)
    const b = station(family)
    if (a === null || b === null) return // no IPv6 on this machine
    const buf = Uint8Array.from({ length: 3000 }, (_, i) => i)
    const messages = new Int32Array([0, 60, 0, 0, 60, 1400, 0, 0])
    assert.is(native.sendTo(a.fd, buf, messages, 0, 2, b.address), 2)
    const into = new Uint8Array(4 * 4000)
    const lengths = new Int32Array(8)
    const from = new Uint8Array(4 * ADDRESS_STRIDE).fill(9)
    assert.is(native.receiveFrom(b.fd, into, 0, 4000, 4000, 4, lengths, from), 2)
    assert.equal([...lengths.subarray(0, 4)], [60, 0, 1400, 0])
    assert.equal(into.subarray(4000, 5400), buf.subarray(60, 1460))
    assert.equal(from.subarray(ADDRESS_STRIDE, 2 * ADDRESS_STRIDE), a.address)

    assert.is(native.setOption(b.fd, UDP, UDP_GRO, 1), 0)
    assert.is(native.connectInternet(a.fd, b.address, 0, ADDRESS), 0)
    assert.is(native.sendTo(a.fd, buf, new Int32Array([0, 3000, 1400, -1]), 0, 1, from), 1)
    assert.is(native.receiveFrom(b.fd, into, 0, 4000, 4000, 4, lengths, from), 1)
    assert.equal([...lengths.subarray(0, 2)], [3000, 1400])
    assert.equal(into.subarray(0, 3000), buf)
    assert.is(native.receiveFrom(b.fd, into, 0, 4000, 4000, 4, lengths, from), -EAGAIN)
    closeAll(a.fd, b.fd)
  })
}

datagrams('a group is heard after it was joined', () => {
  const group = addressOf(AF_INET, [239, 255, 77, 1], 0)
  const b = native.internetSocket(AF_INET, DGRAM)
  assert.is(native.setOption(b, SOL_SOCKET, SO_REUSEADDR, 1), 0)
  assert.is(native.getOption(b, SOL_SOCKET, SO_REUSEADDR), 1)
  assert.is(native.bindInternet(b, group, 0, ADDRESS), 0)
  assert.is(native.localAddress(b, group, 0, ADDRESS), 0)
  const loopback = native.interfaceIndex('lo')
  assert.is(native.joinGroup(b, group, 0, ADDRESS, loopback), 0)
  const a = native.internetSocket(AF_INET, DGRAM)
  assert.is(native.multicastInterface(a, AF_INET, loopback), 0)
  assert.is(native.setOption(a, IP, IP_MULTICAST_LOOP, 1), 0)
  assert.is(native.sendTo(a, new Uint8Array(60), new Int32Array([0, 60, 0, 0]), 0, 1, group), 1)
  assert.is(native.poll(b, IN, 1000), IN)
  closeAll(a, b)
})

datagrams('sockets are close-on-exec and non-blocking, families are these two', () => {
  const fd = native.internetSocket(AF_INET, DGRAM)
  assert.is(flagsOf(fd) & 0o2004000, 0o2004000)
  assert.is(native.internetSocket(1, DGRAM), -EAFNOSUPPORT)
  assert.is(native.bindInternet(fd, new Uint8Array(ADDRESS), 0, ADDRESS), -EAFNOSUPPORT)
  assert.is(native.bindInternet(fd, new Uint8Array(ADDRESS), 0, ADDRESS - 1), -EINVAL)
  closeAll(fd)
})

datagrams('what lies outside throws RangeError, or is EINVAL for a message', () => {
  const buf = new Uint8Array(10)
  const one = new Uint8Array(ADDRESS_STRIDE)
  assert.throws(() => native.receiveFrom(-1, buf, 0, 5, 5, 2, new Int32Array(3), new Uint8Array(64)), RangeError)
  assert.throws(() => native.receiveFrom(-1, buf, 0, 5, 5, 2, new Int32Array(4), one), RangeError)
  assert.throws(() => native.receiveFrom(-1, buf, 0, 5, 6, 2, new Int32Array(4), new Uint8Array(64)), RangeError)
  assert.throws(() => native.sendTo(-1, buf, new Int32Array(7), 0, 2, one), RangeError)
  for (const message of [[0, 11, 0, -1], [-1, 2, 0, -1], [0, -1, 0, -1], [0, 1, 0, 1]]) {
    assert.is(native.sendTo(-1, buf, new Int32Array(message), 0, 1, one), -EINVAL, String(message))
  }
  assert.is(native.sendTo(-1, buf, new Int32Array([0, 1, 0, 0]), 0, 1, one), -EAFNOSUPPORT)
})

const costly = globalThis.gc === undefined ? datagrams.skip : datagrams
costly('sending and receiving allocate nothing', () => {
  const a = station(AF_INET)
  const b = station(AF_INET)
  if (a === null || b === null) return
  const buf = new Uint8Array(4096)
  const messages = new Int32Array([0, 60, 0, 0, 60, 120, 60, 0])
  const lengths = new Int32Array(8)
  const from = new Uint8Array(4 * ADDRESS_STRIDE)
  assert.ok(bytesPerRun(() => {
    native.sendTo(a.fd, buf, messages, 0, 2, b.address)
    native.receiveFrom(b.fd, buf, 0, 1024, 1024, 4, lengths, from)
  }, 5000) < 1)
  closeAll(a.fd, b.fd)
})
datagrams.run()
