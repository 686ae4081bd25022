/** Networks of bridges: switches that run a spanning tree, cables between them, and a station on each. */
import { probeText } from './frames.ts'
import { ours } from './pick.ts'
import { PlugPipe } from './plug-pipe.ts'
import type { Proc } from './proc.ts'
import type { Scene } from './scene.ts'
import { ourSwitch, peerSwitch, type Network } from './switches.ts'
import { Deadline, pause, waitFor } from './wait.ts'

/** How long copies of a broadcast may be under way, in ms. */
const SPREAD_MS = 150

/** A switch with `-F` and the address 02:00:00:00:01:NN. */
export const bridge = async (scene: Scene, kind: 'ours' | 'c', number: number, args: readonly string[] = []): Promise<Network> => {
  const mac = `02:00:00:00:01:${number.toString(16).padStart(2, '0')}`
  const options = { name: `b${number}`, args: ['-F', '--macaddr', mac, ...args] }
  return kind === 'ours' ? await ourSwitch(scene, options) : await peerSwitch(scene, options)
}

/** A cable between two networks, VNLs; it ends with any of them, and both see its end. */
export const cable = (scene: Scene, a: string, b: string): Proc => scene.start([ours('vde_plug'), a, b])

/** A station on a switch. */
export const station = (scene: Scene, { dir }: Network, number: number): PlugPipe => new PlugPipe(scene, [ours('vde_plug'), dir], number)

/** What the console of a switch answers. */
export const consoleSays = async ({ console }: Network, command: string): Promise<string> => {
  const client = await console()
  try {
    return await client.ask(command)
  } finally {
    client.close() // asked again and again, it would be a thousand sessions
  }
}

/**
 * Switches and stations for a ring, `o` ours and `c` the C program; the cables are the test's. `first` is for the first of
 * them.
 */
export const ring = async (
  scene: Scene, kinds: string, first: readonly string[] = [], from = 1
): Promise<{ nets: Network[], stations: PlugPipe[] }> => {
  const nets = await Promise.all([...kinds].map(async (kind, i) =>
    await bridge(scene, kind === 'o' ? 'ours' : 'c', from + i, i === 0 ? first : [])))
  return { nets, stations: nets.map((net, i) => station(scene, net, from + i)) }
}

/** Waits until our switches may send again as many BPDUs as they like, which after a change they may not (TxHoldCount). */
export const rested = async (nets: readonly Network[], ms = 10_000): Promise<void> => {
  const isRested = async (net: Network): Promise<boolean> => !/txCount=[2-9]/.test(await consoleSays(net, 'fstp/print'))
  for (const net of nets) await waitFor(async () => await isRested(net), ms, 'rest')
}

let serial = 0

/** Sends one broadcast from each station and answers how many copies each of the others got, from the first's on. */
export const copies = async (stations: readonly PlugPipe[]): Promise<number[][]> => {
  const text = `copy${serial++}.`
  for (const [index, one] of stations.entries()) one.say(text + index)
  await pause(SPREAD_MS)
  return stations.map((_, from) => stations.filter((_, to) => to !== from).map((one) => count(one, text + from)))
}

const count = ({ frames }: PlugPipe, text: string): number => frames.filter((bytes) => probeText(bytes) === text).length

/** Waits until every broadcast reaches every other station once, several times in a row. @returns ms that took */
export const oneCopyEach = async (stations: readonly PlugPipe[], ms: number, times = 3): Promise<number> => {
  const start = Date.now()
  let last: number[][] = []
  for (let good = 0; good < times;) {
    for (const one of stations) one.frames.length = 0
    last = await copies(stations)
    good = last.every((row) => row.every((n) => n === 1)) ? good + 1 : 0
    if (good === 0 && Date.now() - start > ms) throw new Deadline('one copy at every station', ms, JSON.stringify(last))
  }
  return Date.now() - start
}

/** The middle one; of an even number the later of two. */
export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

/**
 * Breaks something and has one station call the other until it is heard.
 * @returns ms from the break on
 */
export const healing = async (from: PlugPipe, to: PlugPipe, ms: number, breakIt: () => void): Promise<number> => {
  const text = `heal${serial++}.`
  const start = performance.now()
  breakIt()
  for (let n = 0; ; n++) {
    from.say(text + n)
    await pause(2)
    if (to.frames.some((bytes) => probeText(bytes).startsWith(text))) return Math.round(performance.now() - start)
    if (performance.now() - start > ms) throw new Deadline('healing', ms)
  }
}
