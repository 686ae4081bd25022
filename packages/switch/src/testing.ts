/** Fakes for the tests of this package and of those that stand on it. */
import { HEADROOM, type FrameSink, type Link } from '@vde-ts/link/link.js'
import { NONE, UNKNOWN, type Owner } from './access.ts'
import type { AttachRequest } from './attachments.ts'
import type { Endpoint } from './endpoint.ts'
import { Switch, type SwitchOptions } from './switch.ts'

/** A link that keeps what it is given as hex and does what the test says. */
export class FakeLink implements Link {
  offload = false
  readonly label = 'fake'
  maxFrame = 65557
  isFull = false
  isPaused = true
  isClosed = false
  isUp = true
  bitsPerSec: number | undefined = undefined
  /** Keeps nothing: to measure. */
  isMute = false
  sent: string[] = []
  count = 0
  /** Called inside each send, before it is answered. */
  onSend: ((buf: Uint8Array, off: number, len: number) => void) | null = null

  send (buf: Uint8Array, off: number, len: number): boolean {
    if (this.isFull) return false
    this.count++
    if (!this.isMute) this.sent.push(Buffer.from(buf.subarray(off, off + len)).toString('hex'))
    this.onSend?.(buf, off, len)
    return true
  }

  pause (): void { this.isPaused = true }
  resume (): void { this.isPaused = false }
  close (): void { this.isClosed = true }
}

/** Somebody with a uid and no more groups than the one of the same number. */
export const user = (uid: number): Owner => uid === NONE ? UNKNOWN : { uid, gid: uid, groups: [] }

/** A switch with constant seed and address 02:00:00:00:00:0a. */
export const makeSwitch = (options: Partial<SwitchOptions> = {}): Switch =>
  new Switch({ seed: 1, macHi: 0x0200, macLo: 10, ...options })

/** A fake link and the endpoint it is plugged into. */
export interface Plugged {
  readonly endpoint: Endpoint
  readonly link: FakeLink
}

/** Plugs a fake link into a port. */
export const plug = (sw: Switch, port: number | 'any' = 'any', more: Partial<AttachRequest> = {}): Plugged => {
  const endpoint = sw.attach({
    port, owner: user(1000), module: 'unix prog', description: '', mayUsePortZero: true, ...more
  })
  const link = new FakeLink()
  endpoint.connect(link)
  return { endpoint, link }
}

/** Gives a sink a frame in hex, in a buffer with headroom. @returns the buffer, to see whether it was restored */
export const give = (sink: FrameSink, text: string): Uint8Array => {
  const frame = Buffer.from(text.replace(/\s/g, ''), 'hex')
  const buf = new Uint8Array(HEADROOM + frame.length)
  buf.set(frame, HEADROOM)
  sink.onFrame(buf, HEADROOM, frame.length)
  return buf
}
