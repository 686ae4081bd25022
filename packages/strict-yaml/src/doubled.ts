/** Keys that stand twice in one map. yaml's own check compares each key with each; here the time is that of reading. */
import { isMap, isScalar, isSeq, type Node } from 'yaml'
import type { Path } from './finding.ts'

/** A key that was there before, and where in the text it begins. */
export interface Doubled { readonly path: Path, readonly offset: number }

/** Of all maps under `node`, which is at `path`. */
export const doubledKeys = (node: unknown, path: Path = [], found: Doubled[] = []): readonly Doubled[] => {
  if (isSeq(node)) for (const [i, item] of node.items.entries()) doubledKeys(item, [...path, i], found)
  if (!isMap(node)) return found
  const seen = new Set<string>()
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : ''
    const here = [...path, name]
    if (seen.has(name)) found.push({ path: here, offset: (key as Node).range?.[0] ?? 0 })
    seen.add(name)
    doubledKeys(value, here, found)
  }
  return found
}
