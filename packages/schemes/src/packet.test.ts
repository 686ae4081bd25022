/**
 * packet://, pcap:// and macvtap:// in a network namespace of the test's own, where the test runs itself again: veth pairs,
 * and a sysfs and device nodes for macvtap.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { superFrame } from '@vde-ts/frame/testing-super-frame.js'
import { native } from '@vde-ts/native'
import { linkContract } from '@vde-ts/link/contract.js'
import { HEADROOM, OFFLOAD, type Link } from '@vde-ts/link'
import { Recorder, hex, lentCopy, settle, testFrame, until } from '@vde-ts/link/testing.js'
import { openVnl } from './registry.ts'
import { program, refusal } from './testing.ts'

const INSIDE = 'VDE_PACKET_TEST'

const ip = (...words: string[]): void => {
  const result = spawnSync('ip', words, { encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`ip ${words.join(' ')}: ${result.stderr}`)
}

let serial = 0

/** A pair of interfaces, both up. */
const vethPair = async (mtu = 9000): Promise<[string, string]> => {
  const names: [string, string] = [`pa${serial}`, `pb${serial++}`]
  ip('link', 'add', names[0], 'mtu', String(mtu), 'type', 'veth', 'peer', 'name', names[1], 'mtu', String(mtu))
  for (const name of names) ip('link', 'set', name, 'up')
  // Until the kernel has noticed its carrier, the first of them drops what it is given.
  await until(() => names.every((name) => / state UP /.test(spawnSync('ip', ['-o', 'link', 'show', name], { encoding: 'utf8' }).stdout)), 'both up')
  return names
}

const macOf = (name: string): Uint8Array => {
  const { stdout } = spawnSync('ip', ['-o', 'link', 'show', name], { encoding: 'utf8' })
  return hex(/ether ([0-9a-f:]+)/.exec(stdout)![1]!.replaceAll(':', ''))
}

/** `frame` behind its headroom, from `source`. */
const lentFrom = (frame: Uint8Array, source?: Uint8Array): Uint8Array => {
  const lent = lentCopy(frame)
  if (source !== undefined) lent.set(source, HEADROOM + 6)
  return lent
}

const sendFrame = (link: Link, frame: Uint8Array, source?: Uint8Array): void => {
  assert.ok(link.send(lentFrom(frame, source), HEADROOM, frame.length))
}

const opened = async (vnl: string): Promise<{ link: Link, sink: Recorder }> => {
  const sink = new Recorder()
  const link = await openVnl(vnl, sink)
  link.resume()
  return { link, sink }
}

const tag = (frame: Uint8Array, type: string, tci: string): Uint8Array =>
  Uint8Array.from([...frame.subarray(0, 12), ...hex(type), ...hex(tci), ...frame.subarray(12)])

