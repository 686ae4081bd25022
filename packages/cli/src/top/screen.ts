/**
 * The screen as text: what is known of the switches in, `height` lines of at most `width` columns out. It knows no terminal.
 *
 *     totals
 *     a line for each switch
 *     heading
 *     a line for each port, those that fit
 *     keys, or the filter being typed
 */
import type { PortFigures } from './figures.ts'
import type { SwitchView } from './look.ts'
import { duration, short, sparkline } from './units.ts'

/** Columns to sort by, in the order `s` takes them. */
export const SORTS = ['port', 'in', 'out', 'lost', 'queue', 'addresses'] as const
/** One of {@link SORTS}. */
export type Sort = typeof SORTS[number]

/** How to show it. */
export interface Show {
  readonly width: number
  readonly height: number
  readonly sort: Sort
  readonly isReversed: boolean
  readonly filter: string
  /** The filter is being typed. */
  readonly isTyping: boolean
  readonly hasIdle: boolean
  readonly isPaused: boolean
  readonly delaySec: number
  readonly isUtf8: boolean
}

/** Least size that shows anything of use. */
const LEAST_WIDTH = 60
const LEAST_HEIGHT = 8
/** Columns of the numbers, and the blank behind them. */
const NUMBERS = 53

interface Row { readonly view: SwitchView, readonly index: number, readonly port: PortFigures }

/** The lines of a screen, `height` of them. */
export const screen = (views: readonly SwitchView[], show: Show): string[] => {
  if (show.width < LEAST_WIDTH || show.height < LEAST_HEIGHT) {
    return fill([`${show.width}x${show.height} is too small, ${LEAST_WIDTH}x${LEAST_HEIGHT} is wanted`], show)
  }
  const rows = chosen(views, show)
  const head = [totals(views, show), ...views.map((view, i) => switchLine(view, i, views.length, show)), heading(show)]
  const room = Math.max(0, show.height - head.length - 1)
  const hidden = rows.length - room
  const shown = rows.slice(0, hidden > 0 ? room - 1 : room).map((row) => portLine(row, views.length, show))
  const more = hidden > 0 ? [`  and ${hidden + 1} more ports`] : []
  const body = [...head, ...shown, ...more]
  return fill([...body, ...Array<string>(Math.max(0, show.height - body.length - 1)).fill(''), lastLine(show)], show)
}

const fill = (lines: readonly string[], { width, height }: Show): string[] =>
  [...lines, ...Array<string>(height).fill('')].slice(0, height).map((line) => [...line].slice(0, width).join('').trimEnd())

/** Ports that pass the filter, in order. */
export const chosen = (views: readonly SwitchView[], { sort, isReversed, filter, hasIdle }: Show): Row[] => {
  const rows = views.flatMap((view, index) => view.ports.map((port) => ({ view, index, port })))
    .filter(({ view, port }) => (hasIdle || port.endpoints.length > 0) && passes(view, port, filter))
  const key = keyOf(sort)
  // Numbers of ports rise, everything else falls: the busiest first.
  const sign = (sort === 'port') === isReversed ? -1 : 1
  return rows.sort((a, b) => sign * (sort === 'port' ? a.index - b.index || a.port.port - b.port.port : key(a.port) - key(b.port)) ||
    a.index - b.index || a.port.port - b.port.port)
}

const passes = ({ name }: SwitchView, { port, endpoints, tree }: PortFigures, filter: string): boolean =>
  filter === '' || [name, String(port), tree, ...endpoints].some((text) => text.includes(filter))

const keyOf = (sort: Sort): (port: PortFigures) => number => {
  switch (sort) {
    case 'in': return ({ inBitsPerSec }) => inBitsPerSec
    case 'out': return ({ outBitsPerSec }) => outBitsPerSec
    case 'lost': return ({ lostPerSec, lostFrames }) => lostPerSec * 1e9 + lostFrames
    case 'queue': return ({ queueFrames }) => queueFrames
    case 'addresses': return ({ addresses }) => addresses
    case 'port': return ({ port }) => port
  }
}

