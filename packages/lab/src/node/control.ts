/**
 * A connection to the init of a node (native/csrc/node): requests go out in order, and so do the answers come.
 *
 *     request   op | arguments          reply   int32 result | octets | a descriptor
 *
 * The process is watched by its pidfd, so that its number is its own for as long as the control is open, and a child of
 * ours is reaped.
 */
import { native, IN, SEQPACKET } from '@vde-ts/native'
import { connectNow } from '@vde-ts/link/socket-file.js'
import { VdeError, loop as processLoop, systemError, type Loop, type Watcher } from '@vde-ts/link'

/** What the init answered. `fd` is the caller's; -1: none came. */
export interface Reply {
  readonly octets: Uint8Array
  readonly fd: number
}

interface Waiting {
  readonly action: string
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: VdeError) => void
}

/** Longest packet of the protocol, in octets. */
const PACKET = 65536
const RESULT = 4
const EAGAIN = 11
const SIGKILL = 9
const BUFFER_OCTETS = 4 * 1024 * 1024

const room = new Uint8Array(PACKET)
const roomView = new DataView(room.buffer)
const fds = new Int32Array(1)

/** One connection, which watches itself. */
export class NodeControl {
  /** Number of the init's process, as this process sees it. */
  readonly pid: number
  /** Fulfilled when the node has ended; not after {@link close}. */
  readonly ended: Promise<void>
  readonly #fd: number
  readonly #pidfd: number
  readonly #loop: Loop
  readonly #waiting: Waiting[] = []
  #end: () => void = () => {}
  #isEnded = false
  #isClosed = false

  /** @param fd a connection, and @param pidfd of the init: both are the control's from now on */
  constructor (fd: number, pid: number, pidfd: number, loop: Loop = processLoop) {
    this.#fd = fd
    this.pid = pid
    this.#pidfd = pidfd
    this.#loop = loop
    this.ended = new Promise((resolve) => { this.#end = resolve })
    native.setBuffers(fd, BUFFER_OCTETS, BUFFER_OCTETS)
    const answers: Watcher = { onReady: () => { this.#receive() } }
    loop.add(fd, IN, answers)
    loop.add(pidfd, IN, { onReady: () => { this.#bury() } })
  }

  /** Connects to the init that listens at `path`. @throws {VdeError} ENOENT, ECONNREFUSED: there is no such node */
  static connect (path: string, name: string, loop: Loop = processLoop): NodeControl {
    const fd = connectNow(SEQPACKET, path)
    if (fd < 0) throw systemError(fd, `reach node "${name}"`)
    const who = new Int32Array(3)
    native.peerCredentials(fd, who)
    const pidfd = native.pidfdOpen(who[0]!)
    if (pidfd >= 0) return new NodeControl(fd, who[0]!, pidfd, loop)
    native.close(fd)
    throw systemError(pidfd, `reach node "${name}"`, 'it has just ended')
  }

  /** What the init says first of all. @throws {VdeError} it could not furnish the node */
  async ready (name: string): Promise<void> {
    await new Promise<Reply>((resolve, reject) => { this.#waiting.push({ action: `furnish node "${name}"`, resolve, reject }) })
  }

  /**
   * @param action for people, should it fail: `make interface a:eth0`
   * @throws {VdeError} what the init answered; ECONNRESET the node has ended
   */
  async ask (action: string, op: string, ...parts: ReadonlyArray<Uint8Array | string>): Promise<Reply> {
    const packet = Buffer.concat([Buffer.from(op), ...parts.map((part) => typeof part === 'string' ? Buffer.from(`${part}\0`) : part)])
    return await new Promise<Reply>((resolve, reject) => {
      if (this.#isClosed) return reject(new VdeError('ECONNRESET', action, 'the node has ended'))
      this.#waiting.push({ action, resolve, reject })
      const sent = native.send(this.#fd, packet, 0, packet.length)
      if (sent >= 0) return
      this.#waiting.pop()
      reject(systemError(sent, action))
    })
  }

  #receive (): void {
    while (!this.#isClosed) {
      const got = native.receiveDescriptors(this.#fd, room, 0, PACKET, fds)
      if (got === -EAGAIN) return
      if (got < RESULT) return this.#hangUp()
      this.#settle(got, fds[0]!)
    }
  }

  /** The process may still be ending, which the pidfd tells: what hangs up is not watched, it would be ready for ever. */
  #hangUp (): void {
    this.#loop.remove(this.#fd)
    this.#refuseWaiting()
  }

  #refuseWaiting (): void {
    for (const { action, reject } of this.#waiting.splice(0)) reject(new VdeError('ECONNRESET', action, 'the node has ended'))
  }

  #bury (): void {
    // Not a child of ours where another daemon made it; then its own parent hears of it.
    if (native.pidfdWait(this.#pidfd) === -EAGAIN) return
    this.#isEnded = true
    this.close()
    this.#end()
  }

  #settle (length: number, fd: number): void {
    const waiting = this.#waiting.shift()
    const result = roomView.getInt32(0, true)
    const octets = room.slice(RESULT, length)
    if (waiting === undefined) {
      if (fd >= 0) native.close(fd)
    } else if (result >= 0) waiting.resolve({ octets, fd })
    else waiting.reject(this.#error(waiting.action, result, octets))
  }

  #error (action: string, result: number, octets: Uint8Array): VdeError {
    const where = Buffer.from(octets).toString()
    return systemError(result, action, where === '' ? undefined : `${where}: ${native.strerror(-result)}`)
  }

  /** Ends the init with SIGKILL, the only signal that means anything to it. */
  kill (): void { if (!this.#isClosed) native.pidfdSignal(this.#pidfd, SIGKILL) }

  /** Ends the node and everything in it, and waits until it is gone. */
  async destroy (): Promise<void> {
    if (this.#isEnded) return
    this.kill()
    await this.ended
  }

  /** A descriptor of its process, for those who join it; the control's. */
  get pidfd (): number { return this.#pidfd }

  /** Lets the node alone. Idempotent. */
  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const fd of [this.#fd, this.#pidfd]) {
      this.#loop.remove(fd)
      native.close(fd)
    }
    this.#refuseWaiting()
  }
}
