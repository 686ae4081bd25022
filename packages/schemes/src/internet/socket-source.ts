/** A UDP socket of one link alone, as what the link receives from. */
import { IN, native } from '@vde-ts/native'
import type { Loop, Watcher } from '@vde-ts/link'
import { DatagramReceiver, type TrainSink } from './datagram-receiver.ts'

/** Takes over the descriptor. Opened stopped. */
export class SocketSource implements Watcher {
  readonly #fd: number
  readonly #loop: Loop
  readonly #receiver: DatagramReceiver
  readonly #goesOn = (): boolean => this.#isWatching
  #isWatching = false

  constructor (fd: number, loop: Loop, sink: TrainSink) {
    this.#fd = fd
    this.#loop = loop
    this.#receiver = new DatagramReceiver(loop, sink)
    loop.add(fd, 0, this)
  }

  /** Starts or stops delivering. */
  watch (isOn: boolean): void {
    if (isOn === this.#isWatching) return
    this.#isWatching = isOn
    this.#loop.modify(this.#fd, isOn ? IN : 0)
  }

  onReady (): void {
    // An error of an unconnected socket concerns nobody here; it is cleared by being asked for.
    if (this.#receiver.receive(this.#fd, this.#goesOn) < 0) native.socketError(this.#fd)
  }

  close (): void {
    this.#isWatching = false
    this.#loop.remove(this.#fd)
    native.close(this.#fd)
  }
}
