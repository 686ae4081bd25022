/** What a TapLink writes to devices of different kinds; that of real TAPs is in tap.test.ts. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, SEQPACKET } from '@vde-ts/native'
import { HEADROOM, OFFLOAD, gsoType } from '@vde-ts/frame/offload.js'
import { Segmenter } from '@vde-ts/frame/segment.js'
import { superFrame } from '@vde-ts/frame/testing-super-frame.js'
import { seeded } from '@vde-ts/frame/testing.js'
import { loop } from '@vde-ts/link'
import { Recorder, lentCopy } from '@vde-ts/link/testing.js'
import { plainTapDevice, tapDevice, type FrameDevice } from '@vde-ts/tun-tap'
import { tapLink } from './tap-link.ts'

const writing = suite('TapLink, writing')
const EINVAL = 22

/** A burst of one flow, without anything left to do. */
const burst = (protocol: 'tcp' | 'udp', count = 8): Uint8Array[] => {
  const whole = superFrame({ version: 4, protocol, payload: seeded(2).octets(count * 1000), gsoSize: 1000 })
  const segmenter = new Segmenter()
  assert.is(segmenter.cut(whole, OFFLOAD, whole.length - OFFLOAD), count)
  return Array.from({ length: count }, (_, i) => segmenter.buf.slice(segmenter.at(i), segmenter.at(i) + segmenter.len(i)))
}

/** The frames that a device took, and the link's drops. */
interface Sent { readonly taken: Uint8Array[], readonly drops: number }

/** Sends the frames in one turn over a link with the device, which refuses those of a type. */
const sent = (device: FrameDevice, frames: readonly Uint8Array[], refuses: number = -1): Sent => {
  const ends = new Int32Array(2)
  native.socketPair(SEQPACKET, ends)
  const taken: Uint8Array[] = []
  const write: FrameDevice['write'] = (_fd, buf, off, len) => {
    if (gsoType(buf, off + OFFLOAD) === refuses) return -EINVAL
    taken.push(buf.slice(off + OFFLOAD, off + len))
    return len
  }
  const link = tapLink(ends[0]!, 'test0', new Recorder(), loop, { device: { ...device, write, setCarrier: () => 0 } })
  for (const frame of frames) assert.ok(link.send(lentCopy(frame), HEADROOM, frame.length))
  link.flush()
  link.close()
  native.close(ends[1]!)
  return { taken, drops: link.txDrops }
}

for (const protocol of ['tcp', 'udp'] as const) {
  writing(`a burst of ${protocol} is one frame for a TAP`, () => {
    assert.is(sent(tapDevice, burst(protocol)).taken.length, 1)
  })

  writing(`a TAP without an offload header gets the frames of ${protocol} as they are`, () => {
    assert.equal(sent(plainTapDevice, burst(protocol)).taken, burst(protocol))
  })
}

writing('a kernel that takes no datagrams put together gets each, also those of the burst in which it said so', () => {
  const frames = burst('udp', 50)
  assert.equal(sent(tapDevice, frames, 5), { taken: frames, drops: 0 })
})

writing.run()
