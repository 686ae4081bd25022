import { constants } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, DGRAM, SEQPACKET, STREAM, IN } from './index.ts'
import { closeAll, flagsOf, inDirectory, openCount, pairOf } from './testing.ts'

const {
  EADDRINUSE, EAFNOSUPPORT, EAGAIN, EBADF, ECONNREFUSED, EINVAL, ENAMETOOLONG, ENOENT, ENOTSOCK, EPERM, EPIPE
} = constants.errno
const O_CLOEXEC = 0o2000000
const O_NONBLOCK = 0o4000
const TYPES = [['stream', STREAM], ['dgram', DGRAM], ['seqpacket', SEQPACKET]] as const
const text = (s: string): Uint8Array => new TextEncoder().encode(s)

const naming = suite('native unix sockets')

for (const [name, type] of TYPES) {
  naming(`${name}: is born close-on-exec and non-blocking, of its type`, () => {
    const fd = native.unixSocket(type)
    assert.is(native.socketType(fd), type)
    assert.is(flagsOf(fd) & (O_CLOEXEC | O_NONBLOCK), O_CLOEXEC | O_NONBLOCK)
    closeAll(fd)
  })
  naming(`${name}: a path carries data`, () => {
    inDirectory((dir) => {
      const path = join(dir, 's')
      const [server, client] = [native.unixSocket(type), native.unixSocket(type)]
      assert.is(native.bindUnix(server, path), 0)
      if (type !== DGRAM) assert.is(native.listen(server, 5), 0)
      assert.is(native.connectUnix(client, path), 0)
      const there = type === DGRAM ? server : native.accept(server)
      assert.is(flagsOf(there) & (O_CLOEXEC | O_NONBLOCK), O_CLOEXEC | O_NONBLOCK)
      assert.is(native.send(client, text('..hello'), 2, 5), 5)
      const buf = new Uint8Array(16)
      assert.is(native.receive(there, buf, 3, 10), 5)
      assert.equal(buf.subarray(3, 8), text('hello'))
      closeAll(server, client, there)
    })
  })
}

naming('disconnect lets others connect to a datagram socket again', () => {
  inDirectory((dir) => {
    const [a, b, c] = [native.unixSocket(DGRAM), native.unixSocket(DGRAM), native.unixSocket(DGRAM)]
    native.bindUnix(a, join(dir, 'a'))
    native.bindUnix(b, join(dir, 'b'))
    assert.is(native.connectUnix(a, join(dir, 'b')), 0)
    assert.is(native.connectUnix(c, join(dir, 'a')), -EPERM)
    assert.is(native.disconnect(a), 0)
    assert.is(native.connectUnix(c, join(dir, 'a')), 0)
    closeAll(a, b, c)
  })
})

naming('a path of 107 octets binds, one of 108 is ENAMETOOLONG', () => {
  inDirectory((dir) => {
    const path = `${dir}/`.padEnd(107, 'x')
    const [a, b] = [native.unixSocket(DGRAM), native.unixSocket(DGRAM)]
    assert.is(native.bindUnix(a, path), 0)
    assert.is(native.bindUnix(b, path + 'x'), -ENAMETOOLONG)
    assert.is(native.connectUnix(b, path + 'x'), -ENAMETOOLONG)
    assert.is(native.connectUnix(b, path), 0)
    closeAll(a, b)
  })
})

naming('errors of names', () => {
  inDirectory((dir) => {
    const [a, b] = [native.unixSocket(STREAM), native.unixSocket(STREAM)]
    assert.is(native.bindUnix(a, join(dir, 'none', 's')), -ENOENT)
    assert.is(native.bindUnix(a, ''), -ENOENT)
    assert.is(native.bindUnix(a, 'a\0b'), -EINVAL)
    assert.is(native.bindUnix(a, join(dir, 's')), 0)
    assert.is(native.bindUnix(b, join(dir, 's')), -EADDRINUSE)
    assert.is(native.connectUnix(b, join(dir, 's')), -ECONNREFUSED) // bound, nobody listens
    assert.is(native.accept(b), -EINVAL)
    assert.is(native.peerCredentials(-1, new Int32Array(3)), -EBADF)
    closeAll(a, b)
  })
})

naming('abstract names, by text and by a padded address', () => {
  const name = `\0vde-native-${process.pid}`
  const server = native.unixSocket(DGRAM)
  assert.is(native.bindUnix(server, name), 0)
  const client = native.unixSocket(DGRAM)
  assert.is(native.connectUnix(client, name), 0)
  const family = new Uint8Array([1, 0]) // AF_UNIX, little-endian as the host
  const exact = new Uint8Array([9, ...family, ...text(name)])
  assert.is(native.connectAddress(client, exact, 1, exact.length - 1), 0)
  // A name with UML's zeros behind it is another name.
  const padded = new Uint8Array(110)
  padded.set(exact.subarray(1))
  assert.is(native.connectAddress(client, padded, 0, 110), -ECONNREFUSED)
  closeAll(server, client)
})

naming('addresses of strangers', () => {
  const fd = native.unixSocket(DGRAM)
  const address = new Uint8Array(120)
  assert.is(native.connectAddress(fd, address, 0, 110), -EAFNOSUPPORT) // AF_UNSPEC
  address[0] = 2
  assert.is(native.connectAddress(fd, address, 0, 16), -EAFNOSUPPORT) // AF_INET
  assert.is(native.connectAddress(fd, address, 0, 111), -EINVAL)
  assert.is(native.connectAddress(fd, address, 0, 1), -EINVAL)
  assert.throws(() => native.connectAddress(fd, address, 100, 21), RangeError)
  closeAll(fd)
})

