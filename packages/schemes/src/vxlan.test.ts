import { createSocket, type Socket } from 'node:dgram'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HEADROOM, type Link } from '@vde-ts/link'
import { Recorder, lentFrame, settle } from '@vde-ts/link/testing.js'
import { openVnl } from './registry.ts'
import { descriptors, refusal } from './testing.ts'

const port = 20_000 + process.pid % 20_000
const OTHER = '127.0.0.2'

const vxlan = suite<{ links: Link[], sockets: Socket[] }>('vxlan', { links: [], sockets: [] })
vxlan.after.each((context) => {
  for (const link of context.links.splice(0)) link.close()
  for (const socket of context.sockets.splice(0)) socket.close()
})

vxlan('without group and list, frames to unknown stations are dropped and counted', async ({ links }) => {
  const link = await openVnl(`vxlan:///port=${port}/fdb=02:00:00:00:00:01@${OTHER}`, new Recorder())
  links.push(link)
  link.send(lentFrame(60), HEADROOM, 60)
  assert.is(link.txDrops, 1)
})

vxlan('a link that cannot be opened leaves nothing behind', async ({ sockets }) => {
  const other = createSocket('udp4')
  sockets.push(other)
  await new Promise<void>((resolve) => { other.bind(port, resolve) })
  const before = descriptors()
  const { code, message } = await refusal(openVnl(`vxlan:///port=${port}/remote=${OTHER}`, new Recorder()))
  assert.is(code, 'ENETUNREACH')
  assert.match(message, new RegExp(`^Cannot open vxlan://: UDP port ${port} is held by process ${process.pid} .*$`))
  assert.equal(descriptors(), before)
})

vxlan('links of one process share the port, and the last one gives it away', async ({ links }) => {
  const before = descriptors()
  const vnls = [1, 2, 2].map((vni) => `vxlan:///port=${port}/vni=${vni}/remote=127.0.0.1`)
  const sinks = vnls.map(() => new Recorder())
  for (const [i, vnl] of vnls.entries()) links.push(await openVnl(vnl, sinks[i]!))
  for (const link of links) link.resume()
  links[1]!.send(lentFrame(60, 9), HEADROOM, 60)
  await sinks[2]!.until((s) => s.frames.length === 1, 'the frame of network 2')
  await settle()
  assert.equal(sinks.map((sink) => sink.frames.length), [0, 0, 1])
  links.shift()!.close()
  links[0]!.send(lentFrame(60, 10), HEADROOM, 60)
  await sinks[2]!.until((s) => s.frames.length === 2, 'a frame after the first link left')
  for (const link of links.splice(0)) link.close()
  await settle()
  assert.equal(descriptors(), before)
})

vxlan.run()
