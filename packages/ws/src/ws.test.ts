/** What peers of `ws-listen://` can do to their owner, what a client meets on its way, and messages of any shape. */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer, get, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { WebSocket, WebSocketServer } from 'ws'
import { HEADROOM, type Link } from '@vde-ts/link'
import { Recorder, lentFrame, testFrame, until } from '@vde-ts/link/testing.js'
import { openVnl, registerScheme } from '@vde-ts/schemes'
import { descriptors, refusal, scratch } from '@vde-ts/schemes/testing.js'
import { schemes } from './index.ts'

for (const scheme of schemes) registerScheme(scheme)
const dir = scratch()
process.on('exit', () => { dir.remove() })
const file = (name: string, content: string, mode: number = 0o600): string => {
  writeFileSync(`${dir.path}/${name}`, content, { mode })
  return `"${dir.path}/${name}"`
}
const token = randomBytes(20).toString('hex')
const tokenFile = file('token', `${token}\n`)

interface Listening { readonly link: Link, readonly sink: Recorder, readonly url: string, readonly vnl: string }

const listening = async (parameters: string, run: (listening: Listening) => Promise<void>): Promise<void> => {
  const before = descriptors()
  const sink = new Recorder()
  const link = await openVnl(`ws-listen://127.0.0.1:0/lan[${parameters}]`, sink)
  link.resume()
  const url = link.label.replace('ws-listen', 'ws')
  try {
    await run({ link, sink, url, vnl: `${url}[${parameters}]` })
  } finally {
    link.close()
    await until(() => descriptors().length <= before.length, 'the descriptors to be closed')
  }
}

/** How a plain client fares. */
const fate = async (url: string, headers: Record<string, string> = {}): Promise<string> => await new Promise((resolve) => {
  const socket = new WebSocket(url, { headers, handshakeTimeout: 3000 })
  socket.once('open', () => { resolve('open'); socket.terminate() })
  socket.once('error', (error) => { resolve(error.message) })
})

/** A plain client that is in. */
const join = async (url: string, headers: Record<string, string> = {}): Promise<WebSocket> =>
  await new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers })
    socket.once('open', () => { resolve(socket) })
    socket.on('error', reject)
  })

const server = suite('ws-listen://')

server('a frame may lie in several messages, and several in one; empty ones mean nothing', async () => {
  await listening('', async ({ sink, url }) => {
    const socket = await join(url)
    const frames = [testFrame(60, 1), testFrame(1514, 2), testFrame(61, 3)]
    const stream = Buffer.concat(frames.flatMap((frame) => [Buffer.from([frame.length >> 8, frame.length & 255]), frame]))
    for (const octet of stream) socket.send(Buffer.of(octet))
    socket.send(Buffer.alloc(0))
    socket.send(stream)
    await sink.until((s) => s.frames.length === 6, 'frames')
    assert.equal(sink.frames, [...frames, ...frames])
    socket.close()
    await sink.until((s) => s.downs === 1, 'onDown')
    assert.is(sink.why, undefined)
  })
})

server('text, and a message over a mebibyte, end the connection; the next peer is welcome', async () => {
  await listening('', async ({ sink, url }) => {
    for (const [i, bad] of ['hello', Buffer.alloc(1024 * 1024 + 1)].entries()) {
      const socket = await join(url)
      socket.send(bad)
      await sink.until((s) => s.downs === i + 1, 'onDown')
    }
    const good = await join(url)
    await sink.until((s) => s.ups === 3, 'onUp')
    good.terminate()
    await sink.until((s) => s.downs === 3, 'onDown')
  })
})

server('who has no token, another path, or comes from a web page is refused; so is a second one', async () => {
  await listening(`token=${tokenFile}`, async ({ sink, url }) => {
    const authorization = `Bearer ${token}`
    assert.match(await fate(url), /401/)
    for (const wrong of [`Bearer ${token}x`, token, 'Bearer ', `Basic ${token}`]) assert.match(await fate(url, { authorization: wrong }), /401/)
    assert.match(await fate(url.replace('/lan', '/wan'), { authorization }), /404/)
    assert.match(await fate(url, { authorization, origin: 'https://example.com' }), /403/)
    assert.is(sink.ups, 0)
    const friend = await join(url, { authorization })
    await sink.until((s) => s.ups === 1, 'the friend')
    assert.match(await fate(url, { authorization }), /hang up|ECONNRESET|503/)
    friend.terminate()
    await sink.until((s) => s.downs === 1, 'its end')
  })
})

server('at an address that others reach, with nothing that keeps them out, it says so', async () => {
  for (const [vnl, count] of [['ws-listen://:0/', 0], ['ws-listen://0.0.0.0:0/', 1], [`ws-listen://0.0.0.0:0/[token=${tokenFile}]`, 0]] as const) {
    const lines: string[] = []
    const link = await openVnl(vnl, new Recorder(), { log: (line) => { lines.push(line) } })
    link.close()
    assert.is(lines.filter((line) => line.includes('may join')).length, count, vnl)
  }
})

