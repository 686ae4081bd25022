/**
 * vde_pcapplug: a network joined to the wire of an interface of the host, see `pcap://`. Both are opened before -d detaches.
 * The end of the network ends the command with 0, that of the interface with 1.
 */
import type { FrameSink, Link } from '@vde-ts/link'
import { Wire } from '@vde-ts/link/wire.js'
import { openVnl, type OpenOptions } from '@vde-ts/schemes/registry.js'
import { announceCables } from '../cable/announce-cables.ts'
import { CABLE, Cable } from '../cable/cable.ts'
import type { Parsed } from '../command.ts'
import { writePidFile } from '../pidfile.ts'
import { requestOf } from '../plug2tap/request.ts'
import type { Program } from '../run.ts'
import { standardStreams } from '../standard-streams.ts'

export const run = async (program: Program, parsed: Parsed): Promise<void> => {
  const { name, network, port, group, mode, pidFile } = requestOf(parsed)
  const wire = new Wire((line) => { program.log(line) })
  program.cleanup.add(() => { wire.close() })
  const isStream = network === '-'
  const options = { description: `${program.name}:`, takesOffload: !isStream, log (line: string) { program.log(line) } }
  const cable = new Cable(CABLE, `${network || 'default'} ${name}`, wire.left)
  const left = isStream
    ? standardStreams(cable.link)
    : await open(program, network, cable.link, { ...options, port, group, mode })
  const right = await open(program, `pcap://${name}`, wire.right, options)
  if (pidFile !== undefined) program.cleanup.add(writePidFile(pidFile, `${process.pid}\n`, 'exclusive', program.name))
  wire.join(cable.connect(left), right, (side, why) => {
    if (why !== undefined) program.log(why.message)
    program.exit(side === 'left' ? 0 : 1)
  })
  announceCables(program, [cable])
  program.ready()
}

const open = async (program: Program, vnl: string, sink: FrameSink, options: OpenOptions): Promise<Link> => {
  const link = await openVnl(vnl, sink, options)
  program.cleanup.add(() => { link.close() })
  return link
}
