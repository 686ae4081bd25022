/**
 * pcap-file:///FILE{VNL} - the network in braces, and a record of all that passes: pcapng, which Wireshark opens, with the
 * direction of each frame.
 *
 *     FILE   FILE.1   FILE.2 ...     one after the other when `size` is given, of which the newest `files` are kept
 *
 * Frames are recorded as they are on the wire: super-frames are cut before they get here. What the disk cannot take is
 * lost to the record only, and counted in its last block. Nothing is overwritten.
 */
import { unlinkSync } from 'node:fs'
import { VdeError } from '@vde-ts/link'
import { CaptureFile } from '@vde-ts/link/capture-file.js'
import { MAX_FRAME } from '@vde-ts/frame/ethernet.js'
import { interfaceBlock, packetBlockSize, sectionBlock, statisticsBlock, writePacketBlock } from '@vde-ts/frame/pcapng.js'
import { parseNumber, parseSize } from '@vde-ts/vnl'
import { NestedLink, type Coder, type Passage } from './nested-link.ts'
import type { Scheme, Tail } from './scheme.ts'

const DEFAULT_FILES = 10
const MAX_FILES = 10_000
/** Smaller ones hold nothing worth a file. */
const LEAST_SIZE = 4096
const LEAST_SNAP = 14

/** See above. */
export const pcapFileScheme: Scheme = {
  name: 'pcap-file',
  summary: 'the network in braces, recorded in a pcapng file',
  form: 'FILE{VNL}',
  style: 'nested-path',
  params: {
    size: { help: 'octets after which the next file is begun, such as 64M', value: 'SIZE', fallback: 'one file' },
    files: { help: 'files kept, with size', value: 'N', fallback: String(DEFAULT_FILES) },
    snap: { help: 'octets kept of a frame', value: 'N', fallback: 'all' }
  },
  check: readPlan,
  open: async (tail, sink, context) => {
    const label = `pcap-file://${tail.path}{${tail.inner}}`
    const recorder = new Recorder(readPlan(tail), (line) => { context.log(`${label}: ${line}`) })
    return await NestedLink.open(label, recorder, sink, async (inner) => await context.open(tail.inner, inner))
  }
}

/** What to record, and where. */
interface Plan {
  readonly path: string
  readonly inner: string
  /** Infinity: one file. */
  readonly size: number
  readonly files: number
  readonly snap: number
}

function readPlan ({ path, inner, params }: Tail): Plan {
  if (path === '') throw new VdeError('EINVAL', `open pcap-file://{${inner}}`, 'no path, the name of a file is wanted')
  const [size, files, snap] = ['size', 'files', 'snap'].map((key) => params.get(key))
  const octets = size === undefined ? Infinity : parseSize(size, 'size')
  if (octets < LEAST_SIZE) throw new SyntaxError(`Cannot read size: found "${size}", want at least ${LEAST_SIZE} octets`)
  return {
    path,
    inner,
    size: octets,
    files: files === undefined ? DEFAULT_FILES : parseNumber(files, 'files', 1, MAX_FILES),
    snap: snap === undefined ? MAX_FRAME : parseNumber(snap, 'snap', LEAST_SNAP, MAX_FRAME)
  }
}

class Recorder implements Coder {
  readonly overhead = 0
  readonly keepsOffload = false
  readonly rxDrops = 0
  readonly txDrops = 0
  readonly #plan: Plan
  readonly #log: (line: string) => void
  #file: CaptureFile | null
  /** Of the current file. */
  #octets = 0
  #frames = 0
  #lost = 0
  #serial = 0
  #isTurning = false

  constructor (plan: Plan, log: (line: string) => void) {
    this.#plan = plan
    this.#log = log
    this.#file = this.#begin()
  }

  encode (buf: Uint8Array, off: number, len: number, to: Passage): boolean {
    const isTaken = to.pass(buf, off, len)
    if (isTaken) this.#record(false, buf, off, len)
    return isTaken
  }

  decode (buf: Uint8Array, off: number, len: number, to: Passage): void {
    this.#record(true, buf, off, len)
    to.pass(buf, off, len)
  }

  close (): void { this.#end() }

  #record (isIn: boolean, buf: Uint8Array, off: number, len: number): void {
    const file = this.#file
    if (file === null) return
    const captured = Math.min(len, this.#plan.snap)
    const size = packetBlockSize(captured)
    const at = file.reserve(size)
    if (at < 0) {
      this.#lost++
      return
    }
    writePacketBlock(file.buf, at, 0, file.now(), isIn, buf, off, len, captured)
    this.#frames++
    this.#octets += size
    if (this.#octets >= this.#plan.size && !this.#isTurning) this.#turnSoon()
  }

  /** Files are opened and closed outside of the traffic. */
  #turnSoon (): void {
    this.#isTurning = true
    setImmediate(() => { this.#turn() })
  }

  #turn (): void {
    this.#isTurning = false
    if (this.#file === null) return
    this.#end()
    this.#serial++
    try {
      this.#file = this.#begin()
    } catch (error) {
      return this.#fail(error as Error)
    }
    const oldest = this.#serial - this.#plan.files
    if (oldest < 0) return
    try {
      unlinkSync(this.#nameOf(oldest))
    } catch { /* somebody has moved it away */ }
  }

  #begin (): CaptureFile {
    const file = new CaptureFile(this.#nameOf(this.#serial), (error) => { this.#fail(error) })
    const head = [
      sectionBlock('vde-ts pcap-file'),
      interfaceBlock({ name: this.#plan.inner, description: '', snapLen: this.#plan.snap, filter: '' })
    ]
    for (const block of head) file.append(block)
    this.#octets = head.reduce((sum, { length }) => sum + length, 0)
    this.#frames = 0
    this.#lost = 0
    return file
  }

  #nameOf (serial: number): string { return serial === 0 ? this.#plan.path : `${this.#plan.path}.${serial}` }

  #end (): void {
    const file = this.#file
    this.#file = null
    file?.close(statisticsBlock(0, file.now(), this.#frames, this.#lost))
  }

  /** The network goes on without a record. */
  #fail (error: Error): void {
    this.#log(`nothing more is recorded: ${error.message}`)
    this.#end()
  }
}
