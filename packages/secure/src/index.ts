/**
 * secure://HOST:PORT[key=FILE/peer=PUBLICKEY] and secure-listen://[HOST]:PORT[...] - an encrypted cable between two hosts.
 *
 *     host a   vde_plug /tmp/sw 'secure-listen://:7000[key="/etc/vde/a.key"/peer=PUBLIC KEY OF B]'
 *     host b   vde_plug /tmp/sw 'secure://a:7000[key="/etc/vde/b.key"/peer=PUBLIC KEY OF A]'
 *
 * Noise over UDP: see wire.ts for what is sent, credentials.ts for the keys, tunnel.ts for how ends find each other.
 */
import type { Parameter, Scheme } from '@vde-ts/schemes/scheme.js'
import { readCable } from './options.ts'

const params: Readonly<Record<string, Parameter>> = {
  key: { help: 'secret key of this end, made by vde_keygen', value: 'FILE', fallback: '' },
  peer: { help: 'public key of the other end', value: 'PUBLICKEY', fallback: '' },
  psk: { help: 'in place of both: a secret that both ends share, hexadecimal digits', value: 'FILE', fallback: '' }
}

const overhead = '66 octets over IPv4, 86 over IPv6 (14 Ethernet, 24 seal, 8 UDP, 20 or 40 IP): MTU 1434 or 1414 on an Ethernet of 1500'

/** The end that knows where the other one is. What costs time to load is loaded when one is opened. */
export const secureScheme: Scheme = {
  name: 'secure',
  summary: 'an encrypted cable to a host (Noise over UDP)',
  form: 'HOST:PORT',
  overhead,
  style: 'path',
  params,
  check (tail) { readCable('secure', tail) },
  open: async (tail, sink, context) => await (await import('./open.ts')).openInitiator(tail, sink, context)
}

/** The end that waits for it. */
export const secureListenScheme: Scheme = {
  name: 'secure-listen',
  summary: 'an encrypted cable from a host that calls (Noise over UDP)',
  form: '[HOST]:PORT',
  overhead,
  style: 'path',
  params,
  check (tail) { readCable('secure-listen', tail) },
  open: async (tail, sink, context) => await (await import('./open.ts')).openListener(tail, sink, context)
}

/** What the package offers. */
export const schemes: readonly Scheme[] = [secureScheme, secureListenScheme]
