/**
 * Steps: from where nodes are to what has to be done about their links.
 *
 *     Distances of this step --compared with the last--> pairs that moved --QualityModel--> Change[] --> who carries frames
 *
 * Differential: a pair whose distance is what it was is not looked at further, a direction whose quality is equal makes no
 * change, and a step without changes answers an empty list: nothing is done then, no hook runs. Directions are by themselves.
 * All changes of a step are to be put into effect at once, each quality before its direction opens.
 */
import { equalQualities } from './equal.ts'
import type { Distances } from './distances.ts'
import type { Quality, QualityModel } from './quality.ts'

/** What becomes of one direction of a pair. */
export type Change =
  | { readonly action: 'open', readonly from: string, readonly to: string, readonly quality: Quality }
  | { readonly action: 'change', readonly from: string, readonly to: string, readonly quality: Quality }
  | { readonly action: 'close', readonly from: string, readonly to: string }

/** What all directions of a set of nodes are, step by step. */
export class StepEngine {
  readonly nodes: readonly string[]
  readonly #model: QualityModel
  readonly #index: ReadonlyMap<string, number>
  readonly #last: Float64Array
  /** By `from * count + to`. */
  readonly #open: Array<Quality | null>
  /** 1: cut, whatever the distance. */
  readonly #cut: Uint8Array
  #isStale = true
  #steps = 0

  /** @param nodes their names, each once. All directions are closed. @throws {RangeError} a name twice */
  constructor (nodes: readonly string[], model: QualityModel) {
    this.nodes = nodes
    this.#model = model
    this.#index = new Map(nodes.map((name, i) => [name, i]))
    if (this.#index.size < nodes.length) throw new RangeError(`Cannot make the nodes: found ${nodes.length} names, ${this.#index.size} of them different, want all`)
    this.#last = new Float64Array(nodes.length * (nodes.length - 1) / 2)
    this.#open = new Array<Quality | null>(nodes.length * nodes.length).fill(null)
    this.#cut = new Uint8Array(nodes.length * nodes.length)
  }

  /** How many steps there were. */
  get steps (): number { return this.#steps }

  /** What the direction is now; null: closed, or no such nodes. */
  quality (from: string, to: string): Quality | null {
    return this.#open[this.#place(from, to)] ?? null
  }

  /** Cuts or mends one direction; in effect with the next step. @throws {RangeError} no such nodes */
  cut (from: string, to: string, isCut: boolean): void {
    const at = this.#place(from, to)
    if (at < 0 || from === to) throw new RangeError(`Cannot cut ${from} from ${to}: want two nodes of this network`)
    this.#cut[at] = isCut ? 1 : 0
    this.#isStale = true
  }

  /** Has the next step ask for all pairs: the model answers otherwise than before. */
  refresh (): void { this.#isStale = true }

  /** Goes to the next step. @returns in the order of nodes, `from` and `to` of a pair behind each other */
  step (distances: Distances): Change[] {
    const changes: Change[] = []
    const isAll = this.#isStale
    const count = this.nodes.length
    for (let i = 0, at = 0; i < count; i++) {
      for (let j = i + 1; j < count; j++, at++) {
        const metres = distances.metres[at]!
        if (!isAll && Object.is(metres, this.#last[at])) continue
        this.#last[at] = metres
        this.#decide(i, j, metres, changes)
        this.#decide(j, i, metres, changes)
      }
    }
    this.#isStale = false
    this.#steps++
    return changes
  }

  #decide (from: number, to: number, metres: number, changes: Change[]): void {
    const at = from * this.nodes.length + to
    const old = this.#open[at]!
    const now = this.#ask(from, to, metres, old !== null)
    if (now === old || (now !== null && old !== null && equalQualities(now, old))) return
    this.#open[at] = now
    const names = { from: this.nodes[from]!, to: this.nodes[to]! }
    changes.push(now === null ? { action: 'close', ...names } : { action: old === null ? 'open' : 'change', ...names, quality: now })
  }

  #ask (from: number, to: number, metres: number, isOpen: boolean): Quality | null {
    // Written so that NaN is beyond any reach.
    if (!(metres <= this.#model.reach) || this.#cut[from * this.nodes.length + to] === 1) return null
    return this.#model.quality(metres, this.nodes[from]!, this.nodes[to]!, isOpen)
  }

  #place (from: string, to: string): number {
    const [i, j] = [this.#index.get(from), this.#index.get(to)]
    return i === undefined || j === undefined ? -1 : i * this.nodes.length + j
  }
}
