import { linkContract, type ContractOptions } from '@vde-ts/link/contract.js'
import type { FrameSink, Link } from '@vde-ts/link'
import { quietSink } from '@vde-ts/link/testing.js'
import { openVnl } from './registry.ts'
import { scratch, sinkOfOpening } from './testing.ts'

for (const scheme of ['ptp', 'ptp2', 'dgram']) {
  let vnl = ''
  let cleanup = (): void => {}
  let secondSink: FrameSink = quietSink

  /** The first end hears of the second after it is open: that belongs to the opening. */
  const makePair = async (first: FrameSink, second: FrameSink): Promise<readonly [Link, Link]> => {
    const dir = scratch()
    cleanup = dir.remove
    const wire = `${dir.path}/wire`
    vnl = scheme === 'dgram' ? `dgram://${wire}+->${wire}` : `${scheme}://${wire}`
    secondSink = second
    const { sink, opened } = sinkOfOpening(first)
    const a = await openVnl(scheme === 'dgram' ? `dgram://${wire}->${wire}+` : vnl, sink)
    const b = await openVnl(vnl, second)
    await opened
    return [a, b]
  }

  const options: ContractOptions = { seesClose: false, cleanup: () => { cleanup() } }
  linkContract(`${scheme}, first to second`, makePair, {
    ...options,
    cut: async ([, b]) => { b.close() },
    restore: async () => {
      const again = await openVnl(vnl, secondSink)
      again.resume()
      const former = cleanup
      cleanup = () => {
        again.close()
        former()
      }
    }
  })
  linkContract(`${scheme}, second to first`, async (left, right) => {
    const [a, b] = await makePair(right, left)
    return [b, a]
  }, options)
}
