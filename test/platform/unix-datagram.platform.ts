/**
 * What we believe of AF_UNIX datagram sockets. The switch's queues, batches and ownership of ports rest on it.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { native, DGRAM, IN, OUT, STREAM } from '@vde-ts/native'
import { run, test, type Scene } from '../e2e/kit/index.ts'

const EPERM = 1
const EAGAIN = 11
const NEEDS = ['native']
const FRAME = Buffer.alloc(60)

const bound = (scene: Scene, name: string): { readonly fd: number, readonly path: string } => {
  const fd = native.unixSocket(DGRAM)
  const path = scene.path(name)
  assert.equal(native.bindUnix(fd, path), 0)
  scene.atEnd(() => { native.close(fd) })
  scene.leaves(new RegExp(`^${name}$`))
  return { fd, path }
}

/** Frames a socket takes before it would block. */
const capacity = (fd: number, frame: Buffer = FRAME): number => {
  for (let count = 0; ; count++) {
    const result = native.send(fd, frame, 0, frame.length)
    if (result === -EAGAIN) return count
    assert.equal(result, frame.length)
  }
}

test('mutually connected: limited by SO_SNDBUF, not by max_dgram_qlen', { needs: NEEDS }, async (scene) => {
  const [a, b, c] = [bound(scene, 'a'), bound(scene, 'b'), bound(scene, 'c')]
  const limit = Number(readFileSync('/proc/sys/net/unix/max_dgram_qlen', 'utf8'))
  native.connectUnix(a.fd, b.path)
  native.connectUnix(b.fd, a.path)
  native.connectUnix(c.fd, scene.path('d'))
  const mutual = capacity(a.fd)
  assert.ok(mutual > 4 * limit, `${mutual} frames, the limit is ${limit}`)
  const one = bound(scene, 'd')
  native.connectUnix(c.fd, one.path)
  const oneSided = capacity(c.fd)
  assert.ok(oneSided <= limit + 1, `${oneSided} frames one way`)
})

test('mutually connected: SO_SNDBUF sets how many', { needs: NEEDS }, async (scene) => {
  const [a, b] = [bound(scene, 'a'), bound(scene, 'b')]
  native.connectUnix(a.fd, b.path)
  native.connectUnix(b.fd, a.path)
  const frame = Buffer.alloc(1514)
  native.setBuffers(a.fd, 64 << 10, 64 << 10)
  const small = capacity(a.fd, frame)
  const buf = Buffer.alloc(2000)
  while (native.receive(b.fd, buf, 0, buf.length) > 0);
  native.setBuffers(a.fd, 200 << 10, 200 << 10)
  assert.ok(capacity(a.fd, frame) > 2 * small)
})

test('a full sender gets EPOLLOUT when the receiver reads', { needs: NEEDS }, async (scene) => {
  const [a, b] = [bound(scene, 'a'), bound(scene, 'b')]
  native.connectUnix(a.fd, b.path)
  native.connectUnix(b.fd, a.path)
  const frame = Buffer.alloc(1514)
  capacity(a.fd, frame)
  assert.equal(native.poll(a.fd, OUT, 0), 0)
  const buf = Buffer.alloc(2000)
  while (native.receive(b.fd, buf, 0, buf.length) > 0);
  assert.equal(native.poll(a.fd, OUT, 0) & OUT, OUT)
})

test('a stranger cannot connect to a connected socket', { needs: NEEDS }, async (scene) => {
  const [a, b, thief] = [bound(scene, 'a'), bound(scene, 'b'), bound(scene, 'c')]
  native.connectUnix(a.fd, b.path)
  assert.equal(native.connectUnix(thief.fd, a.path), -EPERM)
  // A socket that is not bound has no name the owner could have connected to.
  const nameless = native.unixSocket(DGRAM)
  scene.atEnd(() => { native.close(nameless) })
  assert.equal(native.connectUnix(nameless, a.path), -EPERM)
})

test('an unlinked socket stays connected', { needs: NEEDS }, async (scene) => {
  const { unlinkSync } = await import('node:fs')
  const [a, b] = [bound(scene, 'a'), bound(scene, 'b')]
  native.connectUnix(a.fd, b.path)
  native.connectUnix(b.fd, a.path)
  unlinkSync(a.path)
  unlinkSync(b.path)
  assert.equal(native.send(a.fd, FRAME, 0, 60), 60)
  assert.equal(native.receive(b.fd, Buffer.alloc(100), 0, 100), 60)
})

test('MSG_TRUNC tells the real length of a cut datagram', { needs: NEEDS }, async (scene) => {
  const [a, b] = [bound(scene, 'a'), bound(scene, 'b')]
  native.connectUnix(a.fd, b.path)
  native.send(a.fd, Buffer.alloc(9000), 0, 9000)
  assert.equal(native.receive(b.fd, Buffer.alloc(100), 0, 100), 9000)
})

test('a super-frame of 65557 octets fits one datagram', { needs: NEEDS }, async (scene) => {
  const [a, b] = [bound(scene, 'a'), bound(scene, 'b')]
  native.connectUnix(a.fd, b.path)
  native.connectUnix(b.fd, a.path)
  assert.equal(native.send(a.fd, Buffer.alloc(65557), 0, 65557), 65557)
})

test('SO_PEERCRED is who connected, also after the socket was handed on', { needs: NEEDS }, async (scene) => {
  const listener = native.unixSocket(STREAM)
  const client = native.unixSocket(STREAM)
  const path = scene.path('ctl')
  native.bindUnix(listener, path)
  native.listen(listener, 1)
  assert.equal(native.connectUnix(client, path), 0)
  assert.ok((native.poll(listener, IN, 1000) & IN) !== 0)
  const accepted = native.accept(listener)
  const who = new Int32Array(3)
  assert.equal(native.peerCredentials(accepted, who), 0)
  assert.deepEqual([...who], [process.pid, process.geteuid?.(), process.getegid?.()])
  for (const fd of [listener, client, accepted]) native.close(fd)
  scene.leaves(/^ctl$/)
})

test('a full backlog answers EAGAIN to a socket that does not block', { needs: NEEDS }, async (scene) => {
  const listener = native.unixSocket(STREAM)
  const path = scene.path('ctl')
  native.bindUnix(listener, path)
  native.listen(listener, 1)
  const results = [0, 1, 2, 3].map(() => {
    const fd = native.unixSocket(STREAM)
    scene.atEnd(() => { native.close(fd) })
    return native.connectUnix(fd, path)
  })
  assert.deepEqual(results, [0, 0, -EAGAIN, -EAGAIN])
  native.close(listener)
  scene.leaves(/^ctl$/)
})

run()
