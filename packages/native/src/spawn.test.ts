/** Runs as root and as an ordinary user; root runs it a second time as uid 1001. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync, chmodSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER, CLONE_NEWUTS, IDS_ROOT, IN } from './index.ts'
import type { SpawnFailure, SpawnSpec, Spawned } from './index.ts'
import { closeAll, flagsOf, inDirectory, namespaceObstacle, openCount } from './testing.ts'

const { E2BIG, EACCES, EAGAIN, EBADF, EBUSY, ECHILD, EINVAL, ENOENT, ENOTDIR, EPERM, ESRCH } = constants.errno
const SIGTERM = 15
const SIGKILL = 9
const ENV = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']
const CAP_NET_ADMIN = 1 << 12
const CAP_NET_RAW = 1 << 13
const uid = process.geteuid?.() ?? 0

const spec = (script: string, extra: Partial<SpawnSpec> = {}): SpawnSpec =>
  ({ file: 'sh', argv: ['sh', '-c', script], env: ENV, fds: [-1, -1, 2], ...extra })

const started = (result: Spawned | SpawnFailure): Spawned => {
  if ('errno' in result) throw new Error(`${result.step} ${result.index}: ${native.strerror(result.errno)}`)
  return result
}

const failed = (result: Spawned | SpawnFailure): readonly [string, number, number] => {
  if (!('errno' in result)) throw new Error('started, a failure was wanted')
  return [result.step, result.errno, result.index]
}

/** Waits for the end (at most 10 s), closes what the parent got, answers the wait status. */
const ended = (child: Spawned): number => {
  assert.is(native.poll(child.pidfd, IN, 10_000), IN)
  const status = native.pidfdWait(child.pidfd)
  closeAll(child.pidfd, ...child.taps, ...(child.inside === undefined ? [] : [child.inside]))
  return status
}

/** What `script` writes to the pipe that `table` puts where it likes. */
const output = (script: string, extra: Partial<SpawnSpec> = {}, table = (out: number): number[] => [-1, out, 2]): string => {
  const pipe = new Int32Array(2)
  native.pipe(pipe, false)
  const child = started(native.spawn(spec(script, { fds: table(pipe[1]), ...extra })))
  native.close(pipe[1])
  const buf = new Uint8Array(65536)
  let len = 0
  for (let got = 1; got > 0; len += got) got = native.read(pipe[0], buf, len, buf.length - len)
  native.close(pipe[0])
  assert.is(ended(child), 0)
  return Buffer.from(buf.subarray(0, len)).toString().trim()
}

