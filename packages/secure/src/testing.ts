/** Keys for the tests of the cable. Not part of the product. */
import { writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { newCableKey, publicKeyOf } from '@vde-ts/schemes/cable-key.js'

/** Parameters of both ends, for a VNL; the files are in `dir`. */
export interface KeyFiles { readonly near: string, readonly far: string, readonly shared: string }

/** Makes keys for both ends, and a secret. */
export const keyFiles = (dir: string): KeyFiles => {
  const [near, far] = [newCableKey(), newCableKey()]
  const file = (name: string, octets: Uint8Array): string => {
    writeFileSync(`${dir}/${name}`, `${Buffer.from(octets).toString('hex')}\n`, { mode: 0o600 })
    return `"${dir}/${name}"`
  }
  return {
    near: `key=${file('near', near)}/peer=${publicKeyOf(far).toString('hex')}`,
    far: `key=${file('far', far)}/peer=${publicKeyOf(near).toString('hex')}`,
    shared: `psk=${file('psk', randomBytes(32))}`
  }
}
