/**
 * A station on a network, through the stream of a `vde_plug` (or anything that speaks it): each frame behind its length
 * in two octets, big-endian. Written here in its simplest form, independent of the suite's own codec.
 */
import { BROADCAST, mac, probe, probeText } from './frames.ts'
import type { Exit, Proc, StartOptions } from './proc.ts'
import type { Scene } from './scene.ts'
import { Deadline, pause } from './wait.ts'

export class PlugPipe {
  readonly proc: Proc
  readonly address: Buffer
  /** Frames that arrived and no `expect` took yet. */
  readonly frames: Buffer[] = []
  /** Frames that arrived in all. */
  received = 0
  #rest: Buffer = Buffer.alloc(0)
  readonly #watchers = new Set<() => void>()

  /** @param station number of its address, see `mac` */
  constructor (scene: Scene, argv: readonly string[], station: number, options: StartOptions = {}) {
    this.address = mac(station)
    this.proc = scene.start(argv, { ...options, onData: (chunk) => { this.#take(chunk) } })
  }

  send (bytes: Uint8Array): boolean {
    return this.proc.write(Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]))
  }

  /** Sends a probe to `to` (everybody by default). */
  say (text: string, to: Buffer = BROADCAST, size = 60): void { this.send(probe(to, this.address, text, size)) }

  /** Waits for a frame that fits, takes it out of `frames`, and answers it. */
  async expect (fits: (bytes: Buffer) => boolean, what: string, ms = 5000): Promise<Buffer> {
    return await new Promise((resolve, reject) => {
      const finish = (): void => { clearTimeout(timer); this.#watchers.delete(look) }
      const look = (): void => {
        const at = this.frames.findIndex(fits)
        if (at !== -1) {
          finish()
          resolve(this.frames.splice(at, 1)[0]!)
        } else if (this.proc.exit !== null) {
          finish()
          reject(new Error(`Cannot receive ${what}: ${this.proc.name} ended with ${JSON.stringify(this.proc.exit)}, stderr ${JSON.stringify(this.proc.err)}`))
        }
      }
      const timer = setTimeout(() => {
        finish()
        reject(new Deadline(what, ms, `${this.received} frames came, not taken: ${this.frames.map(probeText).join(' ')}; stderr ${JSON.stringify(this.proc.err)}`))
      }, ms)
      void this.proc.ended.then(look)
      this.#watchers.add(look)
      look()
    })
  }

  /** Waits for the probe with this text. */
  async hears (text: string, ms = 5000): Promise<Buffer> {
    return await this.expect((bytes) => probeText(bytes) === text, `probe "${text}"`, ms)
  }

  /** Waits for exactly these octets. */
  async expectBytes (wanted: Buffer, ms = 5000): Promise<void> {
    await this.expect((bytes) => bytes.equals(wanted), `the frame ${wanted.toString('hex', 0, 32)}... of ${wanted.length}`, ms)
  }

  /** True when a probe with this text is among what came and was not taken. */
  heard (text: string): boolean { return this.frames.some((bytes) => probeText(bytes) === text) }

  /** Has `look` called whenever frames have come. */
  watch (look: () => void): void { this.#watchers.add(look) }

  /** Closes its input: a plug in stream mode ends by that, with status 0. */
  async end (ms = 5000): Promise<Exit> {
    this.proc.endInput()
    return await this.proc.ends(ms)
  }

  #take (chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    for (;;) {
      if (this.#rest.length < 2) break
      const length = this.#rest.readUInt16BE(0)
      if (this.#rest.length < 2 + length) break
      this.frames.push(Buffer.from(this.#rest.subarray(2, 2 + length)))
      this.received++
      this.#rest = this.#rest.subarray(2 + length)
    }
    for (const look of [...this.#watchers]) look()
  }
}

let meeting = 0

/** Waits until each of the two hears the other. Both may still be joining, so greetings are repeated until heard. */
export const meet = async (a: PlugPipe, b: PlugPipe, ms = 10_000): Promise<void> => {
  const text = `meet${meeting++}`
  const end = Date.now() + ms
  for (;;) {
    a.say(`${text}a`)
    b.say(`${text}b`)
    await pause(20)
    if (a.heard(`${text}b`) && b.heard(`${text}a`)) break
    for (const { proc } of [a, b]) {
      if (proc.exit !== null) throw new Error(`Cannot meet: ${proc.argv.join(' ')} ended with ${JSON.stringify(proc.exit)}; stderr ${JSON.stringify(proc.err)}`)
    }
    if (Date.now() > end) throw new Deadline('greeting both ways', ms, `a: ${a.proc.story.slice(0, 400)}; b: ${b.proc.story.slice(0, 400)}`)
  }
  forget(a, text)
  forget(b, text)
}

const forget = (pipe: PlugPipe, prefix: string): void => {
  const kept = pipe.frames.filter((bytes) => !probeText(bytes).startsWith(prefix))
  pipe.frames.splice(0, pipe.frames.length, ...kept)
}

/** Frames both ways, unicast and broadcast, from the shortest to the largest a C program takes; the octets are compared. */
export const exchange = async (a: PlugPipe, b: PlugPipe, sizes: readonly number[] = [60, 61, 590, 1514]): Promise<void> => {
  for (const size of sizes) {
    for (const [from, to] of [[a, b], [b, a]] as const) {
      const unicast = probe(to.address, from.address, `u${size}`, size)
      from.send(unicast)
      await to.expectBytes(unicast)
    }
  }
  const cry = probe(BROADCAST, a.address, 'all', 60)
  a.send(cry)
  await b.expectBytes(cry)
}
