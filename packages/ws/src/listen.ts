/**
 * The server: takes one peer after the other. Whoever has not got through TLS and the upgrade within its time, or came
 * when MAX_PENDING others were at it, is hung up on; he never has the place.
 *
 * Browsers are not served: any page could have one connect to a port of its user's loopback. They say where a page came
 * from (Origin), programs do not.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket, type TLSSocketOptions } from 'node:tls'
import { WebSocketServer } from 'ws'
import { native } from '@vde-ts/native'
import type { FrameSink, Link } from '@vde-ts/link'
import { Acceptor } from '@vde-ts/schemes/acceptor.js'
import { DuplexLink } from '@vde-ts/schemes/duplex-link.js'
import { listenTcp, prepareTcp, socketName, warnOpen } from '@vde-ts/schemes/internet/tcp-socket.js'
import { readServerTls } from '@vde-ts/schemes/internet/tls.js'
import type { OpenContext, Tail } from '@vde-ts/schemes/scheme.js'
import { Succession } from '@vde-ts/schemes/succession.js'
import { MAX_MESSAGE, MessageStream } from './message-stream.ts'
import { readTarget } from './options.ts'
import { isToken, readToken } from './token.ts'

/** How long a peer may take from the connection to the upgrade, in milliseconds. */
const UPGRADE_MS = 10_000
/** Peers that are at it at a time; one more costs the oldest its place. */
const MAX_PENDING = 256
const MAX_HEADER = 8192

/** ws-listen:// @throws {VdeError} EINVAL, ENOENT, EACCES, EPERM files and text, EADDRINUSE, EADDRNOTAVAIL */
export const openListener = async (tail: Tail, sink: FrameSink, context: OpenContext): Promise<Link> => {
  const { host, port, path, action } = readTarget('ws-listen', tail)
  const { params } = tail
  const tls = ['tls', 'cert', 'key', 'psk'].some((key) => params.has(key)) ? readServerTls(params, action) : null
  const tokenFile = params.get('token')
  const token = tokenFile === undefined ? null : readToken(tokenFile, action)
  const anywhere = tls === null && token === null ? '127.0.0.1' : '0.0.0.0'
  const fd = await listenTcp({ host: host === '' ? anywhere : host, port }, action)
  const label = `ws-listen://${socketName(fd)}${path}`
  if (tls === null && token === null) warnOpen(fd, label, 'cert and key, psk, or token', (line) => { context.log(line) })
  return new WebSocketAcceptor(fd, { label, path, tls, token }, sink, context).link
}

interface Options {
  readonly label: string
  readonly path: string
  readonly tls: TLSSocketOptions | null
  readonly token: string | null
}

/** Owns the listening descriptor. */
class WebSocketAcceptor {
  readonly link: Succession
  readonly #options: Options
  readonly #acceptor: Acceptor
  readonly #server: Server
  readonly #webSockets = new WebSocketServer({
    noServer: true, perMessageDeflate: false, maxPayload: MAX_MESSAGE, clientTracking: false
  })

  /** Oldest first, each with what hangs up on it. */
  readonly #pending = new Map<Duplex, NodeJS.Timeout>()

  constructor (fd: number, options: Options, sink: FrameSink, context: OpenContext) {
    this.#options = options
    this.#server = createServer({ maxHeaderSize: MAX_HEADER })
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => { this.#upgrade(request, socket, head) })
    this.#server.on('request', (_request, response) => {
      response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end()
    })
    this.link = new Succession(sink, { label: options.label, onLost () {}, onRelease: () => { this.#release() } })
    this.#acceptor = new Acceptor(fd, context.loop, (peer) => { this.#welcome(peer) })
  }

  #welcome (fd: number): void {
    if (this.link.isTaken) {
      native.close(fd)
      return
    }
    for (const oldest of this.#pending.keys()) {
      if (this.#pending.size < MAX_PENDING) break
      this.#drop(oldest)
    }
    prepareTcp(fd)
    const { tls } = this.#options
    const raw = new Socket({ fd })
    const socket = tls === null ? raw : new TLSSocket(raw, { ...tls, isServer: true })
    this.#pending.set(socket, setTimeout(() => { this.#drop(socket) }, UPGRADE_MS))
    socket.once('close', () => { this.#forget(socket) })
    socket.on('error', () => { this.#drop(socket) })
    if (socket === raw) this.#server.emit('connection', raw)
    else socket.once('secure', () => { this.#server.emit('connection', socket) })
  }

  #upgrade (request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { path, token } = this.#options
    socket.on('error', () => { socket.destroy() })
    if (request.headers.origin !== undefined) return refuse(socket, '403 Forbidden')
    if (token !== null && !isToken(request.headers.authorization, token)) return refuse(socket, '401 Unauthorized')
    if (request.url !== path) return refuse(socket, '404 Not Found')
    if (this.link.isTaken || this.link.isClosed) return refuse(socket, '503 Service Unavailable')
    this.#webSockets.handleUpgrade(request, socket, head, (made) => {
      this.#forget(socket)
      this.link.expect()
      this.link.adopt(new DuplexLink(new MessageStream(made), this.link, this.link.label))
    })
  }

  #forget (socket: Duplex): void {
    clearTimeout(this.#pending.get(socket))
    this.#pending.delete(socket)
  }

  #drop (socket: Duplex): void {
    this.#forget(socket)
    socket.destroy()
  }

  #release (): void {
    this.#acceptor.close()
    for (const socket of [...this.#pending.keys()]) this.#drop(socket)
    this.#server.close()
  }
}

const refuse = (socket: Duplex, status: string): void => {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
