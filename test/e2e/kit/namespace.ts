/** A namespace with an interface on a network, made by `vdens` and driven through a shell on its pipes. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Proc, StartOptions } from './proc.ts'
import type { Scene } from './scene.ts'
import { asUser } from './scene.ts'
import { Deadline, within } from './wait.ts'

export interface Answer { readonly code: number, readonly out: string }

let serial = 0

export class Shell {
  readonly proc: Proc

  /** Runs `argv sh`: `argv` is anything that ends in starting the command behind it. */
  constructor (scene: Scene, argv: readonly string[], options: StartOptions = {}) {
    this.proc = scene.start([...argv, '/bin/sh'], options)
  }

  /** Runs a command line in the shell; its standard error comes with the output. */
  async run (line: string, ms = 10_000): Promise<Answer> {
    const mark = `:done${serial++}:`
    const from = this.proc.out.length
    this.proc.write(`{ ${line}\n} 2>&1 </dev/null; echo "${mark}$?"\n`)
    const match = await this.proc.says(new RegExp(`${mark}(\\d+)\n`), ms)
    return { code: Number(match[1]), out: this.proc.out.slice(from, match.index) }
  }

  /** Runs a command line that must succeed. */
  async must (line: string, ms = 10_000): Promise<string> {
    const { code, out } = await this.run(line, ms)
    assert.equal(code, 0, `"${line}" ended with ${code}: ${out}`)
    return out
  }

  /** Gives the interface its address and brings it up. */
  async address (cidr: string, iface = 'vde0'): Promise<void> {
    await this.must(`ip link set lo up; ip addr add ${cidr} dev ${iface} && ip link set ${iface} up`)
  }

  /** Pings until one answer comes: the other side may still be on its way. */
  async ping (address: string, ms = 10_000): Promise<void> {
    const end = Date.now() + ms
    let last = ''
    while (Date.now() < end) {
      const { code, out } = await this.run(`ping -c1 -W1 ${address}`)
      if (code === 0) return
      last = out
    }
    throw new Deadline(`ping answer from ${address}`, ms, last.trim())
  }

  /** Ends the shell; `vdens` ends with it. */
  async end (ms = 5000): Promise<void> {
    this.proc.endInput()
    await this.proc.ends(ms)
  }
}

/** A namespace as an ordinary user. `vdens` is the program's path. */
export const namespace = (scene: Scene, vdens: string, args: readonly string[], options: StartOptions = {}): Shell =>
  new Shell(scene, asUser([vdens, ...args]), options)

/** Two such namespaces, 10.99.0.1 and 10.99.0.2, of which the first reaches the second. */
export const pair = async (scene: Scene, vdens: string, args: readonly string[]): Promise<readonly [Shell, Shell]> => {
  const [a, b] = [namespace(scene, vdens, args), namespace(scene, vdens, args)]
  await a.address('10.99.0.1/24')
  await b.address('10.99.0.2/24')
  await a.ping('10.99.0.2')
  return [a, b]
}

/**
 * Ends namespaces of the C `vdens`, which misses its child's end in a third of the runs under traffic and then has to
 * be told, and so has the copy of it that waits for the command: a defect of its own, not what a test with it is about.
 */
export const endPeer = async (...shells: Shell[]): Promise<void> => {
  for (const { proc } of shells) {
    proc.endInput()
    await within(proc.ended, 1000, 'end').catch(async () => {
      for (const pid of children(proc.pid)) {
        try { process.kill(pid, 'SIGTERM') } catch { /* ended */ }
      }
      await proc.stop('SIGTERM')
    })
  }
}

/** Ended meanwhile: none. */
const children = (pid: number): number[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
