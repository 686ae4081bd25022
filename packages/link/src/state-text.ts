/**
 * Snapshots as text: JSON in which `{"base64": "..."}` stands for octets. Nothing else in a snapshot has that one key.
 */

const KEY = 'base64'

/** @param state JSON and Uint8Arrays; not Buffers, which JSON writes in a way of their own */
export const stateText = (state: object): string => JSON.stringify(state, (_key, value: unknown) =>
  value instanceof Uint8Array ? { [KEY]: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') } : value)

/** @throws {SyntaxError} not JSON */
export const stateOf = (text: string): unknown => JSON.parse(text, (_key, value: unknown) =>
  isOctets(value) ? new Uint8Array(Buffer.from(value[KEY], 'base64')) : value)

const isOctets = (value: unknown): value is { readonly [KEY]: string } =>
  typeof value === 'object' && value !== null && KEY in value && typeof value[KEY] === 'string' && Object.keys(value).length === 1
