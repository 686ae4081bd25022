/** The contract of links of which one side listens, each side in each role of the suite. Not part of the product. */
import { linkContract, type ContractOptions } from '@vde-ts/link/contract.js'
import type { FrameSink, Link } from '@vde-ts/link'
import { quietSink } from '@vde-ts/link/testing.js'
import { openVnl } from './registry.ts'
import { scratch, sinkOfOpening } from './testing.ts'

/** VNLs of who listens and who connects; `where` is what the listener's label tells. */
export interface ListenerNames { readonly listener: (dir: string) => string, readonly client: (where: string) => string }

/** Runs the contract twice. The end of the client is the end of its link; who listens waits for the next. */
export const listenerContract = (name: string, names: ListenerNames): void => {
  let vnl = ''
  let clientSink: FrameSink = quietSink
  let cleanup = (): void => {}

  const makePair = async (listening: FrameSink, connecting: FrameSink): Promise<readonly [Link, Link]> => {
    const dir = scratch()
    cleanup = dir.remove
    clientSink = connecting
    const near = sinkOfOpening(listening)
    const a = await openVnl(names.listener(dir.path), near.sink)
    vnl = names.client(a.label.replace(/^[a-z-]+:\/\//, ''))
    const far = sinkOfOpening(connecting)
    const b = await openVnl(vnl, far.sink)
    await near.opened
    if (b.isUp === false) await far.opened
    return [a, b]
  }

  const options: ContractOptions = { cleanup: () => { cleanup() } }
  linkContract(`${name}, who listens to who connects`, makePair, {
    ...options,
    cut: async ([, b]) => { b.close() },
    restore: async () => {
      const again = await openVnl(vnl, sinkOfOpening(clientSink).sink).catch(() => null)
      if (again === null) return // the listener is closed already
      again.resume()
      const former = cleanup
      cleanup = () => {
        again.close()
        former()
      }
    }
  })
  linkContract(`${name}, who connects to who listens`, async (left, right) => {
    const [a, b] = await makePair(right, left)
    return [b, a]
  }, { ...options, seesClose: false })
}
