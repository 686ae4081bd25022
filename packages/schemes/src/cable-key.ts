/**
 * Static keys of encrypted cables: X25519, written as 64 hexadecimal digits. The secret half is in a file for its owner
 * only; the public half stands in the VNL of the other end.
 */
import { createPrivateKey, createPublicKey, diffieHellman, randomBytes, type KeyObject } from 'node:crypto'
import { VdeError } from '@vde-ts/link'
import { readSecretFile } from './secret-file.ts'

/** Octets of either half. */
export const KEY_OCTETS = 32
/** What stands in front of the octets in PKCS#8 (RFC 8410): Node takes keys with it only. */
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex')

/** A new secret. */
export const newCableKey = (): Buffer => randomBytes(KEY_OCTETS)

/**
 * The secret key in a file.
 * @throws {VdeError} ENOENT, EACCES, EPERM of the file, EINVAL it is none
 */
export const readCableKey = (path: string, action: string): Buffer => {
  const text = readSecretFile(path, action).toString('latin1').trim()
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex')
  throw new VdeError('EINVAL', action, `"${path}" holds no key, ${2 * KEY_OCTETS} hexadecimal digits are wanted (vde_keygen makes them)`)
}

/** The public key of a secret one. */
export const publicKeyOf = (secret: Uint8Array): Buffer =>
  Buffer.from(createPublicKey(privateKey(secret)).export({ format: 'jwk' }).x!, 'base64url')

/** A public key, as typed. @throws {VdeError} EINVAL */
export const parsePublicKey = (text: string, name: string, action: string): Buffer => {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex')
  throw new VdeError('EINVAL', action, `${name} is "${text}", ${2 * KEY_OCTETS} hexadecimal digits are wanted (vde_keygen prints them)`)
}

/** The secret that two ends share by their keys. @throws {Error} `peer` is a point that gives no secret (RFC 7748 6.1) */
export const agree = (secret: Uint8Array, peer: Uint8Array): Buffer => {
  const x = Buffer.from(peer).toString('base64url')
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' })
  return diffieHellman({ privateKey: privateKey(secret), publicKey })
}

const privateKey = (secret: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, secret]), format: 'der', type: 'pkcs8' })
