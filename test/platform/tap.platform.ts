/** What we believe of TAP interfaces and of namespaces made from a threaded process. */
import assert from 'node:assert/strict'
import { readlinkSync, readFileSync } from 'node:fs'
import { release } from 'node:os'
import { native, CLONE_NEWNET, CLONE_NEWUSER, IFF_NO_PI, IFF_TAP, IFF_VNET_HDR, IN, type Spawned } from '@vde-ts/native'
import { asUser, findSystem, run, test, waitFor, type Scene } from '../e2e/kit/index.ts'

const EIO = 5
const EAGAIN = 11
const EOPNOTSUPP = 95
const NEEDS = ['native', 'userns', 'tun']
const SIGKILL = 9

const kernel = release().split('.').map(Number)
const isAtLeast = (major: number, minor: number): boolean => kernel[0]! > major || (kernel[0] === major && kernel[1]! >= minor)

/** Starts `line` in new user and network namespaces with one tap, `t0`; its end is the scene's. */
const spawn = (scene: Scene, line: string, tapFlags = IFF_TAP | IFF_NO_PI): Spawned => {
  const env = Object.entries(scene.environment()).map(([key, value]) => `${key}=${value}`)
  const result = native.spawn({
    file: '/bin/sh',
    argv: ['sh', '-c', line],
    env,
    fds: [-1, -1, 2],
    namespaces: CLONE_NEWUSER | CLONE_NEWNET,
    taps: ['t0'],
    tapFlags,
    capabilities: 0x3c00
  })
  assert.ok('pid' in result, JSON.stringify(result))
  scene.atEnd(async () => {
    native.pidfdSignal(result.pidfd, SIGKILL)
    await waitFor(() => native.pidfdWait(result.pidfd) !== -EAGAIN, 3000, 'end of the child')
    for (const fd of [...result.taps, result.pidfd]) native.close(fd)
  })
  return result
}

const UP = 'ip link set t0 up; exec sleep 20'
const frame = Buffer.alloc(60, 0xff)
const buf = Buffer.alloc(2000)

const isUp = async (tap: number): Promise<void> => {
  await waitFor(() => native.write(tap, frame, 0, 60) === 60, 3000, 'the interface to come up')
}

test('clone(CLONE_NEWUSER) works in a threaded process, and maps the caller onto itself', { needs: NEEDS }, async (scene) => {
  const threads = readFileSync('/proc/self/status', 'latin1').match(/^Threads:\s+(\d+)/m)?.[1]
  assert.ok(Number(threads) > 1, 'Node has threads')
  const child = spawn(scene, 'exec sleep 20')
  assert.notEqual(readlinkSync(`/proc/${child.pid}/ns/user`), readlinkSync('/proc/self/ns/user'))
  assert.notEqual(readlinkSync(`/proc/${child.pid}/ns/net`), readlinkSync('/proc/self/ns/net'))
  const uid = process.geteuid?.()
  assert.match(readFileSync(`/proc/${child.pid}/uid_map`, 'utf8'), new RegExp(`^\\s*${uid}\\s+${uid}\\s+1\\n$`))
})

test('the maker of a namespace holds its taps from outside', { needs: NEEDS }, async (scene) => {
  const child = spawn(scene, UP)
  const tap = child.taps[0]!
  await isUp(tap)
  // The kernel's own first words on a new interface (MLD, router solicitation) come out of the descriptor.
  await waitFor(() => native.poll(tap, IN, 0) !== 0, 5000, 'a frame from the interface')
  assert.ok(native.read(tap, buf, 0, buf.length) >= 14)
})

test('EIO: a tap that is down refuses frames and keeps working', { needs: NEEDS }, async (scene) => {
  const child = spawn(scene, 'exec sleep 20')
  assert.equal(native.write(child.taps[0]!, frame, 0, 60), -EIO)
  assert.equal(native.write(child.taps[0]!, frame, 0, 60), -EIO)
})

test('RWF_NOWAIT works on a tap from Linux 6.4, also on a blocking one', { needs: NEEDS }, async (scene) => {
  const child = spawn(scene, UP)
  const tap = child.taps[0]!
  await isUp(tap)
  assert.equal(native.setNonblock(tap, false), 0)
  let result = 0
  do result = native.readNowait(tap, buf, 0, buf.length); while (result > 0)
  assert.equal(result, isAtLeast(6, 4) ? -EAGAIN : -EOPNOTSUPP)
  const written = native.writeNowait(tap, frame, 0, 60)
  assert.equal(written, isAtLeast(6, 4) ? 60 : -EOPNOTSUPP)
  native.setNonblock(tap, true)
})

test('a read that fills its buffer was cut: the rest of the frame is lost', { needs: NEEDS }, async (scene) => {
  const child = spawn(scene, UP)
  const tap = child.taps[0]!
  await isUp(tap)
  await waitFor(() => native.poll(tap, IN, 0) !== 0, 5000, 'a frame')
  assert.equal(native.read(tap, buf, 0, 20), 20)
  const next = native.read(tap, buf, 0, buf.length)
  assert.ok(next === -EAGAIN || next >= 14, 'the next read begins a frame')
})

test('IFF_VNET_HDR: the header size is what TUNSETVNETHDRSZ says', { needs: NEEDS }, async (scene) => {
  const child = spawn(scene, UP, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR)
  const tap = child.taps[0]!
  assert.equal(native.tapHeaderSize(tap, 12), 0)
  await waitFor(() => native.write(tap, Buffer.concat([Buffer.alloc(12), frame]), 0, 72) === 72, 3000, 'the interface')
  await waitFor(() => native.poll(tap, IN, 0) !== 0, 5000, 'a frame')
  const got = native.read(tap, buf, 0, buf.length)
  assert.ok(got >= 26)
  assert.equal(buf[12]! & 1, 1, 'a multicast address behind 12 octets of header')
})

test('a held tap keeps its namespace and its interface alive', { needs: NEEDS }, async (scene) => {
  const child = spawn(scene, 'ip link set t0 up; exec sleep 20')
  const tap = child.taps[0]!
  await isUp(tap)
  native.pidfdSignal(child.pidfd, SIGKILL)
  await waitFor(() => native.poll(child.pidfd, IN, 0) !== 0, 3000, 'the end of the only process')
  assert.equal(native.write(tap, frame, 0, 60), 60)
})

test('an ordinary process may not make a tap in the host\'s namespace', { needs: ['tun', 'ip'] }, async (scene) => {
  const proc = await scene.run(asUser([findSystem('ip') ?? 'ip', 'tuntap', 'add', 'mode', 'tap', 'name', 'vdeplatform']))
  assert.notEqual(proc.exit?.code, 0)
  assert.match(proc.err, /Operation not permitted/)
})

run()
