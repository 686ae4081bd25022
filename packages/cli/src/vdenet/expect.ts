/** Whether a network does what its `expect` lines say: each is tried in the node it names. */
import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Execution, Expectation, Model, Ping, Throughput } from '@vde-ts/model'
import { NodeControl } from '@vde-ts/lab/node/control.js'
import { RunningNode } from '@vde-ts/lab/node/node.js'
import { NODE_ENV } from '@vde-ts/lab/realm/settle.js'
import type { NodePlace } from '@vde-ts/lab/daemon/protocol.js'
import { native } from '@vde-ts/native'
import type { Child } from '@vde-ts/link/child.js'
import { systemError } from '@vde-ts/link/errors.js'

/** How one went. */
export interface Outcome {
  readonly text: string
  /** Null: as expected. */
  readonly failure: string | null
  readonly seconds: number
}

/** What a command printed and how it ended. */
interface Ran { readonly code: number, readonly out: string }

const PAUSE_MS = 100
const IPERF_SEC = 1
const IPERF_START_MS = 3000
const BITS = 8

/** What iperf3 -J prints, as far as it is read. */
interface IperfReport {
  readonly error?: string
  readonly end?: { readonly sum_received?: { readonly bits_per_second: number } }
}

/** Runs commands in the nodes of one network. */
export class Examiner {
  readonly #model: Model
  readonly #where: (node: string) => Promise<NodePlace>

  constructor (model: Model, where: (node: string) => Promise<NodePlace>) {
    this.#model = model
    this.#where = where
  }

  /** Tries one. */
  async examine (one: Expectation): Promise<Outcome> {
    const begun = performance.now()
    const failure = await this.#failure(one).catch((error: Error) => error.message)
    return { text: one.text, failure, seconds: (performance.now() - begun) / 1000 }
  }

  async #failure (one: Expectation): Promise<string | null> {
    switch (one.kind) {
      case 'ping': return await this.#ping(one)
      case 'tcp': return await this.#throughput(one)
      case 'exec': return await this.#execution(one)
    }
  }

  async #ping (one: Ping): Promise<string | null> {
    const address = this.#addressOf(one.node, one.target)
    const attempt = async (): Promise<string | null> => {
      const { code, out } = await this.#run(one.node, ['ping', '-n', '-c1', '-W1', address])
      if ((code === 0) === one.isWanted) return null
      return one.isWanted ? `no answer from ${address}: ${lastLine(out)}` : `${address} answers`
    }
    return one.isWanted ? await within(one.withinMs, attempt) : await attempt()
  }

  async #throughput (one: Throughput): Promise<string | null> {
    const address = this.#addressOf(one.node, one.target)
    let rate = 0
    // A server goes to the background before it listens, and cannot while the one before it still ends.
    const failure = await within(IPERF_START_MS, async () => {
      const server = await this.#run(one.target, ['iperf3', '-s', '-1', '-D'])
      if (server.code !== 0) return `iperf3 in ${one.target}: ${lastLine(server.out)}`
      await sleep(PAUSE_MS)
      const { out } = await this.#run(one.node, ['iperf3', '-c', address, '-t', String(IPERF_SEC), '-J'])
      const report = JSON.parse(out) as IperfReport
      rate = (report.end?.sum_received?.bits_per_second ?? 0) / BITS
      return report.error === undefined ? null : `iperf3 in ${one.node}: ${report.error}`
    })
    if (failure !== null) return failure
    const holds = one.comparison === '>=' ? rate >= one.rate : rate <= one.rate
    return holds ? null : `${megabits(rate)} found, ${one.comparison} ${megabits(one.rate)} wanted`
  }

  async #execution (one: Execution): Promise<string | null> {
    return await within(one.withinMs, async () => {
      const { code, out } = await this.#run(one.node, ['sh', '-c', one.command])
      if (one.output === null) return code === 0 ? null : `it ended with ${code}: ${lastLine(out)}`
      return out.trimEnd() === one.output ? null : `"${out.trimEnd()}" found, "${one.output}" wanted`
    })
  }

  /** The first address of a node, of a family that the other has too. */
  #addressOf (from: string, target: string): string {
    if (isIP(target) !== 0) return target
    const own = new Set(this.#addresses(from).map((address) => isIP(address)))
    const addresses = this.#addresses(target)
    return addresses.find((address) => own.has(isIP(address))) ?? addresses[0] ?? target
  }

  #addresses (name: string): string[] {
    const node = this.#model.nodes.find((one) => one.name === name)
    return node?.interfaces.flatMap((one) => one.addresses.map((address) => address.split('/')[0]!)) ?? []
  }

  async #run (name: string, command: readonly string[]): Promise<Ran> {
    const { socket, cwd } = await this.#where(name)
    const node = new RunningNode(name, NodeControl.connect(socket, name))
    try {
      return await this.#runIn(node, cwd, command)
    } finally { node.close() }
  }

  async #runIn (node: RunningNode, cwd: string, command: readonly string[]): Promise<Ran> {
    const ends = new Int32Array(2)
    const made = native.pipe(ends, false)
    if (made < 0) throw systemError(made, `run "${command[0]!}" in ${node.name}`)
    const [reader, writer] = [ends[0]!, ends[1]!]
    try {
      const { code } = await started(node, command, cwd, writer).exited
      // What the command has left behind in the background may hold the pipe: what is there by now counts.
      native.setNonblock(reader, true)
      return { code, out: drain(reader) }
    } finally {
      native.close(reader)
    }
  }
}

/** A command whose output goes to `fd`, which is closed here. @throws {VdeError} */
const started = (node: RunningNode, command: readonly string[], cwd: string, fd: number): Child => {
  try {
    return node.run({ command, cwd, fds: [-1, fd, fd], env: NODE_ENV, pgid: 0 })
  } finally { native.close(fd) }
}

const ROOM = 65536

/** What a pipe holds: a command that prints more than that is none whose output is compared. */
const drain = (fd: number): string => {
  const room = Buffer.alloc(ROOM)
  let text = ''
  for (;;) {
    const got = native.read(fd, room, 0, ROOM)
    if (got <= 0) return text
    text += room.toString('utf8', 0, got)
  }
}

/** Tries until nothing is wrong, or the time is over: then what was wrong last. */
const within = async (ms: number, attempt: () => Promise<string | null>): Promise<string | null> => {
  const end = performance.now() + ms
  for (;;) {
    const failure = await attempt()
    if (failure === null || performance.now() >= end) return failure
    await sleep(PAUSE_MS)
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''

const megabits = (octets: number): string => `${(octets * BITS / 1e6).toFixed(1)} Mbit/s`
