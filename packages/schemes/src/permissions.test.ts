/**
 * Who may do what, by the table of the protocol. Run as root it serves C clients of other users, and runs itself again as
 * an ordinary user for the other half.
 */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, linkSync, lstatSync, mkdirSync, readdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, DGRAM, STREAM } from '@vde-ts/native'
import { encodeRequest } from '@vde-ts/frame/control.js'
import { Recorder, until, within } from '@vde-ts/link/testing.js'
import { deriveModes } from './control-directory.ts'
import { openVnl } from './registry.ts'
import { setAccess } from '@vde-ts/link/socket-file.js'
import { program, scratch, served, type Served } from './testing.ts'

const USER = 1001
const isRoot = process.geteuid!() === 0

const octal = (value: number): string => value.toString(8).padStart(4, '0')
const modeOf = (path: string): string => octal(lstatSync(path).mode & 0o7777)

const derive = suite('deriveModes')

for (const [mode, dirMode, wantMode, wantDirMode] of [
  [-1, -1, 0o600, 0o2700],
  [0o660, -1, 0o660, 0o2770],
  [0o777, -1, 0o777, 0o2777],
  [0o666, -1, 0o666, 0o2777],
  [0o640, -1, 0o640, 0o2750],
  [-1, 0o2755, 0o644, 0o2755],
  [0o600, 0o711, 0o600, 0o711]
] as const) {
  derive(`mode ${mode < 0 ? 'not given' : octal(mode)}, dirmode ${dirMode < 0 ? 'not given' : octal(dirMode)}`, () => {
    assert.equal(deriveModes({ mode, dirMode }), { mode: wantMode, dirMode: wantDirMode })
  })
}

derive('an odd umask changes none of them', () => {
  const dir = scratch()
  const former = native.umask(0o077)
  const net = served(`${dir.path}/sw`, deriveModes({ mode: 0o666, dirMode: -1 }))
  native.umask(former)
  assert.equal([modeOf(net.path), modeOf(`${net.path}/ctl`)], ['2777', '0666'])
  net.close()
  dir.remove()
})

const own = suite(`data sockets of a switch of uid ${process.geteuid!()}`)

own('a client of the same user: reply socket gets the mode of the client', async () => {
  const dir = scratch()
  const net = served(`${dir.path}/sw`, { mode: 0o666, dirMode: 0o2777 })
  const link = await openVnl(net.path, new Recorder())
  const name = readdirSync(net.path).find((file) => file !== 'ctl')
  const found = lstatSync(`${net.path}/${String(name)}`)
  assert.is(octal(found.mode & 0o7777), '0700')
  assert.is(found.uid, process.geteuid!())
  link.close()
  net.close()
  dir.remove()
})

own('port zero has the permissions of the management', async () => {
  const dir = scratch()
  const net = served(`${dir.path}/sw`, { mode: 0o666, dirMode: 0o2777, mgmtMode: 0o640 })
  const client = native.unixSocket(STREAM)
  const data = native.unixSocket(DGRAM)
  native.bindUnix(data, `${dir.path}/c`)
  native.connectUnix(client, `${net.path}/ctl`)
  const octets = encodeRequest({ port: 0, address: `${dir.path}/c`, description: '' })
  native.write(client, octets, 0, octets.length)
  await until(() => readdirSync(net.path).includes('000.1'), 'its data socket')
  assert.is(modeOf(`${net.path}/000.1`), '0640')
  native.close(client)
  native.close(data)
  net.close()
  dir.remove()
})

own('the group is that of directory, ctl, attach and data sockets', async () => {
  const gid = isRoot ? USER : process.getegid!()
  const dir = scratch()
  const net = served(`${dir.path}/sw`, { mode: 0o660, dirMode: 0o2770, gid })
  const link = await openVnl(net.path, new Recorder())
  const found = [net.path, ...readdirSync(net.path).map((name) => `${net.path}/${name}`)].map((path) => lstatSync(path))
  assert.equal(found.map((file) => file.gid), [gid, gid, gid, gid])
  assert.equal([modeOf(net.path), modeOf(`${net.path}/ctl`), modeOf(`${net.path}/attach`)], ['2770', '0660', '0660'])
  link.close()
  net.close()
  dir.remove()
})

const races = suite('setAccess')

const bound = (path: string): number => {
  const fd = native.unixSocket(DGRAM)
  assert.is(native.bindUnix(fd, path), 0)
  return fd
}

races('does not follow a link', () => {
  const dir = scratch()
  const fd = bound(`${dir.path}/target`)
  chmodSync(`${dir.path}/target`, 0o600)
  symlinkSync(`${dir.path}/target`, `${dir.path}/link`)
  assert.throws(() => { setAccess(`${dir.path}/link`, { mode: 0o777 }, 'test') }, /not a socket/)
  assert.is(modeOf(`${dir.path}/target`), '0600')
  native.close(fd)
  dir.remove()
})

races('changes nothing but sockets with one name', () => {
  const dir = scratch()
  writeFileSync(`${dir.path}/file`, '', { mode: 0o600 })
  assert.throws(() => { setAccess(`${dir.path}/file`, { mode: 0o777 }, 'test') }, /not a socket/)
  const fd = bound(`${dir.path}/a`)
  linkSync(`${dir.path}/a`, `${dir.path}/b`)
  assert.throws(() => { setAccess(`${dir.path}/b`, { mode: 0o777 }, 'test') }, /2 names/)
  unlinkSync(`${dir.path}/a`)
  setAccess(`${dir.path}/b`, { mode: 0o641 }, 'test')
  assert.is(modeOf(`${dir.path}/b`), '0641')
  native.close(fd)
  dir.remove()
})

