/** Packet sockets handed to a switch, in a network namespace of the test's own: what is taken, from whom, what is refused. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native } from '@vde-ts/native'
import { HEADROOM, loop } from '@vde-ts/link'
import { Recorder, lentFrame, testFrame, until } from '@vde-ts/link/testing.js'
import { isTapFailure, openPacket } from '@vde-ts/tun-tap'
import { attachTap, type AttachedLink } from './attach-client.ts'
import { openVnl } from './registry.ts'
import { program, scratch, served, type Served } from './testing.ts'

const INSIDE = 'VDE_ATTACH_PACKET_TEST'

const ip = (...words: string[]): void => {
  const result = spawnSync('ip', words, { encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`ip ${words.join(' ')}: ${result.stderr}`)
}

let serial = 0

/** A packet socket on one end of a pair, and the name of the other end. */
const makePacket = async (): Promise<{ fd: number, near: string, far: string }> => {
  const [near, far] = [`ka${serial}`, `kb${serial++}`]
  ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far)
  for (const name of [near, far]) ip('link', 'set', name, 'up')
  await until(() => [near, far].every((name) => / state UP /.test(spawnSync('ip', ['-o', 'link', 'show', name], { encoding: 'utf8' }).stdout)), 'both up')
  const socket = openPacket({ name: near })
  if (isTapFailure(socket)) throw new Error(socket.detail)
  return { fd: socket.fd, near, far }
}

const attached = async (net: Served, tap: number, sink = new Recorder(), kind: 'tap' | 'packet' = 'packet'): Promise<AttachedLink> => {
  const link = await attachTap({ directory: net.path, tap, kind, description: 'test', port: 'any', isExclusive: false, hasOffload: true, loop }, sink)
  if (typeof link === 'string') throw new Error(link)
  return link
}

const inSwitch = async (body: (net: Served) => Promise<void>): Promise<void> => {
  const dir = scratch()
  spawnSync('chmod', ['755', dir.path])
  const net = served(`${dir.path}/sw`, { mode: 0o666, dirMode: 0o755 })
  try {
    await body(net)
  } finally {
    net.close()
    dir.remove()
  }
}

/**
 * Python, because Node has no such sockets: sends `expression` (over the socket `s` in scope, made by root) to `attach` as
 * user `uid`, prints the errno of the answer, or 0.
 */
const given = async (net: Served, expression: string, uid = 0): Promise<number> => {
  const script = `
import socket, json, os, struct
S = socket
P = 263
def packet(kind=S.SOCK_RAW, name=None, protocol=0x300):
    s = S.socket(S.AF_PACKET, kind, 0)
    if name: s.bind((name, S.ntohs(protocol)))
    return s
def ringed(s, option):
    s.setsockopt(P, option, struct.pack("IIII", 4096, 1, 2048, 2))
    return s
s = ${expression}
os.setuid(${uid})
c = S.socket(S.AF_UNIX, S.SOCK_SEQPACKET); c.connect(${JSON.stringify(net.path)} + "/attach")
S.send_fds(c, [b'{"v":1,"kind":"packet","descr":"x"}'], [s.fileno()])
print(json.loads(c.recv(4096)).get("errno", 0))
`
  const { spawn } = await import('node:child_process')
  const child = spawn('python3', ['-c', script])
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => { out += String(chunk) })
  child.stderr.on('data', (chunk: Buffer) => { err += String(chunk) })
  await new Promise((resolve) => { child.on('close', resolve) })
  if (err !== '') throw new Error(err)
  return Number(out)
}

