/** LSDN's commands as programs: scripts, the daemon and its client. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { LAB_NEEDS, LabUser, asUser, isAlive, ours, run, Terminal, test, waitFor, type Scene } from './kit/index.ts'

const SHOP = `namespace import lsdn::*
settings geneve
foreach {h a} {north 10.77.0.1 south 10.77.0.2} { phys -name $h -if up0 -ip $a }
net -vid 41 lab {
    attach north south
    virt -name u -phys north -if tapU -mac 06:00:00:00:00:01 { rule in 10 drop -srcIp 192.0.2.0/24 }
    virt -name w -phys south -if tapW -mac 06:00:00:00:00:02
}
claimLocal [lindex $argv 0]
`

const script = (scene: Scene, text: string): string => {
  writeFileSync(scene.path('lab.lsctl'), text)
  return scene.path('lab.lsctl')
}

test('lsctl: one file for all hosts, and its plan', { ours: ['lsctl'] }, async (scene) => {
  const proc = await scene.run([ours('lsctl'), '-n', script(scene, `${SHOP}commit\nfree\n`), 'north'])
  assert.equal(proc.exit?.code, 0, proc.story)
  assert.match(proc.out, /^\+ virt lab\/u$/m)
  assert.match(proc.out, /^8 to create, 0 to change in place, 0 to replug, 0 to delete\.$/m)
})

test('lsctl: both dumps read back', { ours: ['lsctl'] }, async (scene) => {
  const first = await scene.run([ours('lsctl'), script(scene, `${SHOP}show`), 'south'])
  const again = await scene.run([ours('lsctl'), script(scene, `${first.out}show`)])
  assert.equal(again.out, first.out)
  const json = await scene.run([ours('lsctl'), script(scene, `${first.out}show -json`)])
  assert.equal((JSON.parse(json.out) as { lsdnPhyses: Array<{ isLocal: boolean }> }).lsdnPhyses[1]?.isLocal, true)
})

/** A script, and all that is said on standard error. */
const REFUSED: ReadonlyArray<readonly [name: string, text: string, err: RegExp]> = [
  ['a command that runs programs', 'exec touch x', /^lsctl: lab\.lsctl: invalid command name "exec"\nlsctl: lab\.lsctl: {5}in line 1\n$/],
  ['all problems of a network', SHOP.replace('10.77.0.2', '10.77.0.1').replace('-vid 41', '-vid 0') + 'validate',
    /^lsctl: phys south: ip 10\.77\.0\.1 is that .*\[PHYS_DUPATTR\]\n.*\[PHYS_NOIF\]\n.*\[NET_BADID\]\n.*\[VIRT_NOIF\]\nlsctl: lab\.lsctl: the network has problems\n.*in line 10\n$/s],
  ['an open brace', 'net 1 {', /missing close-brace of line 1/],
  ['no end', 'while 1 {}', /does not end by itself/]
]
for (const [name, text, err] of REFUSED) {
  test(`lsctl: ${name}`, { ours: ['lsctl'] }, async (scene) => {
    const proc = await scene.run([ours('lsctl'), script(scene, text), 'north'], { cwd: scene.dir })
    assert.equal(proc.exit?.code, 1)
    assert.match(proc.err, err)
    assert.ok(!existsSync(scene.path('x')))
  })
}

test('lsctl on a terminal: lines that are not whole wait for more', { needs: ['pty'], ours: ['lsctl'] }, async (scene) => {
  const terminal = await Terminal.open(scene, [ours('lsctl')])
  await terminal.says(/% /)
  terminal.type('foreach a {1 2} {\r')
  terminal.type('puts <$a>\r')
  terminal.type('}\r')
  await terminal.says(/<1>\s+<2>/)
  terminal.type('nosuch\r')
  await terminal.says(/invalid command name "nosuch"/)
  terminal.type('expr 6 * 7\r')
  await terminal.says(/42/)
  terminal.type('\x04')
  await terminal.ends()
})

interface Running { readonly socket: string, readonly pid: number }

