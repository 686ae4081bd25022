/** The contract of links, for an impaired one: with nothing set, and with everything that keeps frames whole and in order. */
import { linkContract } from '@vde-ts/link/contract.js'
import { memoryPair } from '@vde-ts/link/memory.js'
import type { FrameSink, Link } from '@vde-ts/link'
import { Engine } from './engine.ts'
import { ImpairedLink } from './impaired-link.ts'
import { NOTHING, change, type Settings } from './settings.ts'
import { fixed } from './value.ts'

/** The engine in real time, on Node's timers: good enough for a contract that has no clock. */
const realEngine = (): Engine => {
  let timer: NodeJS.Timeout | undefined
  const engine: Engine = new Engine({
    clock: new Float64Array(1),
    tick () { this.clock[0] = performance.now() * 1e6 },
    arm () {
      clearTimeout(timer)
      if (engine.nextDue === Infinity) return
      timer = setTimeout(() => { engine.run() }, Math.max(0, engine.nextDue / 1e6 - performance.now()))
    }
  })
  return engine
}

const pair = (settings: Partial<Settings>) => async (left: FrameSink, right: FrameSink): Promise<readonly [Link, Link]> => {
  const outer = new ImpairedLink(realEngine(), left, { seed: 1 })
  const [inner, far] = memoryPair(outer, right)
  outer.connect(inner)
  outer.out.settings = outer.in.settings = change(NOTHING, settings)
  return [outer, far]
}

for (const [name, settings] of [['nothing set', {}], ['delay', { delay: fixed(1) }], ['rate', { rate: fixed(1e12) }]] as const) {
  const makePair = pair(settings)
  // A link with frames on their way may lose them when it is closed at once.
  const isDirect = name === 'nothing set'
  if (isDirect) linkContract(`impaired, ${name}`, makePair)
  linkContract(`impaired, ${name}, seen from the other end`, async (left, right) => {
    const [outer, far] = await makePair(right, left)
    return [far, outer]
  }, { fills: isDirect })
}
