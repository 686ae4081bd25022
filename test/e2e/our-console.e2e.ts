/** Our console programs on the C `vde_switch`. */
import assert from 'node:assert/strict'
import { symlinkSync } from 'node:fs'
import { ours, peerSwitch, run, Terminal, test, type Scene } from './kit/index.ts'

const C = { needs: ['vde_switch'] }

test('our unixterm: commands, replies, and the last line of a logout', { ...C, ours: ['unixterm'] }, async (scene) => {
  const { mgmt } = await peerSwitch(scene)
  const term = scene.start([ours('unixterm'), mgmt])
  await term.says(/^VDE switch V\.2\.3\.2\n.*\n\nvde\$ $/)
  term.write('port/create 3\n')
  await term.says(/1000 Success\n\nvde\$ $/)
  term.write('nosuch\n')
  await term.says(/1038 Function not implemented\n\nvde\$ $/)
  term.write('logout\n')
  assert.deepEqual(await term.ends(), { code: 0, signal: null })
})

test('our unixterm shows the end of the session', { needs: ['vde_switch', 'fixed'], ours: ['unixterm'] }, async (scene) => {
  const { mgmt } = await peerSwitch(scene)
  const term = scene.start([ours('unixterm'), mgmt])
  await term.says(/vde\$ $/)
  term.write('logout\n')
  await term.ends()
  assert.match(term.out, /9999 END OF SESSION\n?$/)
})

test('our unixterm: no socket is one line and status 255', { ours: ['unixterm'] }, async (scene) => {
  const term = await scene.run([ours('unixterm'), scene.path('none')])
  assert.equal(term.exit?.code, 255)
  assert.match(term.err, /^[^\n]*none[^\n]*\n$|^[^\n]+\n$/)
})

interface Result { readonly code: number | null, readonly out: string }

const command = async (scene: Scene, program: string, mgmt: string, ...words: string[]): Promise<Result> => {
  const proc = await scene.run([program, '-s', mgmt, '-f', '/etc/vde2/vdecmd', ...words])
  return { code: proc.exit?.code ?? null, out: proc.out }
}

test('our unixcmd: output without NULs, status of the reply', { needs: ['vde_switch', 'unixcmd', 'fixed'], ours: ['unixcmd'] }, async (scene) => {
  const { mgmt } = await peerSwitch(scene)
  const program = ours('unixcmd')
  assert.deepEqual(await command(scene, program, mgmt, 'port/create', '4'), { code: 0, out: '' })
  assert.deepEqual(await command(scene, program, mgmt, 'port/showinfo'), { code: 0, out: 'Numports=32\nHUB=false\ncounters=true\n' })
  const exists = await command(scene, program, mgmt, 'port/create', '4')
  assert.equal(exists.code, 17)
  assert.equal((await command(scene, program, mgmt, 'nosuch')).code, 38)
})

test('our unixcmd prints what the C one prints', { needs: ['vde_switch', 'unixcmd'], ours: ['unixcmd'] }, async (scene) => {
  const { mgmt } = await peerSwitch(scene)
  for (const words of [['help'], ['port/showinfo'], ['hash/showinfo'], ['vlan/print'], ['ds/showinfo']]) {
    const mine = await command(scene, ours('unixcmd'), mgmt, ...words)
    const theirs = await command(scene, '/usr/bin/unixcmd', mgmt, ...words)
    assert.equal(mine.out.replaceAll('\0', ''), theirs.out.replaceAll('\0', ''), words.join(' '))
  }
})

test('our vdecmd: its own name and script', { needs: ['vde_switch', 'fixed'], ours: ['vdecmd'] }, async (scene) => {
  const { mgmt } = await peerSwitch(scene)
  const good = await scene.run([ours('vdecmd'), '-s', mgmt, 'port/showinfo'])
  assert.equal(good.exit?.code, 0, good.story)
  assert.equal(good.out, 'Numports=32\nHUB=false\ncounters=true\n')
  const bad = await scene.run([ours('vdecmd'), '-s', mgmt, 'port/remove', '9'])
  assert.notEqual(bad.exit?.code, 0)
  const none = await scene.run([ours('vdecmd'), '-s', scene.path('none'), 'port/showinfo'])
  assert.notEqual(none.exit?.code, 0)
})

test('our unixcmd called as vdecmd by a link', { needs: ['vde_switch', 'fixed'], ours: ['unixcmd'] }, async (scene) => {
  const { mgmt } = await peerSwitch(scene)
  symlinkSync(ours('unixcmd'), scene.path('vdecmd'))
  const proc = await scene.run([scene.path('vdecmd'), '-s', mgmt, '-f', '/etc/vde2/vdecmd', 'port/showinfo'])
  assert.equal(proc.exit?.code, 0, proc.story)
})

test('our vdeterm: prompt, command, history, completion, events', { needs: ['vde_switch', 'pty'], ours: ['vdeterm'] }, async (scene) => {
  const { mgmt } = await peerSwitch(scene)
  const term = await Terminal.open(scene, [ours('vdeterm'), mgmt])
  const prompt = /vde\[.*\]: /
  await term.says(prompt)
  term.type('port/showinfo\r')
  await term.says(/Numports=32\s[^]*Success/)
  term.forget()
  term.type('\x1b[A') // up: the line before
  await term.says(/port\/showinfo/)
  term.type('\r')
  await term.says(/Numports=32\s[^]*Success/)
  term.type('port/alloca\t')
  await term.says(/port\/allocatable/)
  term.type(' 1 1\r')
  await term.says(/No such device or address/)
  term.type('debug/add port\r')
  await term.says(/Success[^]*Success/)
  term.forget()
  term.type('port/createauto\r')
  await term.says(/DBG MSG: port\/\+/)
  term.type('logout\r')
  assert.deepEqual(await term.ends(), { code: 0, signal: 0 })
})

run()
