import { linkContract } from '@vde-ts/link/contract.js'
import { loop, type FrameSink, type Link } from '@vde-ts/link'
import { until } from '@vde-ts/link/testing.js'
import { VdeListener } from './listener.ts'
import { openVnl } from './registry.ts'
import { scratch } from './testing.ts'

let cleanup = (): void => {}

/** The two ends of one connection: a client's link, and the link the server made of it. */
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
    admit: () => ({ name: '001.1', place: {}, sink: right, start (link) { made.push(link) }, abort () {} }),
    log () {}
  })
  cleanup = () => {
    listener.close()
    dir.remove()
  }
  const client = await openVnl(listener.directory.path, left)
  await until(() => made.length === 1, 'the link of the server')
  return [client, made[0]]
}

linkContract('vde, client to switch', makePair, { cleanup: () => { cleanup() } })
linkContract('vde, switch to client', async (left, right) => {
  const [client, server] = await makePair(right, left)
  return [server, client]
}, { cleanup: () => { cleanup() } })
