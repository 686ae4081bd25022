/**
 * vde_plug2tap: a network joined to an interface of the host.
 *
 * Both are opened before -d detaches, so what fails is told to the caller, and relative paths mean what was typed. The end
 * of the network ends the command with 0, unless a switch died that was handed the interface: then the next one is waited
 * for. The interface that somebody removes ends it with 1.
 */
import { native } from '@vde-ts/native'
import { VdeError, errnoName, loop, type FrameSink, type Link } from '@vde-ts/link'
import { Wire } from '@vde-ts/link/wire.js'
import { removeClientSockets } from '@vde-ts/schemes/client-socket.js'
import type { Rejoin } from '@vde-ts/schemes/rejoin.js'
import { tapLink } from '@vde-ts/schemes/tap-link.js'
import { TapUplink } from '@vde-ts/schemes/tap-uplink.js'
import { isTapFailure, openTap, type Tap } from '@vde-ts/tun-tap'
import { announceCables } from '../cable/announce-cables.ts'
import { CABLE, Cable, type HandOver } from '../cable/cable.ts'
import type { Parsed } from '../command.ts'
import { openTapNetwork } from '../tap-network.ts'
import { shownSpeed } from '../interface-speed.ts'
import { writePidFile } from '../pidfile.ts'
import type { Program } from '../run.ts'
import { standardStreams } from '../standard-streams.ts'
import { requestOf, type Request } from './request.ts'

/** Shown by the switch. */
const DESCRIPTION = 'vde_plug2tap:'

export const run = async (program: Program, parsed: Parsed): Promise<void> => {
  const request = requestOf(parsed)
  const wire = new Wire((line) => { program.log(line) })
  program.cleanup.add(removeClientSockets)
  let showSpeed = (): void => {}
  const uplink = uplinkOf(program, request, () => { showSpeed() })
  const cable = new Cable(CABLE, `${request.network || 'default'} ${request.name}`, wire.left)
  // An interface that exists is joined, as scripts expect; only to be handed over it has to be there before.
  let network = uplink?.canAttach === true ? null : await openNetwork(program, uplink, request, cable.link)
  const { fd, name } = openInterface(request.name)
  const tap = tapLink(fd, name, wire.right, loop)
  program.cleanup.add(() => { tap.close() })
  uplink?.use(tap)
  network ??= await openNetwork(program, uplink, request, cable.link)
  if (request.pidFile !== undefined) {
    program.cleanup.add(writePidFile(request.pidFile, `${process.pid}\n`, 'exclusive', program.name))
  }
  const link = cable.connect(network.link, network.handOver)
  // For people to see: whoever has no right to set it uses an interface of somebody else.
  showSpeed = link.onSettings = () => { native.setInterfaceSpeed(name, shownSpeed(link)) }
  if (link.bitsPerSec !== undefined) showSpeed()
  announceCables(program, [cable])
  program.ready()
  wire.join(link, tap, (side, why) => { finish(program, side === 'left', why) })
}

const finish = (program: Program, isNetwork: boolean, why: Error | undefined): void => {
  if (why !== undefined) program.log(why.message)
  program.exit(isNetwork ? 0 : 1)
}

/** Null: the standard streams are the network. */
const uplinkOf = (program: Program, { network, port, group, mode }: Request, onRate: () => void): TapUplink | null => {
  if (network === '-') return null
  return new TapUplink(network, { description: DESCRIPTION, port, group, mode, onRate, log: text => { program.log(text) } })
}

interface Network { readonly link: Link, readonly handOver: HandOver | null }

const openNetwork = async (
  program: Program, uplink: TapUplink | null, { network }: Request, sink: FrameSink
): Promise<Network> => {
  const opened = uplink === null
    ? { link: standardStreams(sink), handOver: null }
    : handedOver(uplink, await openTapNetwork(uplink, sink, network, text => { program.log(text) }))
  program.cleanup.add(() => { opened.link.close() })
  return opened
}

const handedOver = (uplink: TapUplink, network: Rejoin): Network => ({ link: network.link, handOver: { uplink, network } })

const openInterface = (name: string): Tap => {
  const tap = openTap({ name, vnetHeader: true })
  if (isTapFailure(tap)) throw new VdeError(errnoName(tap.errno), `open interface "${name}"`, tap.detail)
  return tap
}
