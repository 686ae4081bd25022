/** vde_top on real terminals, and without one. */
import assert from 'node:assert/strict'
import { PlugPipe, Terminal, ours, ourSwitch, peer, run, startSwitch, test, waitFor } from './kit/index.ts'

const OURS = ['vde_switch', 'vde_top']

/** What a terminal shows after these octets: cursor positions and cleared lines are all that vde_top uses. */
const screenOf = (octets: string, height: number): string[] => {
  const lines = Array<string>(height).fill('')
  for (const [, row, text] of octets.matchAll(/\x1b\[(\d+);1H([^\x1b]*)\x1b\[K/g)) lines[Number(row) - 1] = text!
  return lines
}

const steady = (line: string): string => line.replace(/^[~/]\S*\/(\w+\.mgmt)/, '$1').replace(/pid \d+/, 'pid N').replace(/up \S+ {2}ports/, 'up N  ports')
  .replace(/user=.*$/, 'USER')

for (const [width, height] of [[80, 24], [200, 60]] as const) {
  test(`a screen of ${width}x${height}, and q`, { needs: ['pty', 'vde_plug'], ours: OURS }, async (scene) => {
    const net = await ourSwitch(scene, { args: ['-F'] })
    const a = new PlugPipe(scene, [peer('vde_plug'), '-D', 'one', net.dir], 1)
    const console = await net.console()
    await waitFor(async () => (await console.ask('port/print')).includes('one'), 5000, 'the station')
    await console.ask('fstp/port 1 edge on')
    // One look, which has no rates: the tree talks every two seconds.
    const terminal = await Terminal.open(scene, [ours('vde_top'), '-d', '60', net.mgmt], { width, height })
    await terminal.says(/q quit/)
    const lines = screenOf(terminal.screen, height).map(steady)
    assert.deepEqual(lines, [
      'vde_top  1 ports up  in 0bit/s 0/s  lost 0/s  every 60 s',
      'sw.mgmt  pid N  up N  ports 1/32  root here  addr 0  queued 0B',
      `   PORT+  IN bit  OUT bit  LOST/s  QUEUE  ADDR  TREE ENDPOINTS${'TRAFFIC'.padStart(width - 62)}`,
      '       1       0        0       0      0     0  edge one USER',
      ...Array<string>(height - 5).fill(''),
      'q quit  s sort: port  r reverse  / filter  a all  p pause  +- interval'
    ])
    terminal.type('s')
    await terminal.says(/s sort: in /)
    terminal.forget()
    terminal.resize(100, 30)
    await terminal.says(/\x1b\[30;1Hq quit/)
    terminal.type('q')
    assert.deepEqual(await terminal.ends(), { code: 0, signal: 0 })
    assert.match(terminal.screen, /\x1b\[\?25h\x1b\[\?1049l$/)
    await a.end()
  })
}

test('a switch that is killed and started again is found again', { needs: ['pty'], ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene)
  const terminal = await Terminal.open(scene, [ours('vde_top'), '-d', '0.1', net.mgmt])
  await terminal.says(/pid \d+/)
  net.proc.kill('SIGKILL')
  await terminal.says(/connection refused/)
  terminal.forget()
  const again = await startSwitch(scene, ours('vde_switch'))
  await terminal.says(new RegExp(`pid ${again.proc.pid}`))
  terminal.type('q')
  await terminal.ends()
})

test('without a terminal: one line and status 1; --once and --json work', { ours: OURS, needs: ['vde_plug'] }, async (scene) => {
  const net = await ourSwitch(scene)
  const plain = await scene.run([ours('vde_top'), net.mgmt])
  assert.equal(plain.exit?.code, 1)
  assert.match(plain.err, /^vde_top: Cannot fill a screen: [^\n]+--once[^\n]+\n$/)
  const once = await scene.run([ours('vde_top'), '--once', '-d', '0.1', net.mgmt])
  assert.equal(once.exit?.code, 0, once.story)
  assert.match(once.out, /^vde_top {2}0 ports up [^\n]+\n[^\n]+ports 0\/32[^\n]+\n[^\n]+ENDPOINTS[^\n]+\n$/)
  const json = await scene.run([ours('vde_top'), '--once', '--json', '--all', '-d', '0.1', net.mgmt])
  const [seen] = JSON.parse(json.out) as Array<{ pid: number, ports: unknown[] }>
  assert.equal(seen?.pid, net.proc.pid)
  const none = await scene.run([ours('vde_top'), '--once', scene.path('none')])
  assert.equal(none.exit?.code, 1)
  assert.match(none.err, /none/)
})

test('the switch of another suite is told from ours', { ours: ['vde_top'], needs: ['vde_switch'] }, async (scene) => {
  const net = await startSwitch(scene, peer('vde_switch'))
  const proc = await scene.run([ours('vde_top'), '--once', net.mgmt])
  assert.equal(proc.exit?.code, 1)
  assert.match(proc.err, /^vde_top: [^\n]*a switch of this suite is wanted\n$/)
})

run()
