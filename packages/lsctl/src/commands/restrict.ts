/** rule, flushVr, rate: in the block of a virt. */
import type { Match } from '@vde-ts/model/firewall.js'
import { TclError } from '../tcl/error.ts'
import type { Run } from '../tcl/interpreter.ts'
import { readOptions, wholeWord } from './options.ts'
import { told, type Session } from './session.ts'
import { readInt, readMaskedMac, readSize, readSubnet } from './values.ts'

const DIRECTIONS = ['in', 'out'] as const
const MAX_PRIORITY = 32767
const MAX_MATCHES = 2

/** In LSDN's order. */
const MATCHES = { srcMac: readMaskedMac, dstMac: readMaskedMac, srcIp: readSubnet, dstIp: readSubnet } as const

const rule = (session: Session): Run => (words) => {
  session.allow('rule', ['virt'])
  const given = readOptions(words, { srcMac: true, dstMac: true, srcIp: true, dstIp: true }, 3, 'rule')
  const [side, priority, action] = given.words
  if (action === undefined) throw new TclError('wrong # args: rule wants a direction, a priority and drop')
  wholeWord(action, ['drop'], 'action')
  const match: { -readonly [K in keyof Match]: Match[K] } = {}
  for (const [name, read] of Object.entries(MATCHES)) {
    const text = given.text(name)
    if (text !== undefined) match[name as keyof typeof MATCHES] = read(text)
  }
  if (Object.keys(match).length > MAX_MATCHES) throw new TclError(`too many match rules: want at most ${MAX_MATCHES}`)
  const { net, name } = session.virt
  told(() => {
    session.network.addRule(net, name, wholeWord(side!, DIRECTIONS, 'direction'),
      { priority: readInt(priority!, 0, MAX_PRIORITY), action: 'drop', chain: null, mark: null, name: null, match })
  })
  return ''
}

const flushVr = (session: Session): Run => (words) => {
  session.allow('flushVr', ['virt'])
  readOptions(words, {}, 0, 'flushVr')
  const { net, name } = session.virt
  told(() => { session.network.clearRules(net, name) })
  return ''
}

/** Without options the limit is lifted, as the documentation has it. */
const rate = (session: Session): Run => (words) => {
  session.allow('rate', ['virt'])
  const given = readOptions(words, { avg: true, burst: true, burstRate: true }, 1, 'rate')
  const side = wholeWord(given.words[0] ?? '', DIRECTIONS, 'direction')
  const { net, name } = session.virt
  const [avg, burst, burstRate] = ['avg', 'burst', 'burstRate'].map((option) => given.text(option))
  if (avg === undefined && burst === undefined && burstRate === undefined) {
    told(() => { session.network.setRate(net, name, side, null) })
    return ''
  }
  if (avg === undefined || burst === undefined) throw new TclError('rate wants both -avg and -burst, or no option to lift the limit')
  const limit = { mode: 'police', avg: readSize(avg), burst: Math.floor(readSize(burst)), burstRate: burstRate === undefined ? 0 : readSize(burstRate) } as const
  told(() => { session.network.setRate(net, name, side, limit) })
  return ''
}

/** The commands. */
export const restrictCommands = (session: Session): Readonly<Record<string, Run>> => ({
  rule: rule(session), flushVr: flushVr(session), rate: rate(session)
})
