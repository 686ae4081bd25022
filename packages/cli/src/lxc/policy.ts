/**
 * Which networks vdelxcd opens for others. A VNL can run programs and touch the host, so what is not allowed is refused.
 *
 *     default   VNL      what an empty request means; allowed
 *     allow     VNL      exactly this one
 *     deny      VNL
 *     pfxallow  TEXT     all that begin with it
 *     pfxdeny   TEXT
 *
 * The first line that fits decides. Of `vlan://4{vde:///tmp/sw}` both `vlan://4` and `vde:///tmp/sw` must be allowed. With no
 * file, only the VNL of the command line is; with none either, everything.
 */
import type { Level } from '@vde-ts/schemes/registry.js'
import { show } from '@vde-ts/vnl'

interface Rule {
  readonly text: string
  readonly isPrefix: boolean
  readonly isAllowed: boolean
}

/** What was read. */
export interface Policy {
  /** For an empty request; null: there is none. */
  readonly fallback: string | null
  /** Null: everything is allowed. */
  readonly rules: readonly Rule[] | null
}

const TAGS: ReadonlyMap<string, Omit<Rule, 'text'>> = new Map([
  ['default', { isPrefix: false, isAllowed: true }],
  ['allow', { isPrefix: false, isAllowed: true }],
  ['deny', { isPrefix: false, isAllowed: false }],
  ['pfxallow', { isPrefix: true, isAllowed: true }],
  ['pfxdeny', { isPrefix: true, isAllowed: false }]
])

/**
 * @param lines of the file; null: there is none
 * @param named VNL of the command line, before that of the file; null: there is none
 * @throws {SyntaxError} a line that cannot be read: one that is passed over could be a refusal
 */
export const readPolicy = (lines: readonly string[] | null, named: string | null): Policy => {
  const rules: Rule[] = named === null ? [] : [{ text: named, isPrefix: false, isAllowed: true }]
  let fallback = named
  for (const [index, line] of (lines ?? []).entries()) {
    const [, tag = '', text = ''] = /^\s*(\S+)\s*(.*?)\s*$/.exec(line) ?? []
    if (tag === '' || tag.startsWith('#')) continue
    const rule = TAGS.get(tag.toLowerCase())
    if (rule === undefined || text === '') {
      throw new SyntaxError(`Cannot read line ${index + 1}: found ${show(line)}, want default, allow, deny, pfxallow or pfxdeny and a VNL`)
    }
    rules.push({ text, ...rule })
    if (tag.toLowerCase() === 'default') fallback ??= text
  }
  return { fallback, rules: lines === null && named === null ? null : rules }
}

/** The first part of a VNL that is not allowed; null: all of it is. @param vnl what is opened. @param top the same, read */
export const refusedPart = ({ rules }: Policy, vnl: string, top: Level): string | null => {
  if (rules === null) return null
  for (let level: Level | null = top; level !== null; level = level.inner) {
    const { text: whole, at, tail: { innerAt } } = level
    const part = level.inner === null ? whole : vnl.slice(at, innerAt - 1)
    const rule = rules.find(({ text, isPrefix }) => isPrefix ? part.startsWith(text) : text === part || text === whole)
    if (rule?.isAllowed !== true) return part
    // Named with all that is in it.
    if (rule.text === whole && !rule.isPrefix) return null
  }
  return null
}