const cross = suite('a root switch and other users')
const plug = program('vde_plug')
const setpriv = program('setpriv')
const canCross = isRoot && plug !== null && setpriv !== null
if (!canCross) console.log('skipped: a root switch and other users, because this needs root, vde_plug and setpriv')
const crossTest = canCross ? cross : cross.skip

/** Runs the C plug as `uid` on `vnl` while `during` runs; answers its exit status, null when it had to be ended. */
const asUser = async (uid: number, vnl: string, during: () => Promise<void>): Promise<number | null> => {
  const child = spawn(String(setpriv),
    ['--reuid', String(uid), '--regid', String(uid), '--clear-groups', String(plug), vnl], { stdio: ['pipe', 'ignore', 'ignore'] })
  const ended = new Promise<number | null>((resolve) => { child.once('exit', resolve) })
  await during()
  if (child.exitCode === null) child.stdin.end()
  return await within(5000, ended, 'the end of the C plug')
}

const inSwitch = async (mode: number, run: (net: Served) => Promise<void>): Promise<void> => {
  const dir = scratch()
  chmodSync(dir.path, 0o755)
  const net = served(`${dir.path}/sw`, deriveModes({ mode, dirMode: -1 }))
  await run(net)
  net.close()
  dir.remove()
}

crossTest('mode 0666: the socket belongs to the client, 0600, then 0700 by the client', async () => {
  await inSwitch(0o666, async (net) => {
    await asUser(USER, net.path, async () => {
      await until(() => net.listener.clients === 1, 'the client')
      const path = `${net.path}/001.1`
      assert.is(lstatSync(path).uid, USER)
      await until(() => modeOf(path) === '0700', 'the mode the client sets')
      assert.is(net.bridge.port(1).currentUser, USER)
    })
    await until(() => net.listener.clients === 0, 'its end')
  })
})

crossTest('mode 0600: another user does not get in', async () => {
  await inSwitch(0o600, async (net) => {
    assert.is.not(await asUser(USER, net.path, async () => {}), 0)
    assert.is(net.bridge.ports().length, 0)
  })
})

crossTest('a user gets neither port zero nor the port of another user', async () => {
  await inSwitch(0o666, async (net) => {
    const link = await openVnl(`${net.path}[5]`, new Recorder())
    for (const port of [0, 5]) {
      await asUser(USER, `${net.path}[${port}]`, async () => {
        await until(() => net.lines.length > 0, 'the refusal')
      })
      assert.match(String(net.lines.pop()), `port ${port}`)
    }
    link.close()
  })
})

crossTest('a client cannot have root write into a socket that is not its own', async () => {
  await inSwitch(0o666, async (net) => {
    const victim = bound(`${net.path}/victim`)
    // Any language would do: it connects, names the socket of another user, and tells how many octets it got.
    const octets = Buffer.from(encodeRequest({ port: null, address: `${net.path}/victim`, description: '' })).toString('hex')
    const script = `let got = 0
      require('net').connect(process.argv[1], function () { this.write(Buffer.from('${octets}', 'hex')) })
        .on('data', (octets) => { got += octets.length }).on('close', () => { process.exit(got) })`
    const child = spawn(String(setpriv),
      ['--reuid', '1001', '--regid', '1001', '--clear-groups', process.execPath, '-e', script, `${net.path}/ctl`],
      { stdio: ['ignore', 'ignore', 'inherit'] })
    const status = await within(5000, new Promise((resolve) => { child.once('exit', resolve) }), 'the client')
    assert.is(status, 0, 'it got no reply')
    assert.match(net.lines.join(), 'belongs to uid 0')
    native.close(victim)
    unlinkSync(`${net.path}/victim`)
  })
})

crossTest('a root client on the switch of a user opens its socket to that user, not more', async () => {
  const dir = scratch()
  chmodSync(dir.path, 0o755)
  mkdirSync(`${dir.path}/sw`)
  const fd = native.unixSocket(STREAM)
  native.bindUnix(fd, `${dir.path}/sw/ctl`)
  native.listen(fd, 1)
  chownSync(`${dir.path}/sw/ctl`, USER, USER)
  const opened = openVnl(`${dir.path}/sw`, new Recorder()).catch(() => null)
  let path = ''
  await until(() => (path = readdirSync(`${dir.path}/sw`).find((name) => name.startsWith('.')) ?? '') !== '', 'its socket')
  const found = lstatSync(`${dir.path}/sw/${path}`)
  assert.equal([octal(found.mode & 0o7777), found.uid, found.gid], ['0770', 0, USER])
  native.close(fd)
  await opened
  dir.remove()
})

cross('the same tests pass for an ordinary user', () => {
  if (!isRoot || setpriv === null) return console.log('skipped: the ordinary user, because this needs root and setpriv')
  const self = fileURLToPath(import.meta.url)
  const args = ['--reuid', '1001', '--regid', '1001', '--clear-groups', process.execPath, '--conditions=source', '--import', 'tsx', self]
  const result = spawnSync(setpriv, args, { encoding: 'utf8', timeout: 60_000, env: { ...process.env, HOME: '/nonexistent' } })
  assert.is(result.status, 0, result.stdout + result.stderr)
  assert.match(result.stdout, /Passed/)
})

derive.run()
own.run()
races.run()
cross.run()