naming('peerCredentials is the process at the other end', () => {
  const [a, b] = pairOf(SEQPACKET)
  const out = new Int32Array(3)
  assert.is(native.peerCredentials(a, out), 0)
  assert.equal([...out], [process.pid, process.geteuid?.(), process.getegid?.()])
  assert.throws(() => native.peerCredentials(a, new Int32Array(2)), RangeError)
  closeAll(a, b)
})

naming('peerGroups tells how many there are, whatever the room', () => {
  const [a, b] = pairOf(STREAM)
  const want = process.getgroups?.() ?? []
  const out = new Uint32Array(64)
  const count = native.peerGroups(a, out)
  assert.ok(count >= 0)
  for (const group of out.subarray(0, count)) assert.ok(want.includes(group))
  assert.is(native.peerGroups(a, new Uint32Array(0)), count)
  closeAll(a, b)
})

naming('setBuffers takes effect, a missing peer is an error', () => {
  const [a, b] = pairOf(DGRAM)
  assert.is(native.setBuffers(a, 65536, 65536), 0)
  const buf = new Uint8Array(1000)
  let small = 0
  while (native.send(a, buf, 0, 1000) === 1000) small++
  assert.is(native.setBuffers(a, 8192, 0), 0)
  closeAll(b)
  assert.is(native.send(a, buf, 0, 10), -ECONNREFUSED)
  assert.ok(small > 10)
  assert.is(native.socketError(a), 0)
  assert.is(native.socketError(b), -EBADF)
  closeAll(a)
})

naming('shutdown ends the stream, writing on is EPIPE', () => {
  const [a, b] = pairOf(STREAM)
  assert.is(native.shutdown(a, 1), 0)
  assert.is(native.receive(b, new Uint8Array(4), 0, 4), 0)
  assert.is(native.send(a, new Uint8Array(4), 0, 4), -EPIPE)
  closeAll(a, b)
  assert.is(native.shutdown(a, 1), -EBADF)
})

naming('what is no socket is ENOTSOCK', () => {
  const out = new Int32Array(2)
  native.pipe(out, true)
  assert.is(native.socketType(out[0]), -ENOTSOCK)
  assert.is(native.receive(out[0], new Uint8Array(1), 0, 1), -ENOTSOCK)
  closeAll(out[0], out[1])
})
naming.run()

const passing = suite('native descriptors in messages')

passing('arrive as the same open files, -1 after the last', () => {
  const before = openCount()
  const [a, b] = pairOf(SEQPACKET)
  const pipe = new Int32Array(2)
  native.pipe(pipe, true)
  assert.is(native.sendDescriptors(a, text('xhi'), 1, 2, pipe), 2)
  const got = new Int32Array(4)
  const buf = new Uint8Array(8)
  assert.is(native.receiveDescriptors(b, buf, 1, 7, got), 2)
  assert.equal([got[2], got[3]], [-1, -1])
  assert.is(flagsOf(got[0]) & O_CLOEXEC, O_CLOEXEC)
  native.write(got[1], text('through'), 0, 7)
  assert.is(native.read(pipe[0], buf, 0, 8), 7)
  closeAll(a, b, pipe[0], pipe[1], got[0], got[1])
  assert.is(openCount(), before)
})

for (const room of [0, 1, 2]) {
  passing(`of 5 sent ${room} fit, the others are closed`, () => {
    const before = openCount()
    const [a, b] = pairOf(SEQPACKET)
    native.sendDescriptors(a, text('x'), 0, 1, new Int32Array([0, 0, 0, 0, 0]))
    const got = new Int32Array(room)
    assert.is(native.receiveDescriptors(b, new Uint8Array(1), 0, 1, got), 1)
    for (const fd of got) assert.ok(fd >= 0)
    closeAll(a, b, ...got)
    assert.is(openCount(), before)
  })
}

passing('253 are the most', () => {
  const [a, b] = pairOf(SEQPACKET)
  const got = new Int32Array(300)
  assert.is(native.sendDescriptors(a, text('x'), 0, 1, new Int32Array(253).fill(0)), 1)
  assert.is(native.sendDescriptors(a, text('x'), 0, 1, new Int32Array(254).fill(0)), -EINVAL)
  assert.is(native.receiveDescriptors(b, new Uint8Array(1), 0, 1, got), 1)
  assert.is(got.indexOf(-1), 253)
  closeAll(a, b, ...got.subarray(0, 253))
})

passing('a message without any, an empty socket, a wrong descriptor', () => {
  const [a, b] = pairOf(SEQPACKET)
  const got = new Int32Array([7, 7])
  native.send(a, text('x'), 0, 1)
  assert.is(native.receiveDescriptors(b, new Uint8Array(1), 0, 1, got), 1)
  assert.equal([...got], [-1, -1])
  assert.is(native.receiveDescriptors(b, new Uint8Array(1), 0, 1, got), -EAGAIN)
  assert.is(native.sendDescriptors(a, text('x'), 0, 1, new Int32Array([-1])), -EBADF)
  assert.is(native.poll(b, IN, 0), 0)
  closeAll(a, b)
})
passing.run()
