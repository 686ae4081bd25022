/** `port/counters`: where frames were lost, and how full the queues are. */
import type { Link } from '@vde-ts/link'
import type { Port } from '@vde-ts/switch'
import type { Args, Command } from '../command.ts'
import type { SwitchContext } from './context.ts'
import { digits } from './format.ts'

export const countersCommand: Command<SwitchContext> = {
  path: 'port/counters',
  syntax: '[N]',
  help: 'print lost frames by reason, and the queues',
  isOurs: true,
  output: 'data',
  * run (context, args) { for (const port of chosen(context, args)) yield * counterLines(port) },
  * json (context, args) { for (const port of chosen(context, args)) yield counterJson(context, port) }
}

const chosen = ({ sw }: SwitchContext, args: Args): Port[] => {
  const number = args.optionalInt(0, 'N')
  return number === undefined ? sw.ports() : [sw.port(number)]
}

const reasons = (port: Port): Array<[string, number]> => Object.entries(port.drops) as Array<[string, number]>

function * counterLines (port: Port): Generator<string> {
  const lost = reasons(port).reduce((sum, [, frames]) => sum + frames, 0)
  yield `Port ${digits(port.number, 4)} in ${port.inFrames} out ${port.outFrames} lost ${lost} ` +
    `moved ${port.moves} unlearnt ${port.unlearnt}`
  yield ` lost: ${reasons(port).map(([reason, frames]) => `${reason} ${frames}`).join(', ')}`
  for (const { id, queue, queueDrops, link } of port.endpoints) {
    yield `  -- endpoint ID ${digits(id, 4)} queue ${queue.frames}/${queue.limit} frames ${queue.octets} octets, ` +
      `lost ${queueDrops}${linkText(linkDrops(link))}`
  }
}

interface LinkDrops { readonly in: number, readonly out: number, readonly down?: number }

/** What the medium itself lost since it was plugged in, `port/resetcounter` or not; null: it counts nothing. */
const linkDrops = (link: Link | null): LinkDrops | null => {
  if (link?.rxDrops === undefined && link?.txDrops === undefined && link?.downDrops === undefined) return null
  const drops = { in: link.rxDrops ?? 0, out: link.txDrops ?? 0 }
  return link.downDrops === undefined ? drops : { ...drops, down: link.downDrops }
}

const linkText = (drops: LinkDrops | null): string => drops === null
  ? ''
  : `, by the link in ${drops.in} out ${drops.out}${drops.down === undefined ? '' : ` down ${drops.down}`}`

const counterJson = ({ sw }: SwitchContext, port: Port): object => ({
  port: port.number,
  in: { frames: port.inFrames, octets: port.inBytes },
  out: { frames: port.outFrames, octets: port.outBytes },
  drops: { ...port.drops },
  moves: port.moves,
  unlearnt: port.unlearnt,
  addresses: sw.hash.countOf(port.number),
  endpoints: port.endpoints.map(({ id, queue, queueDrops, link }) => ({
    id, queueFrames: queue.frames, queueOctets: queue.octets, queueLimit: queue.limit, queueDrops, linkDrops: linkDrops(link)
  }))
})
