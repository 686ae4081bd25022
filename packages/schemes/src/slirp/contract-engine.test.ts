/** The link of a child process, with a link of ours in the place of the process: what frames pass through. */
import { linkContract } from '@vde-ts/link/contract.js'
import { loop } from '@vde-ts/link'
import type { Child } from '@vde-ts/link/child.js'
import { native, SEQPACKET } from '@vde-ts/native'
import { socketDevice } from '@vde-ts/tun-tap'
import { ChildLink } from '../child-link.ts'
import { tapLink } from '../tap-link.ts'

const ended: Child = { pid: 0, exited: Promise.resolve({ code: 0, signal: null }), signal: () => false, close () {} }

linkContract('the engine of slirp://', async (left, right) => {
  const ends = new Int32Array(2)
  native.socketPair(SEQPACKET, ends)
  return [
    new ChildLink({ label: 'engine', name: 'the engine', child: ended }, left, (sink) => tapLink(ends[0], '', sink, loop, { device: socketDevice })),
    tapLink(ends[1], '', right, loop, { device: socketDevice })
  ]
})
