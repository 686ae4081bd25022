import { linkContract, type ContractOptions } from '@vde-ts/link/contract.js'
import type { FrameSink, Link } from '@vde-ts/link'
import { quietSink, until } from '@vde-ts/link/testing.js'
import { openVnl } from './registry.ts'
import { scratch } from './testing.ts'

for (const scheme of ['ptp', 'ptp2']) {
  let vnl = ''
  let cleanup = (): void => {}
  let secondSink: FrameSink = quietSink

  /** The first end hears of the second after it is open: that belongs to the opening. */
  const makePair = async (first: FrameSink, second: FrameSink): Promise<readonly [Link, Link]> => {
    const dir = scratch()
    cleanup = dir.remove
    vnl = `${scheme}://${dir.path}/wire`
    secondSink = second
    let isJoined = false
    const a = await openVnl(vnl, {
      onFrame (buf, off, len) { first.onFrame(buf, off, len) },
      onWritable () { first.onWritable() },
      onUp () {
        if (isJoined) first.onUp()
        isJoined = true
      },
      onDown (why) { first.onDown(why) },
      onClose (why) { first.onClose(why) }
    })
    const b = await openVnl(vnl, second)
    await until(() => isJoined, 'the first end to hear of the second')
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
