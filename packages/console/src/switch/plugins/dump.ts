/**
 * `dump`: every frame that comes in or leaves, as an event in hexadecimal. Only sessions that asked for the events cost more than
 * a look at each frame.
 */
import { watchSwitch, type WireWatcher } from '@vde-ts/switch'
import type { Row } from '../../command.ts'
import type { Topic } from '../../events.ts'
import type { SwitchContext } from '../context.ts'
import { digits } from '../format.ts'
import { isOn, type Plugin, type PluginHost, type PluginKind } from './plugin.ts'

interface DumpState { readonly isActive: boolean }

/** @see dump */
export class Dump implements Plugin, WireWatcher {
  readonly #host: PluginHost
  readonly #in: Topic
  readonly #out: Topic
  #stop: (() => void) | null = null

  constructor (host: PluginHost, state?: DumpState) {
    this.#host = host
    this.#in = host.events.add({ path: 'dump/packetin', tag: 0o101, help: 'dump incoming packet' })
    this.#out = host.events.add({ path: 'dump/packetout', tag: 0o102, help: 'dump outgoing packet' })
    this.setActive(state?.isActive ?? false)
  }

  get isActive (): boolean { return this.#stop !== null }

  setActive (isActive: boolean): void {
    if (isActive) this.#stop ??= watchSwitch(this.#host.context.sw, 'both', this)
    else this.#end()
  }

  onWireFrame (port: number, isIn: boolean, buf: Uint8Array, off: number, len: number): void {
    const topic = isIn ? this.#in : this.#out
    if (!topic.isWanted) return
    const frame = Buffer.from(buf.buffer, buf.byteOffset + off, len).toString('hex')
    topic.publish(`Pkt: Port ${digits(port, 4)} len=${digits(len, 4)} ${frame.replace(/../g, '$& ')}`, { port, length: len, frame })
  }

  onUncut (): void {}

  snapshot (): DumpState { return { isActive: this.isActive } }

  close (): void {
    this.#end()
    this.#host.events.remove(this.#in)
    this.#host.events.remove(this.#out)
  }

  #end (): void {
    this.#stop?.()
    this.#stop = null
  }
}

const rows: ReadonlyArray<Row<SwitchContext>> = [
  { path: 'dump', help: 'DUMP Packets' },
  {
    path: 'dump/active',
    syntax: '0/1',
    help: 'start dumping data',
    run: ({ plugins }, args) => { plugins.get(dump).setActive(isOn(args)) }
  }
]

/** The plugin. */
export const dump: PluginKind<Dump> = {
  name: 'dump',
  help: 'dump packets',
  rows,
  make: (host, state) => new Dump(host, state as DumpState | undefined)
}
