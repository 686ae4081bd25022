/** Random topologies with random misfortunes, from a seed: the property that `random.test.ts` holds against them. */
import { seeded, type Random } from '@vde-ts/frame/testing.js'
import { differences, expectation } from './graph.ts'
import { idOf, Network, type Bridge, type Lan } from './network.ts'

/** Most bridges, so that no path is longer than 17.14 allows for a Max Age of 20. */
const MAX_BRIDGES = 17
/**
 * Bound of any convergence, ms: what is not signalled ages out in Max Age at most, what was known of a root that is gone
 * is handed on until its age is Max Age, and a port on a shared LAN waits twice Forward Delay after that.
 */
export const BOUND_MS = (20 + 20 + 2 * 15 + 10) * 1000

/**
 * Loops on the way. When a root is lost, what was known of it runs around until it is too old, and a port may forward on
 * the strength of an agreement (17.21.9) whose ground the neighbour knows to be gone but may not tell: after TxHoldCount
 * BPDUs a port waits for the next second (17.13.12, 17.26). So a loop can last for seconds. Proof: with no limit on sending
 * the same networks have none longer than a BPDU and the answer to it travel.
 */
export const UNLIMITED = 1_000_000
/** Twelve hops of a millisecond. */
export const PROPAGATION_MS = 12
/**
 * Except here: the last that is known of the lost root has reached Max Age, so that neighbours do not believe it any more
 * (17.21.23), and the bridge that tells it goes by it until it expires there too.
 */
export const EXPIRY_LOOPS: readonly number[] = [1962]
/** Loops of at least this, among seeds 1 to 2 000, are kept here so that a change is seen. */
export const LONG_MS = 4000
export const LONG_LOOPS: readonly number[] = [
  49, 190, 265, 297, 342, 361, 471, 494, 585, 647, 802, 911, 1048, 1176, 1229, 1273, 1386, 1494, 1735, 1757, 1787, 1867, 1978
]

/** What one topology showed. */
export interface Outcome {
  /** Empty: as it must be. */
  readonly problem: string
  /** Longest convergence, ms. */
  readonly slowestMs: number
  readonly loops: number
  /** Longest loop, ms. */
  readonly loopMs: number
  readonly story: string
}

/** Builds and torments one topology. */
export const runRandom = (seed: number, txHoldCount = 6): Outcome => {
  const random = seeded(seed)
  const network = build(random, txHoldCount)
  const story: string[] = []
  let slowestMs = 0
  for (let round = 0; round < 4; round++) {
    story.push(round === 0 ? 'start' : mishap(random, network))
    const fromMs = network.nowMs
    const wanted = expectation(network)
    if (!network.run(BOUND_MS, () => network.nowMs - network.changedMs >= 20 && differences(network, wanted).length === 0)) {
      return outcome(network, slowestMs, story, `not settled: ${differences(network, wanted).slice(0, 3).join('; ')}`)
    }
    slowestMs = Math.max(slowestMs, network.nowMs - fromMs)
    if (network.hasLoop()) return outcome(network, slowestMs, story, 'settled with a loop')
    const changedMs = network.changedMs
    network.run(8000)
    if (network.changedMs !== changedMs && differences(network, wanted).length > 0) return outcome(network, slowestMs, story, 'did not stay settled')
  }
  return outcome(network, slowestMs, story, '')
}

const outcome = (network: Network, slowestMs: number, story: readonly string[], problem: string): Outcome => ({
  problem,
  slowestMs,
  loops: network.loops.length,
  loopMs: network.loops.reduce((most, { fromMs, toMs }) => Math.max(most, Math.min(toMs, network.nowMs) - fromMs), 0),
  story: story.join(', ')
})

const COSTS = [20_000, 20_000, 20_000, 2000, 200_000, 100]

const build = (random: Random, txHoldCount: number): Network => {
  const network = new Network()
  const count = 2 + random.int(MAX_BRIDGES - 1)
  const isOldWorld = random.int(8) === 0
  for (let n = 1; n <= count; n++) {
    network.addBridge(`${n}`, {
      bridgeIdentifier: idOf(random.int(16) * 4096, n),
      txHoldCount,
      forceProtocolVersion: isOldWorld && random.int(3) === 0 ? 0 : 2
    }, 1 + random.int(1000))
  }
  const attach = (bridge: Bridge, lan: string): void => {
    network.attach(bridge, lan, { portPathCost: random.pick(COSTS), priority: random.int(4) === 0 ? 16 * random.int(16) : 128 })
  }
  const { bridges } = network
  for (let n = 1; n < count; n++) { // a tree first, so that it is connected
    attach(bridges[n]!, `t${n}`)
    attach(bridges[random.int(n)]!, `t${n}`)
  }
  for (let extra = random.int(count + 2); extra > 0; extra--) {
    attach(random.pick(bridges), `x${extra}`)
    attach(random.pick(bridges), `x${extra}`) // perhaps the same bridge: then one of the two is Backup
  }
  const shared = random.int(4) === 0 ? 1 + random.int(3) : 0
  for (let more = 0; more < shared; more++) attach(random.pick(bridges), random.pick([...network.lans.keys()]))
  for (const bridge of bridges) network.power(bridge, true)
  return network
}

const mishap = (random: Random, network: Network): string => {
  const lan: Lan = random.pick([...network.lans.values()])
  const bridge = random.pick(network.bridges)
  switch (random.int(6)) {
    case 0:
      network.setDown(lan, !lan.isDown)
      return `${lan.name} ${lan.isDown ? 'down' : 'up'}`
    case 1:
      lan.isCut = !lan.isCut
      return `${lan.name} ${lan.isCut ? 'cut' : 'mended'}`
    case 2:
      network.power(bridge, bridge.isOff)
      return `${bridge.name} ${bridge.isOff ? 'off' : 'on'}`
    case 3: {
      const end = random.pick(bridge.ends)
      const portPathCost = random.pick(COSTS)
      bridge.tree.configurePort(end.port.number, { portPathCost })
      return `${bridge.name}.${lan.name} cost ${portPathCost}`
    }
    case 4: {
      const id = idOf(random.int(16) * 4096, network.bridges.indexOf(bridge) + 1)
      bridge.tree.configure({ bridgeIdentifier: id })
      return `${bridge.name} prio ${id.substring(0, 4)}`
    }
    default: {
      const root = network.bridges.find((one) => !one.isOff && one.tree.rootPort === 0) ?? bridge
      network.power(root, false)
      return `root ${root.name} off`
    }
  }
}
