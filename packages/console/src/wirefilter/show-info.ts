/** What showinfo prints: the original's lines, which scripts read, then ours. */
import {
  formatClassic, general, least, scaled, toPlain, type Direction, type Settings, type State, type Value
} from '@vde-ts/impair'
import type { WirefilterContext } from './context.ts'

const MS = 1e6

/** Parameters of the original, by its commands. */
export type Parameter = 'loss' | 'lostburst' | 'delay' | 'dup' | 'bandwidth' | 'speed' | 'noise' | 'mtu' | 'chanbufsize'

/** Each one's name in showinfo, our name for it, and how many of our units one of the original's is. */
export const PARAMETERS: Readonly<Record<Parameter, {
  readonly label: string
  readonly key: 'loss' | 'burst' | 'delay' | 'dup' | 'rate' | 'speed' | 'noise' | 'mtu' | 'capacity'
  readonly unit: number
  readonly help: string
  /** In the original's unit, base and spread together; absent: 2^53. */
  readonly most?: number
}>> = {
  loss: { label: 'Loss', key: 'loss', unit: 1, help: 'set the loss, percent' },
  lostburst: { label: 'Lburst', key: 'burst', unit: 1, help: 'set the mean length of bursts of loss, frames' },
  delay: { label: 'Delay', key: 'delay', unit: MS, help: 'set the delay, ms', most: 1e9 },
  dup: { label: 'Dup', key: 'dup', unit: 1, help: 'set the share of frames sent twice, percent' },
  bandwidth: { label: 'Bandw', key: 'rate', unit: 1, help: 'set the bandwidth of the line, octets per second' },
  speed: { label: 'Speed', key: 'speed', unit: 1, help: 'set the speed of the interface, octets per second' },
  noise: { label: 'Noise', key: 'noise', unit: 1, help: 'set the bits flipped in a MiB' },
  mtu: { label: 'MTU', key: 'mtu', unit: 1, help: 'set the MTU, octets' },
  chanbufsize: { label: 'Cap.', key: 'capacity', unit: 1, help: 'set what the line holds, octets' }
}

const valueOf = (settings: Settings, parameter: Parameter): Value => {
  const { key, unit } = PARAMETERS[parameter]
  return scaled(settings[key], 1 / unit)
}

/** The lines for state `index`. */
export function * infoLines (context: WirefilterContext, index: number): Generator<string> {
  const { states, link, isOneWay, blink } = context
  const state = states.state(index)
  yield `WireFilter: ${isOneWay ? 'monodirectional' : 'bidirectional'}`
  if (states.count > 1) yield `Node ${index} "${state.name}" (0,..,${states.count - 1}) Markov-time ${general(states.period / MS)}`
  for (const name of Object.keys(PARAMETERS) as Parameter[]) yield parameterLine(state, name, isOneWay)
  const { out, in: inward } = link
  yield isOneWay
    ? `Current Delay Queue size:   ${out.waitingOctets}`
    : `Current Delay Queue size:   L->R ${out.waitingOctets}      R->L ${inward.waitingOctets}   `
  yield `Fifoness ${out.isFifo ? 'TRUE' : 'FALSE'}`
  yield `Waiting packets in delay queues ${out.waiting + inward.waiting}`
  if (blink !== null) {
    yield `Blink socket: ${blink.path}`
    yield `Blink id:     ${blink.id} `
  }
  yield `Seed ${link.seed}`
}

const parameterLine = (state: State, name: Parameter, isOneWay: boolean): string => {
  const label = PARAMETERS[name].label.padEnd(6)
  if (name === 'mtu') {
    const [right, left] = [state.out, state.in].map((settings) => general(least(settings.mtu)))
    return isOneWay ? `${label} ${right}` : `${label} L->R ${right}     R->L ${left}   `
  }
  const [right, left] = [state.out, state.in].map((settings) => formatClassic(valueOf(settings, name)))
  return isOneWay ? `${label} ${right}` : `${label} L->R ${right}   R->L ${left}`
}

/** What `show` tells of one direction. */
export const directionFacts = (direction: Direction): object => {
  const { counters, settings } = direction
  return {
    settings: toPlain(settings),
    isFifo: direction.isFifo,
    isUp: direction.isUp,
    waitingFrames: direction.waiting,
    waitingOctets: direction.waitingOctets,
    queuedFrames: direction.queued,
    ...counters
  }
}

/** The counters of one direction in lines. */
export function * counterLines (name: string, { counters }: Direction): Generator<string> {
  const { drops, ...counts } = counters
  yield `${name} ${Object.entries(counts).map(([key, count]) => `${key} ${count}`).join(' ')}`
  yield `${name} drops ${Object.entries(drops).map(([reason, count]) => `${reason} ${count}`).join(' ')}`
}
