/** A first-in first-out list of nodes, through the engine's `next` column. */
import type { Engine } from './engine.ts'

/** Counts what it holds; `octets` are those the owner reckons with. */
export class NodeList {
  frames = 0
  octets = 0
  #head = -1
  #tail = -1

  /** The oldest node; -1: none. */
  get head (): number { return this.#head }

  push (engine: Engine, node: number, octets: number): void {
    engine.next[node] = -1
    if (this.#tail === -1) this.#head = node
    else engine.next[this.#tail] = node
    this.#tail = node
    this.frames++
    this.octets += octets
  }

  /** Takes the oldest node, of `octets`, out. Only when there is one. */
  shift (engine: Engine, octets: number): number {
    const node = this.#head
    this.#head = engine.next[node]
    if (this.#head === -1) this.#tail = -1
    this.frames--
    this.octets -= octets
    return node
  }
}
