/** What the tests of `attach` share: a network namespace of their own, TAPs in it, clients that say what they like. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, IFF_NO_PI, IFF_TAP, IFF_VNET_HDR, SEQPACKET } from '@vde-ts/native'
import { loop } from '@vde-ts/link'
import { Recorder, until } from '@vde-ts/link/testing.js'
import { isTapFailure, openTap } from '@vde-ts/tun-tap'
import { attachTap, type AttachedLink } from './attach-client.ts'
import { decodeAnswer } from './attach-protocol.ts'
import { hasNowait } from './nowait.ts'
import { program, scratch, served, type Served } from './testing.ts'

const INSIDE = 'VDE_ATTACH_TEST'
/** Flags of a TAP that can be handed over. */
export const TAP_HEADER: number = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR

/** Runs ip(8). */
export const ip = (...words: string[]): void => {
  const result = spawnSync('ip', words, { encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`ip ${words.join(' ')}: ${result.stderr}`)
}

let serial = 0
/** A TAP that is up. */
export const makeTap = (): { fd: number, name: string } => {
  const tap = openTap({ name: `at${serial++}`, vnetHeader: true })
  if (isTapFailure(tap)) throw new Error(tap.detail)
  ip('link', 'set', tap.name, 'up')
  return tap
}

/** What differs from a client that asks for nothing. */
export interface Extra { readonly port?: number, readonly isExclusive?: boolean }

/** What a client hands over. */
export const offer = (net: Served, tap: number, extra: Extra = {}): Parameters<typeof attachTap>[0] =>
  ({ directory: net.path, tap, kind: 'tap', description: 'test', port: 'any', isExclusive: false, hasOffload: true, loop, ...extra })

/** Hands a TAP over. */
export const attached = async (
  net: Served, tap: number, sink: Recorder = new Recorder(), extra: Extra = {}
): Promise<AttachedLink> => {
  const link = await attachTap(offer(net, tap, extra), sink)
  if (typeof link === 'string') throw new Error(link)
  return link
}

/** RWF_NOWAIT works on TAPs here. */
export const hasNowaitHere = (): boolean => {
  const { fd } = makeTap()
  const answer = hasNowait(fd)
  native.close(fd)
  return answer
}

/** Runs `body` with a switch of its own. */
export const inSwitch = async (body: (net: Served) => Promise<void>): Promise<void> => {
  const dir = scratch()
  const net = served(`${dir.path}/sw`)
  try {
    await body(net)
  } finally {
    net.close()
    dir.remove()
  }
}

/** Sends `text` and descriptors to `attach` as they are. @returns the answer, null when there is none */
export const raw = async (net: Served, text: string, fds: number[]): Promise<object | null> => {
  const fd = native.unixSocket(SEQPACKET)
  assert.is(native.connectUnix(fd, `${net.path}/attach`), 0)
  const octets = Buffer.from(text)
  assert.is(native.sendDescriptors(fd, octets, 0, octets.length, Int32Array.from(fds)), octets.length)
  const packet = new Uint8Array(4096)
  let count = -11
  await until(() => (count = native.receive(fd, packet, 0, packet.length)) !== -11, 'an answer')
  native.close(fd)
  return count > 0 ? decodeAnswer(packet.subarray(0, count)) : null
}

/** Runs the tests that `body` makes, as root of a network (and mount) namespace of their own; skips them where that cannot be. */
export const inNamespace = (title: string, file: string, body: () => void): void => {
  if (process.env[INSIDE] === '1') {
    body()
    return
  }
  const tests = suite(title)
  const unshare = program('unshare')
  const canRun = process.geteuid!() === 0 && unshare !== null && program('ip') !== null
  if (!canRun) console.log('skipped: TAPs in a namespace, because this needs root, unshare and ip')
  ;(canRun ? tests : tests.skip)('its tests pass in a namespace of their own', () => {
    const self = [process.execPath, '--conditions=source', '--import', 'tsx', fileURLToPath(file)]
    const result = spawnSync(String(unshare), ['--net', '--mount', ...self],
      { encoding: 'utf8', timeout: 120_000, env: { ...process.env, [INSIDE]: '1' } })
    assert.is(result.status, 0, result.stdout + result.stderr)
    assert.match(result.stdout, 'Passed')
  })
  tests.run()
}
