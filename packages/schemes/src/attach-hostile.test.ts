/**
 * Givers who mean harm, each through `attach`: it costs them their endpoint at most, and their neighbours nothing. More of
 * them in attach.test.ts (header size, blocking, slow writes, no TAP) and, as programs that die, in the end-to-end tests.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native } from '@vde-ts/native'
import { DEAD_FILES, fuseObstacle } from '@vde-ts/native/testing-fuse.js'
import { HEADROOM } from '@vde-ts/link'
import { Recorder, lentFrame, settle, until } from '@vde-ts/link/testing.js'
import { attachTap } from './attach-client.ts'
import { openVnl } from './registry.ts'
import { TAP_HEADER, attached, hasNowaitHere, inNamespace, inSwitch, ip, makeTap, offer, raw } from './testing-attach.ts'
import { program, scratch, type Served } from './testing.ts'

const IFF_MULTI_QUEUE = 0x100
/** linux/if_tun.h. */
const TUNSETQUEUE = 0x400454d9
const IFF_DETACH_QUEUE = 0x400
const TUNSETVNETBE = 0x400454de
const ADDON = fileURLToPath(new URL('../../native/build/vde_native.node', import.meta.url))

/** An ioctl that the addon has no use for, on the open file that the switch holds too. */
const control = (fd: number, request: number, argument: string): boolean =>
  spawnSync('perl', ['-e', `open(my $f, '+<&=', 3) or die; my $a = ${argument}; exit(defined(ioctl($f, ${request}, $a)) ? 0 : 1)`],
    { stdio: ['ignore', 'ignore', 'ignore', fd] }).status === 0

/** Neighbours of the hostile one: a client by datagrams that floods to a TAP that was handed over. */
interface Neighbours {
  /** Passes when frames still do. */
  pass (step: string): Promise<void>
  close (): void
}

const neighbours = async (net: Served): Promise<Neighbours> => {
  const good = makeTap()
  const link = await attached(net, good.fd)
  const plain = await openVnl(net.path, new Recorder())
  plain.resume()
  return {
    async pass (step) {
      const { port } = link
      const [frames, drops] = [net.bridge.port(port).outFrames, net.bridge.port(port).endpoints[0]?.link?.txDrops ?? NaN]
      for (let i = 0; i < 8; i++) plain.send(lentFrame(60, i), HEADROOM, 60)
      await until(() => net.bridge.port(port).outFrames >= frames + 8, step)
      assert.is(net.bridge.port(port).endpoints[0]?.link?.txDrops, drops, step)
    },
    close () {
      link.close()
      plain.close()
      native.close(good.fd)
    }
  }
}