const inside = (): void => {
  const attach = suite('attach of packet sockets')
  spawnSync('sysctl', ['-qw', 'net.ipv6.conf.default.disable_ipv6=1', 'net.ipv6.conf.all.disable_ipv6=1'])

  attach('the switch reads and writes it; the end of the client unplugs it', async () => {
    await inSwitch(async (net) => {
      const { fd, far } = await makePacket()
      const heard = new Recorder()
      const beyond = await openVnl(`packet://${far}`, heard)
      beyond.resume()
      const sink = new Recorder()
      const plain = await openVnl(net.path, sink)
      plain.resume()
      const link = await attached(net, fd)
      assert.is(net.bridge.port(link.port).endpoints[0]?.module, 'packet attached')
      plain.send(lentFrame(60, 1), HEADROOM, 60)
      await heard.until((r) => r.frames.length === 1, 'the frame from the switch')
      beyond.send(lentFrame(61, 2), HEADROOM, 61)
      await sink.until((r) => r.frames.length === 1, 'the frame to the switch')
      assert.equal([heard.frames[0], sink.frames[0]], [testFrame(60, 1), testFrame(61, 2)])
      link.close()
      await until(() => !net.bridge.port(link.port).isActive, 'its end')
      for (const one of [plain, beyond]) one.close()
      native.close(fd)
    })
  })

  attach('an interface that is removed is unplugged', async () => {
    await inSwitch(async (net) => {
      const { fd, far } = await makePacket()
      const sink = new Recorder()
      await attached(net, fd, sink)
      ip('link', 'del', far)
      await sink.until((r) => r.closes === 1, 'the end')
      assert.is(net.listener.clients, 0)
      native.close(fd)
    })
  })

  attach('what is no such socket is refused, a packet socket is no TAP, and nothing is left', async () => {
    await inSwitch(async (net) => {
      const { fd, near } = await makePacket()
      const before = net.listener.clients
      for (const expression of [
        'S.socketpair(S.AF_UNIX)[0]', 'S.socket(S.AF_INET, S.SOCK_DGRAM)', 'S.socket(S.AF_INET, S.SOCK_RAW, 1)', 'open("/etc/passwd")',
        'packet()', 'packet(name="lo")', `packet(S.SOCK_DGRAM, "${near}")`, `packet(name="${near}", protocol=0x0008)`,
        `ringed(packet(name="${near}"), 5)`, `ringed(packet(name="${near}"), 13)`
      ]) assert.ok([22, 77].includes(await given(net, expression)), expression)
      const error = await attached(net, fd, new Recorder(), 'tap').catch((e: unknown) => e)
      assert.match((error as Error).message, 'no TAP')
      assert.is(net.listener.clients, before)
      native.close(fd)
    })
  })

  attach('taken of the own user and of root only', async () => {
    await inSwitch(async (net) => {
      const { fd, near } = await makePacket()
      assert.is(await given(net, `packet(name="${near}")`, 0), 0)
      assert.is(await given(net, `packet(name="${near}")`, 1001), 95)
      native.close(fd)
    })
  })

  attach('a giver that takes the header away, blocks, or asks for time stamps stops nobody else', async () => {
    await inSwitch(async (net) => {
      const { fd, far } = await makePacket()
      const other = await makePacket()
      const heard = new Recorder()
      const beyond = await openVnl(`packet://${other.far}`, heard)
      const noise = await openVnl(`packet://${far}`, new Recorder())
      const plain = await openVnl(net.path, new Recorder())
      for (const one of [beyond, plain]) one.resume()
      await attached(net, fd)
      await attached(net, other.fd)
      const passes = async (step: string): Promise<void> => {
        const seen = heard.frames.length
        for (let i = 0; i < 8; i++) {
          plain.send(lentFrame(60, i), HEADROOM, 60)
          noise.send(lentFrame(60, 100 + i), HEADROOM, 60)
        }
        await until(() => heard.frames.length >= seen + 8, step)
      }
      await passes('at first')
      native.setNonblock(fd, false)
      await passes('blocking')
      // Both options of the open file, which the switch shares: as the giver would change them.
      for (const [level, option, value] of [[263, 15, 0], [263, 24, 12], [1, 37, 0x1ff], [263, 8, 0]]) {
        const change = `import socket; s = socket.socket(fileno=3); s.setsockopt(${level}, ${option}, ${value}); s.detach()`
        const { stderr } = spawnSync('python3', ['-c', change], { stdio: ['ignore', 'pipe', 'pipe', fd], encoding: 'utf8' })
        if (stderr !== '' && option !== 24) throw new Error(stderr) // PACKET_VNET_HDR_SZ is of 6.4
        await passes(`option ${option}`)
      }
      for (const one of [beyond, noise, plain]) one.close()
      native.close(fd)
      native.close(other.fd)
    })
  })

  attach.run()
}

const outside = (): void => {
  const attach = suite('attach of packet sockets')
  const unshare = program('unshare')
  const canRun = process.geteuid!() === 0 && unshare !== null && program('ip') !== null && program('python3') !== null
  if (!canRun) console.log('skipped: packet sockets in a namespace, because this needs root, unshare, ip and python3')
  ;(canRun ? attach : attach.skip)('its tests pass in a namespace of their own', () => {
    const self = [process.execPath, '--conditions=source', '--import', 'tsx', fileURLToPath(import.meta.url)]
    const result = spawnSync(String(unshare), ['--net', ...self],
      { encoding: 'utf8', timeout: 60_000, env: { ...process.env, [INSIDE]: '1' } })
    assert.is(result.status, 0, result.stdout + result.stderr)
    assert.match(result.stdout, 'Passed')
  })
  attach.run()
}

if (process.env[INSIDE] === '1') inside()
else outside()
