/** The link contract for what joins a listener. */
import { linkContract } from '@vde-ts/link/contract.js'
import { loop, type FrameSink, type Link } from '@vde-ts/link'
import { until } from '@vde-ts/link/testing.js'
import { VdeListener, type ListenerOptions } from './listener.ts'
import { openVnl, type OpenOptions } from './registry.ts'
import { scratch } from './testing.ts'

/** What a listener of the tests does with whoever comes; absent: it is refused. */
export type Admission = (sink: FrameSink, onLink: (link: Link) => void) => Partial<Pick<ListenerOptions, 'admit' | 'admitTap'>>

/** For linkContract(): the two ends of one connection, a client's link and the one the listener made of it, either way round. */
export const connectionContract = (what: string, admission: Admission, options: OpenOptions = {}): void => {
  let cleanup = (): void => {}
  const makePair = async (left: FrameSink, right: FrameSink): Promise<readonly [Link, Link]> => {
    const dir = scratch()
    const made: Link[] = []
    const listener = new VdeListener({
      path: `${dir.path}/sw`,
      mode: 0o600,
      dirMode: 0o700,
      gid: -1,
      action: 'test',
      busy: 'EADDRINUSE',
      loop,
      admit: () => { throw new Error('datagrams') },
      ...admission(right, (link) => { made.push(link) }),
      log () {}
    })
    cleanup = () => {
      listener.close()
      dir.remove()
    }
    const client = await openVnl(listener.directory.path, left, options)
    await until(() => made.length === 1, 'the link of the server')
    return [client, made[0]!]
  }
  linkContract(`${what}, client to switch`, makePair, { cleanup: () => { cleanup() } })
  linkContract(`${what}, switch to client`, async (left, right) => {
    const [client, server] = await makePair(right, left)
    return [server, client]
  }, { cleanup: () => { cleanup() } })
}