const start = async (scene: Scene): Promise<Running> => {
  const [socket, pidFile] = [scene.path('socket'), scene.path('pid')]
  const proc = await scene.run([ours('lsctld'), '-s', socket, '-p', pidFile, '-n'])
  assert.equal(proc.exit?.code, 0, proc.story)
  return { socket, pid: Number(readFileSync(pidFile, 'utf8')) }
}

const end = async (scene: Scene, { socket, pid }: Running): Promise<void> => {
  process.kill(pid, 'SIGTERM')
  await waitFor(() => !isAlive(pid), 5000, 'lsctld has ended')
  assert.deepEqual([existsSync(socket), existsSync(scene.path('pid'))], [false, false])
}

test('lsctld and lsctlc: one interpreter, output, status', { ours: ['lsctld', 'lsctlc'] }, async (scene) => {
  const running = await start(scene)
  const say = async (...words: string[]): Promise<{ code: number | null | undefined, out: string }> => {
    const proc = await scene.run([ours('lsctlc'), running.socket, ...words])
    return { code: proc.exit?.code, out: proc.out }
  }
  assert.equal(statSync(running.socket).mode & 0o077, 0)
  assert.deepEqual(await say('set', 'n', 'a b; {'), { code: 0, out: '' })
  assert.deepEqual(await say('puts', '[set n]'), { code: 0, out: '[set n]\n' }, 'words are not read again')
  assert.deepEqual(await say('nosuch'), { code: 1, out: 'invalid command name "nosuch"\n    in line 1\n' })
  assert.deepEqual(await say('lsdn::settings', 'vlan'), { code: 0, out: '' }, 'a failure is forgotten')
  assert.equal((await say('lsdn::net', '7')).code, 0)
  assert.match((await say('lsdn::show')).out, /^net -vid 7 -settings default 7 \{$/m)
  assert.match((await say('lsdn::commit')).out, /^\+ net 7$/m)
  assert.equal((await scene.run([ours('lsctld'), '-s', running.socket])).exit?.code, 1, 'one that is served is left alone')
  await end(scene, running)
  assert.equal((await say('show')).code, 1)
})

test('lsctld outlives clients that go away, that never end, and what a dead one left', { ours: ['lsctld', 'lsctlc'] }, async (scene) => {
  const first = await start(scene)
  process.kill(first.pid, 'SIGKILL')
  await waitFor(() => !isAlive(first.pid), 5000, 'the first has been killed')
  const running = await start(scene)
  const idle = connect(running.socket)
  const gone = connect(running.socket)
  await new Promise<void>((resolve) => { gone.once('connect', () => { gone.write('set a 1\n'); gone.destroy(); resolve() }) })
  const proc = await scene.run([ours('lsctlc'), running.socket, 'expr', '1'])
  assert.equal(proc.exit?.code, 0, proc.story)
  idle.destroy()
  await end(scene, running)
})

test('lsctl: what is committed runs on in the daemon of vdenet, until it is cleaned up', { needs: LAB_NEEDS, ours: ['lsctl', 'vdenet'] }, async (scene) => {
  const user = new LabUser(scene)
  const lsctl = async (text: string): Promise<void> => {
    const words = ['/usr/bin/env', ...Object.entries(user.env).map(([key, value]) => `${key}=${value}`), ours('lsctl'), user.file('net.lsctl', text)]
    const proc = await scene.run(asUser(words))
    assert.equal(proc.exit?.code, 0, proc.story)
  }
  const declared = 'namespace import lsdn::*\nsettings vlan\nnet 7\nnet 8\n'
  await lsctl(`${declared}commit\nfree`)
  assert.match(await user.must('status', '--json'), /"name": ?"8"/)
  await lsctl(`${declared}net 8 -remove\ncommit`)
  assert.doesNotMatch(await user.must('status', '--json'), /"name": ?"8"/)
  await lsctl('lsdn::cleanup')
  assert.match(await user.fails('status'), /no network|none|not/i)
})

run()
