/**
 * ws://, wss://HOST:PORT/PATH and ws-listen://[HOST]:PORT/PATH - the vde stream over WebSocket: a cable that crosses what lets
 * only HTTP pass.
 *
 *     host a   vde_plug /tmp/sw 'ws-listen://:8443/lan[cert="c.pem"/key="k.pem"/token="/etc/vde/token"]'
 *     host b   HTTPS_PROXY=http://proxy:3128 vde_plug /tmp/sw 'wss://a:8443/lan[token="/etc/vde/token"]'
 */
import type { OpenContext, Parameter, Scheme, Tail } from '@vde-ts/schemes/scheme.js'
import type { FrameSink } from '@vde-ts/link'
import { readTarget } from './options.ts'

const token: Parameter = { help: 'text in FILE that both ends share, for an Authorization header', value: 'FILE', fallback: '' }
const psk: Parameter = { help: 'TLS with the secret in FILE, hexadecimal digits that both ends share', value: 'FILE', fallback: '' }
const overhead = '2 octets, and some of a message, in a TCP stream, which takes frames of any length: the MTU stays'

const client = (name: 'ws' | 'wss', summary: string, params: Readonly<Record<string, Parameter>>): Scheme => ({
  name,
  summary,
  form: 'HOST:PORT/PATH',
  overhead,
  style: 'path',
  params,
  check (tail: Tail) { readTarget(name, tail) },
  open: async (tail: Tail, sink: FrameSink, context: OpenContext) =>
    (await import('./connect.ts')).openClient(name, tail, sink, context)
})

/** In clear. What costs time to load is loaded when one is opened. */
export const wsScheme: Scheme = client('ws', 'the vde stream over WebSocket, in clear', { token })

/** Inside TLS. */
export const wssScheme: Scheme = client('wss', 'the vde stream over WebSocket inside TLS, through proxies', {
  ca: { help: 'certificates that may vouch for the server, PEM', value: 'FILE', fallback: "Node's own" },
  name: { help: 'name expected in the certificate of the server', value: 'NAME', fallback: 'HOST' },
  token,
  psk
})

/** The server of both. */
export const wsListenScheme: Scheme = {
  name: 'ws-listen',
  summary: 'the vde stream over WebSocket, for one peer at a time',
  form: '[HOST]:PORT/PATH',
  overhead,
  style: 'path',
  params: {
    cert: { help: 'certificate of this end, PEM; with it comes TLS', value: 'FILE', fallback: '' },
    key: { help: 'its private key, PEM', value: 'FILE', fallback: '' },
    token,
    psk
  },
  check (tail: Tail) { readTarget('ws-listen', tail) },
  open: async (tail: Tail, sink: FrameSink, context: OpenContext) => await (await import('./listen.ts')).openListener(tail, sink, context)
}

/** What the package offers. */
export const schemes: readonly Scheme[] = [wsScheme, wssScheme, wsListenScheme]
