/** TLS for the stream schemes, Node's own. Certificates, or a secret that both ends have (TLS-PSK). */
import { readFileSync } from 'node:fs'
import { Socket, isIP } from 'node:net'
import { TLSSocket, connect, createSecureContext, type ConnectionOptions, type TLSSocketOptions } from 'node:tls'
import { native } from '@vde-ts/native'
import { VdeError, type FrameSink, type Link } from '@vde-ts/link'
import { fileError } from '@vde-ts/link/socket-file.js'
import { Acceptor } from '../acceptor.ts'
import { DuplexLink } from '../duplex-link.ts'
import { readSecretFile, readSharedSecret } from '../secret-file.ts'
import { Succession } from '../succession.ts'
import type { OpenContext } from '../scheme.ts'
import { prepareTcp } from './tcp-socket.ts'

/** How long a peer may take to shake hands, in milliseconds. */
const HANDSHAKE_MS = 10_000
/** Peers that shake hands at a time; one more costs the oldest its place. */
const MAX_PENDING = 256
/** Who both ends say they are, with a shared secret. */
const IDENTITY = 'vde'
const PSK_CIPHERS = 'PSK+HIGH'

type Params = ReadonlyMap<string, string>

/** @throws {VdeError} EINVAL parameters that do not go together, ENOENT or EACCES a file, EPERM one that others can read */
export const readClientTls = (params: Params, host: string, action: string): ConnectionOptions => {
  const psk = params.get('psk')
  if (psk !== undefined) {
    const secret = readSharedSecret(psk, action)
    return { ...PSK, pskCallback: () => ({ psk: secret, identity: IDENTITY }), checkServerIdentity: () => undefined }
  }
  const ca = params.get('ca')
  const name = params.get('name') ?? host
  // An address is no name that may be asked for (RFC 6066 3), but it may stand in the certificate.
  const servername = isIP(name) === 0 ? { servername: name } : {}
  return { host: name, ...servername, ...(ca === undefined ? {} : { ca: readPem(ca, action) }) }
}

/** @throws {VdeError} as {@link readClientTls} */
export const readServerTls = (params: Params, action: string): TLSSocketOptions => {
  const psk = params.get('psk')
  if (psk !== undefined) {
    const secret = readSharedSecret(psk, action)
    const pskCallback = (_socket: TLSSocket, identity: string): Buffer | null => identity === IDENTITY ? secret : null
    return { ...PSK, pskCallback } as TLSSocketOptions
  }
  const [cert, key] = [params.get('cert'), params.get('key')]
  if (cert === undefined || key === undefined) {
    throw new VdeError('EINVAL', action, 'TLS without cert and key, files with a certificate and its key are wanted, or psk')
  }
  try {
    return { secureContext: createSecureContext({ cert: readPem(cert, action), key: readSecretFile(key, action) }) }
  } catch (error) {
    if (error instanceof VdeError) throw error
    throw new VdeError('EINVAL', action, `"${cert}" and "${key}" are no certificate and key: ${(error as Error).message}`, { cause: error })
  }
}

/** Finite fields and curves only: the secret alone would lay open what was recorded once it gets known. */
const PSK = { ciphers: PSK_CIPHERS, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const

const readPem = (path: string, action: string): Buffer => {
  try {
    return readFileSync(path)
  } catch (error) {
    throw fileError(error, action)
  }
}

/** Secures a connection, which is owned, and makes a link of it. @throws {VdeError} EACCES the peer is not who it should be */
export const secureClient = async (
  fd: number, options: ConnectionOptions, sink: FrameSink & { readonly label: string }, action: string
): Promise<Link> =>
  await new Promise((resolve, reject) => {
    const socket = connect({ ...options, socket: new Socket({ fd }) })
    const fail = (error: Error): void => {
      clearTimeout(timer)
      socket.destroy()
      reject(tlsError(error, action))
    }
    const timer = setTimeout(() => { fail(new Error('no answer')) }, HANDSHAKE_MS)
    socket.once('error', fail)
    socket.once('secureConnect', () => {
      clearTimeout(timer)
      socket.off('error', fail)
      resolve(new DuplexLink(socket, sink, sink.label))
    })
  })

const tlsError = (error: Error, action: string): VdeError =>
  new VdeError('EACCES', action, `no agreement on TLS with the peer: ${error.message}`, { cause: error })

/** Takes one secured peer after the other: those that do not get through the hand-shake never hold the place. */
export class TlsAcceptor {
  readonly link: Succession
  readonly #options: TLSSocketOptions
  readonly #acceptor: Acceptor
  /** Oldest first. */
  readonly #pending = new Set<TLSSocket>()

  /** Owns the listening descriptor `fd`. */
  constructor (fd: number, options: TLSSocketOptions, sink: FrameSink, context: OpenContext, label: string) {
    this.#options = options
    this.link = new Succession(sink, { label, onLost () {}, onRelease: () => { this.#release() } })
    this.#acceptor = new Acceptor(fd, context.loop, (peer) => { this.#shake(peer) })
  }

  #shake (fd: number): void {
    if (this.link.isTaken) {
      native.close(fd)
      return
    }
    for (const oldest of this.#pending) {
      if (this.#pending.size < MAX_PENDING) break
      this.#drop(oldest)
    }
    prepareTcp(fd)
    const socket = new TLSSocket(new Socket({ fd }), { ...this.#options, isServer: true })
    this.#pending.add(socket)
    const timer = setTimeout(() => { this.#drop(socket) }, HANDSHAKE_MS)
    socket.once('close', () => { clearTimeout(timer) })
    socket.on('error', () => { this.#drop(socket) })
    socket.once('secure', () => {
      clearTimeout(timer)
      this.#pending.delete(socket)
      this.#adopt(socket)
    })
  }

  #adopt (socket: TLSSocket): void {
    if (this.link.isTaken || this.link.isClosed) return void socket.destroy()
    socket.removeAllListeners('error')
    this.link.expect()
    this.link.adopt(new DuplexLink(socket, this.link, this.link.label))
  }

  #drop (socket: TLSSocket): void {
    this.#pending.delete(socket)
    socket.destroy()
  }

  #release (): void {
    this.#acceptor.close()
    for (const socket of this.#pending) this.#drop(socket)
  }
}
