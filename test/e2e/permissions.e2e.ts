/** Who may join: modes, groups and owners of what the switch creates, and the access lists of its ports. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import {
  PlugPipe, asUser, exchange, meet, ours, ourSwitch, peer, run, test, USER, waitFor, type Network, type Scene
} from './kit/index.ts'

const OURS = ['vde_switch']
const OTHER = 1002
/** The account `games` (5) of every Debian, whose group is 60. */
const GAMES = 5

const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8).padStart(4, '0')

/** A group by name and number that surely exists and is not root's. */
const someGroup = (): { readonly name: string, readonly gid: number } => {
  const line = readFileSync('/etc/group', 'utf8').split('\n').find((text) => text.startsWith('games:'))
  assert.ok(line !== undefined, 'the group "games" exists')
  return { name: 'games', gid: Number(line.split(':')[2]) }
}

/** Arguments, then the modes of the directory, `ctl`. */
const MODES: ReadonlyArray<readonly [readonly string[], string, string]> = [
  [[], '2700', '0600'],
  [['-m', '660'], '2770', '0660'],
  [['-m', '777'], '2777', '0777'],
  [['-m', '666'], '2777', '0666'],
  [['-m', '640'], '2750', '0640'],
  [['--dirmode', '2755'], '2755', '0644'],
  [['--dirmode', '0711', '-m', '660'], '0711', '0660']
]

for (const [args, dirMode, ctlMode] of MODES) {
  test(`modes with ${args.length === 0 ? 'no option' : args.join(' ')}`, { ours: OURS }, async (scene) => {
    const net = await ourSwitch(scene, { args })
    assert.equal(modeOf(net.dir), dirMode)
    assert.equal(modeOf(`${net.dir}/ctl`), ctlMode)
    const attach = `${net.dir}/attach`
    if (existsSync(attach)) {
      assert.equal(modeOf(attach), ctlMode)
      assert.equal(modeOf(`${net.dir}/.takeover`), '0600')
    }
    assert.equal(modeOf(net.mgmt), '0600')
  })
}

test('--mgmtmode and --mgmtgroup', { ours: OURS, needs: ['root'] }, async (scene) => {
  const { name, gid } = someGroup()
  const { mgmt } = await ourSwitch(scene, { args: ['--mgmtmode', '660', '--mgmtgroup', name] })
  assert.equal(modeOf(mgmt), '0660')
  assert.equal(statSync(mgmt).gid, gid)
})

const dataSocket = async (dir: string, port: number): Promise<string> => {
  const prefix = `${String(port).padStart(3, '0')}.`
  const name = await waitFor(() => readdirSync(dir).find((entry) => entry.startsWith(prefix)), 5000, `data socket of port ${port}`)
  return `${dir}/${name}`
}

test('-g: group of the directory, ctl and data sockets', { ours: OURS, needs: ['root', 'vde_plug'] }, async (scene) => {
  const { name, gid } = someGroup()
  const { dir } = await ourSwitch(scene, { args: ['-g', name, '-m', '660'] })
  assert.equal(statSync(dir).gid, gid)
  assert.equal(statSync(`${dir}/ctl`).gid, gid)
  const plug = new PlugPipe(scene, [peer('vde_plug'), dir], 1)
  assert.equal(statSync(await dataSocket(dir, 1)).gid, gid)
  await plug.end()
})

const joins = async (scene: Scene, net: Network, argv: readonly string[], port: number): Promise<PlugPipe> => {
  const plug = new PlugPipe(scene, argv, port)
  await Promise.race([dataSocket(net.dir, port), plug.proc.ended.then(() => { throw new Error(`Cannot join: ${plug.proc.story}`) })])
  return plug
}

test('a root switch gives each user his own data socket', { ours: OURS, needs: ['root', 'vde_plug'] }, async (scene) => {
  const net = await ourSwitch(scene, { args: ['-m', '666'] })
  const a = await joins(scene, net, asUser([peer('vde_plug'), net.dir]), 1)
  const b = await joins(scene, net, asUser([peer('vde_plug'), net.dir], OTHER), 2)
  const root = await joins(scene, net, [peer('vde_plug'), net.dir], 3)
  const first = statSync(await dataSocket(net.dir, 1))
  assert.equal(first.uid, USER)
  // 0666 & 0700, to which the client library sets the mode it was asked for, 0700, as its owner.
  await waitFor(async () => (modeOf(await dataSocket(net.dir, 1)) === '0700'), 2000, 'mode 0700')
  assert.equal(statSync(await dataSocket(net.dir, 2)).uid, OTHER)
  assert.equal(statSync(await dataSocket(net.dir, 3)).uid, 0)
  await meet(a, b)
  await meet(b, root)
  await exchange(a, root)
  assert.match(await (await net.console()).ask('port/print 3'), /Current User: root /)
})

