/** Where the values of a YAML document stand in its text. */
import { isAlias, isMap, isScalar, isSeq, type Document, type LineCounter, type Node, type Pair, type YAMLMap } from 'yaml'
import type { Path, Position } from './finding.ts'

/** Of the key of a pair, or of its value. */
export type Spot = 'key' | 'value'

/** The place of a value, or of the nearest thing around it that has one. */
export const placeOf = (document: Document, lines: LineCounter, path: Path, spot: Spot): Position => {
  let node = document.contents as Node | null
  let offset = offsetOf(node)
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document) ?? null
    const pair = childOf(node, step)
    if (pair === null) break
    const isLast = depth === path.length - 1
    offset = (isLast && spot === 'key' ? null : offsetOf(pair.value)) ?? offsetOf(pair.key) ?? offset
    node = pair.value
  }
  return positionOf(offset ?? 0, lines)
}

/** Line and column of an offset. */
export const positionOf = (offset: number, lines: LineCounter): Position => {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

interface Child { readonly key: Node | null, readonly value: Node | null }

const childOf = (node: Node | null, step: string | number): Child | null => {
  if (isSeq(node)) {
    const value = node.items[Number(step)] as Node | undefined
    return value === undefined ? null : { key: null, value }
  }
  if (!isMap(node)) return null
  const pair = pairsOf(node).get(String(step))
  return pair === undefined ? null : { key: pair.key as Node, value: pair.value as Node | null }
}

/** Pairs of maps that were asked for, by key: a file with many findings asks often. */
const known = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>()

const pairsOf = (map: YAMLMap): ReadonlyMap<string, Pair> => {
  const before = known.get(map)
  if (before !== undefined) return before
  const pairs = new Map(map.items.flatMap((pair: Pair) => isScalar(pair.key) ? [[String(pair.key.value), pair] as const] : []))
  known.set(map, pairs)
  return pairs
}

const offsetOf = (node: Node | null): number | null => node?.range?.[0] ?? null
