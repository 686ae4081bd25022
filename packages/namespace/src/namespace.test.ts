import { readFileSync, readdirSync, rmSync, mkdtempSync, openSync, closeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native } from '@vde-ts/native'
import { within } from '@vde-ts/link/testing.js'
import { startNamespace, type NamespaceOptions } from './namespace.ts'
import { exitStatus, type ExitStatus, type Namespace } from './running.ts'

const DEADLINE_MS = 5000
/** Namespaces may be forbidden where units are tested (a container); what they do is then shown end to end elsewhere. */
const isAllowed = ((): boolean => {
  try {
    startNamespace({ command: ['true'] }).close()
    return true
  } catch (error) {
    console.log(`skipped: ${(error as Error).message}`)
    return false
  }
})()

const end = async (namespace: Namespace): Promise<ExitStatus> => await within(DEADLINE_MS, namespace.exited, 'the end of the command')

/** Runs a shell line inside; its output goes through a file. */
const output = async (line: string, options: Omit<NamespaceOptions, 'command'> = {}): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'namespace-test-'))
  const path = join(folder, 'out')
  const fd = openSync(path, 'w')
  try {
    const namespace = startNamespace({ ...options, command: ['/bin/sh', '-c', line], fds: [-1, fd, 2] })
    namespace.release()
    assert.equal(await end(namespace), { code: 0, signal: 0 })
    return readFileSync(path, 'utf8')
  } finally {
    closeSync(fd)
    rmSync(folder, { recursive: true })
  }
}

const status = suite('exitStatus')
status('reads code and signal', () => {
  assert.equal(exitStatus(7 << 8), { code: 7, signal: 0 })
  assert.equal(exitStatus(9), { code: 0, signal: 9 })
})
status.run()

const run = suite('startNamespace')

run('the command waits for release, then its status comes', async () => {
  const namespace = startNamespace({ command: ['sh', '-c', 'exit 7'] })
  assert.is(readFileSync(`/proc/${namespace.pid}/stat`, 'latin1').includes('(sh)'), false)
  namespace.release()
  assert.equal(await end(namespace), { code: 7, signal: 0 })
  namespace.signal(15) // harmless now
})

run('a signal ends it', async () => {
  const namespace = startNamespace({ command: ['sleep', '60'] })
  namespace.release()
  namespace.signal(15)
  assert.equal(await end(namespace), { code: 0, signal: 15 })
})

run('close without release leaves nobody', async () => {
  const namespace = startNamespace({ command: ['true'] })
  namespace.close()
  namespace.close()
  await end(namespace)
  assert.is(native.kill(namespace.pid, 0), -3)
})

run('a signal while it waits is no failure of release', async () => {
  const namespace = startNamespace({ command: ['true'] })
  namespace.signal(15)
  await end(namespace)
  namespace.release()
})

run('a command that is not there is ENOENT', async () => {
  const namespace = startNamespace({ command: ['no-such-command'], env: { PATH: '/bin' } })
  assert.throws(() => { namespace.release() }, (error: { code: string }) => error.code === 'ENOENT')
  assert.is((await end(namespace)).code, 127)
})

run('inside are hostname, resolv.conf and environment as asked for, and no private file is left', async () => {
  const before = readdirSync(tmpdir()).filter(name => name.startsWith('vdens-'))
  const text = await output('hostname; cat /etc/resolv.conf; echo $A', {
    hostname: 'inside', resolvAddresses: ['192.0.2.7'], env: { PATH: process.env['PATH'], A: 'b', UNSET: undefined }
  })
  assert.is(text, 'inside\nnameserver 192.0.2.7\nb\n')
  assert.equal(readdirSync(tmpdir()).filter(name => name.startsWith('vdens-')), before)
})

run('no descriptor but those given is inside', async () => {
  const held = openSync('/etc/passwd', 'r')
  const text = await output('ls /proc/self/fd')
  closeSync(held)
  assert.is(text, '0\n1\n2\n3\n') // 3 is the directory that ls reads
})

run('what cannot be made is refused before anything is started', () => {
  assert.throws(() => startNamespace({ command: ['true'], interfaces: ['a name'] }), /name an interface "a name"/)
  assert.throws(() => startNamespace({ command: ['true'], hostname: 'x'.repeat(65) }), /65 octets/)
  assert.throws(() => startNamespace({ command: ['true'], cwd: '/no/such' }), /change directory to "\/no\/such"/)
})

if (isAllowed) run.run()