server('an ordinary request is told what is wanted', async () => {
  await listening('', async ({ url }) => {
    const status = await new Promise((resolve) => { get(url.replace('ws', 'http'), (response) => { response.resume(); resolve(response.statusCode) }) })
    assert.is(status, 426)
  })
})

for (const parameters of ['', `psk=${file('psk', 'ab'.repeat(32))}`]) {
  server(`300 strangers who say nothing, or half of something, keep no friend out${parameters === '' ? '' : ', with TLS'}`, async () => {
    await listening(parameters, async ({ sink, link, url, vnl }) => {
      const port = Number(new URL(url).port)
      const strangers: Socket[] = []
      for (let i = 0; i < 300; i++) {
        const socket = connect(port, '127.0.0.1')
        socket.on('error', () => {})
        if (i % 3 === 0) socket.write('GET /lan HTTP/1.1\r\nHost: x\r\nUpgrade: webso')
        strangers.push(socket)
      }
      const friend = await openVnl(parameters === '' ? vnl : vnl.replace('ws', 'wss'), new Recorder())
      await sink.until((s) => s.ups === 1, 'the friend')
      assert.ok(link.send(lentFrame(60, 1), HEADROOM, 60))
      await until(() => strangers.filter(({ closed }) => closed).length >= 300 - 256, 'the oldest to be hung up on')
      for (const socket of strangers) socket.destroy()
      friend.close()
      await sink.until((s) => s.downs === 1, 'its end')
    })
  })
}

server('a peer that reads nothing fills the link within bounds, and its end frees the sender', async () => {
  await listening('', async ({ sink, link, url }) => {
    const mute = await join(url)
    await sink.until((s) => s.ups === 1, 'onUp')
    mute.pause()
    const frame = lentFrame(1514, 1)
    let taken = 0
    const fill = (): boolean => {
      while (link.send(frame, HEADROOM, 1514)) taken++
      return true
    }
    // What is full now may have room when the kernel has taken its share.
    for (let calm = 0; calm < 5;) {
      const before = taken
      fill()
      await new Promise((resolve) => { setTimeout(resolve, 10) })
      calm = taken === before ? calm + 1 : 0
    }
    assert.ok(taken * 1516 < 32 * 1024 * 1024, `${taken} frames taken`)
    mute.terminate()
    await sink.until((s) => s.downs === 1 && s.writable >= 1, 'onDown and onWritable')
  })
})

server.run()

const client = suite('ws:// and wss://')

/** A client's end: why. */
const endOf = async (vnl: string): Promise<NodeJS.ErrnoException> => {
  const sink = new Recorder()
  const link = await openVnl(vnl, sink)
  assert.is(link.isUp, false)
  await sink.until((s) => s.closes === 1, 'onClose')
  link.close()
  return sink.why!
}

client('a port that nobody has, a server of another kind, one that wants a token: the reason', async () => {
  assert.match((await endOf('ws://127.0.0.1:1/')).message, /Connection refused/)
  assert.match((await endOf('wss://127.0.0.1:1/')).message, /Connection refused/)
  await listening(`token=${tokenFile}`, async ({ url }) => {
    const { code, message } = await endOf(url)
    assert.is(code, 'EACCES')
    assert.match(message, /^Cannot open ws:.*: the server answers 401 Unauthorized, a WebSocket with its token is wanted$/)
    assert.match((await endOf(url.replace('ws', 'wss'))).message, /by TLS: /)
  })
})

client('a message behind the answer in one packet is not lost', async () => {
  const far = new WebSocketServer({ port: 0 })
  far.on('connection', (socket) => { socket.send(Buffer.from([0, 14, ...testFrame(14, 5)])) })
  const sink = new Recorder()
  const link = await openVnl(`ws://127.0.0.1:${(far.address() as AddressInfo).port}/`, sink)
  link.resume()
  await sink.until((s) => s.frames.length === 1, 'the frame')
  link.close()
  await new Promise((resolve) => { far.close(resolve) })
})

for (const [vnl, code] of [
  ['ws://:80/', 'EINVAL'], ['ws://', 'EINVAL'], ['wss://host:x/', 'EINVAL'], ['ws-listen://host', 'EINVAL'], ['ws://h:1/a%20b', 'EINVAL'],
  ['ws-listen://192.0.2.1:1/', 'EADDRNOTAVAIL'], ["ws://h:1/[token='/nowhere']", 'ENOENT'], ["ws-listen://:0/[cert='/nowhere']", 'EINVAL'],
  [`wss://h:1/[psk=${tokenFile}/ca=x]`, 'EINVAL'], [`ws://h:1/[token=${file('open', token, 0o644)}]`, 'EPERM'],
  [`ws://h:1/[token=${file('short', 'short')}]`, 'EINVAL']
] as const) {
  client(`${vnl.replace(dir.path, '')}: ${code}, nothing left`, async () => {
    const before = descriptors()
    assert.is((await refusal(openVnl(vnl, new Recorder()))).code, code)
    assert.equal(descriptors(), before)
  })
}

