/**
 * The client's half of the control protocol, octet by octet, so that a test can say odd things and join a thousand
 * times. It uses the addon for the system calls Node lacks and none of the suite's protocol code. It blocks in poll(2):
 * the switch is another process.
 */
import { native, DGRAM, IN, STREAM } from '@vde-ts/native'

const MAGIC = 0xfeedface
const AF_UNIX = 1
const SOCKADDR = 110
const EAGAIN = 11

export interface RequestOptions {
  readonly version?: number
  readonly magic?: number
  /** Low 8 bits of the type. */
  readonly kind?: number
  /** Upper 24 bits of the type. */
  readonly port?: number
  readonly description?: string
  /** Octets of zero behind the description, as UML sends. */
  readonly padding?: number
}

/** A request for a data socket at `path` (a leading NUL: abstract), version 3 or 1. */
export const rawRequest = (path: string, options: RequestOptions = {}): Buffer => {
  const { version = 3, magic = MAGIC, kind = 0, port = 0, description = '', padding = 0 } = options
  const type = Buffer.alloc(4)
  type.writeInt32LE((port << 8) | kind)
  const address = Buffer.alloc(SOCKADDR)
  address.writeUInt16LE(AF_UNIX)
  address.write(path, 2, 'latin1')
  const first = Buffer.alloc(4)
  first.writeUInt32LE(magic)
  const second = Buffer.alloc(4)
  second.writeUInt32LE(version)
  const head = version === 1 ? [first, type, Buffer.alloc(6)] : [first, second, type]
  return Buffer.concat([...head, address, Buffer.from(description, 'latin1'), Buffer.alloc(padding)])
}

const check = (result: number, what: string): number => {
  if (result < 0) throw new Error(`Cannot ${what}: error ${-result}`)
  return result
}

const tick = new Int32Array(new SharedArrayBuffer(4))

/** A full backlog answers EAGAIN to a socket that does not block. */
const connectPatiently = (fd: number, path: string): number => {
  for (let tries = 0; ; tries++) {
    const result = native.connectUnix(fd, path)
    if (result !== -EAGAIN || tries === 2000) return result
    Atomics.wait(tick, 0, 0, 1)
  }
}

/** An abstract name as the kernel's User Mode Linux driver makes it: it fills the whole address, zeros included. */
export const abstractName = (text: string): string => `\0\0\0\0${text}`.padEnd(108, '\0')

let serial = 0

export class RawClient {
  readonly dir: string
  /** Path of its own data socket. */
  readonly path: string
  control = -1
  data = -1
  /** The 110 octets the switch answered. */
  reply: Buffer = Buffer.alloc(0)

  /** Connects to `<dir>/ctl` and binds its data socket; asks for nothing yet. */
  constructor (dir: string, path = `${dir}/.${String(process.pid).padStart(5, '0')}-${String(serial++).padStart(5, '0')}`) {
    this.dir = dir
    this.path = path
    this.control = check(native.unixSocket(STREAM), 'make a socket')
    const result = connectPatiently(this.control, `${dir}/ctl`)
    if (result < 0) {
      this.close()
      check(result, `connect to ${dir}/ctl`)
    }
    this.data = check(native.unixSocket(DGRAM), 'make a socket')
    if (path !== '') check(native.bindUnix(this.data, path), `bind ${path}`)
  }

  /** Joins as the C library does: request, reply, connect, unlink. Answers itself. */
  static join (dir: string, options: RequestOptions = {}, path?: string): RawClient {
    const client = new RawClient(dir, path)
    client.write(rawRequest(client.path, options))
    if (!client.accepted()) {
      client.close()
      throw new Error('Cannot join: the switch refused')
    }
    return client
  }

  write (bytes: Uint8Array): void { check(native.write(this.control, bytes, 0, bytes.length), 'write the request') }

  /** Waits for the reply and connects to what it names; false: the switch hung up. */
  accepted (ms = 5000): boolean {
    const reply = Buffer.alloc(256)
    if (native.poll(this.control, IN, ms) <= 0) throw new Error(`Cannot join: no reply within ${ms} ms`)
    const got = native.read(this.control, reply, 0, reply.length)
    if (got <= 0) return false
    this.reply = Buffer.from(reply.subarray(0, got))
    check(native.connectUnix(this.data, this.peer), `connect to ${this.peer}`)
    return true
  }

  /** Path of the switch's data socket. */
  get peer (): string { return this.reply.toString('latin1', 2).replace(/\0.*$/s, '') }

  /** Octets sent, or a negative error. */
  send (bytes: Uint8Array): number { return native.send(this.data, bytes, 0, bytes.length) }

  /** The next frame, or null when none comes in time. */
  receive (ms = 2000): Buffer | null {
    const buf = Buffer.alloc(70_000)
    if (native.poll(this.data, IN, ms) <= 0) return null
    const got = native.receive(this.data, buf, 0, buf.length)
    if (got === -EAGAIN) return null
    return Buffer.from(buf.subarray(0, check(got, 'receive')))
  }

  /** The next frame that fits. */
  hears (fits: (bytes: Buffer) => boolean, ms = 2000): Buffer | null {
    const end = Date.now() + ms
    for (;;) {
      const got = this.receive(Math.max(0, end - Date.now()))
      if (got === null || fits(got)) return got
    }
  }

  /** Whether the switch hangs up within the time. */
  hungUp (ms = 2000): boolean {
    if (native.poll(this.control, IN, ms) <= 0) return false
    return native.read(this.control, Buffer.alloc(16), 0, 16) <= 0
  }

  close (): void {
    if (this.control >= 0) native.close(this.control)
    if (this.data >= 0) native.close(this.data)
    this.control = this.data = -1
  }
}
