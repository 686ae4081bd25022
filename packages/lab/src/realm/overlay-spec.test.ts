import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Network, isStatic, macOf, tableOf, type Model, type OverlayType, type Table } from '@vde-ts/model'
import { isNodeHere, isVirtHere, mtuOn, overlayOf } from './overlay-spec.ts'

const spec = suite('overlaySpec')

/** North is here, south and west are not; each has a guest in net shop, and south a node. */
const tables = (type: OverlayType): Table => {
  const net = new Network('m')
  net.addSettings(type, { name: 's', ...type === 'vxlan/mcast' ? { group: '239.1.1.1' } : {} })
  net.addNet('s', 7, 'shop')
  for (const [i, host] of ['north', 'south', 'west'].entries()) {
    net.addPhys(host)
    net.setIp(host, `10.0.0.${i + 1}`)
    net.setIface(host, 'out')
    net.attach('shop', host)
    net.addVirt('shop', `v-${host}`)
    net.setMac('shop', `v-${host}`, `06:00:00:00:00:0${i + 1}`)
    net.connect('shop', `v-${host}`, host, 'tap')
  }
  net.claimLocal('north')
  const port = { vnl: null, mac: null, addresses: [], mtu: null, impair: '', in: net.model.virts[0]!.in, out: net.model.virts[0]!.out }
  const model: Model = {
    ...net.model,
    nodes: [{ name: 'n', host: 'south', interfaces: [{ name: 'eth0', net: 'shop', ...port }], routes: [], forward: false, nat: null, run: [], dir: null }]
  }
  return tableOf(model)
}

spec('who else is there, and which stations are known', () => {
  for (const type of ['vxlan/e2e', 'vxlan/static', 'geneve', 'geneve/e2e', 'vxlan/mcast', 'vlan', 'direct'] as const) {
    const { peers, ...own } = overlayOf(tables(type), 'm', 'shop')!
    assert.equal([own.phys, own.ip, own.iface, own.vid, own.type], ['north', '10.0.0.1', 'out', 7, type])
    const isListed = !['vxlan/mcast', 'vlan', 'direct'].includes(type)
    assert.equal(peers.hosts, isListed ? ['10.0.0.2', '10.0.0.3'] : [])
    assert.equal(peers.stations, !isStatic(type)
      ? []
      : [['06:00:00:00:00:02', 2], ['06:00:00:00:00:03', 3], [macOf('m', 'n', 'eth0'), 2]].map(([mac, host]) => ({ mac, ip: `10.0.0.${host}` })))
    assert.is(peers.dropsUnknown, false)
  }
})

spec('a host that takes no part, a net without an overlay: nothing', () => {
  const table = tables('vxlan/e2e')
  table.attachment.delete('shop/south')
  assert.equal(overlayOf(table, 'm', 'shop')!.peers.hosts, ['10.0.0.3'])
  table.attachment.delete('shop/north')
  assert.is(overlayOf(table, 'm', 'shop'), null)
  assert.is(overlayOf(table, 'm', 'nowhere'), null)
})

spec('what is here', () => {
  const table = tables('geneve')
  assert.equal(['north', 'south', null].map((host) => isNodeHere(table, host)), [true, false, true])
  const virt = (phys: string | null, iface: string | null, net = 'shop'): boolean => isVirtHere(table, { net, phys, iface })
  assert.equal([virt('north', 'tap'), virt('south', 'tap'), virt('north', null), virt(null, 'tap')], [true, false, false, false])
  table.net.set('lan', { name: 'lan', settings: null, vid: 0, rateIn: null, rateOut: null })
  assert.ok(virt(null, 'tap', 'lan'))
})

spec('mtuOn takes off what the overlay adds', () => {
  const at = (type: OverlayType, ip = '10.0.0.1'): number => mtuOn({ ...overlayOf(tables(type), 'm', 'shop')!, ip }, 1500)
  assert.equal([at('direct'), at('vlan'), at('vxlan/e2e'), at('geneve', 'fd00::1'), at('vxlan/mcast', 'fd00::1')], [1500, 1496, 1450, 1430, 1450])
})

spec.run()