/** Dead children nobody waited for. Those of earlier tests may stay until the loop turns, which these tests do not let it. */
const zombies = (): string[] => {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1').trim().split(/\s+/).filter(Boolean)
  return children.filter((pid) => / Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1')))
}

/** The test, and that it leaves neither descriptor nor zombie. (uvu swallows what its hooks throw.) */
const clean = (body: () => void): (() => void) => () => {
  const before = openCount()
  const dead = zombies()
  body()
  // One that was open before may be closed meanwhile: the loader of the test finishes at its leisure.
  assert.ok(openCount() <= before, 'descriptors are left')
  assert.equal(zombies().filter((pid) => !dead.includes(pid)), [], 'a zombie is left')
}

const spawning = suite('native spawn')
const processes = (name: string, body: () => void): void => { spawning(name, clean(body)) }

processes('exit status and signal come through the pidfd', () => {
  assert.is(ended(started(native.spawn(spec('exit 7')))), 7 << 8)
  assert.is(ended(started(native.spawn(spec('kill -TERM $$')))), SIGTERM)
  const child = started(native.spawn(spec('exec sleep 100')))
  assert.is(native.pidfdWait(child.pidfd), -EAGAIN)
  assert.is(native.pidfdSignal(child.pidfd, SIGKILL), 0)
  assert.is(native.poll(child.pidfd, IN, 10_000), IN)
  assert.is(native.pidfdWait(child.pidfd), SIGKILL)
  assert.is(native.pidfdWait(child.pidfd), -ECHILD)
  assert.is(native.pidfdSignal(child.pidfd, SIGKILL), -ESRCH)
  assert.is(flagsOf(child.pidfd) & 0o2000000, 0o2000000)
  closeAll(child.pidfd)
})

processes('arguments and environment are those given', () => {
  assert.is(output('echo "$0|$1|$2|$X|$HOME"', { argv: ['sh', '-c', 'echo "$0|$1|$2|$X|$HOME"', 'a b', '', 'ü'], env: [...ENV, 'X=1 2'] }),
    'a b||ü|1 2|')
})

processes('a program without PATH, by path, in the working directory', () => {
  assert.is(output('echo found', { env: [] }), 'found')
  assert.is(output('echo found', { file: '/bin/sh', env: [] }), 'found')
  assert.is(output('echo found', { file: './sh', cwd: '/bin' }), 'found')
  assert.is(output('echo found', { cwd: '/bin', env: ['PATH=/nowhere:'] }), 'found')
  assert.is(output('pwd', { cwd: '/usr' }), '/usr')
})

processes('a script without #! is run by the shell, with its arguments', () => {
  inDirectory((dir) => {
    const path = join(dir, 'script')
    writeFileSync(path, 'echo "$1"\n')
    chmodSync(path, 0o755)
    assert.is(output('', { file: path, argv: ['script', 'arg'] }), 'arg')
  })
})

processes('why a program does not start', () => {
  inDirectory((dir) => {
    writeFileSync(join(dir, 'plain'), 'x')
    assert.equal(failed(native.spawn(spec('', { file: 'no-such-program' }))), ['exec', ENOENT, 0])
    assert.equal(failed(native.spawn(spec('', { file: '' }))), ['exec', ENOENT, 0])
    assert.equal(failed(native.spawn(spec('', { file: join(dir, 'plain') }))), ['exec', EACCES, 0])
    assert.equal(failed(native.spawn(spec('', { file: 'plain', env: [`PATH=${dir}:/nowhere`] }))), ['exec', EACCES, 0])
    // A directory that may not be searched says nothing of the program (root searches it all the same).
    mkdirSync(join(dir, 'closed'), 0)
    assert.equal(failed(native.spawn(spec('', { file: 'absent', env: [`PATH=${dir}/closed:${dir}`] }))), ['exec', ENOENT, 0])
    assert.equal(failed(native.spawn(spec('', { file: '/etc/passwd/x' }))), ['exec', ENOENT, 0])
    assert.equal(failed(native.spawn(spec('', { argv: ['sh', 'x'.repeat(200_000)] }))), ['exec', E2BIG, 0])
    assert.equal(failed(native.spawn(spec('', { cwd: join(dir, 'plain') }))), ['chdir', ENOTDIR, 0])
    assert.equal(failed(native.spawn(spec('', { fds: [0, 1, 999] }))), ['fds', EBADF, 2])
    assert.equal(failed(native.spawn(spec('', { pgid: 1 }))), ['pgid', EPERM, 0])
    assert.equal(failed(native.spawn(spec('', { namespaces: 0x200 }))).slice(0, 2), ['clone', EINVAL]) // CLONE_FS: no
  })
})

processes('texts with a NUL, too many descriptors, a missing list are refused', () => {
  assert.throws(() => native.spawn(spec('', { file: 'a\0b' })), TypeError)
  assert.throws(() => native.spawn(spec('', { env: ['A=\0'] })), TypeError)
  assert.throws(() => native.spawn(spec('', { fds: new Array(65537).fill(-1) })), TypeError)
  assert.throws(() => native.spawn({ file: 'sh', argv: ['sh'], env: [] } as unknown as SpawnSpec), TypeError)
  assert.throws(() => native.spawn({ argv: [], env: [], fds: [] } as unknown as SpawnSpec), TypeError)
})

processes('the table is exact: targets may be sources, all else is closed', () => {
  const pipe = new Int32Array(2)
  native.pipe(pipe, false)
  native.setCloexec(pipe[0], false) // would leak if the child did not close it
  const list = 'for n in $(seq 0 99); do [ -L /proc/$$/fd/$n ] && echo $n $(readlink /proc/$$/fd/$n); done; true'
  const rows = output(list, {}, (out) => [2, out, pipe[0], out, -2, -1]).split('\n')
  closeAll(pipe[0], pipe[1])
  assert.equal(rows.map((row) => row.split(' ')[0]), ['0', '1', '2', '3', '5'])
  assert.is(rows[4], '5 /dev/null')
  assert.is(rows[1].slice(2), rows[3].slice(2))
})

processes('swapped standard descriptors', () => {
  const [a, b] = [new Int32Array(2), new Int32Array(2)]
  native.pipe(a, false)
  native.pipe(b, false)
  ended(started(native.spawn(spec('echo out; echo err >&2', { fds: [-1, a[1], b[1]] }))))
  const buf = new Uint8Array(16)
  assert.is(native.read(a[0], buf, 0, 16), 4)
  assert.equal(Buffer.from(buf.subarray(0, 4)).toString(), 'out\n')
  assert.is(native.read(b[0], buf, 0, 16), 4)
  assert.equal(Buffer.from(buf.subarray(0, 4)).toString(), 'err\n')
  closeAll(...a, ...b)
})

processes('signals are at their defaults and unblocked, the limit of files is the customary one', () => {
  const status = output('cat /proc/self/status; echo Limit $(ulimit -n)')
  for (const field of ['SigBlk', 'SigIgn']) assert.match(status, new RegExp(`${field}:\\s+0+$`, 'm'))
  assert.ok(Number(/^Limit (\d+)/m.exec(status)?.[1]) <= 1024)
})

processes('process group: of the caller, its own, another\'s', () => {
  const groupOf = (child: Spawned): number => native.getpgid(child.pid)
  const own = started(native.spawn(spec('read x', { pgid: 0, hold: true })))
  const same = started(native.spawn(spec('', { hold: true })))
  const joined = started(native.spawn(spec('', { pgid: own.pid, hold: true })))
  assert.equal([groupOf(own), groupOf(same), groupOf(joined)], [own.pid, native.getpgid(0), own.pid])
  assert.is(native.kill(-own.pid, SIGTERM), 0)
  closeAll(own.hold, same.hold, joined.hold)
  assert.equal([ended(own), ended(same), ended(joined)], [SIGTERM, 127 << 8, SIGTERM])
})

processes('a held child runs when released', () => {
  const child = started(native.spawn(spec('exit 3', { hold: true })))
  assert.is(native.pidfdWait(child.pidfd), -EAGAIN)
  assert.is(native.spawnRelease(child.hold), 0)
  assert.is(ended(child), 3 << 8)
})

processes('a held child whose program is missing says so at its release', () => {
  const child = started(native.spawn(spec('', { file: 'no-such-program', hold: true })))
  assert.is(native.spawnRelease(child.hold), -ENOENT)
  assert.is(ended(child), 127 << 8)
})

processes('a held child ends with its caller, one that died is told', () => {
  const left = started(native.spawn(spec('exit 3', { hold: true })))
  closeAll(left.hold)
  assert.is(ended(left), 127 << 8)
  const dead = started(native.spawn(spec('exit 3', { hold: true })))
  native.pidfdSignal(dead.pidfd, SIGKILL)
  assert.is(native.poll(dead.pidfd, IN, 10_000), IN)
  assert.ok(native.spawnRelease(dead.hold) < 0)
  assert.is(ended(dead), SIGKILL)
})

processes('100 children leave nothing', () => {
  for (let i = 0; i < 100; i++) assert.is(ended(started(native.spawn(spec('', { file: 'true', argv: ['true'] })))), 0)
})
spawning.run()

const USER_NET = CLONE_NEWUSER | CLONE_NEWNET
const obstacle = namespaceObstacle()
const namespaces = suite('native spawn in namespaces')
const inside = (name: string, body: () => void): void => {
  if (obstacle === null) return void namespaces(name, clean(body))
  console.log(`SKIP native spawn in namespaces, ${name}: ${obstacle}`)
  namespaces.skip(name)
}

inside('uid and gid are mapped onto themselves, setgroups is denied', () => {
  const [user, groups, map, gids] = output('id -u; cat /proc/self/setgroups; cat /proc/self/uid_map /proc/self/gid_map',
    { namespaces: CLONE_NEWUSER }).split('\n').map((line) => line.trim().replace(/\s+/g, ' '))
  assert.equal([user, groups], [String(uid), 'deny'])
  assert.is(map, `${uid} ${uid} 1`)
  assert.is(gids, `${process.getegid?.()} ${process.getegid?.()} 1`)
})

inside('taps are made in order and carry frames out of the namespace', () => {
  const script = 'ip link set vde0 up && ip addr add 10.9.9.1/24 dev vde0 && ' +
    'ip neigh add 10.9.9.2 lladdr 02:00:00:00:00:02 dev vde0 && exec ping -c 1 -W 9 10.9.9.2 >&2'
  const child = started(native.spawn(spec(script, {
    namespaces: USER_NET, taps: ['vde0', 'vde1'], capabilities: CAP_NET_ADMIN | CAP_NET_RAW, fds: [-1, -1, -1]
  })))
  assert.is(child.taps.length, 2)
  const names: string[] = []
  assert.ok((native.tapInfo(child.taps[0], names) & 0x1002) === 0x1002)
  assert.is(names[0], 'vde0')
  native.tapInfo(child.taps[1], names)
  assert.is(names[0], 'vde1')
  assert.is(flagsOf(child.taps[0]) & 0o2004000, 0o2004000)
  const frame = new Uint8Array(2048)
  // IPv6 may speak first: look for the echo request.
  for (;;) {
    assert.is(native.poll(child.taps[0], IN, 10_000), IN)
    const got = native.read(child.taps[0], frame, 0, 2048)
    assert.ok(got > 0)
    if (frame[12] === 8 && frame[13] === 0 && frame[23] === 1) break
  }
  assert.equal(frame.subarray(26, 34), new Uint8Array([10, 9, 9, 1, 10, 9, 9, 2]))
  native.pidfdSignal(child.pidfd, SIGKILL)
  ended(child)
})

inside('300 taps need two messages', () => {
  const taps = Array.from({ length: 300 }, (_, i) => `t${i}`)
  // Deleted as a group inside: one by one, by closing them here, takes 19 ms each.
  const script = 'for n in $(seq 0 299); do echo link set t$n group 7; done | ip -batch - && ip link del group 7'
  const child = started(native.spawn(spec(script, { namespaces: USER_NET, taps, capabilities: CAP_NET_ADMIN, hold: true })))
  assert.is(new Set(child.taps).size, 300)
  const names: string[] = []
  for (const i of [0, 252, 253, 299]) {
    native.tapInfo(child.taps[i], names)
    assert.is(names[0], `t${i}`)
  }
  native.spawnRelease(child.hold)
  assert.is(ended(child), 0)
})

inside('a tap that cannot be made is named by its index', () => {
  assert.equal(failed(native.spawn(spec('', { namespaces: USER_NET, taps: ['a', 'b', 'a'] }))), ['tap', EBUSY, 2])
  assert.equal(failed(native.spawn(spec('', { namespaces: USER_NET, taps: ['lo'] }))), ['tap', EINVAL, 0])
})

inside('host name and resolv.conf change inside only', () => {
  inDirectory((dir) => {
    chmodSync(dir, 0o755)
    writeFileSync(join(dir, 'r'), 'nameserver 192.0.2.1\n')
    const outside = readFileSync('/etc/resolv.conf', 'latin1')
    assert.is(output('hostname; cat /etc/resolv.conf', {
      namespaces: CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS, hostname: 'inner', resolvConf: join(dir, 'r')
    }), 'inner\nnameserver 192.0.2.1')
    assert.is(readFileSync('/etc/resolv.conf', 'latin1'), outside)
    assert.equal(failed(native.spawn(spec('', {
      namespaces: CLONE_NEWUSER | CLONE_NEWNS, resolvConf: join(dir, 'none')
    }))), ['mount', ENOENT, 0])
  })
})

inside('a process namespace begins with the child', () => {
  assert.is(output('echo $$', { namespaces: CLONE_NEWUSER | CLONE_NEWPID }), '1')
})

inside('a program that cannot be run in joined namespaces is buried, whoever of the two processes speaks first', () => {
  const init = started(native.spawn({
    ...spec('exec sleep 100'),
    namespaces: CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS,
    ids: IDS_ROOT
  }))
  for (let i = 0; i < 200; i++) {
    assert.equal(failed(native.spawn(spec('', { file: './no-such-program', join: init.pidfd }))), ['exec', ENOENT, 0])
  }
  assert.is(native.pidfdSignal(init.pidfd, SIGKILL), 0)
  assert.is(ended(init), SIGKILL) // a dead one left in the namespace would hold it for ever
})

inside('capabilities survive the exec of an ordinary user, root keeps all', () => {
  const caps = (extra: Partial<SpawnSpec>): string =>
    /^CapEff:\s+(\w+)/m.exec(output('cat /proc/self/status', { namespaces: USER_NET, ...extra }))?.[1] ?? ''
  if (uid === 0) assert.match(caps({ capabilities: CAP_NET_ADMIN }), /^0*1?f+$/)
  else {
    assert.is(parseInt(caps({ capabilities: CAP_NET_ADMIN }), 16), CAP_NET_ADMIN)
    assert.is(parseInt(caps({}), 16), 0)
  }
})

if (uid !== 0) {
  inside('without namespaces there is nothing to raise and to name', () => {
    assert.equal(failed(native.spawn(spec('', { capabilities: CAP_NET_ADMIN }))), ['capabilities', EPERM, 0])
    assert.equal(failed(native.spawn(spec('', { hostname: 'x' }))), ['hostname', EPERM, 0])
    assert.equal(failed(native.spawn(spec('', { taps: ['x'] }))), ['tap', EPERM, 0])
    assert.equal(failed(native.spawn(spec('', { namespaces: CLONE_NEWNET }))), ['clone', EPERM, 0])
  })
} else {
  inside('all of it as an ordinary user', () => {
    const self = fileURLToPath(import.meta.url)
    const user = ['setpriv', '--reuid', '1001', '--regid', '1001', '--clear-groups']
    const node = [process.execPath, '--conditions=source', '--import', 'tsx', self]
    const { status, stdout, stderr } = spawnSync(user[0], [...user.slice(1), ...node], { encoding: 'utf8', timeout: 60_000 })
    assert.is(status, 0, stdout + stderr)
    assert.match(stdout, /Total: +23/)
  })
}
namespaces.run()
