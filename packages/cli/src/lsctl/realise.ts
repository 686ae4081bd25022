/** Who carries out what a script commits. */
import type { Realise } from '@vde-ts/model/network.js'
import { connectDaemon, findDaemon } from '../vdenet/connect.ts'
import { printPlans } from './outside.ts'

/**
 * vdenet's daemon, which is started when it does not run; or nobody: plans are printed.
 * @param origin what the daemon shows as the network's file
 */
export const realiseOf = (isPlan: boolean, origin: string, out: (text: string) => void): Realise =>
  isPlan ? printPlans(out) : toDaemon(origin)

/** The daemon makes its own plan, from what runs there: a script before may have left a network of this name. */
const toDaemon = (origin: string): Realise => async (_, model) => {
  const isNothing = [model.settings, model.nets, model.physes].every(({ length }) => length === 0)
  const client = isNothing ? await findDaemon() : await connectDaemon()
  if (client === null) return
  try {
    if (!isNothing) await client.ask({ op: 'apply', model, file: origin, fileDir: process.cwd(), trialMs: null })
    else if ((await client.ask({ op: 'list' })).some(({ name }) => name === model.name)) await client.ask({ op: 'stop', lab: model.name })
  } finally {
    client.close()
  }
}
