import { readdirSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native } from '@vde-ts/native'
import { until, within } from '@vde-ts/link/testing.js'
import { startNamespace, type NamespaceOptions } from './namespace.ts'
import type { Namespace } from './running.ts'

const SLAB = new Uint8Array(70_000)
const ETHERTYPE_IPV4 = 0x0800
/** Octets of the header in front of each frame. */
const HEADER = 12

const packets = suite('startNamespace with packet sockets')

/** Why they cannot be had here, or null. */
const obstacle = ((): string | null => {
  try {
    const namespace = startNamespace({ command: ['true'], interfaces: ['vde0'], medium: 'packet' })
    namespace.close()
    for (const fd of namespace.taps) native.close(fd)
    return null
  } catch (error) { return (error as Error).message }
})()
if (obstacle !== null) console.log(`skipped: ${obstacle}`)

const test = (name: string, body: () => Promise<void>): void => {
  if (obstacle === null) packets(name, body)
  else packets.skip(name)
}

const start = (line: string, options: Partial<NamespaceOptions> = {}): Namespace =>
  startNamespace({ command: ['/bin/bash', '-c', line], interfaces: ['vde0'], medium: 'packet', fds: [-1, -1, 2], ...options })

const ended = async (namespace: Namespace): Promise<void> => {
  assert.equal(await within(10_000, namespace.exited, 'the end of the command'), { code: 0, signal: 0 })
  for (const fd of namespace.taps) native.close(fd)
}

/** The next IPv4 frame that a packet socket gives. */
const nextFrame = async (fd: number): Promise<Uint8Array> => {
  let got = 0
  await until(() => {
    got = native.packetReceive(fd, SLAB, 0, SLAB.length)
    return got > 0 && (SLAB[HEADER + 12]! << 8 | SLAB[HEADER + 13]!) === ETHERTYPE_IPV4
  }, 'a frame')
  return SLAB.slice(0, got)
}

test('interfaces as TAPs have them: their names, down, the MTU asked for', async () => {
  const namespace = start('[ "$(ip -o link | wc -l)" = 3 ] && ip link show va | grep -q "state DOWN.*mtu 1300\\|mtu 1300.*state DOWN" && ip link show vb',
    { interfaces: ['va', 'vb'], mtu: 1300 })
  assert.is(namespace.devices.length, 2)
  namespace.release()
  await ended(namespace)
})

test('frames come out; checksums are left undone when offload is on, and only then', async () => {
  const say = 'ip addr add 10.0.0.1/24 dev vde0; ip link set vde0 up; ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev vde0; ' +
    'for i in 1 2 3 4 5 6 7 8 9; do echo hello >/dev/udp/10.0.0.2/9; sleep 0.05; done'
  for (const isOn of [false, true]) {
    const namespace = start(say)
    const [fd] = namespace.taps
    assert.ok(namespace.devices[0]!.setOffload(fd!, isOn) >= 0)
    namespace.release()
    const frame = await nextFrame(fd!)
    assert.equal([frame[0]! & 1, frame.length], [isOn ? 1 : 0, HEADER + 14 + 20 + 8 + 6])
    await ended(namespace)
  }
})

test('the carrier of the interface is what it is told to be', async () => {
  const seen = (state: string): string => `until ip link show vde0 | grep -q "${state}"; do sleep 0.01; done`
  const namespace = start(`ip link set vde0 up; ${seen('NO-CARRIER')}`)
  assert.is(namespace.devices[0]!.setCarrier(namespace.taps[0]!, false), 0)
  namespace.release()
  await ended(namespace)
  const again = start(`ip link set vde0 up; ${seen('LOWER_UP')}`)
  const [fd] = again.taps
  assert.equal([again.devices[0]!.setCarrier(fd!, false), again.devices[0]!.setCarrier(fd!, true)], [0, 0])
  again.release()
  await ended(again)
})

test('a name that is taken inside is an error, and nothing is left of it', async () => {
  const before = readdirSync('/proc/self/fd').length
  assert.throws(() => start('true', { interfaces: ['vde0', 'lo'] }), /Cannot create interface lo/)
  await until(() => readdirSync('/proc/self/fd').length === before, 'every descriptor closed')
})

packets.run()
