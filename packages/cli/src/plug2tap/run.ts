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
import { tapLink } from '@vde-ts/schemes/tap-link.js'
import { TapUplink } from '@vde-ts/schemes/tap-uplink.js'
import { isTapFailure, openTap, type Tap } from '@vde-ts/tun-tap'
import type { Parsed } from '../command.ts'
import { openTapNetwork } from '../tap-network.ts'
import { speedMbit } from '../interface-speed.ts'
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
  const uplink = uplinkOf(program, request)
  // An interface that exists is joined, as scripts expect; only to be handed over it has to be there before.
  let network = uplink?.canAttach === true ? null : await openNetwork(program, uplink, request, wire.left)
  const { fd, name } = openInterface(request.name)
  const tap = tapLink(fd, name, wire.right, loop)
  program.cleanup.add(() => { tap.close() })
  uplink?.use(tap)
  network ??= await openNetwork(program, uplink, request, wire.left)
  if (request.pidFile !== undefined) {
    program.cleanup.add(writePidFile(request.pidFile, `${process.pid}\n`, 'exclusive', program.name))
  }
  // For people to see: whoever has no right to set it uses an interface of somebody else.
  const speed = speedMbit(network)
  if (speed !== undefined) native.setInterfaceSpeed(name, speed)
  program.ready()
  wire.join(network, tap, (side, why) => { finish(program, side === 'left', why) })
}

const finish = (program: Program, isNetwork: boolean, why: Error | undefined): void => {
  if (why !== undefined) program.log(why.message)
  program.exit(isNetwork ? 0 : 1)
}

/** Null: the standard streams are the network. */
const uplinkOf = (program: Program, { network, port, group, mode }: Request): TapUplink | null =>
  network === '-' ? null : new TapUplink(network, { description: DESCRIPTION, port, group, mode, log: text => { program.log(text) } })

const openNetwork = async (program: Program, uplink: TapUplink | null, { network }: Request, sink: FrameSink): Promise<Link> => {
  const link = uplink === null
    ? standardStreams(sink)
    : await openTapNetwork(uplink, sink, network, text => { program.log(text) })
  program.cleanup.add(() => { link.close() })
  return link
}

const openInterface = (name: string): Tap => {
  const tap = openTap({ name, vnetHeader: true })
  if (isTapFailure(tap)) throw new VdeError(errnoName(tap.errno), `open interface "${name}"`, tap.detail)
  return tap
}
