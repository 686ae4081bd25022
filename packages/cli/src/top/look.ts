/** Looks at one switch through its console, again and again, and connects again when it went away. */
import { ConsoleClient } from '@vde-ts/console/client.js'
import { VdeError } from '@vde-ts/link/errors.js'
import { figuresBetween, type Look, type PortCounters, type PortFigures } from './figures.ts'

/** What is known of a switch. */
export interface SwitchView {
  /** As the user named its socket. */
  readonly name: string
  /** The last look; null: none yet. */
  readonly look: Look | null
  readonly ports: readonly PortFigures[]
  /** Why the last look failed; null: it did not. */
  readonly problem: string | null
  /** Bits per second of each port, in and out together, oldest first. */
  readonly history: ReadonlyMap<number, readonly number[]>
}

/** Looks kept for the sparklines: as wide as the widest. */
const HISTORY = 60

/** One switch and its connection. */
export class Watched {
  readonly #name: string
  #client: ConsoleClient | null = null
  #view: SwitchView

  constructor (name: string) {
    this.#name = name
    this.#view = { name, look: null, ports: [], problem: null, history: new Map() }
  }

  get view (): SwitchView { return this.#view }

  /** Looks once; what cannot be seen is a problem of the view. */
  async look (): Promise<void> {
    try {
      const look = await this.#ask()
      // A switch that was started again has counted from zero: nothing to compare with.
      const before = this.#view.look?.pid === look.pid ? this.#view.look : null
      const ports = figuresBetween(before, look)
      this.#view = { name: this.#name, look, ports, problem: null, history: this.#remember(ports) }
    } catch (error) {
      if (!(error instanceof VdeError)) throw error
      this.close()
      this.#view = { ...this.#view, ports: [], problem: error.message }
    }
  }

  close (): void {
    this.#client?.close()
    this.#client = null
  }

  #remember (ports: readonly PortFigures[]): ReadonlyMap<number, readonly number[]> {
    return new Map(ports.map(({ port, inBitsPerSec, outBitsPerSec }) =>
      [port, [...this.#view.history.get(port) ?? [], inBitsPerSec + outBitsPerSec].slice(-HISTORY)]))
  }

  async #ask (): Promise<Look> {
    const client = this.#client ??= await ConsoleClient.connect(this.#name, 2000)
    const json = async <T>(command: string): Promise<T> => {
      const { code, lines, text } = await client.command(`${command} --json`)
      const value = code === 0 ? jsonOf(lines[0]) : undefined
      if (value !== undefined) return value as T
      throw new VdeError('EPROTO', `look at "${this.#name}"`, `${command} --json answered ${lines[0] ?? text}, a switch of this suite is wanted`)
    }
    const [info, shape, table, ports, counters] = [
      await json<InfoJson>('showinfo'), await json<ShapeJson>('port/showinfo'), await json<TableJson>('hash/showinfo'),
      await json<PortJson[]>('port/allprint'), await json<CounterJson[]>('port/counters')
    ]
    const counted = new Map(counters.map((one) => [one.port, one]))
    return {
      atMs: performance.now(),
      pid: info.pid,
      uptimeSec: info.uptimeSec,
      numPorts: shape.numPorts,
      queueOctets: shape.queueOctets,
      addresses: table.count,
      ports: ports.flatMap((port) => portOf(port, counted.get(port.port)))
    }
  }
}

/** Undefined: it is none, as the answer of a C switch, which knows no --json. */
const jsonOf = (line: string | undefined): unknown => {
  try { return JSON.parse(line ?? 'null') } catch { return undefined }
}

interface InfoJson { readonly pid: number, readonly uptimeSec: number }
interface ShapeJson { readonly numPorts: number, readonly queueOctets: number }
interface TableJson { readonly count: number }
interface TreeJson { readonly role: string, readonly state: string, readonly isEdge: boolean, readonly blocked: string | null }
interface PortJson {
  readonly port: number
  /** Absent: of a version that did not tell. */
  readonly tree?: TreeJson | null
  readonly isUp: boolean
  readonly endpoints: ReadonlyArray<{ readonly module: string, readonly description: string }>
}
interface CounterJson {
  readonly port: number
  readonly in: { readonly frames: number, readonly octets: number }
  readonly out: { readonly frames: number, readonly octets: number }
  readonly drops: Readonly<Record<string, number>>
  readonly addresses: number
  readonly endpoints: ReadonlyArray<{ readonly queueFrames: number }>
}

/** A port that went between the two commands is left out. */
const portOf = (port: PortJson, counters: CounterJson | undefined): PortCounters[] => counters === undefined
  ? []
  : [{
      port: port.port,
      isUp: port.isUp,
      endpoints: port.endpoints.map(({ module, description }) => description === '' ? module : description),
      inFrames: counters.in.frames,
      inOctets: counters.in.octets,
      outFrames: counters.out.frames,
      outOctets: counters.out.octets,
      drops: counters.drops,
      queueFrames: counters.endpoints.reduce((sum, { queueFrames }) => sum + queueFrames, 0),
      addresses: counters.addresses,
      tree: treeWord(port.tree ?? null)
    }]

/** Words of five letters: what keeps the port from forwarding, else its role. */
const treeWord = (tree: TreeJson | null): string => {
  if (tree === null || tree.role === 'Disabled') return tree?.blocked == null ? '' : 'shut'
  const { role, state, isEdge, blocked } = tree
  if (blocked !== null) return 'shut'
  if (role === 'Alternate') return 'alt'
  if (role === 'Backup') return 'back'
  if (state !== 'Forwarding') return state === 'Learning' ? 'learn' : 'disc'
  return role === 'Root' ? 'root' : isEdge ? 'edge' : 'desig'
}