test('a user\'s switch: others stay out, root comes in', { ours: OURS, needs: ['root', 'vde_plug'] }, async (scene) => {
  const net = await ourSwitch(scene, { user: true })
  const out = await scene.run(asUser([peer('vde_plug'), net.dir], OTHER))
  assert.equal(out.exit?.code, 1)
  assert.match(out.err, /Permission denied/)
  const a = await joins(scene, net, asUser([peer('vde_plug'), net.dir]), 1)
  const root = await joins(scene, net, [peer('vde_plug'), net.dir], 2)
  await meet(a, root)
})

test('a user\'s switch with -m 777: frames both ways between users', { ours: OURS, needs: ['root', 'vde_plug'] }, async (scene) => {
  const net = await ourSwitch(scene, { user: true, args: ['-m', '777'] })
  for (const [program, port] of [[peer('vde_plug'), 1], [ours('vde_plug'), 3]] as const) {
    const a = await joins(scene, net, asUser([program, net.dir]), port)
    const b = await joins(scene, net, asUser([program, net.dir], OTHER), port + 1)
    await meet(a, b)
    await exchange(a, b)
  }
})

/** The access list of port 5, who comes, what happens. As the spec's matrix, but going by the kernel's credentials. */
const ACCESS: ReadonlyArray<readonly [string, string, number, boolean]> = [
  ['port/setuser 5 1001', 'the named user', USER, true],
  ['port/setuser 5 1001', 'another user', OTHER, false],
  ['port/setuser 5 1001', 'root', 0, true],
  ['port/setgroup 5 games', 'a user of that group', GAMES, true],
  ['port/setgroup 5 games', 'a user outside it', USER, false],
  ['port/setuser 5 NONE', 'anybody', OTHER, true]
]

for (const [list, who, id, welcome] of ACCESS) {
  test(`${list}: ${who} is ${welcome ? 'let in' : 'refused'}`, { ours: OURS, needs: ['root', 'vde_plug', ...(welcome ? [] : ['fixed'])] }, async (scene) => {
    const net = await ourSwitch(scene, { args: ['-m', '666'] })
    const console = await net.console()
    assert.match(await console.ask('port/create 5'), /1000 Success/)
    assert.match(await console.ask(list), /1000 Success/)
    const argv = [peer('vde_plug'), `${net.dir}[5]`]
    if (welcome) {
      const plug = await joins(scene, net, asUser(argv, id, id === GAMES ? someGroup().gid : id), 5)
      const other = await joins(scene, net, asUser([peer('vde_plug'), net.dir]), 1)
      await meet(plug, other)
    } else {
      const plug = await scene.run(asUser(argv, id))
      assert.equal(plug.exit?.code, 1, plug.story)
      assert.match(await console.ask('port/print 5'), /1006 /, 'the port stays free')
    }
  })
}

test('a port belongs to the user of its first endpoint', { ours: OURS, needs: ['root', 'vde_plug', 'fixed'] }, async (scene) => {
  const net = await ourSwitch(scene, { args: ['-m', '666'] })
  const plug = await joins(scene, net, asUser([peer('vde_plug'), `${net.dir}[4]`]), 4)
  const other = await scene.run(asUser([peer('vde_plug'), `${net.dir}[4]`], OTHER))
  assert.equal(other.exit?.code, 1, other.story)
  const second = new PlugPipe(scene, asUser([peer('vde_plug'), `${net.dir}[4]`]), 2)
  await waitFor(() => readdirSync(net.dir).filter((name) => name.startsWith('004.')).length === 2, 5000, 'a second cable of the same user')
  await plug.end()
  await second.end()
})

test('port 0 is for the switch\'s own user and root', { ours: OURS, needs: ['root', 'vde_plug', 'fixed'] }, async (scene) => {
  const net = await ourSwitch(scene, { user: true, args: ['-m', '777'] })
  await joins(scene, net, asUser([peer('vde_plug'), `${net.dir}[0]`]), 0)
  const other = await scene.run(asUser([peer('vde_plug'), `${net.dir}[0]`], OTHER))
  assert.equal(other.exit?.code, 1, other.story)
})

run()
