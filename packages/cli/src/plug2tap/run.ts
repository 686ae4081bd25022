/**
 * vde_plug2tap: a network joined to an interface of the host.
 *
 * Both are opened before -d detaches, so what fails is told to the caller, and relative paths mean what was typed. The end
 * of the network ends the command with 0; the interface that somebody removes ends it with 1.
 */
import { VdeError, errnoName, loop, sharedIo, type FrameSink, type Link } from '@vde-ts/link'
import { Wire } from '@vde-ts/link/wire.js'
import { removeClientSockets } from '@vde-ts/schemes/client-socket.js'
import { StreamLink } from '@vde-ts/schemes/stream-link.js'
import { tapLink, type TapLink } from '@vde-ts/schemes/tap-link.js'
import { TapUplink } from '@vde-ts/schemes/tap-uplink.js'
import { isTapFailure, openTap, type Tap } from '@vde-ts/tun-tap'
import type { Parsed } from '../command.ts'
import { writePidFile } from '../pidfile.ts'
import type { Program } from '../run.ts'
import { requestOf, type Request } from './request.ts'

/** Shown by the switch. */
const DESCRIPTION = 'vde_plug2tap:'

export const run = async (program: Program, parsed: Parsed): Promise<void> => {
  const request = requestOf(parsed)
  const wire = new Wire()
  program.cleanup.add(removeClientSockets)
  const { fd, name } = openInterface(request.tap)
  const tap = tapLink(fd, name, wire.right, loop)
  program.cleanup.add(() => { tap.close() })
  const network = await openNetwork(program, request, tap, wire.left)
  program.cleanup.add(() => { network.close() })
  if (request.pidFile !== undefined) {
    program.cleanup.add(writePidFile(request.pidFile, `${process.pid}\n`, 'exclusive', program.name))
  }
  program.ready()
  wire.join(network, tap, (side, why) => { finish(program, side === 'left', why) })
}

const finish = (program: Program, isNetwork: boolean, why: Error | undefined): void => {
  if (why !== undefined) program.log(why.message)
  program.exit(isNetwork ? 0 : 1)
}

const openNetwork = async (program: Program, request: Request, tap: TapLink, sink: FrameSink): Promise<Link> => {
  const { network, port, group, mode } = request
  if (network === '-') return stdioLink(sink)
  const uplink = new TapUplink(network, { description: DESCRIPTION, port, group, mode, log: text => { program.log(text) } })
  uplink.use(tap)
  return await uplink.open(sink)
}

/** The stream on descriptors 0 and 1. They belong to others too: they are not closed and keep their flags. */
const stdioLink = (sink: FrameSink): Link =>
  new StreamLink(0, 1, sink, loop, { label: 'standard input and output', io: sharedIo(), onRelease () {} })

const openInterface = (name: string): Tap => {
  const tap = openTap({ name, vnetHeader: true })
  if (isTapFailure(tap)) throw new VdeError(errnoName(tap.errno), `open interface "${name}"`, tap.detail)
  return tap
}
