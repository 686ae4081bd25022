/** `fstp/port` and `fstp/bridge`: what the original has no command for. */
import { VdeError } from '@vde-ts/link'
import { MAX_PATH_COST, pathCost, type Guard } from '@vde-ts/stp'
import type { Choice, TreeBridgeSettings, TreePortSettings } from '@vde-ts/switch'
import type { Args, Row } from '../command.ts'
import type { SwitchContext } from './context.ts'

const CHOICES: readonly Choice[] = ['auto', 'on', 'off']
const GUARDS: readonly Guard[] = ['none', 'bpdu', 'filter', 'root', 'loop']
const RATE = /^(\d+(?:\.\d+)?)([kMGT])$/
const UNITS: Readonly<Record<string, number>> = { k: 1e3, M: 1e6, G: 1e9, T: 1e12 }

const PORT_KEYS: Readonly<Record<string, (args: Args) => Partial<TreePortSettings>>> = {
  cost: (args) => ({ cost: costAt(args, 2) }),
  priority: (args) => ({ priority: stepAt(args, 2, 240, 16) }),
  edge: (args) => ({ edge: wordAt(args, 2, 'edge', CHOICES) }),
  p2p: (args) => ({ p2p: wordAt(args, 2, 'p2p', CHOICES) }),
  guard: (args) => ({ guard: wordAt(args, 2, 'guard', GUARDS) })
}

const BRIDGE_KEYS: Readonly<Record<string, (args: Args) => Partial<TreeBridgeSettings>>> = {
  priority: (args) => ({ priority: args.int(1, 'PRIORITY', 0, 0xffff) }),
  times: (args) => {
    const [helloTime, maxAge, forwardDelay] = [args.int(1, 'HELLO', 1, 10), args.int(2, 'MAXAGE', 6, 40), args.int(3, 'FORWARD', 4, 30)]
    return { times: { messageAge: 0, helloTime, maxAge, forwardDelay } }
  },
  hold: (args) => ({ txHoldCount: args.int(1, 'HOLD', 1, 10) }),
  recovery: (args) => ({ guardRecovery: args.int(1, 'SECONDS', 0, 1_000_000) })
}

export const fstpPortCommands: ReadonlyArray<Row<SwitchContext>> = [
  {
    path: 'fstp/port',
    syntax: 'N KEY [VALUE]',
    help: 'set port N: cost auto|C|RATE, priority P, edge|p2p auto|on|off, guard none|bpdu|filter|root|loop; restart opens it',
    isOurs: true,
    run ({ sw: { tree } }, args) {
      const number = args.int(0, 'N')
      const key = args.word(1, 'KEY')
      if (key === 'restart') {
        tree.portSettings(number) // is there such a number?
        tree.restart(number)
      } else tree.configurePort(number, reader(PORT_KEYS, key, ['restart'])(args))
    }
  },
  {
    path: 'fstp/bridge',
    syntax: 'KEY VALUE',
    help: 'set priority P, times HELLO MAXAGE FORWARD, hold N (BPDUs a second), recovery S (of guarded ports)',
    isOurs: true,
    run ({ sw: { tree } }, args) { tree.configure(reader(BRIDGE_KEYS, args.word(0, 'KEY'))(args)) }
  }
]

type Readers<T> = Readonly<Record<string, (args: Args) => T>>

const reader = <T>(keys: Readers<T>, key: string, more: readonly string[] = []): (args: Args) => T => {
  if (Object.hasOwn(keys, key)) return keys[key]!
  throw new VdeError('EINVAL', 'read KEY', `got "${key}", want ${[...Object.keys(keys), ...more].join(', ')}`)
}

const wordAt = <T extends string>(args: Args, index: number, name: string, words: readonly T[]): T => {
  const word = args.word(index, name)
  const found = words.find((one) => one === word)
  if (found !== undefined) return found
  throw new VdeError('EINVAL', `read ${name}`, `got "${word}", want ${words.join(', ')}`)
}

const stepAt = (args: Args, index: number, max: number, step: number): number => {
  const value = args.int(index, 'PRIORITY', 0, max)
  if (value % step === 0) return value
  throw new VdeError('EINVAL', 'read PRIORITY', `got ${value}, want a multiple of ${step}`)
}

/** A cost, or that of a rate such as 100M (table 17-3). */
const costAt = (args: Args, index: number): number | null => {
  const word = args.word(index, 'cost')
  if (word === 'auto') return null
  const [, amount, unit = ''] = RATE.exec(word) ?? []
  return amount === undefined ? args.int(index, 'cost', 1, MAX_PATH_COST) : pathCost(Number(amount) * UNITS[unit]!)
}
