/**
 * tap:// in a network namespace of its own: the test runs itself again under unshare(1), where two TAPs are joined by a
 * bridge of the kernel.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { linkContract } from '@vde-ts/link/contract.js'
import { HEADROOM, OFFLOAD } from '@vde-ts/link'
import { Recorder, hex, lentFrame, settle, testFrame, until } from '@vde-ts/link/testing.js'
import { openVnl } from './registry.ts'
import type { TapLink } from './tap-link.ts'
import { program, refusal } from './testing.ts'

const INSIDE = 'VDE_TAP_TEST'

const ip = (...words: string[]): void => {
  const result = spawnSync('ip', words, { encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`ip ${words.join(' ')}: ${result.stderr}`)
}

/** TCP over IPv4 with `len` octets of payload, to be cut into 1448 each; in front of it HEADROOM octets. */
const superFrame = (len: number): Uint8Array => {
  const lent = new Uint8Array(HEADROOM + 54 + len)
  lent.set(hex('01 01 3600 a805 2200 1000 0000'), HEADROOM - OFFLOAD)
  lent.set(hex('ffffffffffff 020000000001 0800 4500 0000 0001 4000 4006 0000 0a000001 0a000002'), HEADROOM)
  const view = new DataView(lent.buffer)
  view.setUint16(HEADROOM + 16, 40 + len)
  // A bridge with netfilter looks at the checksum of the IP header.
  let sum = 0
  for (let at = HEADROOM + 14; at < HEADROOM + 34; at += 2) sum += view.getUint16(at)
  view.setUint16(HEADROOM + 24, ~((sum & 0xffff) + (sum >>> 16)) & 0xffff)
  lent.set(hex('1000 2000 00000001 00000001 5010 ffff 0000 0000'), HEADROOM + 34)
  lent.fill(7, HEADROOM + 54)
  return lent
}

