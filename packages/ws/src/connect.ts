/**
 * The client: a TCP connection to the server or to a proxy, through which CONNECT leads on [RFC 9110 9.3.6]; TLS on it; the
 * WebSocket on that. Each step has its time, and its failure names it.
 */
import { request as httpRequest, STATUS_CODES, type ClientRequest, type IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as tlsConnect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { getProxyForUrl } from 'proxy-from-env'
import { WebSocket } from 'ws'
import { VdeError, type FrameSink, type Link } from '@vde-ts/link'
import { MAX_C_FRAME } from '@vde-ts/frame/stream.js'
import { DuplexLink } from '@vde-ts/schemes/duplex-link.js'
import { connectTcp } from '@vde-ts/schemes/internet/tcp-socket.js'
import { readClientTls } from '@vde-ts/schemes/internet/tls.js'
import type { OpenContext, Tail } from '@vde-ts/schemes/scheme.js'
import { Succession } from '@vde-ts/schemes/succession.js'
import { MAX_MESSAGE, MessageStream } from './message-stream.ts'
import { readTarget, type Target } from './options.ts'
import { readToken } from './token.ts'

/** How long each step may take, in milliseconds. */
const STEP_MS = 10_000

/** Everything a connection is made of, read. */
interface Plan extends Target {
  readonly url: string
  readonly tls: ConnectionOptions | null
  readonly proxy: URL | null
  readonly headers: Readonly<Record<string, string>>
}

/** ws:// and wss:// @throws {VdeError} EINVAL, ENOENT, EACCES, EPERM files and text; what the network says comes by onClose */
export const openClient = (name: 'ws' | 'wss', tail: Tail, sink: FrameSink, context: OpenContext): Link => {
  const plan = planOf(name, tail)
  const label = `${name}://${tail.path}`
  const link = new Succession(sink, { label, maxFrame: MAX_C_FRAME, onLost: (why) => { sink.onClose(why) } })
  connected(plan, context).then(
    (stream) => { link.adopt(new DuplexLink(stream, link, label)) },
    (why: unknown) => { if (!link.isClosed) sink.onClose(why as Error) }
  )
  return link
}

const planOf = (name: 'ws' | 'wss', tail: Tail): Plan => {
  const target = readTarget(name, tail)
  const { action, host, port, path } = target
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const token = tail.params.get('token')
  return {
    ...target,
    url: `${name}://${authority}${path}`,
    tls: name === 'ws' ? null : readClientTls(tail.params, host, action),
    proxy: proxyOf(`${name === 'ws' ? 'http' : 'https'}://${authority}`, action),
    headers: token === undefined ? {} : { authorization: readToken(token, action) }
  }
}

/** The proxy that the environment names. Its name and password may stand there, the scheme is http or https. */
const proxyOf = (url: string, action: string): URL | null => {
  const text = getProxyForUrl(url)
  if (text === '') return null
  const proxy = URL.canParse(text) ? new URL(text) : null
  if (proxy !== null && proxy.protocol === 'http:') return proxy
  throw new VdeError('EINVAL', action, 'the environment names a proxy that is no http://HOST:PORT, by HTTPS_PROXY, HTTP_PROXY or ALL_PROXY')
}

const connected = async (plan: Plan, context: OpenContext): Promise<MessageStream> => {
  const { proxy, tls, action } = plan
  const first = proxy === null ? plan : { host: proxy.hostname.replace(/^\[|\]$/g, ''), port: Number(proxy.port || 80) }
  let socket: Duplex = new Socket({ fd: await connectTcp(first, context.loop, action) })
  try {
    if (proxy !== null) await tunnel(socket, plan, proxy)
    if (tls !== null) socket = await secure(socket, tls, action)
    return await upgrade(socket, plan)
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** Has the proxy connect to the server. */
const tunnel = async (socket: Duplex, { url, action }: Plan, proxy: URL): Promise<void> => {
  const { host } = new URL(url.replace(/^ws/, 'http'))
  const path = /:\d+$/.test(host) ? host : `${host}:${url.startsWith('wss') ? 443 : 80}`
  const user = decodeURIComponent(`${proxy.username}:${proxy.password}`)
  const headers = { host: path, ...(user === ':' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(user).toString('base64')}` }) }
  const request = httpRequest({ method: 'CONNECT', path, headers, createConnection: () => socket as Socket })
  const { statusCode } = await answerOf(request, `${action} by the proxy ${proxy.host}`)
  if (statusCode === 200) return
  throw new VdeError('EACCES', action, `the proxy ${proxy.host} answers ${status(statusCode)}`)
}

const status = (code: number | undefined): string => `${code ?? 0} ${STATUS_CODES[code ?? 0] ?? ''}`.trim()

const answerOf = async (request: ClientRequest, action: string): Promise<IncomingMessage> =>
  await step(action, (resolve, reject) => {
    request.once('connect', resolve)
    request.once('response', resolve)
    request.once('error', reject)
    request.end()
  })

const secure = async (socket: Duplex, options: ConnectionOptions, action: string): Promise<TLSSocket> =>
  await step(`${action} by TLS`, (resolve, reject) => {
    const secured = tlsConnect({ ...options, socket }, () => { resolve(secured) })
    secured.once('error', reject)
  })

const upgrade = async (socket: Duplex, { url, headers, action }: Plan): Promise<MessageStream> =>
  await step(`${action} as a WebSocket`, (resolve, reject) => {
    const made = new WebSocket(url, {
      headers,
      createConnection: () => socket as Socket,
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE
    })
    // At once: a message may have come with the answer.
    made.once('open', () => { resolve(new MessageStream(made)) })
    made.once('error', reject)
    made.once('unexpected-response', (_request, { statusCode }) => {
      reject(new VdeError('EACCES', action, `the server answers ${status(statusCode)}, a WebSocket${statusCode === 401 ? ' with its token' : ''} is wanted`))
    })
  })

type Settle<T> = (resolve: (value: T) => void, reject: (error: Error) => void) => void

/** A step with its time; what fails is told as a failure of `action`. */
const step = async <T> (action: string, run: Settle<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<T>((resolve, reject) => {
      timer = setTimeout(() => { reject(new Error('no answer')) }, STEP_MS)
      run(resolve, reject)
    })
  } catch (error) {
    throw error instanceof VdeError ? error : new VdeError('ECONNABORTED', action, (error as Error).message, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}
