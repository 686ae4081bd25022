/** A started namespace: its interfaces, the command in it, and how that ended. */
import { native, IN, type Spawned } from '@vde-ts/native'
import { tapDevice, type FrameDevice } from '@vde-ts/tun-tap'
import { systemError } from '@vde-ts/link/errors.js'
import type { Loop, Watcher } from '@vde-ts/link/loop.js'

/** How a command ended: by itself with `code` (then `signal` is 0), or by `signal`. */
export interface ExitStatus {
  readonly code: number
  readonly signal: number
}

/** Reads a wait status of waitid as `native.pidfdWait` answers it. */
export const exitStatus = (status: number): ExitStatus => ({ code: (status >> 8) & 0xff, signal: status & 0x7f })

/** One use: {@link release} or {@link close}, then {@link exited}. */
export class Namespace implements Watcher {
  readonly pid: number
  /** Descriptors of the interfaces, in the order asked for, non-blocking. The caller's from now on. */
  readonly taps: readonly number[]
  /** How these are used. */
  devices: readonly FrameDevice[]
  /** Fulfilled when the command has ended; never rejected. */
  readonly exited: Promise<ExitStatus>
  readonly #loop: Loop
  readonly #command: string
  #pidfd: number
  #hold: number
  /** rtnetlink in the namespace; -1: it has no interfaces of ours, or is gone. */
  #inside: number
  /** Of packet sockets: rtnetlink in theirs. */
  readonly #outside: number
  #end: (status: ExitStatus) => void = () => {}

  constructor (spawned: Spawned, loop: Loop, command: string) {
    this.pid = spawned.pid
    this.taps = [...spawned.taps, ...spawned.packets]
    this.devices = spawned.taps.map(() => tapDevice)
    this.#inside = spawned.inside ?? -1
    this.#outside = spawned.outside ?? -1
    this.exited = new Promise(resolve => { this.#end = resolve })
    this.#loop = loop
    this.#command = command
    this.#pidfd = spawned.pidfd
    this.#hold = spawned.hold
    loop.add(this.#pidfd, IN, this)
  }

  /**
   * Lets the command run.
   * @throws {VdeError} ENOENT when there is no such command, EACCES or ENOEXEC when it cannot be run
   */
  release (): void {
    const hold = this.#hold
    if (hold === -1) return
    this.#hold = -1
    const result = native.spawnRelease(hold)
    // EPIPE, ECONNRESET: it was killed while it waited, which `exited` tells.
    if (result < 0 && result !== -EPIPE && result !== -ECONNRESET) throw systemError(result, `run "${this.#command}"`)
  }

  /** Sends a signal to the command. Harmless when it has ended: the number of a process is never reused here. */
  signal (signal: number): void {
    if (this.#pidfd !== -1) native.pidfdSignal(this.#pidfd, signal)
  }

  /** Has ethtool show `mbit` of the TAP `name`. For people to see: one that is gone, or was given to others, is left alone. */
  showSpeed (name: string, mbit: number): void {
    if (this.#inside !== -1) native.setInterfaceSpeedAt(this.#inside, name, mbit)
  }

  /** Gives up a namespace whose command was not released: it ends, and `exited` follows. */
  close (): void {
    if (this.#hold === -1) return
    native.close(this.#hold)
    this.#hold = -1
    this.signal(SIGKILL)
  }

  onReady (): void {
    const status = native.pidfdWait(this.#pidfd)
    if (status === -EAGAIN) return
    this.#loop.remove(this.#pidfd)
    native.close(this.#pidfd)
    this.#pidfd = -1
    for (const fd of [this.#inside, this.#outside]) if (fd !== -1) native.close(fd) // an open one would keep its namespace
    this.#inside = -1
    this.#end(status < 0 ? { code: LOST, signal: 0 } : exitStatus(status))
  }
}

const SIGKILL = 9
const EAGAIN = 11
const EPIPE = 32
const ECONNRESET = 104
/** Somebody else collected the status: it cannot be told. */
const LOST = 1
