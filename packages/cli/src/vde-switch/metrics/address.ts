/** Where metrics are served: `9100`, `127.0.0.1:9100`, `[::1]:9100`, or the path of a unix socket. */
import { resolve } from 'node:path'
import { isIP } from 'node:net'
import { UsageError } from '../../command.ts'

/** A host and a port, or a path. */
export type MetricsAddress =
  { readonly path: string } |
  { readonly host: string, readonly port: number }

/** Whoever names only a port means this machine. */
const LOOPBACK = '127.0.0.1'

/** @throws {UsageError} text that is none of these */
export const readMetricsAddress = (text: string): MetricsAddress => {
  if (text.includes('/')) return { path: resolve(text) }
  const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]*)\]:|([^:]*):)?(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain ?? LOOPBACK
  const port = digits === '' ? NaN : Number(digits)
  const family = isIP(host)
  const isWhole = port <= 65535 && (bracketed === undefined ? family === 4 : family === 6)
  if (isWhole) return { host, port }
  throw new UsageError(`Cannot read --metrics '${text}': a port, ADDRESS:PORT ([ADDRESS]:PORT for IPv6) or the path of a socket is wanted`)
}
