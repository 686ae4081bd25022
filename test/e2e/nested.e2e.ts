/** Schemes around other schemes, ours at one end and Debian's plugins at the other. */
import { writeFileSync } from 'node:fs'
import { PlugPipe, exchange, meet, ours, peer, run, startSwitch, test } from './kit/index.ts'

const SIDES = [['ours and ours', ours, ours], ["ours and Debian's", ours, peer], ["Debian's and ours", peer, ours]] as const

for (const [what, one, other] of SIDES) {
  for (const vnl of ['vlan://4{SW}', 'vlan://4/untag=5/tag=6:7-8{SW}', 'vlan://5/qinq{SW}', 'vlan://4{vlan://5/qinq{SW}}']) {
    test(`${vnl}, ${what}`, { ours: ['vde_switch', 'vde_plug'], needs: ['vde_plug', 'plugin:vlan'] }, async (scene) => {
      const { dir } = await startSwitch(scene, ours('vde_switch'), { args: ['--hub'] })
      const named = vnl.replace('SW', `vde://${dir}`)
      const a = new PlugPipe(scene, [one('vde_plug'), named], 1)
      const b = new PlugPipe(scene, [other('vde_plug'), named], 2)
      await meet(a, b)
      await exchange(a, b, [64, 65, 590, 1514])
    })
  }
}

for (const [what, one, other] of SIDES) {
  for (const options of ['', '[ethtype=copy]', '[ethtype=rand]']) {
    test(`agno://KEY${options}{SW}, ${what}`, { ours: ['vde_switch', 'vde_plug'], needs: ['vde_plug', 'plugin:agno'] }, async (scene) => {
      const { dir } = await startSwitch(scene, ours('vde_switch'), { args: ['--hub'] })
      writeFileSync(scene.path('key'), 'd41d8cd98f00b204e9800998ecf8427e  -\n')
      const named = `agno://${scene.path('key')}${options}{vde://${dir}}`
      const a = new PlugPipe(scene, [one('vde_plug'), named], 1)
      const b = new PlugPipe(scene, [other('vde_plug'), named], 2)
      await meet(a, b)
      await exchange(a, b, [60, 61, 590, 1500])
    })
  }
}

run()
