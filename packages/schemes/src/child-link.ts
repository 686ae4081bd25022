/**
 * A link whose other end is a child process of ours. The end of what it sends ends the link, after the last frame was
 * delivered; how the child ended is told as the reason. Closing the link ends the child: hang-up of its descriptors and
 * SIGTERM at once, SIGKILL when that does not help.
 */
import { native } from '@vde-ts/native'
import { VdeError, type FrameSink, type Link } from '@vde-ts/link'
import type { Child, ChildEnd } from '@vde-ts/link/child.js'
import { escapeControls } from '@vde-ts/frame/escape.js'

/** Milliseconds between SIGTERM and SIGKILL. */
const PATIENCE_MS = 2000
/** Milliseconds to learn how a child ended whose link did. */
const REAP_MS = 500
/** Octets of its last words that are read, and told. */
const MOST_WORDS = 64 * 1024
const MOST_TOLD = 512

/** The child, and what to say of it. */
export interface ChildParts {
  readonly label: string
  /** What it is called when it ended: `cmd ended: exit 3`. */
  readonly name: string
  readonly child: Child
  /** Reading end of the pipe that is its standard error, non-blocking, ours from now on: its last line is told as well. */
  readonly errors?: number
  /** MTU of an interface on this link; absent: that of the inner one. */
  readonly mtu?: number | undefined
  /** The link is asked for super-frames, or for none. */
  readonly onOffload?: (isOn: boolean) => void
}

/** See above. */
export class ChildLink implements Link, FrameSink {
  readonly label: string
  readonly #sink: FrameSink
  readonly #parts: ChildParts
  readonly #inner: Link
  /** How the child ended; null while it runs. */
  #end: ChildEnd | null = null
  #isOver = false
  #isClosed = false
  /** Its standard error was read, and is closed. */
  #hasHeard = false
  #timer: NodeJS.Timeout | null = null

  /**
   * @param make opens the link that the child is at the other end of
   * @throws what `make` does; the child is ended then, all descriptors are still the caller's
   */
  constructor (parts: ChildParts, sink: FrameSink, make: (sink: FrameSink) => Link) {
    this.label = parts.label
    this.#sink = sink
    this.#parts = parts
    try {
      this.#inner = make(this)
    } catch (error) {
      parts.child.signal('SIGKILL')
      throw error
    }
    void parts.child.exited.then((end) => { this.#onExit(end) })
  }

  get offload (): boolean { return this.#inner.offload }
  get maxFrame (): number { return this.#inner.maxFrame }
  get mtu (): number | undefined { return this.#parts.mtu ?? this.#inner.mtu }
  get queued (): number { return this.#inner.queued ?? 0 }
  get rxDrops (): number { return this.#inner.rxDrops ?? 0 }
  get txDrops (): number { return this.#inner.txDrops ?? 0 }

  send (buf: Uint8Array, off: number, len: number): boolean { return this.#inner.send(buf, off, len) }
  pause (): void { this.#inner.pause() }
  resume (): void { this.#inner.resume() }

  setOffload (isOn: boolean): number {
    this.#parts.onOffload?.(isOn)
    return 0
  }

  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#inner.close()
    this.#lastWords()
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (!this.#parts.child.signal('SIGTERM')) return
    this.#timer = setTimeout(() => { this.#parts.child.signal('SIGKILL') }, PATIENCE_MS)
  }

  onFrame (buf: Uint8Array, off: number, len: number): void { this.#sink.onFrame(buf, off, len) }
  onWritable (): void { this.#sink.onWritable() }
  onUp (): void { this.#sink.onUp() }
  onDown (why?: Error): void { this.#sink.onDown(why) }

  /** The inner link is over. The child usually ends in the same moment; how is worth a short wait. */
  onClose (why?: Error): void {
    this.#isOver = true
    if (why !== undefined || this.#end !== null) return this.#tell(why)
    this.#timer = setTimeout(() => { this.#tell() }, REAP_MS)
  }

  /** Frames of the child may still be on their way, so the link goes on until what it sends ends. */
  #onExit (end: ChildEnd): void {
    this.#end = end
    if (this.#isClosed) {
      if (this.#timer !== null) clearTimeout(this.#timer)
    } else if (this.#isOver) this.#tell()
  }

  #tell (why: Error | undefined = this.#reason()): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (!this.#isClosed) this.#sink.onClose(why)
  }

  #reason (): Error | undefined {
    const end = this.#end
    if (end === null || end.code === 0) return undefined
    const how = end.signal === null ? `exit ${end.code}` : `signal ${end.signal}`
    const words = this.#lastWords()
    return new VdeError('ECHILD', `go on with ${this.label}`, `${this.#parts.name} ended: ${how}${words === '' ? '' : `, ${words}`}`)
  }

  /** The last line that the child wrote to its standard error. Closes the pipe. */
  #lastWords (): string {
    const { errors } = this.#parts
    if (errors === undefined || this.#hasHeard) return ''
    this.#hasHeard = true
    const octets = Buffer.alloc(MOST_WORDS)
    const count = native.read(errors, octets, 0, octets.length)
    native.close(errors)
    return lastLine(octets.toString('utf8', 0, Math.max(0, count)))
  }
}

/** The last line that is not empty, fit to be shown. */
export const lastLine = (text: string): string => {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '')
  return escapeControls((lines.at(-1) ?? '').slice(0, MOST_TOLD))
}