const packetTests = (): void => {
  const packet = suite('packet://')

  packet('tagged frames of 64 octets arrive octet-equal, 802.1Q and 802.1ad', async () => {
    const [near, far] = await vethPair()
    const a = await opened(`packet://${near}`)
    const b = await opened(`packet://${far}`)
    const frames = [tag(testFrame(60, 1), '8100', 'a005'), tag(testFrame(60, 2), '88a8', '0ffe'), tag(tag(testFrame(60, 3), '8100', '0001'), '8100', '0002'), testFrame(60, 4)]
    for (const frame of frames) sendFrame(a.link, frame)
    await b.sink.until((r) => r.frames.length === frames.length, 'the frames')
    frames.forEach((frame, i) => { assert.equal(b.sink.frames[i], frame, `frame ${i}`) })
    assert.is(a.sink.frames.length, 0, 'its own frames')
    a.link.close()
    b.link.close()
  })

  packet('a super-frame passes whole with its header, and with a tag in front', async () => {
    const [near, far] = await vethPair()
    const a = await opened(`packet://${near}`)
    const b = await opened(`packet://${far}`)
    const headers: number[][] = []
    b.sink.onEach = (buf, off) => { headers.push([...buf.subarray(off - OFFLOAD, off)]) }
    const specs = [{ tags: [], csumStart: 34 }, { tags: ['8100 0007'], csumStart: 38 }]
    for (const { tags } of specs) {
      const made = superFrame({ version: 4, payload: new Uint8Array(30_000).fill(9), gsoSize: 1448, tags })
      const lent = new Uint8Array(HEADROOM - OFFLOAD + made.length)
      lent.set(made, HEADROOM - OFFLOAD)
      assert.ok(a.link.send(lent, HEADROOM, made.length - OFFLOAD))
      await b.sink.until((r) => r.frames.length === headers.length && r.frames.length > 0, 'the super-frame')
      assert.equal(b.sink.frames.pop(), made.subarray(OFFLOAD))
      const header = headers.pop()!
      assert.equal([header[0], header[1], header[4]! | header[5]! << 8, header[6], header[8], header[10], header[11]],
        [1, 1, 1448, tags.length === 0 ? 34 : 38, 16, 0, 0])
    }
    a.link.close()
    b.link.close()
  })

  packet('frames that leave are heard by pcap:// alone, and not those of the interface itself', async () => {
    const [near, far] = await vethPair()
    const wire = await opened(`packet://${near}`)
    const sniffer = await opened(`pcap://${near}`)
    const sender = await opened(`packet://${near}`)
    const beyond = await opened(`packet://${far}`)
    sendFrame(sender.link, testFrame(60, 1))
    sendFrame(sender.link, testFrame(60, 2), macOf(near))
    sendFrame(sniffer.link, testFrame(60, 3))
    await beyond.sink.until((r) => r.frames.length === 3, 'all on the wire')
    sendFrame(beyond.link, testFrame(60, 4))
    await wire.sink.until((r) => r.frames.length === 1, 'what comes in')
    await sniffer.sink.until((r) => r.frames.length === 2, 'what leaves and what comes in')
    await settle(20)
    assert.equal(wire.sink.frames, [testFrame(60, 4)])
    assert.equal(sniffer.sink.frames, [testFrame(60, 1), testFrame(60, 4)])
    for (const { link } of [wire, sniffer, sender, beyond]) link.close()
  })

  packet('an interface that goes down and up again is still there, one that is removed ends the link', async () => {
    const [near, far] = await vethPair()
    const a = await opened(`packet://${near}`)
    const b = await opened(`packet://${far}`)
    ip('link', 'set', near, 'down')
    sendFrame(a.link, testFrame(60, 1))
    assert.is(a.link.txDrops, 1)
    ip('link', 'set', near, 'up')
    await until(() => {
      sendFrame(a.link, testFrame(60, 2))
      return b.sink.frames.length > 0
    }, 'frames pass again')
    a.link.pause()
    ip('link', 'set', near, 'down')
    await settle(20)
    assert.is(a.sink.closes, 0)
    ip('link', 'del', near)
    await a.sink.until((r) => r.closes === 1, 'the end of the paused one')
    await b.sink.until((r) => r.closes === 1, 'the end of the other')
    assert.match(b.sink.why?.message ?? '', far)
    a.link.close()
    b.link.close()
  })

  packet('it may be opened on an interface that is down', async () => {
    const [near, far] = await vethPair()
    ip('link', 'set', far, 'down')
    const b = await opened(`packet://${far}`)
    const a = await opened(`packet://${near}`)
    await settle(10)
    ip('link', 'set', far, 'up')
    await until(() => {
      sendFrame(a.link, testFrame(60, 1))
      return b.sink.frames.length > 0
    }, 'frames')
    a.link.close()
    b.link.close()
  })

  packet('lo is no Ethernet: EINVAL; no interface: ENODEV, with the text of the system at the end', async () => {
    assert.is((await refusal(openVnl('packet://lo', new Recorder()))).code, 'EINVAL')
    const error = await refusal(openVnl('pcap://no-such', new Recorder()))
    assert.equal([error.code, /No such device$/.test(error.message)], ['ENODEV', true])
  })
  packet.run()
}