client.run()

const proxies = suite('WebSocket through a proxy')

/** An HTTP proxy that knows CONNECT only, and what it was asked for. */
class Proxy {
  readonly asked: string[] = []
  readonly #server: Server = createServer((_request, response) => { response.writeHead(405).end() })
  readonly #sockets = new Set<Socket>()
  constructor (wanted: string | null = null, silent: boolean = false) {
    this.#server.on('connect', (request, socket: Socket) => {
      this.asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim())
      this.#keep(socket)
      if (silent) return
      if (wanted !== null && request.headers['proxy-authorization'] !== wanted) return socket.end('HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n')
      const [host = '', port = ''] = (request.url ?? '').split(':')
      const far = connect(Number(port), host === 'far.example' ? '127.0.0.1' : host, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        socket.pipe(far).pipe(socket)
      })
      this.#keep(far)
      socket.on('close', () => { far.destroy() })
      far.on('close', () => { socket.destroySoon() })
      far.on('error', () => { socket.end('HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n') })
    })
  }

  #keep (socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => { this.#sockets.delete(socket) })
  }

  async listen (): Promise<string> {
    await new Promise<void>((resolve) => { this.#server.listen(0, '127.0.0.1', resolve) })
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close (): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => { this.#server.close(resolve) })
  }
}

const VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'no_proxy', 'NO_PROXY', 'all_proxy', 'ALL_PROXY'] as const

const withEnvironment = async (values: Readonly<Record<string, string>>, run: () => Promise<void>): Promise<void> => {
  const former = VARIABLES.map((name) => [name, process.env[name]] as const)
  for (const name of VARIABLES) delete process.env[name]
  Object.assign(process.env, values)
  try {
    await run()
  } finally {
    for (const [name, value] of former) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}

const SECRET = file('shared', 'cd'.repeat(32))

for (const [name, variable, parameters] of [['wss', 'HTTPS_PROXY', `psk=${SECRET}`], ['ws', 'http_proxy', `token=${tokenFile}`]] as const) {
  proxies(`${name}:// goes through that of ${variable}, with its password, unless NO_PROXY has the host`, async () => {
    const proxy = new Proxy(`Basic ${Buffer.from('me:se cret').toString('base64')}`)
    const where = await proxy.listen()
    await listening(parameters, async ({ sink, url }) => {
      const port = new URL(url).port
      const vnl = `${name}://far.example:${port}/lan[${parameters}]`
      await withEnvironment({ [variable]: `http://me:se%20cret@${where}` }, async () => {
        const near = new Recorder()
        const link = await openVnl(vnl, near)
        await near.until((s) => s.ups === 1, 'onUp')
        link.send(lentFrame(60, 1), HEADROOM, 60)
        await sink.until((s) => s.frames.length === 1, 'a frame through the proxy')
        link.close()
        await sink.until((s) => s.downs === 1, 'onDown')
      })
      assert.is(proxy.asked.length, 1)
      assert.match(proxy.asked[0]!, new RegExp(`^far.example:${port} Basic `))
      await withEnvironment({ [variable]: `http://${where}`, NO_PROXY: '127.0.0.1' }, async () => {
        const link = await openVnl(vnl.replace('far.example', '127.0.0.1'), new Recorder())
        await sink.until((s) => s.ups === 2, 'onUp, directly')
        link.close()
        await sink.until((s) => s.downs === 2, 'onDown')
      })
      assert.is(proxy.asked.length, 1, 'the proxy was not asked')
    })
    await proxy.close()
  })
}

proxies('a proxy that refuses, and one that cannot reach the server, say so', async () => {
  const proxy = new Proxy('Basic none')
  const where = await proxy.listen()
  await withEnvironment({ HTTP_PROXY: `http://${where}` }, async () => {
    assert.match((await endOf('ws://far.example:80/')).message, new RegExp(`^Cannot open ws://far.example:80/: the proxy ${where} answers 407 `))
  })
  await proxy.close()
  const other = new Proxy()
  const there = await other.listen()
  await withEnvironment({ http_proxy: there }, async () => {
    assert.match((await endOf('ws://far.example:1/')).message, /answers 502 Bad Gateway$/)
  })
  await other.close()
})

proxies('a proxy of another kind is refused at once', async () => {
  await withEnvironment({ HTTPS_PROXY: 'socks5://127.0.0.1:1080' }, async () => {
    assert.match((await refusal(openVnl('wss://h:1/', new Recorder()))).message, /a proxy that is no http:\/\/HOST:PORT/)
  })
})

proxies.run()
