/** What LSDN's commands work on: the network, where in the blocks of a script they stand, and the world outside. */
import { Network, type Realise } from '@vde-ts/model/network.js'
import { ModelError } from '@vde-ts/model/result.js'
import type { World } from '@vde-ts/model/validate.js'
import type { Virt } from '@vde-ts/model/model.js'
import { TclError } from '../tcl/error.ts'

/** What a reader of scripts is given. */
export interface Outside {
  /** Standard output: whole lines. */
  readonly out: (text: string) => void
  /** Standard error: whole lines. */
  readonly err: (text: string) => void
  /** Carries out what `commit` and `cleanup` want. */
  readonly realise: Realise
  readonly world: World
  /** The text of a file, for `source`. @throws {Error} it cannot be read */
  readonly readFile: (path: string) => string
}

/** The block that a command stands in. */
export type Block = 'root' | 'net' | 'phys' | 'virt'

/** What the blocks around a command supply. */
export interface Scope {
  readonly block: Block
  readonly net: string | null
  readonly phys: string | null
  readonly virt: string | null
}

const ROOT: Scope = { block: 'root', net: null, phys: null, virt: null }

/** Name of LSDN's context. */
export const CONTEXT = 'lsdn'

/** See above. */
export class Session {
  network: Network
  scope: Scope = ROOT
  readonly outside: Outside

  constructor (outside: Outside, network: Network = new Network(CONTEXT)) {
    this.outside = outside
    this.network = network
  }

  /** Runs a block; afterwards the scope is as before, whatever happened. */
  async within (block: Exclude<Block, 'root'>, name: string, body: () => Promise<string>): Promise<void> {
    const before = this.scope
    this.scope = { ...before, block, [block]: name }
    try {
      await body()
    } finally {
      this.scope = before
    }
  }

  /** The network anew, without a trace of blocks of the last script. */
  restart (): void { this.scope = ROOT }

  /** @throws {TclError} the command may not stand in this block */
  allow (command: string, blocks: readonly Block[]): void {
    if (blocks.includes(this.scope.block)) return
    throw new TclError(`${command} cannot be used in a block of ${this.scope.block}, want ${blocks.join(' or ')}`)
  }

  /** What an option or the scope supplies; null: neither. @throws {TclError} both do */
  supplied (kind: 'net' | 'phys', option: string | undefined): string | null {
    if (option === undefined) return this.scope[kind]
    if (this.scope[kind] === null) return option
    throw new TclError(`-${kind} is not allowed inside a block of ${kind}`)
  }

  /** The virt of the block. */
  get virt (): Virt {
    const { net, virt } = this.scope
    return this.network.model.virts.find((one) => one.net === net && one.name === virt)!
  }
}

/** Runs an operation of the model; its refusals are the script's to catch. */
export const told = <T>(operation: () => T): T => {
  try {
    return operation()
  } catch (error) {
    if (error instanceof ModelError) throw new TclError(error.message)
    throw error
  }
}
