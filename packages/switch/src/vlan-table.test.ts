import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SERVICE_TPID } from '@vde-ts/frame/vlan.js'
import { accessPort, customerPort, nativePort, trunkPort, type PortVlanSettings } from './port-vlan.ts'
import type { Switch } from './switch.ts'
import { give, makeSwitch, plug, type Plugged } from './testing.ts'
import { TABLE_PORTS, TABLE_ROWS, tagsOfHex, tagsToHex, type TableRow } from './testing-vlan-table.ts'

const SETTINGS: Readonly<Record<string, Partial<PortVlanSettings>>> = {
  a10: accessPort(10),
  a20: accessPort(20),
  trunk: trunkPort([10, 20]),
  native: nativePort(10, [20], false),
  nattag: nativePort(10, [20], true),
  qinq: customerPort(100),
  core: { ...trunkPort([20, 100]), tpid: SERVICE_TPID }
}

const A = '02000000000a'
const B = '02000000000b'
const PAYLOAD = '88b5' + '5a'.repeat(46)

const makeTable = (): { sw: Switch, ports: Plugged[] } => {
  const sw = makeSwitch()
  const ports = TABLE_PORTS.map((_, i) => plug(sw, i + 1))
  TABLE_PORTS.forEach(({ name }, i) => { sw.vlan.configure(i + 1, SETTINGS[name]!) })
  return { sw, ports }
}

const indexOf = (name: string): number => TABLE_PORTS.findIndex((port) => port.name === name)

/** What left each port but the origin, by name. */
const leaves = (ports: readonly Plugged[], { from }: TableRow): Record<string, string> => {
  const found: Record<string, string> = {}
  TABLE_PORTS.forEach(({ name }, i) => {
    const sent = ports[i]!.link.sent.splice(0)
    assert.ok(sent.length <= 1, `${name}: ${sent.length} copies`)
    if (name !== from) found[name] = sent[0] === undefined ? '-' : tagsOfHex(sent[0])
    else assert.is(sent.length, 0, 'came back to its origin')
  })
  return found
}

const table = suite('802.1Q table')

table('has every frame from every port', () => {
  const frames = new Set(TABLE_ROWS.map(({ frame }) => frame))
  assert.is(TABLE_ROWS.length, frames.size * TABLE_PORTS.length)
})

for (const row of TABLE_ROWS) {
  table(`${row.from} <- ${row.frame}, flooded and to one station`, () => {
    const { sw, ports } = makeTable()
    const origin = ports[indexOf(row.from)]!
    const before = give(origin.endpoint, B + A + tagsToHex(row.frame) + PAYLOAD)
    assert.equal(leaves(ports, row), row.leaves)
    const isLost = Object.values(row.leaves).every((cell) => cell === '-')
    const { drops } = sw.port(indexOf(row.from) + 1)
    assert.is(drops.vlan + drops.frameType, isLost ? 1 : 0, 'counted where it was lost')
    for (const [name, cell] of Object.entries(row.leaves)) {
      for (const vlan of [10, 20, 100]) sw.hash.add(0x0200, 0xb, vlan, indexOf(name) + 1)
      give(origin.endpoint, B + A + tagsToHex(row.frame) + PAYLOAD)
      const only = Object.fromEntries(Object.keys(row.leaves).map((other) => [other, other === name ? cell : '-']))
      assert.equal(leaves(ports, row), only, `to the station behind ${name}`)
    }
    assert.is(Buffer.from(before.subarray(32)).toString('hex'), B + A + tagsToHex(row.frame) + PAYLOAD, 'the buffer is restored')
  })
}

table.run()