const inside = (): void => {
  const hostile = suite('attach, hostile')
  spawnSync('sysctl', ['-qw', 'net.ipv6.conf.default.disable_ipv6=1', 'net.ipv6.conf.all.disable_ipv6=1'])
  const wherePerl = program('perl') === null || !hasNowaitHere() ? hostile.skip : hostile

  wherePerl('a queue that its giver detaches goes silent, and ends with his connection', async () => {
    await inSwitch(async (net) => {
      const others = await neighbours(net)
      const bad = native.tapOpen('mq0', TAP_HEADER | IFF_MULTI_QUEUE, [])
      const spare = native.tapOpen('mq0', TAP_HEADER | IFF_MULTI_QUEUE, [])
      ip('link', 'set', 'mq0', 'up')
      const link = await attached(net, bad)
      await others.pass('before')
      assert.ok(control(bad, TUNSETQUEUE, `pack('a16s', '', ${IFF_DETACH_QUEUE}) . "\\0" x 24`))
      await others.pass('after')
      link.close()
      await until(() => !net.bridge.port(link.port).isActive, 'its end')
      await others.pass('without it')
      others.close()
      for (const fd of [bad, spare]) native.close(fd)
    })
  })

  wherePerl('a header that becomes big-endian lies, and is counted', async () => {
    await inSwitch(async (net) => {
      const others = await neighbours(net)
      const bad = makeTap()
      native.tapOffload(bad.fd, 0x0f)
      ip('addr', 'add', '10.67.0.1/24', 'dev', bad.name)
      const link = await attached(net, bad.fd)
      const socket = createSocket('udp4')
      await new Promise<void>((resolve) => { socket.bind(0, '10.67.0.1', resolve) })
      socket.setBroadcast(true)
      const port = net.bridge.port(link.port)
      const lies = (): number => port.drops.malformed + (port.endpoints[0]?.link?.rxDrops ?? 0)
      socket.send(Buffer.alloc(100), 9, '10.67.0.255')
      await until(() => port.inFrames >= 1, 'a frame with a checksum to be made')
      assert.is(lies(), 0)
      const isTaken = control(bad.fd, TUNSETVNETBE, "pack('i', 1)")
      await until(() => {
        socket.send(Buffer.alloc(100), 9, '10.67.0.255')
        return isTaken ? lies() > 0 : port.inFrames >= 10
      }, 'frames after it')
      await others.pass('after')
      socket.close()
      link.close()
      others.close()
      native.close(bad.fd)
    })
  })

  hostile('many descriptors at once: the first counts, the others never arrive', async () => {
    await inSwitch(async (net) => {
      const [one, two] = [makeTap(), makeTap()]
      await raw(net, '{"v":1,"kind":"tap"}', [one.fd]) // starts the inspector before descriptors are counted
      await until(() => net.listener.clients === 0, 'its end')
      await settle(20)
      const before = readdirSync('/proc/self/fd').length
      const answer = await raw(net, '{"v":1,"kind":"tap"}', [one.fd, ...Array.from({ length: 252 }, () => two.fd)])
      assert.ok('port' in answer!)
      await until(() => net.listener.clients === 0 && readdirSync('/proc/self/fd').length <= before, 'all closed')
      for (const { fd } of [one, two]) native.close(fd)
    })
  })

  hostile('a flood of connections that say nothing keeps nobody out', async () => {
    await inSwitch(async (net) => {
      const silent: number[] = []
      for (let i = 0; i < 400; i++) {
        const fd = native.unixSocket(5)
        let result = native.connectUnix(fd, `${net.path}/attach`)
        while (result === -11) {
          await settle(1)
          result = native.connectUnix(fd, `${net.path}/attach`)
        }
        assert.is(result, 0)
        silent.push(fd)
      }
      const others = await neighbours(net)
      await others.pass('with all of them')
      others.close()
      for (const fd of silent) native.close(fd)
    })
  })

  const obstacle = fuseObstacle()
  if (obstacle !== null) console.log(`SKIP dead files through attach: ${obstacle}`)
  ;(obstacle === null ? hostile : hostile.skip)('files of a dead FUSE mount: nobody waits, the honest take datagrams', async () => {
    await inSwitch(async (net) => {
      const others = await neighbours(net)
      const dir = scratch()
      mkdirSync(`${dir.path}/mnt`)
      writeFileSync(`${dir.path}/server.cjs`, DEAD_FILES)
      writeFileSync(`${dir.path}/giver.cjs`, GIVER)
      const mount = 'exec 7<>/dev/fuse; mount -i -t fuse -o fd=7,rootmode=40000,user_id=0,group_id=0 none mnt && exec "$0" server.cjs 7'
      const server = spawn('sh', ['-c', mount, process.execPath], { cwd: dir.path, stdio: 'ignore' })
      await until(() => readFileSync('/proc/mounts', 'latin1').includes(`${dir.path}/mnt`), 'the mount')
      const giver = spawn(process.execPath, ['giver.cjs', dir.path, `${net.path}/attach`], {
        cwd: dir.path, stdio: ['ignore', 'pipe', 'ignore']
      })
      try {
        let out = ''
        giver.stdout.on('data', (text: Buffer) => { out += text.toString() })
        let [pauseMs, last] = [0, performance.now()]
        const clock = setInterval(() => { [pauseMs, last] = [Math.max(pauseMs, performance.now() - last), performance.now()] }, 5)
        await until(() => out.includes('done'), 'his answers', 30_000)
        clearInterval(clock)
        // No TAP; or, once 16 inspectors hang in their close, nothing more is taken. How many hang is a matter of who is faster.
        const answers = JSON.parse(out.split('\n')[0]!) as Record<string, number>
        assert.equal(Object.keys(answers).filter((errno) => errno !== '22' && errno !== '95'), [], out)
        assert.is(Object.values(answers).reduce((sum, count) => sum + count, 0), 20)
        assert.ok(pauseMs < 1000, `${pauseMs} ms`)
        await others.pass('with all of them hanging')
        const tap = makeTap()
        const honest = await attachTap(offer(net, tap.fd), new Recorder())
        assert.ok(honest === 'unsupported' || typeof honest === 'object', String(honest))
        if (typeof honest === 'object') honest.close()
        native.close(tap.fd)
      } finally {
        for (const one of [server, giver]) one.kill('SIGKILL') // the mount dies with its server
        others.close()
        spawnSync('umount', ['-l', `${dir.path}/mnt`])
      }
      dir.remove()
    })
  })

  hostile.run()
}

/** Hands over 20 such files, one after the other, and says how often which error came. argv: directory, path of attach. */
const GIVER = `
const native = require(${JSON.stringify(ADDON)}), fs = require('fs'), [, , dir, path] = process.argv, seen = {}
const file = fs.openSync(dir + '/mnt/f'), request = Buffer.from('{"v":1,"kind":"tap"}')
for (let i = 0; i < 20; i++) {
  const fd = native.unixSocket(5), answer = Buffer.alloc(4096)
  while (native.connectUnix(fd, path) < 0);
  native.sendDescriptors(fd, request, 0, request.length, Int32Array.of(file))
  native.poll(fd, 1, 5000)
  let got = native.receive(fd, answer, 0, 4096)
  if (got < 0) got = native.receive(fd, answer, 0, 4096) // the hang-up is told before the answer
  const errno = got > 0 ? JSON.parse(answer.toString('utf8', 0, got)).errno : 0
  seen[errno] = (seen[errno] ?? 0) + 1
  native.close(fd)
}
console.log(JSON.stringify(seen) + '\\ndone')
setTimeout(() => {}, 100000)`

inNamespace('attach, hostile', import.meta.url, inside)
