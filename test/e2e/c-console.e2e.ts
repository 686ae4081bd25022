/** Debian's console programs on our switch's management socket. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { ourSwitch, peer, run, Terminal, test } from './kit/index.ts'

const OURS = ['vde_switch']
const SCRIPT = '/etc/vde2/vdecmd'

test('C unixterm: commands, replies, logout', { needs: ['unixterm'], ours: OURS }, async (scene) => {
  const { mgmt } = await ourSwitch(scene)
  const term = scene.start([peer('unixterm'), mgmt])
  await term.says(/^VDE switch V\.\S+\n.*\n\nvde\$ $/)
  term.write('port/create 3\n')
  await term.says(/1000 Success\n\nvde\$ $/)
  term.write('port/create 3\n')
  await term.says(/1017 File exists\n\nvde\$ $/)
  term.write('port/allprint\n')
  await term.says(/0000 DATA END WITH '\.'\nPort 0003 untagged_vlan=0000 INACTIVE - NOT Unnamed Allocatable\n/)
  await term.says(/ IN: {2}pkts {10}0 {10}bytes {20}0\n/)
  await term.says(/\n\.\n1000 Success\n\nvde\$ $/)
  term.write('logout\n')
  assert.deepEqual(await term.ends(), { code: 0, signal: null })
})

test('C unixterm: shutdown ends our switch cleanly', { needs: ['unixterm'], ours: OURS }, async (scene) => {
  const { mgmt, proc, dir } = await ourSwitch(scene)
  const term = scene.start([peer('unixterm'), mgmt])
  await term.says(/vde\$ $/)
  term.write('shutdown\n')
  assert.deepEqual(await proc.ends(), { code: 0, signal: null })
  assert.deepEqual(await term.ends(), { code: 0, signal: null })
  assert.ok(!existsSync(dir), 'the directory is gone')
})

test('C unixcmd with the shipped vdecmd script', { needs: ['unixcmd'], ours: OURS }, async (scene) => {
  assert.ok(existsSync(SCRIPT), `${SCRIPT} is there`)
  const { mgmt } = await ourSwitch(scene)
  const command = async (...words: string[]): Promise<string> => {
    const proc = await scene.run([peer('unixcmd'), '-s', mgmt, '-f', SCRIPT, ...words])
    assert.equal(proc.exit?.code, 255, 'its shipped script always ends so')
    return proc.out.replaceAll('\0', '')
  }
  assert.equal(await command('port/create', '4'), '')
  assert.equal(await command('vlan/create', '7'), '')
  assert.equal(await command('port/setvlan', '4', '7'), '')
  assert.match(await command('port/showinfo'), /^Numports=32\nHUB=false\ncounters=true\n/)
  assert.match(await command('vlan/allprint', '7'), /^VLAN 0007\n -- Port 0004 tagged=0 active=0 status=Learning\n$/)
})

test('C vdeterm on a terminal: prompt, command, completion', { needs: ['vdeterm', 'pty'], ours: OURS }, async (scene) => {
  const { mgmt } = await ourSwitch(scene)
  const term = await Terminal.open(scene, [peer('vdeterm'), mgmt])
  await term.says(/vde\[.*\]: $/)
  term.type('port/showinfo\r')
  await term.says(/Numports=32\r*\n[^]*Success[^]*\]: $/)
  term.type('port/alloca\t')
  await term.says(/port\/allocatable/)
  term.type(' 1 1\r')
  await term.says(/No such device or address/)
  term.type('logout\r')
  assert.deepEqual(await term.ends(), { code: 0, signal: 0 })
})

run()
