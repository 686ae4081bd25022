/** Scenarios of MiniWorld for tests: files of topologies, and the words of `mwcli`. */
import { coreOf } from '../../../packages/radio-files/src/testing.ts'
import { LabUser } from './labs.ts'
import type { Proc } from './proc.ts'
import { asUser, type Scene } from './scene.ts'

/** Node ids with those they have a link with, the smaller id first: what `info connections` says. */
export type Connections = Readonly<Record<string, readonly string[]>>

/** A user of mwcli. */
export class MiniUser {
  readonly user: LabUser

  constructor (scene: Scene) { this.user = new LabUser(scene, asUser, 'run', 'mwcli') }

  /** Writes a topology for each list of edges, `12 23`, and a scenario of them. @returns its path */
  scenario (nodes: number, mode: 'multi' | 'single', shapes: readonly string[], { links = {}, core = {}, more = {}, backend = {} } = {}): string {
    const topologies = shapes.map((edges, i) => {
      this.user.file(`t${i}.xml`, edges.startsWith('<') ? edges : coreOf(edges))
      return [0, `t${i}.xml`]
    })
    const network = { backend: { connection_mode: mode, ...backend }, links, core: { mode: 'lan', topologies, ...core } }
    return this.user.file('scenario.json', `// of a test\n${JSON.stringify({ scenario: 'test', cnt_nodes: nodes, walk_model: { name: 'core' }, network, ...more })}`)
  }

  /** Starts a scenario of namespaces. @returns what was said */
  async starts (file: string, ...words: readonly string[]): Promise<Proc> {
    const proc = await this.user.run(['start', '--nodes', 'namespace', ...words, file])
    if (proc.exit?.code !== 0) throw new Error(proc.story)
    return proc
  }

  async step (count = 1): Promise<void> { await this.user.must('step', String(count)) }

  /** What `mwcli info WORDS` prints, as a value. */
  async info (...words: readonly string[]): Promise<unknown> { return JSON.parse(await this.user.must('info', ...words)) }

  /** The edges that are up, `12 23`. */
  async edges (): Promise<string> {
    const found = await this.info('connections') as Connections
    return Object.entries(found).flatMap(([id, peers]) => peers.filter((peer) => peer !== 'mgmt').map((peer) => `${id}${peer}`)).sort().join(' ')
  }

  /** Runs a line of the shell in a node. @returns what it printed */
  async in (node: number, line: string): Promise<string> {
    return await this.user.must('exec', '-ni', String(node), '-v', '-t', '20', line)
  }

  /** Whether a node answers another one. */
  async pings (node: number, address: string): Promise<boolean> {
    return (await this.user.run(['exec', '-ni', String(node), '-v', `ping -n -c1 -W1 ${address}`])).exit?.code === 0
  }
}
