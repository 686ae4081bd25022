import { mkdtempSync, openSync, closeSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native } from '@vde-ts/native'
import { NodeControl } from './control.ts'
import { idSource } from './ids.ts'
import { RunningNode } from './node.ts'
import { startNode } from './start.ts'

const dir = mkdtempSync(join(tmpdir(), 'lab-node-'))
const socket = join(dir, 'a.init')
const ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }

const open = async (): Promise<RunningNode | null> => {
  try {
    return new RunningNode('a', await startNode({ name: 'a', socket, dir, ids: idSource() }))
  } catch (error) {
    console.log(`skipped: ${(error as Error).message}`)
    return null
  }
}

const node = await open()
const nodes = suite('node')
const test = node === null ? nodes.skip : nodes

/** What a shell in the node prints. */
const shell = async (script: string): Promise<string> => {
  const path = join(dir, 'out')
  const out = openSync(path, 'w')
  const child = node!.run({ command: ['sh', '-c', script], cwd: dir, fds: [-1, out, out], env: ENV, pgid: -1 })
  closeSync(out)
  await child.exited
  return readFileSync(path, 'utf8').trim()
}

test('a program is root in a node of its own: name, processes, directory', async () => {
  assert.is(await shell('id -u; hostname; cat /etc/hostname; pwd; cat /proc/1/comm; test -w /run && test -w /tmp && echo private'),
    ['0', 'a', 'a', dir, 'a', 'private'].join('\n'))
})

test('an interface has its address, MTU, addresses and routes', async () => {
  const fd = await node!.tap('eth0', 1400)
  native.close(fd)
  await node!.setInterface('eth0', true, { mac: '02:00:00:00:00:01' })
  await node!.address('add', 'eth0', '192.0.2.1/24')
  await node!.address('add', 'eth0', 'fd00::1/64')
  await node!.route('add', null, '192.0.2.9')
  await node!.route('add', 'fd01::/48', 'fd00::2')
  assert.match(await shell('cat /sys/class/net/eth0/address /sys/class/net/eth0/mtu; ip -o route; ip -o -6 route'),
    /^02:00:00:00:00:01\n1400\ndefault via 192\.0\.2\.9[^]*fd01::\/48 via fd00::2/)
  await node!.address('remove', 'eth0', 'fd00::1/64')
  await node!.route('remove', null, '192.0.2.9')
  assert.not.match(await shell('ip -o addr; ip -o route'), /fd00::1|default/)
})

test('what cannot be is refused, naming the thing', async () => {
  const refused = async (action: Promise<unknown>, wanted: RegExp): Promise<void> => {
    const error = await action.then(() => null, (why: unknown) => why as Error)
    assert.match(String(error?.message), wanted)
  }
  await refused(node!.address('add', 'eth9', '192.0.2.7/24'), /eth9.*no such interface/)
  await refused(node!.address('add', 'eth0', '192.0.2.1/24'), /Cannot add address 192\.0\.2\.1\/24 at a:eth0: File exists/)
  await refused(node!.route('add', '198.51.100.0/24', '203.0.113.1'), /203\.0\.113\.1 in a: Network is unreachable/)
  await refused(node!.tap('much-too-long-a-name', 0), /a:much-too-long-a-name: invalid argument/)
  await refused(node!.sysctl('net/ipv4/no_such_thing', '1'), /no_such_thing/)
  assert.throws(() => node!.run({ command: ['no-such-program'], cwd: '/', fds: [], env: ENV, pgid: -1 }), /run "no-such-program": No such file/)
})

test('setgroups, which daemons call to drop privileges, succeeds', async () => {
  assert.is(await shell('setpriv --clear-groups true && echo ok'), 'ok')
})

test('another daemon finds the node by its socket, with its interfaces; its end ends everything in it', async () => {
  const found = new RunningNode('a', NodeControl.connect(socket, 'a'))
  assert.is(found.control.pid, node!.control.pid)
  assert.equal(await found.interfaces(), ['eth0'])
  const child = found.run({ command: ['sleep', '1000'], cwd: '/', fds: [-1, -1, -1], env: ENV, pgid: -1 })
  await node!.destroy()
  assert.is((await child.exited).signal, 'SIGKILL')
  await found.control.ended
  found.close()
  assert.throws(() => NodeControl.connect(socket, 'a'), /Cannot reach node "a": nobody listens/)
})

test('a request to a node that has ended is refused, and one that cannot be furnished leaves nothing', async () => {
  const late = await node!.interfaces().then(() => '', (error: Error) => error.message)
  assert.match(late, /Cannot list the interfaces of a: the node has ended/)
  const failed = await startNode({ name: 'b', socket: join(dir, 'b.init'), dir: join(dir, 'nowhere'), ids: idSource() })
    .then(() => '', (error: Error) => error.message)
  assert.match(failed, /Cannot furnish node "b": \/run and \/tmp: No such file/)
})

nodes.after(async () => {
  await node?.destroy()
  rmSync(dir, { recursive: true, force: true })
})

nodes.run()
