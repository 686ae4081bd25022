/** What changes the process runs in one of its own. */
import { execFileSync } from 'node:child_process'
import { constants } from 'node:os'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native } from './index.ts'
import { closeAll, runScript } from './testing.ts'

const { EAGAIN, ECHILD, EINVAL, ENOENT, EPERM, ESRCH } = constants.errno

const processes = suite('native processes')

processes('getpgid, getsid, setpgid, kill', () => {
  assert.is(native.getpgid(0), native.getpgid(process.pid))
  assert.is(native.getsid(0), native.getsid(process.pid))
  assert.is(native.kill(process.pid, 0), 0)
  assert.is(native.kill(0x3fffffff, 0), -ESRCH)
  assert.is(native.getpgid(0x3fffffff), -ESRCH)
  assert.is(native.setpgid(process.pid, 1), -EPERM)
  assert.is(native.kill(process.pid, 999), -EINVAL)
})
processes('pidfdOpen of what is no child can be signalled, not waited for', () => {
  const fd = native.pidfdOpen(process.pid)
  assert.is(native.pidfdSignal(fd, 0), 0)
  assert.is(native.pidfdWait(fd), -ECHILD)
  closeAll(fd)
  assert.is(native.pidfdOpen(0x3fffffff), -ESRCH)
})
processes('a child of Node is waited for by its pidfd', () => {
  const { out } = runScript(`
    const child = require('child_process').spawn('sleep', ['100'])
    const fd = native.pidfdOpen(child.pid)
    console.log(native.pidfdWait(fd)); native.kill(child.pid, 9)
    console.log(native.poll(fd, 1, 5000), native.pidfdWait(fd)); process.exit()`)
  assert.is(out, `-${EAGAIN}\n1 9\n`)
})
processes('setProcessName shows in comm, cut to 15 octets', () => {
  const name = 'native.setProcessName'
  assert.is(runScript(`console.log(${name}('vde_switch')); console.log(require('fs').readFileSync('/proc/self/comm', 'latin1'));
    ${name}('a-name-that-is-longer'); console.log(require('fs').readFileSync('/proc/self/comm', 'latin1'))`).out,
  '0\nvde_switch\n\na-name-that-is-\n\n')
})
processes('umask answers the former mask', () => {
  assert.is(runScript('console.log(native.umask(0o27).toString(8) !== "27", native.umask(0o77).toString(8))').out, 'true 27\n')
})
processes('setsid: a session of its own, once', () => {
  assert.is(runScript('console.log(native.setsid() === process.pid, native.getsid(0) === process.pid, native.setsid())').out,
    `true true -${EPERM}\n`)
})
for (const [name, number] of [['SIGTERM', 15], ['SIGINT', 2], ['SIGKILL', 9], ['SIGPIPE', 13], ['SIGXFSZ', 25]] as const) {
  processes(`raiseDefault ends the process by ${name}, caught or ignored`, () => {
    const caught = name === 'SIGKILL' ? '' : `process.on('${name}', () => {});`
    const { signal, out } = runScript(`${caught} native.raiseDefault(${number}); setTimeout(() => console.log('alive'), 10000)`)
    assert.equal([signal, out], [name, ''])
  })
}
processes('ignoreSignal holds for us and for children of spawn', () => {
  const { out, status } = runScript(`
    console.log(native.ignoreSignal(1), native.ignoreSignal(99), native.ignoreSignal(9)); process.kill(process.pid, 'SIGHUP')
    const c = native.spawn({ file: 'sh', argv: ['sh', '-c', 'kill -HUP $$; exit 5'], env: ['PATH=/bin:/usr/bin'], fds: [-1, -1, -1] })
    native.poll(c.pidfd, 1, 5000); console.log(native.pidfdWait(c.pidfd) >> 8)`)
  assert.equal([out, status], [`0 -${EINVAL} -${EINVAL}\n5\n`, 0])
})
processes('noteOrigin tells kill(2) from the kernel\'s signals', () => {
  const { out } = runScript(`
    console.log(native.noteOrigin(12), native.isFromKernel(12))
    let seen = 0
    process.on('SIGUSR2', () => { console.log('handled', native.isFromKernel(12)); clearInterval(hold) })
    const hold = setInterval(() => {}, 1000)
    console.log(native.noteOrigin(12), native.noteOrigin(12), native.noteOrigin(0), native.isFromKernel(-1)); native.kill(process.pid, 12)`)
  assert.is(out, `-${EINVAL} 0\n0 0 -${EINVAL} 0\nhandled 0\n`)
})
processes('exitNow ends without a word', () => {
  const { status, out } = runScript('process.on("exit", () => console.log("hook")); native.exitNow(9)')
  assert.equal([status, out], [9, ''])
})
processes.run()

const accounts = suite('native accounts')
const getent = (database: string, key: string): string[] =>
  execFileSync('getent', [database, key], { encoding: 'utf8' }).trim().split(':')

accounts('root by name and by number, as getent shows it', () => {
  const [name, , uid, gid, , home, shell] = getent('passwd', 'root')
  const want = { name, uid: Number(uid), gid: Number(gid), home, shell }
  assert.equal(native.userByName('root'), want)
  assert.equal(native.userById(0), want)
})
accounts('nobody of that name or number', () => {
  assert.is(native.userByName('no-such-user'), null)
  assert.is(native.userById(4_000_000_000), null)
  assert.is(native.userByName(''), null)
  assert.is(native.groupByName('no-such-group'), -ENOENT)
  assert.is(native.groupById(4_000_000_000), null)
})
accounts('groups by name and by number', () => {
  const [name, , gid] = getent('group', 'daemon')
  assert.is(native.groupByName(name), Number(gid))
  assert.is(native.groupById(Number(gid)), name)
})
accounts('groupsOf holds the group given and those of the database', () => {
  const want = execFileSync('id', ['-G', 'root'], { encoding: 'utf8' }).trim().split(' ').map(Number)
  assert.equal(new Set(native.groupsOf('root', 0)), new Set(want))
  assert.ok(native.groupsOf('no-such-user', 4242).includes(4242))
})
accounts('strerror is that of the C locale', () => {
  assert.equal([0, 2, 22, 9999].map(native.strerror),
    ['Success', 'No such file or directory', 'Invalid argument', 'Unknown error 9999'])
  assert.is(runScript('console.log(native.strerror(2))', ['env', 'LC_ALL=de_DE.UTF-8']).out, 'No such file or directory\n')
})
accounts('syslog takes any text', () => {
  // Nobody may listen at /dev/log; what counts is that neither formats nor length do harm.
  native.openlog('vde-native-test')
  native.openlog('vde-native-test-again')
  native.syslog(6, '%s%n%d')
  native.syslog(6, 'x'.repeat(4000))
  assert.throws(() => native.syslog(6, 'x'.repeat(5000)), RangeError)
})
accounts.run()
