/** The captures of one switch: their files, and what they caught. */
import { spawnSync } from 'node:child_process'
import { PacketFilter } from '@vde-ts/frame/packet-filter.js'
import { interfaceBlock, sectionBlock, statisticsBlock } from '@vde-ts/frame/pcapng.js'
import { Capture, type Direction, type Port } from '@vde-ts/switch'
import { VdeError } from '@vde-ts/link'
import { CaptureFile } from '@vde-ts/link/capture-file.js'
import { fromStart } from '@vde-ts/link/start-directory.js'
import { VERSION } from '../version.ts'

/** Octets kept of a frame unless told otherwise: more than any has. */
export const WHOLE_FRAME = 262_144
const COMPILE_MS = 5000
const NOTHING = new Uint8Array(0)

/** What to capture, as it was asked for. */
export interface CaptureRequest {
  readonly port: Port
  readonly path: string
  /** What the interface is called in the file: the VNL of the port. */
  readonly name: string
  readonly direction: Direction
  readonly snapLen: number
  /** In the language of libpcap; empty: everything. */
  readonly filter: string
}

/** A capture, running or ended by a failure. */
export interface RunningCapture {
  readonly request: CaptureRequest
  readonly capture: Capture
  readonly file: CaptureFile
  /** Why it ended, null while it runs. */
  failure: string | null
}

/** Owns the files of its captures until {@link Captures.stop} or {@link Captures.close}. */
export class Captures {
  #all: readonly RunningCapture[] = []

  list (): readonly RunningCapture[] { return this.#all }

  /** @throws {VdeError} EEXIST, EACCES, ENOENT, ENXIO the file; EINVAL the filter */
  start (request: CaptureRequest): void {
    const filter = request.filter === '' ? null : compileFilter(request.filter)
    const file = new CaptureFile(fromStart(request.path), (error) => { this.#onFailure(running, error) })
    const { port, name, direction, snapLen } = request
    file.append(sectionBlock(`vde-ts ${VERSION}`))
    const description = port.endpoints.map((one) => one.description).filter((text) => text !== '').join(', ')
    file.append(interfaceBlock({ name, description, snapLen, filter: request.filter }))
    const capture = new Capture(port, file, { direction, snapLen, filter })
    const running: RunningCapture = { request, capture, file, failure: null }
    this.#all = [...this.#all, running]
  }

  /** Ends the captures of a port, or the one to `path`. @throws {VdeError} ENXIO there is none */
  stop (port: number, path?: string): void {
    const wanted = path === undefined ? undefined : fromStart(path)
    const ended = this.#all.filter(({ request }) =>
      request.port.number === port && (wanted === undefined || fromStart(request.path) === wanted))
    if (ended.length === 0) throw new VdeError('ENXIO', `end the capture of port ${port}`, 'there is none')
    for (const one of ended) this.#end(one)
  }

  /** Ends all. */
  close (): void { for (const one of this.#all) this.#end(one) }

  #end (running: RunningCapture): void {
    const { capture, file, failure } = running
    capture.stop()
    file.close(failure === null ? statisticsBlock(0, file.now(), capture.frames + capture.drops, capture.drops) : NOTHING)
    this.#all = this.#all.filter((one) => one !== running)
  }

  /** A reader who leaves a FIFO ends the capture; of a file people see why it ended. */
  #onFailure (running: RunningCapture, error: Error): void {
    running.capture.stop()
    running.failure = error.message
    if (running.file.isPipe) this.#end(running)
  }
}

/**
 * The language of libpcap is known to tcpdump, which prints the program for it; that takes it about 10 ms.
 * @throws {VdeError} EINVAL, ENOENT no tcpdump
 */
export const compileFilter = (text: string): PacketFilter => {
  const action = `read the filter "${text}"`
  const { status, stdout, stderr, error } = spawnSync('tcpdump', ['-ddd', '-y', 'EN10MB', '-s', String(WHOLE_FRAME), '--', text], {
    encoding: 'utf8', timeout: COMPILE_MS, stdio: ['ignore', 'pipe', 'pipe']
  })
  if (error !== undefined) throw new VdeError('ENOENT', action, 'tcpdump cannot be run, install it or capture everything')
  if (status !== 0) throw new VdeError('EINVAL', action, stderr.trim().split('\n').at(-1)?.replace(/^tcpdump: /, '') ?? 'tcpdump refuses it')
  return new PacketFilter(stdout)
}
