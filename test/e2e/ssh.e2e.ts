/** Cables over a real ssh, to a user whose login shell is vde_plug. */
import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import { CABLE_COMMANDS, PlugPipe, cutTransfer, exchange, meet, ours, peer, run, SshHost, startSwitch, test, type Network, type Scene } from './kit/index.ts'

const NEEDS = ['root', 'sshd', 'ssh', 'ssh-keygen', 'ss']
const OURS = ['vde_switch', 'vde_plug', 'dpipe']

/** The far side: a switch of the ssh user's, his default network. */
const far = async (scene: Scene, host: SshHost): Promise<Network> => {
  const net = await startSwitch(scene, ours('vde_switch'), { name: 'far', user: true })
  mkdirSync(`${host.home}/.vdeplug`)
  symlinkSync(net.dir, `${host.home}/.vdeplug/default`)
  return net
}

for (const [what, near, shell] of [
  ['all ours', ours, ours('vde_plug')],
  ["Debian's on the near side", peer, ours('vde_plug')],
  ["Debian's as login shell", ours, peer('vde_plug')]
] as const) {
  for (const [form, cable] of [
    ['vde_plug SWITCH = ssh', (dir: string, ssh: string[]) => [near('vde_plug'), dir, '=', ...ssh]],
    ['dpipe vde_plug SWITCH = ssh', (dir: string, ssh: string[]) => [near('dpipe'), near('vde_plug'), dir, '=', ...ssh]]
  ] as const) {
    test(`${form} to a restricted login, ${what}`, { needs: [...NEEDS, 'vde_plug'], ours: OURS, ms: 40_000 }, async (scene) => {
      const host = await SshHost.open(scene, shell)
      const there = await far(scene, host)
      const here = await startSwitch(scene, ours('vde_switch'), { name: 'near' })
      scene.start(host.inside(cable(here.dir, host.ssh('vde_plug'))))
      const a = new PlugPipe(scene, [ours('vde_plug'), here.dir], 1)
      const b = new PlugPipe(scene, [ours('vde_plug'), there.dir], 2)
      await meet(a, b, 15_000)
      await exchange(a, b)
    })
  }
}

test('a restricted login runs nothing else', { needs: NEEDS, ours: OURS }, async (scene) => {
  const host = await SshHost.open(scene, ours('vde_plug'))
  for (const words of [['sh'], ['vde_plug', 'null://'], ['vde_plug;id']]) {
    const proc = await scene.run(host.inside(host.ssh(...words)))
    assert.equal(proc.exit?.code, 255, proc.story)
    assert.equal(proc.out, '')
    assert.match(proc.err, /vde_plug/)
  }
})

test('a transfer through restart://{cmd://ssh ...} is intact while the connection is cut', {
  needs: [...NEEDS, 'userns', 'tun', 'ip', 'ping', 'socat', 'openssl'], ours: CABLE_COMMANDS, ms: 60_000
}, async (scene) => {
  await cutTransfer(scene, 96 << 20, 24 << 20)
})

run()
