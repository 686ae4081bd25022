import { linkContract } from '@vde-ts/link/contract.js'
import type { FrameSink, Link } from '@vde-ts/link'
import { openVnl } from './registry.ts'
import { scratch } from './testing.ts'

// A switch queues for a station that is slow, so the medium never fills; it tells nobody that a station has left.
for (const words of ['', 'delay=1us/seed=1']) {
  // With a delay, a link that is closed at once may lose what it took.
  const isOut = words === ''
  let remove = (): void => {}
  linkContract(`impair://[${words}], client of a node`, async (left: FrameSink, right: FrameSink): Promise<readonly [Link, Link]> => {
    const dir = scratch()
    remove = dir.remove
    const [far, near] = isOut ? [right, left] : [left, right]
    const host = await openVnl(`hub://${dir.path}/net`, far)
    const link = await openVnl(`impair://[${words}]{vde://${dir.path}/net}`, near)
    return isOut ? [link, host] : [host, link]
  }, { fills: false, seesClose: !isOut, cleanup: () => { remove() } })
}