const inside = (): void => {
  const tap = suite('tap://')
  // Or the kernel's own neighbour discovery would be among the frames.
  spawnSync('sysctl', ['-qw', 'net.ipv6.conf.default.disable_ipv6=1', 'net.ipv6.conf.all.disable_ipv6=1'])
  ip('link', 'add', 'br0', 'mtu', '9000', 'type', 'bridge', 'forward_delay', '0', 'mcast_snooping', '0')
  ip('link', 'set', 'br0', 'up')

  tap('a frame sent while it is down is lost and counted', async () => {
    const link = await openVnl('tap://down0', new Recorder()) as TapLink
    assert.ok(link.send(lentFrame(60), HEADROOM, 60))
    assert.is(link.txDrops, 1)
    link.close()
  })

  tap('without a name the kernel chooses one', async () => {
    const link = await openVnl('tap://', new Recorder())
    assert.match(link.label, /^tap:\/\/tap\d+$/)
    link.close()
  })

  tap('a removed interface ends the link', async () => {
    const sink = new Recorder()
    const link = await openVnl('tap://gone0', sink)
    link.resume()
    ip('link', 'set', 'gone0', 'up')
    ip('link', 'del', 'gone0')
    await sink.until((r) => r.closes === 1, 'the end')
    assert.match(sink.why?.message ?? '', 'gone0')
    link.close()
  })

  tap('without a carrier the kernel knows that nothing is behind the interface', async () => {
    const link = await openVnl('tap://cable0', new Recorder()) as TapLink
    ip('link', 'set', 'cable0', 'up')
    const isOn = (): boolean => !spawnSync('ip', ['link', 'show', 'cable0']).stdout.toString().includes('NO-CARRIER')
    assert.ok(isOn())
    link.setCarrier(false)
    assert.not.ok(isOn())
    link.setCarrier(true)
    assert.ok(isOn())
    link.close()
    link.setCarrier(false)
  })

  tap('a long burst of the kernel is taken in several turns, in order', async () => {
    const sink = new Recorder()
    const link = await openVnl('tap://burst0', sink)
    ip('link', 'set', 'burst0', 'up')
    const other = await openVnl('tap://burst1', new Recorder())
    ip('link', 'set', 'burst1', 'up', 'master', 'br0')
    ip('link', 'set', 'burst0', 'master', 'br0')
    await until(() => spawnSync('bridge', ['link']).stdout.toString().split('forwarding').length >= 3, 'the bridge')
    for (let i = 0; i < 400; i++) other.send(lentFrame(60, i), HEADROOM, 60)
    link.resume()
    await sink.until((r) => r.frames.length === 400, 'the burst')
    sink.frames.forEach((frame, i) => { assert.equal(frame, testFrame(60, i)) })
    link.close()
    other.close()
  })

  tap('nothing is delivered after the end, also what a pause kept', async () => {
    const sink = new Recorder()
    const link = await openVnl('tap://late0', sink)
    const other = await openVnl('tap://late1', new Recorder())
    for (const name of ['late0', 'late1']) ip('link', 'set', name, 'up', 'master', 'br0')
    const isForwarding = (line: string): boolean => /late[01].*forwarding/.test(line)
    await until(() => spawnSync('bridge', ['link']).stdout.toString().split('\n').filter(isForwarding).length === 2, 'the bridge')
    sink.onEach = () => { link.pause() }
    for (let i = 0; i < 8; i++) other.send(lentFrame(60, i), HEADROOM, 60)
    link.resume()
    await sink.until((r) => r.frames.length === 1, 'the first frame')
    ip('link', 'del', 'late0')
    await sink.until((r) => r.closes === 1, 'the end')
    link.resume()
    await settle()
    assert.equal([sink.frames.length, sink.closes], [1, 1])
    link.close()
    other.close()
  })

  tap('a super-frame goes through whole, with its header, and a header that lies is dropped', async () => {
    const sink = new Recorder()
    const link = await openVnl('tap://super0', sink) as TapLink
    const other = await openVnl('tap://super1', new Recorder()) as TapLink
    for (const name of ['super0', 'super1']) ip('link', 'set', name, 'up', 'master', 'br0')
    const isForwarding = (line: string): boolean => /super[01].*forwarding/.test(line)
    await until(() => spawnSync('bridge', ['link']).stdout.toString().split('\n').filter(isForwarding).length === 2, 'the bridge')
    assert.ok(link.setOffload(true) >= 1)
    let header: number[] = []
    sink.onEach = (buf, off) => { header = [...buf.subarray(off - OFFLOAD, off)] }
    link.resume()
    const lent = superFrame(20000)
    assert.ok(other.send(lent, HEADROOM, lent.length - HEADROOM))
    await sink.until((r) => r.frames.length === 1, 'the super-frame')
    assert.equal(sink.frames[0], lent.subarray(HEADROOM))
    // NEEDS_CSUM, TCPV4, hdrLen 54, gsoSize 1448, csumStart 34, csumOffset 16
    assert.equal(header, [1, 1, 54, 0, 0xa8, 5, 34, 0, 16, 0, 0, 0])
    lent[HEADROOM - 11] = 9
    assert.ok(other.send(lent, HEADROOM, lent.length - HEADROOM))
    assert.equal([other.txDrops, link.rxDrops], [1, 0])
    link.close()
    other.close()
  })

  tap('a link that was lent delivers nothing until it is reclaimed', async () => {
    const sink = new Recorder()
    const link = await openVnl('tap://lent0', sink) as TapLink
    const other = await openVnl('tap://lent1', new Recorder())
    for (const name of ['lent0', 'lent1']) ip('link', 'set', name, 'up', 'master', 'br0')
    const isForwarding = (line: string): boolean => /lent[01].*forwarding/.test(line)
    await until(() => spawnSync('bridge', ['link']).stdout.toString().split('\n').filter(isForwarding).length === 2, 'the bridge')
    link.resume()
    link.lend()
    other.send(lentFrame(60, 1), HEADROOM, 60)
    link.pause()
    link.resume()
    await settle(20)
    assert.is(sink.frames.length, 0)
    link.reclaim()
    await sink.until((r) => r.frames.length === 1, 'the frame that waited')
    link.close()
    other.close()
  })

  tap('a name in use: EBUSY', async () => {
    const link = await openVnl('tap://busy0', new Recorder())
    const error = await refusal(openVnl('tap://busy0', new Recorder()))
    assert.is(error.code, 'EBUSY')
    link.close()
  })
  tap.run()

  let serial = 0
  linkContract('tap', async (left, right) => {
    const names = [`l${serial}`, `r${serial++}`]
    const a = await openVnl(`tap://${names[0]}`, left)
    const b = await openVnl(`tap://${names[1]}`, right)
    for (const name of names) ip('link', 'set', name, 'mtu', '9000', 'master', 'br0', 'up')
    await settle(20)
    return [a, b]
  }, { fills: false, seesClose: false, largest: 9014 })
}

const outside = (): void => {
  const tap = suite('tap://')
  for (const name of ['a-name-too-long-16', 'a b', '..', 'a/b']) {
    tap(`"${name}" is no interface: EINVAL`, async () => {
      assert.is((await refusal(openVnl(`tap://${name}`, new Recorder()))).code, 'EINVAL')
    })
  }
  const unshare = program('unshare')
  const canRun = process.geteuid!() === 0 && unshare !== null && program('ip') !== null
  if (!canRun) console.log('skipped: TAPs in a namespace, because this needs root, unshare and ip')
  ;(canRun ? tap : tap.skip)('its tests pass in a namespace of their own', () => {
    const self = [process.execPath, '--conditions=source', '--import', 'tsx', fileURLToPath(import.meta.url)]
    const result = spawnSync(String(unshare), ['--net', ...self],
      { encoding: 'utf8', timeout: 120_000, env: { ...process.env, [INSIDE]: '1' } })
    assert.is(result.status, 0, result.stdout + result.stderr)
    assert.match(result.stdout, 'Passed')
  })
  tap.run()
}

if (process.env[INSIDE] === '1') inside()
else outside()
