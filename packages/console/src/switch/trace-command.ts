/** `port/trace`: what would become of a frame, and why. */
import { describe } from '@vde-ts/frame/describe.js'
import { isFrame } from '@vde-ts/frame/ethernet.js'
import { VdeError } from '@vde-ts/link'
import type { Drops, Trace, TraceDrop, TraceEgress } from '@vde-ts/switch'
import type { Args, Command } from '../command.ts'
import type { SwitchContext } from './context.ts'
import { digits } from './format.ts'

/** Why a frame is lost, as the counters of the same names say in one word. */
const REASONS: Readonly<Record<keyof Drops, string>> = {
  runt: 'it is shorter than its header',
  giant: 'it is longer than any frame',
  malformed: 'its offload header lies',
  vlan: 'the port is no member of the VLAN, or there is none',
  frameType: 'the port takes only tagged frames, or only untagged ones (vlan/port admit)',
  reserved: 'its reserved address ends here (port/reserved)',
  rate: 'the port sent in too much (port/rate)',
  storm: 'the port floods too much (port/storm)',
  dhcp: 'no DHCP server may be there (port/dhcpguard)',
  routerAdvertisement: 'no router may be there (port/raguard)',
  binding: 'the address is not bound to the port (port/bind)',
  addresses: 'the port has all addresses it may have (port/maxmacs)',
  pinned: 'its source address is pinned to another port',
  isolated: 'the other port is of the same isolated group (port/isolate)',
  mirror: 'the port only shows what others do (port/mirror)',
  notForwarding: 'the spanning tree does not let the frame pass',
  filtered: 'its destination is behind the port it comes from',
  loop: 'it came back too often',
  oversize: 'it is longer than the link takes',
  tooManySegments: 'it would be too many segments',
  queueFull: 'the queue is full',
  down: 'the medium is away',
  closed: 'there is no link'
}

export const traceCommand: Command<SwitchContext> = {
  path: 'port/trace',
  syntax: 'N FRAME',
  help: 'say what would become of FRAME (hexadecimal, no FCS) from port N, and why, without sending it',
  isOurs: true,
  output: 'data',
  * run ({ sw }, args) {
    const frame = readFrame(args)
    yield * traceLines(sw.trace(args.int(0, 'N'), frame), frame)
  },
  json: ({ sw }, args) => traceJson(sw.trace(args.int(0, 'N'), readFrame(args)))
}

const readFrame = (args: Args): Uint8Array => {
  const text = args.words.slice(1).join('').replace(/[:.-]/g, '')
  const isHex = /^(?:[0-9a-f]{2})*$/i.test(text)
  if (isHex && isFrame(text.length / 2)) return Uint8Array.from(Buffer.from(text, 'hex'))
  throw new VdeError('EINVAL', 'read FRAME', isHex ? `it has ${text.length / 2} octets, want 14 or more` : 'want pairs of hexadecimal digits')
}

function * traceLines (trace: Trace, frame: Uint8Array): Generator<string> {
  yield `Port ${digits(trace.port, 4)} ${describe(frame, 0, frame.length)}`
  yield ` belongs to: ${placeText(trace)}`
  if (!trace.isHub && trace.vlan !== null) {
    yield ` source: ${sourceText(trace)}`
    yield ` destination: ${destinationText(trace)}`
  }
  if (trace.isForTree) yield ' taken by the spanning tree'
  for (const one of trace.egress) yield ` to Port ${digits(one.port, 4)} ${egressText(one)}`
  for (const one of trace.drops) yield ` lost at ${lossText(one)}`
  if (!trace.isForTree && trace.egress.length === 0 && trace.drops.length === 0) yield ' goes nowhere: there is no other port for it'
}

const placeText = ({ isHub, vlan, isTagged, isOpaque, state }: Trace): string => {
  if (isHub) return 'the hub, which looks at nothing'
  if (vlan === null) return 'no VLAN'
  const how = isOpaque ? 'by its tag, which is payload to a transparent switch' : isTagged ? 'by its tag' : 'by the port'
  return `VLAN ${digits(vlan, 4)} ${how}${state === null ? ', which is not defined' : `, where the port is ${state}`}`
}

const sourceText = ({ learning, source, port }: Trace): string => {
  switch (learning) {
    case 'none': return 'not learnt'
    case 'new': return `learnt at port ${digits(port, 4)}`
    case 'known': return `known at port ${digits(port, 4)}${staticText(source)}`
    case 'moved': return `moves here from port ${digits(source!.port, 4)}`
    case 'held': return `stays at port ${digits(source!.port, 4)}${source!.isStatic ? ', where it is pinned' : ', which used it just now'}`
  }
}

const destinationText = ({ destination, destinationKind }: Trace): string => {
  if (destinationKind !== 'unicast') return destinationKind
  if (destination === null) return 'not in the table'
  return `at port ${digits(destination.port, 4)} age ${destination.ageSec} secs${staticText(destination)}`
}

const staticText = (entry: Trace['source']): string => entry?.isStatic === true ? ' static' : ''

const egressText = ({ frame, endpoints, isMirror, isImpaired, isShaped }: TraceEgress): string => {
  const more = [isMirror ? 'shown' : '', isImpaired ? 'behind a bad link' : '', isShaped ? 'shaped' : ''].filter((text) => text !== '')
  const to = endpoints.length === 0 ? 'no endpoint' : `endpoint ${endpoints.map((id) => digits(id, 4)).join(', ')}`
  return `${formText(frame)}, ${frame.length} octets, ${[to, ...more].join(', ')}`
}

/** Its outermost tag. */
const formText = (frame: Uint8Array): string => {
  const half = (at: number): number => frame[at]! << 8 | frame[at + 1]!
  const type = half(12)
  if ((type !== 0x8100 && type !== 0x88a8) || frame.length < 18) return 'untagged'
  const tci = half(14)
  return `tagged ${type === 0x8100 ? '' : 'service '}${tci & 0xfff}${tci >>> 13 === 0 ? '' : ` priority ${tci >>> 13}`}${(tci & 0x1000) === 0 ? '' : ' drop eligible'}`
}

const lossText = ({ port, reason, frames }: TraceDrop): string =>
  `Port ${digits(port, 4)}: ${REASONS[reason]} (${reason}${frames === 1 ? '' : ` ${frames}`})`

const entryJson = (entry: Trace['source']): object | null =>
  entry === null ? null : { port: entry.port, ageSec: entry.ageSec, isStatic: entry.isStatic }

const traceJson = (trace: Trace): object => ({
  ...trace,
  source: entryJson(trace.source),
  destination: entryJson(trace.destination),
  egress: trace.egress.map((one) => ({ ...one, frame: Buffer.from(one.frame).toString('hex') }))
})
