import { linkContract } from '@vde-ts/link/contract.js'
import { loop } from '@vde-ts/link'
import { native, SEQPACKET, STREAM } from '@vde-ts/native'
import { openVnl } from './registry.ts'
import { StreamLink } from './stream-link.ts'

linkContract('stream over a socket pair', async (left, right) => {
  const ends = new Int32Array(2)
  native.socketPair(STREAM, ends)
  return [
    new StreamLink(ends[0], ends[0], left, loop, { label: 'a' }),
    new StreamLink(ends[1], ends[1], right, loop, { label: 'b' })
  ]
})

linkContract('stream over two pipes', async (left, right) => {
  const go = new Int32Array(2)
  const come = new Int32Array(2)
  native.pipe(go, true)
  native.pipe(come, true)
  return [
    new StreamLink(come[0], go[1], left, loop, { label: 'a', maxFrame: 65535 }),
    new StreamLink(go[0], come[1], right, loop, { label: 'b', maxFrame: 65535 })
  ]
})

linkContract('seqpacket', async (left, right) => {
  const ends = new Int32Array(2)
  native.socketPair(SEQPACKET, ends)
  return [await openVnl(`seqpacket://${ends[0]}`, left), await openVnl(`seqpacket://0x${ends[1].toString(16)}`, right)]
})
