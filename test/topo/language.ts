/**
 * The language of `*.topo` files: a line a statement, `#` begins a comment. Ports are named `bridge.lan`; the second port
 * of a bridge on the same LAN is `bridge.lan#2`.
 *
 *     bridge NAME [prio N] [version stp|rstp|fstp] [hello S] [maxage S] [forward S] LAN[:setting,...] ...
 *                        settings of a port: cost=N prio=N edge noauto guard=G
 *     run Ns             virtual seconds pass (also Nms)
 *     down LAN, up LAN   the link fails, and its ports see it
 *     cut LAN, mend LAN  frames are lost, and no port sees it
 *     off B, on B        the bridge loses its power
 *     deaf B.LAN, hears B.LAN
 *     set B prio N       set B.LAN cost N | prio N | edge on|off | guard G
 *     restart B.LAN      the management asks the port to begin anew (mcheck)
 *     expect CONDITION   now
 *     within T CONDITION in that time; the rest of it does not pass
 *     always T CONDITION all of that time
 *
 *     CONDITION          B root | B.LAN discarding|learning|forwarding | B.LAN role R | B.LAN blocked REASON |
 *                        B.LAN speaks stp|rstp|fstp | B.LAN edge|bridge | tree | no loop
 *
 * `tree`: roles and states are those that graph.ts computes. `no loop`: there was none since the last such line.
 */
import { pathCost, type Guard, type PortRole, type PortSettings } from '@vde-ts/stp'
import { differences } from './graph.ts'
import { idOf, Network, type Bridge, type End } from './network.ts'

type Statement = (words: readonly string[]) => void
/** Answers null when it holds, else what is the case. */
type Condition = () => string | null

const VERSIONS: Readonly<Record<string, object>> = { rstp: {}, stp: { forceProtocolVersion: 0 }, fstp: { isFstp: true } }

/** Runs the text of a file. @throws {Error} with the line that failed */
export const runTopology = (text: string): Network => {
  const script = new Script()
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.replace(/(^|\s)#.*/, '').trim().split(/\s+/)
    if (words[0] === '') continue
    try { script.execute(words) } catch (error) {
      throw new Error(`line ${index + 1}, "${line.trim()}": ${(error as Error).message}`, { cause: error })
    }
  }
  return script.network
}

class Script {
  readonly network = new Network()
  #loopsSeen = 0