const macvtapTests = (): void => {
  const macvtap = suite('macvtap://')
  spawnSync('mount', ['-t', 'sysfs', 'none', '/sys'])
  spawnSync('mount', ['-t', 'tmpfs', 'none', '/dev'])
  mkdirSync('/dev/net')

  macvtap('two of them on one wire reach each other, with super-frames', async () => {
    const [lower] = await vethPair()
    const names = ['mva', 'mvb']
    for (const name of names) {
      ip('link', 'add', 'link', lower, 'name', name, 'type', 'macvtap', 'mode', 'bridge')
      ip('link', 'set', name, 'up')
    }
    const missing = await refusal(openVnl('macvtap://mva', new Recorder()))
    assert.equal([missing.code, /No such file or directory$/.test(missing.message)], ['ENOENT', true])
    for (const name of names) {
      const index = native.interfaceIndex(name)
      const [major, minor] = readFileSync(`/sys/class/net/${name}/tap${index}/dev`, 'latin1').trim().split(':')
      assert.is(spawnSync('mknod', [`/dev/tap${index}`, 'c', major!, minor!]).status, 0)
    }
    const a = await opened('macvtap://mva')
    const b = await opened('macvtap://mvb')
    const made = superFrame({ version: 4, payload: new Uint8Array(20_000).fill(9), gsoSize: 1448, dst: Buffer.from(macOf('mvb')).toString('hex'), src: Buffer.from(macOf('mva')).toString('hex') })
    const lent = new Uint8Array(HEADROOM - OFFLOAD + made.length)
    lent.set(made, HEADROOM - OFFLOAD)
    assert.ok(a.link.send(lent, HEADROOM, made.length - OFFLOAD))
    await b.sink.until((r) => r.frames.length === 1, 'the super-frame')
    assert.equal(b.sink.frames[0], made.subarray(OFFLOAD))
    ip('link', 'del', 'mvb')
    await b.sink.until((r) => r.closes === 1, 'the end')
    a.link.close()
    b.link.close()
  })

  macvtap('an interface of another kind: ENOENT names its device', async () => {
    const [name] = await vethPair()
    assert.match((await refusal(openVnl(`macvtap://${name}`, new Recorder()))).message, `/dev/tap${native.interfaceIndex(name)} is missing`)
  })
  macvtap.run()
}

const inside = (): void => {
  spawnSync('sysctl', ['-qw', 'net.ipv6.conf.default.disable_ipv6=1', 'net.ipv6.conf.all.disable_ipv6=1'])
  packetTests()
  macvtapTests()
  for (const scheme of ['packet', 'pcap']) {
    linkContract(scheme, async (left, right) => {
      const [near, far] = await vethPair()
      return [await openVnl(`${scheme}://${near}`, left), await openVnl(`${scheme}://${far}`, right)]
    }, { fills: false, seesClose: false, largest: 9014 })
  }
}

const outside = (): void => {
  const packet = suite('packet://')
  for (const name of ['', 'a-name-too-long-16', 'a b']) {
    packet(`"${name}" is no interface: EINVAL`, async () => {
      assert.is((await refusal(openVnl(`packet://${name}`, new Recorder()))).code, 'EINVAL')
    })
  }
  packet('without the right to: EPERM', async () => {
    if (process.geteuid!() === 0) return
    const error = await refusal(openVnl('packet://lo', new Recorder()))
    assert.equal([error.code, /Operation not permitted$/.test(error.message)], ['EPERM', true])
  })
  const unshare = program('unshare')
  const canRun = process.geteuid!() === 0 && unshare !== null && program('ip') !== null
  if (!canRun) console.log('skipped: interfaces in a namespace, because this needs root, unshare and ip')
  ;(canRun ? packet : packet.skip)('its tests pass in a namespace of their own', () => {
    const self = [process.execPath, '--conditions=source', '--import', 'tsx', fileURLToPath(import.meta.url)]
    const result = spawnSync(String(unshare), ['--net', '--mount', ...self],
      { encoding: 'utf8', timeout: 120_000, env: { ...process.env, [INSIDE]: '1' } })
    assert.is(result.status, 0, result.stdout + result.stderr)
    assert.match(result.stdout, 'Passed')
  })
  packet.run()
}

if (process.env[INSIDE] === '1') inside()
else outside()
