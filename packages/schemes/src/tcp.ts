/**
 * tcp://HOST:PORT and tcp-listen://HOST:PORT - the vde stream over TCP, plain or inside TLS.
 *
 *     host a   vde_plug vde:///tmp/sw tcp-listen://0.0.0.0:7000[tls/cert=c.pem/key=k.pem]
 *     host b   vde_plug vde:///tmp/sw tcp://host-a:7000[tls/ca=c.pem]
 *
 * Both open at once: the client is down until it is connected, and ends when it cannot be (`restart://` tries again), who
 * listens is down between two peers. Plain TCP is readable and forgeable by everybody on the way, so a listener without a
 * host binds loopback.
 */
import type { FrameSink, Link } from '@vde-ts/link'
import { MAX_C_FRAME } from '@vde-ts/frame/stream.js'
import { parseHostPort, type HostPort } from './internet/host-port.ts'
import { connectTcp, listenTcp, prepareTcp, socketName, warnOpen } from './internet/tcp-socket.ts'
import { oneAtATime } from './stream-socket.ts'
import { StreamLink } from './stream-link.ts'
import { Succession } from './succession.ts'
import type { OpenContext, Parameter, Scheme, Tail } from './scheme.ts'

const tls: Parameter = { help: 'encrypt with TLS', value: '', fallback: '' }
const psk: Parameter = { help: 'TLS with the secret in FILE, hexadecimal digits that both ends share', value: 'FILE', fallback: '' }
const overhead = '2 octets in a TCP stream, which takes frames of any length: the MTU stays'

/** Connects once; the end of the connection is the end of the link. */
export const tcpScheme: Scheme = {
  name: 'tcp',
  summary: 'the vde stream to a TCP port',
  form: 'HOST:PORT',
  overhead,
  style: 'path',
  params: {
    tls,
    ca: { help: 'certificates that may vouch for the server, PEM; with it comes tls', value: 'FILE', fallback: "Node's own" },
    name: { help: 'name expected in the certificate of the server', value: 'NAME', fallback: 'HOST' },
    psk
  },
  check ({ path }) { parseHostPort(path, `open tcp://${path}`) },
  open: async (tail, sink, context) => {
    const action = `open tcp://${tail.path}`
    const target = parseHostPort(tail.path, action)
    const secure = await readSecurity(tail, target, action)
    const link = new Succession(sink, {
      label: `tcp://${tail.path}`,
      maxFrame: MAX_C_FRAME,
      onLost: (why) => { sink.onClose(why) }
    })
    const connected = connectTcp(target, context.loop, action).then((fd) => secure(fd, link, context))
    connected.then((made) => { link.adopt(made) }, (why: unknown) => { if (!link.isClosed) sink.onClose(why as Error) })
    return link
  }
}

type Secure = (fd: number, link: Succession, context: OpenContext) => Link | Promise<Link>

/** What becomes of a connection, plain or secured. TLS is loaded at need only: it takes 20 ms of a start. */
const readSecurity = async (tail: Tail, { host }: HostPort, action: string): Promise<Secure> => {
  if (!isSecure(tail)) return plain
  const { readClientTls, secureClient } = await import('./internet/tls.ts')
  const options = readClientTls(tail.params, host, action)
  return async (fd, link) => await secureClient(fd, options, link, action)
}

const isSecure = ({ params }: Tail): boolean => ['tls', 'psk', 'ca', 'cert', 'key'].some((key) => params.has(key))

const plain: Secure = (fd, link, context) => new StreamLink(fd, fd, link, context.loop, { label: link.label })

/** Takes one peer after the other. */
export const tcpListenScheme: Scheme = {
  name: 'tcp-listen',
  summary: 'the vde stream on a TCP port, for one peer at a time',
  form: '[HOST]:PORT',
  overhead,
  style: 'path',
  params: {
    tls,
    cert: { help: 'certificate of this end, PEM', value: 'FILE', fallback: '' },
    key: { help: 'its private key, PEM', value: 'FILE', fallback: '' },
    psk
  },
  check ({ path }) { parseHostPort(path, `open tcp-listen://${path}`, 0) },
  open: async (tail, sink, context) => {
    const action = `open tcp-listen://${tail.path}`
    const { host, port } = parseHostPort(tail.path, action, 0)
    const isOpen = !isSecure(tail)
    const anywhere = isOpen ? '127.0.0.1' : '0.0.0.0'
    const secure = isOpen ? null : await readServer(tail, action)
    const fd = await listenTcp({ host: host === '' ? anywhere : host, port }, action)
    const label = `tcp-listen://${socketName(fd)}`
    if (isOpen) warnOpen(fd, label, 'cert and key, or psk', (line) => { context.log(line) })
    return secure === null ? plainListener(fd, label, sink, context) : secure(fd, label, sink, context)
  }
}

type Listen = (fd: number, label: string, sink: FrameSink, context: OpenContext) => Link

const plainListener: Listen = (fd, label, sink, context) =>
  oneAtATime(fd, label, sink, context.loop, () => {}, (peer, link) => {
    prepareTcp(peer)
    return new StreamLink(peer, peer, link, context.loop, { label })
  })

const readServer = async (tail: Tail, action: string): Promise<Listen> => {
  const { readServerTls, TlsAcceptor } = await import('./internet/tls.ts')
  const options = readServerTls(tail.params, action)
  return (fd, label, sink, context) => new TlsAcceptor(fd, options, sink, context, label).link
}
