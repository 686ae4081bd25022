/** What `mwcli info` prints: MiniWorld's formats, to the letter. Values are texts; `mgmt` has no quality. */
import { KBIT } from '@vde-ts/radio/models/wifi.js'
import type { Quality } from '@vde-ts/radio/quality.js'
import type { ModelKind } from './models.ts'

/** A link that is up: nodes by id, the smaller first. */
export interface ShownLink {
  readonly a: number
  readonly b: number
  /** Interface classes of both ends. */
  readonly classes: readonly [string, string]
  readonly quality: Quality
}

/** `('1', '2')`, as Python writes a pair of texts. */
export const pairKey = (a: number | string, b: number | string): string => `('${a}', '${b}')`

/** A number of nodes, what is up between them, and the name of the management network. */
export interface Shown {
  readonly nodes: number
  readonly links: readonly ShownLink[]
  readonly management: string | null
}

/** Each edge once, under the smaller id, and the management network under each node. */
export const connectionsText = ({ nodes, links, management }: Shown): Record<string, string[]> => {
  const found: Record<string, string[]> = {}
  for (let id = 1; id <= nodes; id++) {
    const peers = links.filter(({ a }) => a === id).map(({ b }) => String(b))
    if (management !== null) peers.push(management)
    if (peers.length > 0) found[id] = peers
  }
  return found
}

type LinkText = Readonly<Record<string, string | null>> | null
/** Values of `info links`, by pair. */
export type LinksText = Record<string, LinkText | readonly [readonly [string, string], LinkText]>

/** @param hasClasses `-ii`: each value is a pair of the interfaces' classes and the settings */
export const linksText = ({ nodes, links, management }: Shown, kind: ModelKind, hasClasses: boolean): LinksText => {
  const found: LinksText = {}
  for (const { a, b, classes, quality } of links) {
    const text = SETTINGS[kind](quality)
    found[pairKey(a, b)] = hasClasses ? [classes, text] : text
  }
  if (management === null) return found
  for (let id = 1; id <= nodes; id++) found[pairKey(id, management)] = hasClasses ? [['management', 'management'], null] : null
  return found
}

/** A number as Python writes a float: `54000.0`. */
const float = (value: number): string => Number.isInteger(value) ? `${value}.0` : String(value)

const ms = (ns: number): string => `${(ns / 1e6).toFixed(2)}ms`

const SETTINGS: Readonly<Record<ModelKind, (quality: Quality) => Record<string, string | null>>> = {
  range: ({ rate }) => ({ loss: '0', ...(rate.base > 0 ? { bandwidth: String(rate.base / KBIT) } : {}) }),
  wifi: ({ rate, delay, delayCorrelation }) => ({
    bandwidth: float(rate.base / KBIT),
    loss: null,
    limit: null,
    delay: `${ms(delay.base)} ${ms(delay.spread)} ${Math.round(delayCorrelation * 100)}%`,
    corrupt: null,
    duplicate: null,
    reorder: null,
    rate: null
  })
}
