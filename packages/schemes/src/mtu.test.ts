/** What each scheme leaves of an Ethernet for interfaces, where it puts something around frames, and what it says of that. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { writeFileSync } from 'node:fs'
import { HEADROOM } from '@vde-ts/link'
import { Recorder, lentFrame } from '@vde-ts/link/testing.js'
import { listSchemes, openVnl } from './registry.ts'
import { openNested, scratch } from './testing.ts'

const test = suite('MTU of schemes')

const dir = scratch()
process.on('exit', () => { dir.remove() })
writeFileSync(`${dir.path}/key`, 'ab'.repeat(16))
const agno = `agno://${dir.path}/key`
const cable = `udp://0->127.0.0.1:${21_001 + process.pid % 20_000}`
const tunnel = `vxlan:///remote=127.0.0.1/port=${21_000 + process.pid % 20_000}`

for (const [vnl, mtu] of [
  // The loopback takes more than an Ethernet does: its tunnels are bounded by that.
  ['null://', undefined], ['vlan://4{null://}', undefined], [`${agno}{null://}`, 1472], [`${agno}{vlan://4{null://}}`, 1472],
  [tunnel, 1500], [`vlan://4{${tunnel}}`, 1496], [`${agno}{${tunnel}}`, 1472], [`vlan://{${tunnel}}`, 1500],
  [`vlan://4{${agno}{null://}}`, 1468], [`${agno}{${cable}}`, 65462], [`vlan://4{${cable}}`, 65489]
] as const) {
  test(`${vnl.replaceAll(dir.path, '').replace(/port=\d+/, '')}: ${mtu ?? 'as the interface has it'}`, async () => {
    const link = await openVnl(vnl, new Recorder())
    assert.is(link.mtu, mtu)
    assert.ok(mtu === undefined || 14 + mtu <= link.maxFrame, 'and what has that length is sent')
    link.close()
  })
}

test('frames of that MTU are frames of an Ethernet when agno:// has them', async () => {
  const { link, far, network } = await openNested((inner) => `${agno}{${inner}}`)
  assert.is(link.mtu, 1472)
  for (const payload of [1472, 1471, 1456, 46]) {
    link.send(lentFrame(14 + payload), HEADROOM, 14 + payload)
    await network.until((sink) => sink.frames.length > 0, 'a frame')
    assert.ok(network.frames.pop()!.length <= 1514, `${payload}`)
  }
  link.send(lentFrame(14 + 1473), HEADROOM, 14 + 1473)
  await network.until((sink) => sink.frames.length > 0, 'a frame')
  assert.ok(network.frames.pop()!.length > 1514, 'one more would be too much')
  link.close()
  far.close()
})

for (const name of ['udp', 'vxlan', 'geneve', 'vxvde', 'tcp', 'tcp-listen', 'agno', 'vlan']) {
  test(`${name}:// says what it puts around frames`, () => {
    assert.match(listSchemes().find((scheme) => scheme.name === name)?.overhead ?? '', /^\d+ (?:to \d+ )?octets .*MTU/)
  })
}

test.run()
