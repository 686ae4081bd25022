/** geneve:// with Open vSwitch's user-space datapath as the peer. */
import { chmodSync } from 'node:fs'
import {
  OVS_NEEDS, Ovs, PlugPipe, asUser, endAll, exchange, meet, ours, run, test, type Scene
} from './kit/index.ts'

const UNDERLAY = { theirs: '10.1.1.1', ours: '10.1.1.2', mac: '02:00:00:aa:00:02' } as const

/** An Open vSwitch whose port g0 is a tunnel to us, over a bridge that a cable leads to; answers that cable's socket. */
const tunnelled = async (scene: Scene): Promise<{ ovs: Ovs, socket: string, mac: string }> => {
  const ovs = await Ovs.start(scene)
  const socket = `${ovs.dir}/p0.sock`
  ovs.vsctl('add-br', 'underlay', '--', 'set', 'bridge', 'underlay', 'datapath_type=dummy', 'fail-mode=standalone')
  ovs.vsctl('add-port', 'underlay', 'p0', '--', 'set', 'interface', 'p0', 'type=dummy', `options:pstream=punix:${socket}`)
  ovs.appctl('netdev-dummy/ip4addr', 'underlay', `${UNDERLAY.theirs}/24`)
  ovs.appctl('ovs/route/add', `${UNDERLAY.theirs}/24`, 'underlay')
  ovs.appctl('tnl/neigh/set', 'underlay', UNDERLAY.ours, UNDERLAY.mac)
  ovs.vsctl('add-port', 'br0', 'g0', '--', 'set', 'interface', 'g0', 'type=geneve', `options:remote_ip=${UNDERLAY.ours}`, 'options:key=5')
  const mac = ovs.vsctl('get', 'interface', 'underlay', 'mac_in_use').trim().replaceAll('"', '')
  await scene.exists(socket)
  chmodSync(socket, 0o777) // the cable is the ordinary user's
  return { ovs, socket, mac }
}

test('Open vSwitch: frames both ways', { needs: [...OVS_NEEDS, 'ovs-appctl', 'userns', 'tun'], ours: ['vdens', 'vde_plug'] }, async (scene) => {
  const { ovs, socket, mac } = await tunnelled(scene)
  const line = `ip link set vde0 address ${UNDERLAY.mac}; ip addr add ${UNDERLAY.ours}/24 dev vde0; ip link set vde0 up; ` +
    `ip neigh add ${UNDERLAY.theirs} lladdr ${mac} dev vde0; exec ${ours('vde_plug')} geneve:///vni=5/remote=${UNDERLAY.theirs}`
  const mine = new PlugPipe(scene, asUser([ours('vdens'), `=socat - UNIX-CONNECT:${socket}`, 'sh', '-c', line]), 1)
  const other = await ovs.port('station', [], 2)
  await meet(mine, other)
  // Open vSwitch puts no fragments together: 1464 is what fits.
  await exchange(mine, other, [60, 61, 590, 1464])
  await endAll(mine)
})

run()