const totals = (views: readonly SwitchView[], { isPaused, delaySec }: Show): string => {
  const ports = views.flatMap((view) => view.ports)
  const sum = (read: (port: PortFigures) => number): string => short(ports.reduce((total, port) => total + read(port), 0))
  const up = ports.filter((port) => port.isUp).length
  return `vde_top  ${up} ports up  in ${sum((port) => port.inBitsPerSec)}bit/s ${sum((port) => port.inFramesPerSec)}/s  ` +
    `lost ${sum((port) => port.lostPerSec)}/s  ${isPaused ? 'paused' : `every ${delaySec} s`}`
}

const switchLine = ({ name, look, problem, ports }: SwitchView, index: number, count: number, { width }: Show): string => {
  const number = count > 1 ? `${index + 1} ` : ''
  if (problem !== null) return `${number}${name}: ${problem}`
  if (look === null) return `${number}${name}: not looked at yet`
  const used = ports.filter(({ endpoints }) => endpoints.length > 0).length
  const rest = `  pid ${look.pid}  up ${duration(look.uptimeSec)}  ports ${used}/${look.numPorts}  ` +
    `${rootText(ports)}addr ${look.addresses}  queued ${short(look.queueOctets)}B`
  return `${number}${cutHead(name, width - number.length - rest.length)}${rest}`
}

/** The end of a path says more than its beginning. */
const cutHead = (text: string, width: number): string => text.length <= width ? text : `~${text.slice(text.length - Math.max(8, width - 1))}`

/** Where the root of the spanning tree is; empty: there is no tree. */
const rootText = (ports: readonly PortFigures[]): string => {
  const way = ports.find(({ tree }) => tree === 'root')
  if (way !== undefined) return `root by ${way.port}  `
  return ports.some(({ tree }) => tree !== '') ? 'root here  ' : ''
}

/** What is left of the width behind the numbers, for the endpoints, and for the sparkline. */
const widths = (width: number): { readonly text: number, readonly spark: number } => {
  const rest = width - NUMBERS
  const spark = Math.max(0, Math.min(60, Math.floor(rest / 2) - 6))
  return { text: rest - spark - (spark > 0 ? 1 : 0), spark }
}

const heading = ({ width, sort, isReversed }: Show): string => {
  const { text, spark } = widths(width)
  const mark = (name: Sort, label: string, columns: number): string =>
    `${label}${sort === name ? (isReversed ? '-' : '+') : ''}`.padStart(columns)
  return [
    mark('port', 'PORT', 8), mark('in', 'IN bit', 8), mark('out', 'OUT bit', 9), mark('lost', 'LOST/s', 8),
    mark('queue', 'QUEUE', 7), mark('addresses', 'ADDR', 6), 'TREE'.padStart(6)
  ].join('').padEnd(NUMBERS) + `${'ENDPOINTS'.padEnd(text + (spark > 0 ? 1 : 0))}${spark > 0 ? 'TRAFFIC'.padStart(spark) : ''}`
}

const portLine = ({ view, index, port }: Row, count: number, { width, isUtf8 }: Show): string => {
  const { text, spark } = widths(width)
  const number = (count > 1 ? `${index + 1}:` : '') + port.port
  const lost = port.lostPerSec > 0 ? short(port.lostPerSec) : port.lostFrames > 0 ? `(${short(port.lostFrames)})` : '0'
  const state = port.endpoints.length === 0 ? 'idle' : port.isUp ? port.tree : 'down'
  const named = `${port.endpoints.join(', ')}${port.lostPerSec > 0 && port.reason !== null ? ` [${port.reason}]` : ''}`
  const numbers = [
    number.padStart(8), short(port.inBitsPerSec).padStart(8), short(port.outBitsPerSec).padStart(9), lost.padStart(8),
    String(port.queueFrames).padStart(7), String(port.addresses).padStart(6), state.padStart(6)
  ].join('')
  const drawn = spark > 0 ? ` ${sparkline(view.history.get(port.port) ?? [], spark, isUtf8)}` : ''
  return `${numbers}${' '.repeat(NUMBERS - numbers.length)}${cut(named, text).padEnd(text)}${drawn}`
}

const cut = (text: string, width: number): string => text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}~`

const lastLine = ({ filter, isTyping, sort }: Show): string => isTyping
  ? `/${filter}_`
  : `q quit  s sort: ${sort}  r reverse  / filter${filter === '' ? '' : `: ${filter}`}  a all  p pause  +- interval`