  readonly #statements: Readonly<Record<string, Statement>> = {
    bridge: (words) => { this.#bridge(words) },
    run: ([time]) => { this.network.run(milliseconds(time)) },
    down: ([lan]) => { this.network.setDown(this.#lan(lan), true) },
    up: ([lan]) => { this.network.setDown(this.#lan(lan), false) },
    cut: ([lan]) => { this.#lan(lan).isCut = true },
    mend: ([lan]) => { this.#lan(lan).isCut = false },
    off: ([bridge]) => { this.network.power(this.#bridgeOf(bridge), false) },
    on: ([bridge]) => { this.network.power(this.#bridgeOf(bridge), true) },
    deaf: ([port]) => { this.#end(port).isDeaf = true },
    hears: ([port]) => { this.#end(port).isDeaf = false },
    set: ([what, ...rest]) => { this.#set(need(what), rest) },
    restart: ([port]) => {
      const end = this.#end(port)
      end.bridge.tree.restart(end.port.number)
    },
    expect: (words) => { hold(this.#condition(words)) },
    within: ([time, ...words]) => {
      const condition = this.#condition(words)
      if (!this.network.run(milliseconds(time), () => condition() === null)) hold(condition)
    },
    always: ([time, ...words]) => {
      const condition = this.#condition(words)
      if (this.network.run(milliseconds(time), () => condition() !== null)) hold(condition)
    }
  }

  execute ([verb, ...words]: readonly string[]): void {
    const statement = this.#statements[need(verb)]
    if (statement === undefined) throw new Error(`no such statement, want one of ${Object.keys(this.#statements).join(' ')}`)
    statement(words)
  }

  #bridge (words: readonly string[]): void {
    const [name, ...rest] = words
    const options = new Map<string, string>()
    while (/^(prio|version|hello|maxage|forward)$/.test(rest[0] ?? '')) options.set(rest.shift()!, need(rest.shift()))
    const seconds = (key: string, fallback: number): number => Number(options.get(key) ?? fallback)
    const { bridges } = this.network
    const bridge = this.network.addBridge(need(name), {
      bridgeIdentifier: idOf(Number(options.get('prio') ?? 0x8000), bridges.length + 1),
      bridgeTimes: { messageAge: 0, maxAge: seconds('maxage', 20), helloTime: seconds('hello', 2), forwardDelay: seconds('forward', 15) },
      ...VERSIONS[options.get('version') ?? 'rstp']
    }, (bridges.length * 137) % 1000 + 1)
    for (const place of rest) {
      const [lan = '', ...settings] = place.split(/[:,]/)
      this.network.attach(bridge, lan, portSettings(settings))
    }
    this.network.power(bridge, true)
  }

  #set (what: string, rest: readonly string[]): void {
    const [key = '', value = ''] = rest
    if (!what.includes('.')) {
      const { tree } = this.#bridgeOf(what)
      tree.configure({ bridgeIdentifier: Number(value).toString(16).padStart(4, '0') + tree.bridgeIdentifier.substring(4) })
      return
    }
    const { bridge, port } = this.#end(what)
    bridge.tree.configurePort(port.number, key === 'edge' ? { adminEdge: value === 'on' } : portSettings([`${key}=${value}`]))
  }

  #condition (words: readonly string[]): Condition {
    const [subject = '', is = '', value = ''] = words
    if (subject === 'tree') return () => this.network.hasLoop() ? 'there is a loop' : differences(this.network)[0] ?? null
    if (subject === 'no' && is === 'loop') return () => this.#newLoop()
    if (is === 'root') {
      const { tree } = this.#bridgeOf(subject)
      return () => tree.rootPort === 0 ? null : `the root is ${tree.rootPriority.rootBridgeId}`
    }
    const { port } = this.#end(subject)
    switch (is) {
      case 'role': return same(() => port.role, value as PortRole)
      case 'blocked': return same(() => port.blocked ?? 'none', value)
      case 'speaks': return same(() => port.speaksFstp ? 'fstp' : port.sendRSTP ? 'rstp' : 'stp', value)
      case 'edge': case 'bridge': return same(() => port.operEdge ? 'edge' : 'bridge', is)
      default: return same(() => port.pst.toLowerCase(), is)
    }
  }

  #newLoop (): string | null {
    const loop = this.network.loops[this.#loopsSeen]
    this.#loopsSeen = this.network.loops.length
    return loop === undefined ? null : `there was a loop from ${loop.fromMs} to ${loop.toMs} ms`
  }

  #bridgeOf (name: string | undefined): Bridge {
    const found = this.network.bridges.find((one) => one.name === name)
    if (found === undefined) throw new Error(`no bridge is called "${name}"`)
    return found
  }

  #lan (name: string | undefined) {
    const found = this.network.lans.get(need(name))
    if (found === undefined) throw new Error(`no LAN is called "${name}"`)
    return found
  }

  #end (text: string | undefined): End {
    const [name, place = ''] = need(text).split('.')
    const [lan, nth = '1'] = place.split('#')
    const found = this.#bridgeOf(name).ends.filter((end) => end.lan.name === lan)[Number(nth) - 1]
    if (found === undefined) throw new Error(`no port is called "${text}"`)
    return found
  }
}

const need = (word: string | undefined): string => {
  if (word === undefined || word === '') throw new Error('a word is missing')
  return word
}

const milliseconds = (text: string | undefined): number => {
  const [, value, unit] = /^([\d.]+)(ms|s)$/.exec(text ?? '') ?? []
  if (value === undefined) throw new Error(`"${text}" is no time, want such as 30s or 200ms`)
  return Number(value) * (unit === 's' ? 1000 : 1)
}

const portSettings = (settings: readonly string[]): PortSettings => Object.assign({}, ...settings.map((setting) => {
  const [key, value = ''] = setting.split('=')
  switch (key) {
    case 'cost': return { portPathCost: value.endsWith('M') ? pathCost(parseInt(value, 10) * 1e6) : Number(value) }
    case 'prio': return { priority: Number(value) }
    case 'edge': return { adminEdge: true }
    case 'noauto': return { autoEdge: false }
    case 'guard': return { guard: value as Guard }
    default: throw new Error(`"${setting}" is no setting of a port`)
  }
})) as PortSettings

const same = (get: () => string, wanted: string): Condition => () => get() === wanted ? null : `it is ${get()}`

const hold = (condition: Condition): void => {
  const found = condition()
  if (found !== null) throw new Error(found)
}
