/** TAPs handed to a switch, in a network namespace of the test's own: what is taken, what is refused, what it costs. */
import { spawnSync } from 'node:child_process'
import { openSync, closeSync, readdirSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, IFF_NO_PI, IFF_TAP, IFF_TUN, IFF_VNET_HDR } from '@vde-ts/native'
import { HEADROOM, VdeError, loop } from '@vde-ts/link'
import { Recorder, lentFrame, settle, until } from '@vde-ts/link/testing.js'
import { attachTap, type AttachedLink } from './attach-client.ts'
import { openVnl } from './registry.ts'
import { tapLink, type TapLink } from './tap-link.ts'
import { TapUplink } from './tap-uplink.ts'
import { TAP_HEADER, attached, hasNowaitHere, inNamespace, inSwitch, ip, makeTap, offer, raw } from './testing-attach.ts'
import { program, scratch, served } from './testing.ts'

const inside = (): void => {
  const attach = suite('attach')
  spawnSync('sysctl', ['-qw', 'net.ipv6.conf.default.disable_ipv6=1', 'net.ipv6.conf.all.disable_ipv6=1'])

  attach('the switch reads and writes the TAP; the end of the client unplugs it', async () => {
    await inSwitch(async (net) => {
      const tap = makeTap()
      const other = new Recorder()
      const plain = await openVnl(net.path, other)
      plain.resume()
      const link = await attached(net, tap.fd)
      assert.equal([link.port, net.bridge.port(link.port).endpoints[0]?.module], [2, 'tap attached'])
      plain.send(lentFrame(60, 1), HEADROOM, 60)
      await until(() => net.bridge.port(2).outFrames === 1, 'the frame for the TAP')
      // Somebody answers through the TAP: an ARP request of the kernel.
      ip('addr', 'add', '10.77.0.1/24', 'dev', tap.name)
      spawnSync('ping', ['-c1', '-W1', '10.77.0.2'])
      await other.until((r) => r.frames.some((frame) => frame[12] === 8 && frame[13] === 6), 'an ARP request')
      link.close()
      await until(() => !net.bridge.port(2).isActive, 'its end')
      plain.close()
      native.close(tap.fd)
    })
  })

  attach('unplugging by the console ends the connection, and so does the end of the switch', async () => {
    await inSwitch(async (net) => {
      const one = new Recorder()
      const two = new Recorder()
      const taps = [makeTap(), makeTap()]
      const link = await attached(net, taps[0]!.fd, one)
      await attached(net, taps[1]!.fd, two)
      net.bridge.closeEndpoint(link.port, link.id)
      await one.until((r) => r.closes === 1, 'the end')
      assert.is(two.closes, 0)
      net.close()
      await two.until((r) => r.closes === 1, 'the end of the other')
      for (const { fd } of taps) native.close(fd)
    })
  })

  attach('an interface that is removed is unplugged', async () => {
    await inSwitch(async (net) => {
      const tap = makeTap()
      const sink = new Recorder()
      await attached(net, tap.fd, sink)
      ip('link', 'del', tap.name)
      await sink.until((r) => r.closes === 1, 'the end')
      assert.is(net.listener.clients, 0)
      native.close(tap.fd)
    })
  })

  attach('ports: wished, exclusive, taken', async () => {
    await inSwitch(async (net) => {
      const a = makeTap()
      const b = makeTap()
      const link = await attached(net, a.fd, new Recorder(), { port: 7 })
      assert.is(link.port, 7)
      const error = await attachTap(offer(net, b.fd, { port: 7, isExclusive: true }), new Recorder()).catch((e: unknown) => e)
      assert.is((error as VdeError).code, 'EBUSY')
      const beyond = await attachTap(offer(net, b.fd, { port: 5000 }), new Recorder()).catch((e: unknown) => e)
      assert.is((beyond as VdeError).code, 'EINVAL')
      link.close()
      native.close(a.fd)
      native.close(b.fd)
    })
  })

  attach('what is no TAP of the right form is refused, and leaves nothing', async () => {
    await inSwitch(async (net) => {
      const pipe = new Int32Array(2)
      native.pipe(pipe, true)
      const file = openSync('/etc/passwd', 'r')
      const tun = native.tapOpen('tn0', IFF_TUN | IFF_NO_PI | IFF_VNET_HDR, [])
      const withInfo = native.tapOpen('pi0', IFF_TAP | IFF_VNET_HDR, [])
      const bare = native.tapOpen('ba0', IFF_TAP | IFF_NO_PI, [])
      const good = native.tapOpen('go0', TAP_HEADER, [])
      const request = '{"v":1,"kind":"tap","descr":"x"}'
      await raw(net, request, [good]) // starts the inspector before descriptors are counted
      await until(() => net.listener.clients === 0, 'its end')
      const before = readdirSync('/proc/self/fd').length
      const errnos: number[] = []
      for (const fd of [pipe[0]!, file, tun, withInfo, bare]) {
        errnos.push((await raw(net, request, [fd]) as { errno: number } | null)?.errno ?? 0)
      }
      assert.equal(errnos, [22, 22, 22, 22, 22])
      for (const text of ['{"v":1}', '{"v":1,"kind":"tap","port":-1}', '{"v":1,"kind":"tap","port":1e9}', 'x', 'x'.repeat(5000)]) {
        assert.is((await raw(net, text, [good]) as { errno: number }).errno, 22, text.slice(0, 40))
      }
      for (const text of ['null', '[]']) assert.is((await raw(net, text, [good]) as { errno: number }).errno, 22, text)
      assert.is((await raw(net, '{"v":2,"kind":"tap"}', [good]) as { errno: number }).errno, 95)
      assert.is((await raw(net, '{"v":1,"kind":"queue"}', [pipe[0]!]) as { errno: number }).errno, 95)
      assert.is((await raw(net, request, []) as { errno: number }).errno > 0, true)
      await until(() => readdirSync('/proc/self/fd').length <= before, 'all closed')
      assert.equal([net.listener.clients, net.bridge.ports().filter((port) => port.isActive).length], [0, 0])
      for (const fd of [pipe[0]!, pipe[1]!, tun, withInfo, bare, good]) native.close(fd)
      closeSync(file)
    })
  })

  // Without RWF_NOWAIT only givers are taken who could stop us anyway.
  const whereNowait = hasNowaitHere() ? attach : attach.skip
  whereNowait('a giver that makes it blocking or changes the header stops nobody else', async () => {
    await inSwitch(async (net) => {
      const bad = makeTap()
      const good = makeTap()
      const hostile = await attached(net, bad.fd)
      const link = await attached(net, good.fd)
      const sink = new Recorder()
      const plain = await openVnl(net.path, sink)
      plain.resume()
      const passes = async (step: string): Promise<void> => {
        const seen = net.bridge.port(link.port).outFrames
        for (let i = 0; i < 8; i++) plain.send(lentFrame(60, i), HEADROOM, 60)
        await until(() => net.bridge.port(link.port).outFrames >= seen + 8, step)
      }
      await passes('at first')
      native.setNonblock(bad.fd, false)
      await passes('blocking')
      for (const octets of [10, 20, 64, 1000]) {
        native.tapHeaderSize(bad.fd, octets)
        spawnSync('arping', ['-c1', '-w1', '-I', bad.name, '10.1.1.1'])
        ip('addr', 'add', `10.66.${octets & 255}.1/24`, 'dev', bad.name)
        spawnSync('ping', ['-c1', '-W1', `10.66.${octets & 255}.2`])
        await passes(`a header of ${octets}`)
      }
      hostile.close()
      await passes('without it')
      for (const one of [link, plain]) one.close()
      for (const { fd } of [bad, good]) native.close(fd)
    })
  })

  attach('TapUplink attaches, comes back to its port, and takes datagrams where it must', async () => {
    const dir = scratch()
    const path = `${dir.path}/sw`
    let net = served(path)
    const filler = await openVnl(path, new Recorder())
    const sink = new Recorder()
    const { fd, name } = makeTap()
    const tap: TapLink = tapLink(fd, name, new Recorder(), loop)
    const uplink = new TapUplink(path)
    uplink.use(tap)
    const first = await uplink.open(sink) as AttachedLink
    assert.is(first.port, 2)
    net.close()
    await sink.until((r) => r.closes === 1, 'the end')
    first.close()
    filler.close()
    net = served(path)
    const second = await uplink.open(sink) as AttachedLink
    assert.is(second.port, 2, 'its former port')
    second.close()
    net.close()
    assert.is((await uplink.open(sink).catch((e: unknown) => e) as VdeError).code, 'ENOENT')
    net = served(path)
    const elsewhere = new TapUplink(`vde://${path}[ctl]`)
    elsewhere.use(tap)
    const datagrams = await elsewhere.open(sink)
    assert.is(net.bridge.port(1).endpoints[0]?.module, 'unix prog')
    datagrams.close()
    tap.close()
    await settle()
    net.close()
    dir.remove()
  })

  const whereTc = program('tc') === null ? attach.skip : attach
  whereTc('a TAP whose owner makes writes slow is handed back, and taken by datagrams', async () => {
    await inSwitch(async (net) => {
      const { fd, name } = makeTap()
      const rules = Array.from({ length: 60_000 }, (_, i) =>
        `filter add dev ${name} ingress pref ${i % 40 + 1} protocol all u32 match u32 0xdeadbeef 0xffffffff at 0`)
      spawnSync('tc', ['qdisc', 'add', 'dev', name, 'clsact'])
      assert.is(spawnSync('tc', ['-batch', '-'], { input: rules.join('\n') }).status, 0)
      const sink = new Recorder()
      const tap = tapLink(fd, name, new Recorder(), loop)
      const uplink = new TapUplink(net.path)
      uplink.use(tap)
      const link = await uplink.open(sink) as AttachedLink
      const plain = await openVnl(net.path, new Recorder())
      for (let i = 0; sink.closes === 0 && i < 1000; i++) {
        for (let n = 0; n < 20; n++) plain.send(lentFrame(60, n), HEADROOM, 60)
        await settle(3)
      }
      assert.equal([sink.closes, sink.why instanceof VdeError && sink.why.code, link.isHandedBack], [1, 'ENOTSUP', true])
      link.close()
      const datagrams = await uplink.open(sink)
      assert.match(datagrams.constructor.name, 'Datagram')
      const again = await attachTap(offer(net, fd), new Recorder())
      assert.is(again, 'unsupported', 'for a while')
      const state = net.listener.snapshot({ descriptor: (fd) => fd })
      const [[uid, ms] = [-1, 0]] = state.attach!.banned
      assert.ok(uid === process.geteuid!() && ms > 0 && ms <= 30_000, 'who takes over hears of it')
      for (const one of [datagrams, plain, tap]) one.close()
    })
  })

  attach.run()
}

inNamespace('attach', import.meta.url, inside)
