import { linkContract } from '@vde-ts/link/contract.js'
import type { FrameSink, Link } from '@vde-ts/link'
import { openVnl } from './registry.ts'
import { scratch } from './testing.ts'

// The node queues for a station that is slow, and drops beyond that: it is a switch, not a wire.
for (const kind of ['hub', 'switch', 'multi', 'bonding']) {
  let remove = (): void => {}
  const makePair = async (left: FrameSink, right: FrameSink): Promise<readonly [Link, Link]> => {
    const dir = scratch()
    remove = dir.remove
    const host = await openVnl(`${kind}://${dir.path}/net`, left)
    return [host, await openVnl(`vde://${dir.path}/net`, right)]
  }
  linkContract(`${kind}, host to client`, makePair, { fills: false, cleanup: () => { remove() } })
  linkContract(`${kind}, client to host`, async (left, right) => {
    const [host, client] = await makePair(right, left)
    return [client, host]
  }, { fills: false, seesClose: false, cleanup: () => { remove() } })
}
