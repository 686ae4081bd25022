/**
 * `pdump`: every frame that comes in or leaves, in a file of libpcap; once for each port that it passes, whole. A file of
 * this kind is gone on with at its end; anything else of that name is left alone. The disk never holds up the traffic: what it
 * does not take is lost to the file.
 */
import { CaptureFile, type CaptureFormat } from '@vde-ts/link/capture-file.js'
import { fromStart } from '@vde-ts/link/start-directory.js'
import { VdeError } from '@vde-ts/link'
import { isPcap, PCAP_RECORD, pcapHeader, wholeRecords, writePcapRecord } from '@vde-ts/frame/pcap.js'
import { watchSwitch, type WireWatcher } from '@vde-ts/switch'
import { escapeControls } from '@vde-ts/frame/escape.js'
import type { Row } from '../../command.ts'
import type { Topic } from '../../events.ts'
import type { SwitchContext } from '../context.ts'
import { isOn, type Plugin, type PluginHost, type PluginKind } from './plugin.ts'

/** Where it dumps unless told otherwise. */
export const DEFAULT_FILE = 'vde_dump.cap'
/** The original's header says 96, and readers cut its frames there although the file has them whole. */
const FORMAT: CaptureFormat = { header: pcapHeader(262_144), mayGoOn: isPcap, wholeOctets: wholeRecords }
const NOTHING = new Uint8Array(0)
const UNBUFFERED_MS = 1
const BUFFERED_MS = 1000

interface PdumpState {
  readonly name: string
  readonly path: string
  readonly isBuffered: boolean
  readonly isActive: boolean
}

/** @see pdump */
export class Pdump implements Plugin, WireWatcher {
  readonly #host: PluginHost
  readonly #topics: readonly Topic[]
  /** As typed, and what it meant where the switch was started. */
  #name = DEFAULT_FILE
  #path: string = fromStart(DEFAULT_FILE)
  #isBuffered = false
  #file: CaptureFile | null = null
  #stop: (() => void) | null = null

  constructor (host: PluginHost, state?: PdumpState) {
    this.#host = host
    this.#topics = [
      host.events.add({ path: 'pdump/packetin', tag: 0o101, help: 'dump incoming packet to file' }),
      host.events.add({ path: 'pdump/packetout', tag: 0o102, help: 'dump outgoing packet to file' })
    ]
    if (state === undefined) return
    this.#name = state.name
    this.#path = state.path
    this.#isBuffered = state.isBuffered
    if (state.isActive) this.#resume()
  }

  get fileName (): string { return this.#name }
  get isActive (): boolean { return this.#stop !== null }
  get isBuffered (): boolean { return this.#isBuffered }

  /** The file of the process before this one may be gone: the traffic goes on. */
  #resume (): void {
    try {
      this.setActive(true)
    } catch (error) {
      if (!(error instanceof VdeError)) throw error
      this.#host.log(error.message)
    }
  }

  /** @throws {VdeError} EEXIST it runs, ENOENT it does not, or the file's */
  setActive (isActive: boolean): void {
    const action = isActive ? 'start the dump' : 'end the dump'
    if (isActive === this.isActive) throw new VdeError(isActive ? 'EEXIST' : 'ENOENT', action, 'it is so already')
    if (!isActive) {
      this.#end()
      return
    }
    this.#file = this.#open(this.#path)
    this.#stop = watchSwitch(this.#host.context.sw, 'both', this)
  }

  /** Another file from now on. @throws {VdeError} EINVAL it cannot be written: the old one goes on */
  setFile (name: string): void {
    const path = fromStart(name)
    if (this.#stop !== null && path !== this.#path) {
      const file = this.#open(path)
      this.#file?.close(NOTHING)
      this.#file = file
    }
    this.#name = name
    this.#path = path
  }

  setBuffered (isBuffered: boolean): void {
    this.#isBuffered = isBuffered
    if (this.#file !== null) this.#file.waitMs = this.#waitMs
  }

  get #waitMs (): number { return this.#isBuffered ? BUFFERED_MS : UNBUFFERED_MS }

  #open (path: string): CaptureFile {
    return new CaptureFile(path, (error) => {
      this.#host.log(`pdump: ${escapeControls(path)}: ${error.message}`)
      this.#end()
    }, FORMAT, this.#waitMs)
  }

  onWireFrame (_port: number, _isIn: boolean, buf: Uint8Array, off: number, len: number): void {
    const file = this.#file ?? this.#goOn()
    const at = file?.reserve(PCAP_RECORD + len) ?? -1
    if (file !== null && at >= 0) writePcapRecord(file.buf, at, file.now(), buf, off, len)
  }

  onUncut (): void {}

  /** The other process writes behind what is here, so this one has to be through; if there is none after all, it goes on. */
  snapshot (): PdumpState {
    this.#file?.close(NOTHING)
    this.#file = null
    return { name: this.#name, path: this.#path, isBuffered: this.#isBuffered, isActive: this.isActive }
  }

  #goOn (): CaptureFile | null {
    try {
      this.#file = this.#open(this.#path)
    } catch (error) {
      this.#host.log((error as Error).message)
      this.#end()
    }
    return this.#file
  }

  close (): void {
    this.#end()
    for (const topic of this.#topics) this.#host.events.remove(topic)
  }

  #end (): void {
    this.#stop?.()
    this.#stop = null
    this.#file?.close(NOTHING)
    this.#file = null
  }
}

const rows: ReadonlyArray<Row<SwitchContext>> = [
  { path: 'pdump', help: 'DUMP Packets to file' },
  {
    path: 'pdump/active',
    syntax: '0/1',
    help: 'start dumping data',
    output: 'data',
    run: ({ plugins }, args) => { plugins.get(pdump).setActive(isOn(args)) }
  },
  {
    path: 'pdump/filename',
    syntax: '<file>',
    help: `set/show output filename (default: ${DEFAULT_FILE})`,
    output: 'data',
    * run ({ plugins }, args) {
      const running = plugins.get(pdump)
      if (args.count > 0) yield * setFile(running, args.words.join(' '))
      yield `dumpfile=${running.fileName}`
    }
  },
  {
    path: 'pdump/buffered',
    syntax: '0/1',
    help: 'set buffered/unbuffered dump',
    run: ({ plugins }, args) => { plugins.get(pdump).setBuffered(isOn(args)) }
  }
]

function * setFile (running: Pdump, name: string): Generator<string> {
  try {
    running.setFile(name)
  } catch (error) {
    if (!(error instanceof VdeError)) throw error
    yield `ERROR: cannot dump to ${name}`
    throw new VdeError('EINVAL', `dump to "${name}"`, error.message, { cause: error })
  }
}

/** The plugin. */
export const pdump: PluginKind<Pdump> = {
  name: 'pdump',
  help: 'dump packets to file, in pcap format',
  rows,
  make: (host, state) => new Pdump(host, state as PdumpState | undefined)
}
