/** The helper process that plays many clients, from the side of who orders it about. */
import { join } from 'node:path'
import { manyFiles, repository } from './programs.ts'
import type { Program, Site } from './site.ts'

/** What came of sending for a while. */
export interface Outcome {
  readonly perSecond: number
  readonly sent: number
  readonly lost: number
}

/** Our sources run unbuilt, as a program of its own with the flags `more`. @param root of this checkout, or of another */
export const unbuilt = (file: string, more: readonly string[] = [], root: string = repository): string[] =>
  [process.execPath, ...more, '--conditions=source', '--import', join(root, 'node_modules/tsx/dist/loader.mjs'), join(root, 'tools/bench/helpers', file)]

export class Clients {
  readonly #program: Program

  /** Clients of the network `directory`: `count` of them, each on a port of its own. */
  static async join (site: Site, directory: string, count: number): Promise<Clients> {
    const clients = new Clients(site.start(manyFiles(unbuilt('clients.ts'))))
    await clients.#ask({ op: 'join', vnl: `vde://${directory}`, count }, 120_000)
    return clients
  }

  private constructor (program: Program) { this.#program = program }

  /** Broadcasts of the first station, arriving at all others. */
  async broadcast (seconds: number): Promise<Outcome> { return await this.#send({ op: 'broadcast', seconds }) }

  /** Two stations converse with `addresses` addresses on one side. */
  async converse (seconds: number, addresses: number): Promise<Outcome> { return await this.#send({ op: 'converse', seconds, addresses }) }

  /** All but the last station flood the last. */
  async flood (seconds: number): Promise<Outcome> { return await this.#send({ op: 'flood', seconds }) }

  async #send (order: { readonly op: string, readonly seconds: number, readonly addresses?: number }): Promise<Outcome> {
    const outcome = await this.#ask(order, order.seconds * 1000 + 60_000)
    if (typeof outcome.perSecond !== 'number') throw new Error('Cannot measure: the clients answered without a figure')
    return outcome as unknown as Outcome
  }

  async #ask (order: object, ms: number): Promise<Record<string, unknown>> {
    this.#program.forget()
    this.#program.write(`${JSON.stringify(order)}\n`)
    const [line] = await this.#program.says(/^.*\n/, ms)
    const answer = JSON.parse(line) as Record<string, unknown>
    if (answer.error !== undefined) throw new Error(`Cannot go on: the clients say ${String(answer.error)}`)
    return answer
  }
}
