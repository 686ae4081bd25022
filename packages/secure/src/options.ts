/** What a VNL of the cable says, as text: loads nothing that costs time. */
import { VdeError } from '@vde-ts/link'
import { parsePublicKey } from '@vde-ts/schemes/cable-key.js'
import { parseHostPort, type HostPort } from '@vde-ts/schemes/internet/host-port.js'
import type { Tail } from '@vde-ts/schemes/scheme.js'

/** Files are not read yet. */
export type Keys =
  { readonly kind: 'static', readonly keyFile: string, readonly peer: Uint8Array } |
  { readonly kind: 'shared', readonly secretFile: string }

/** @throws {VdeError} EINVAL no HOST:PORT, keys that are missing or do not go together */
export const readCable = (name: string, { path, params }: Tail): HostPort & { readonly keys: Keys, readonly action: string } => {
  const action = `open ${name}://${path}`
  const isListener = name !== 'secure'
  const { host, port } = parseHostPort(path, action, isListener ? 0 : 1)
  if (host === '' && !isListener) throw new VdeError('EINVAL', action, `"${path}" has no host, HOST:PORT is wanted`)
  return { host, port, keys: keysOf(params, action), action }
}

const keysOf = (params: Tail['params'], action: string): Keys => {
  const [keyFile, peer, secretFile] = [params.get('key'), params.get('peer'), params.get('psk')]
  if (secretFile !== undefined && keyFile === undefined && peer === undefined) return { kind: 'shared', secretFile }
  if (secretFile === undefined && keyFile !== undefined && peer !== undefined) {
    return { kind: 'static', keyFile, peer: parsePublicKey(peer, 'peer', action) }
  }
  const given = ['key', 'peer', 'psk'].filter((one) => params.has(one)).join(' and ')
  throw new VdeError('EINVAL', action, `found ${given === '' ? 'no keys' : given}, key=FILE and peer=PUBLICKEY are wanted, or psk=FILE`)
}
