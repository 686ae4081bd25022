/** Descriptors that come along with what a socket is for: refused where the kernel can do that (from 6.16), else dropped. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, DGRAM, STREAM } from '@vde-ts/native'
import { loop } from '@vde-ts/link'
import { Recorder } from '@vde-ts/link/testing.js'
import { DatagramLink } from './datagram-link.ts'
import { scratch, served } from './testing.ts'

const EPERM = 1
const OCTETS = new Uint8Array(80)

const pair = (type: number): [number, number] => {
  const ends = new Int32Array(2)
  assert.is(native.socketPair(type, ends), 0)
  return [ends[0]!, ends[1]!]
}

/** What sending a descriptor along answers. */
const sendTo = (fd: number): number => native.sendDescriptors(fd, OCTETS, 0, OCTETS.length, Int32Array.of(fd))

const canRefuse = ((): boolean => {
  const [a, b] = pair(DGRAM)
  const result = native.refuseDescriptors(a)
  for (const fd of [a, b]) native.close(fd)
  return result === 0
})()
const expected = canRefuse ? -EPERM : OCTETS.length

const refused = suite('descriptors nobody asked for')

refused('on a data socket', () => {
  const [own, other] = pair(DGRAM)
  const link = new DatagramLink(own, new Recorder(), loop, { label: 'test' })
  assert.is(sendTo(other), expected)
  link.close()
  native.close(other)
})

refused('on the control socket of a switch', () => {
  const dir = scratch()
  const net = served(`${dir.path}/sw`)
  const fd = native.unixSocket(STREAM)
  assert.is(native.connectUnix(fd, `${net.path}/ctl`), 0)
  assert.is(sendTo(fd), expected)
  native.close(fd)
  net.close()
  dir.remove()
})

refused.run()
