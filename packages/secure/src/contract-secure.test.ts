import { linkContract, type MakePair } from '@vde-ts/link/contract.js'
import { openVnl, registerScheme } from '@vde-ts/schemes'
import { scratch, sinkOfOpening } from '@vde-ts/schemes/testing.js'
import { schemes } from './index.ts'
import { keyFiles } from './testing.ts'

for (const scheme of schemes) registerScheme(scheme)
const dir = scratch()
process.on('exit', () => { dir.remove() })
const keys = keyFiles(dir.path)

/** Both ends over the loopback, up. */
const pairOf = (host: string, near: string, far: string): MakePair => async (left, right) => {
  const [a, b] = [sinkOfOpening(left), sinkOfOpening(right)]
  const listener = await openVnl(`secure-listen://${host}:0[${far}]`, b.sink)
  const initiator = await openVnl(`secure://${listener.label.slice('secure-listen://'.length)}[${near}]`, a.sink)
  await Promise.all([a.opened, b.opened])
  return [initiator, listener]
}

// UDP drops what a receiver has no room for; an end that leaves may come back.
const options = { fills: false, seesClose: false }
linkContract('secure with keys, IPv4', pairOf('127.0.0.1', keys.near, keys.far), options)
linkContract('secure with a shared secret, IPv6', pairOf('::1', keys.shared, keys.shared), options)
