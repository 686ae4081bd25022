/** What we use of the package `noise-handshake`, which brings no types. */
declare module 'noise-handshake' {
  /** A static or ephemeral key of X25519. */
  interface KeyPair { publicKey: Uint8Array, secretKey: Uint8Array }

  /** One handshake, one side of it. Everything throws when a message is not authentic; it is of no use after that. */
  export default class Noise {
    constructor (pattern: 'IK' | 'NNpsk0', isInitiator: boolean, keys: KeyPair | null, options?: { psk: Uint8Array })
    /** Ephemeral key: made at need unless it is set before. */
    e: KeyPair | null
    /** The peer's static key. */
    rs: Uint8Array | null
    /** After the last message: keys of 32 octets to send and to receive with. */
    tx: Uint8Array
    rx: Uint8Array
    hash: Uint8Array
    complete: boolean
    initialise (prologue: Uint8Array, remoteStatic?: Uint8Array): void
    send (payload?: Uint8Array): Uint8Array
    /** Keeps views of `message`, and overwrites them at the end. */
    recv (message: Uint8Array): Uint8Array
  }
}
