/**
 * The network of an interface, for commands that end with their network as the C programs do. An interface that a switch
 * was handed does better: when that switch dies (its sockets are still there) the interface stays and is handed to the
 * next one. A switch that ends in order removes its sockets first.
 */
import type { FrameSink } from '@vde-ts/link'
import { Rejoin, rejoinWorld } from '@vde-ts/schemes/rejoin.js'
import type { TapUplink } from '@vde-ts/schemes/tap-uplink.js'
import { REJOIN_RESET_MS, rejoinPauseMs } from './rejoin-pause.ts'

/** Opens the network of `uplink`: its link is the network. @param label how people call it. @throws {VdeError} of the medium */
export const openTapNetwork = async (
  uplink: TapUplink, sink: FrameSink, label: string, say: (text: string) => void
): Promise<Rejoin> => {
  const network = new Rejoin(sink, {
    label: label === '' ? 'default network' : label,
    isRepeatable: true,
    isOver: () => !uplink.wasAttached || !uplink.canAttach,
    open: async (inner) => await uplink.open(inner),
    watch: (onSign) => uplink.watch(onSign),
    world: rejoinWorld(say),
    pauseMs: rejoinPauseMs,
    resetMs: REJOIN_RESET_MS,
    comfort: '; the interface stays'
  })
  await network.start()
  return network
}
