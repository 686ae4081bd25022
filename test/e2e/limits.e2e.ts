/** Limits on endpoints, and that no user keeps others out: of a switch of root's, several users. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { ourSwitch, ours, run, test, waitFor, type Network, type Proc, type Scene } from './kit/index.ts'

const OURS = ['vde_switch', 'vde_plug', 'unixcmd']
const OTHER = 1002
const MAX_PENDING = 256

/** A plug of a user, which joins or is refused. */
const plugOf = (scene: Scene, { dir }: Network, uid: number, port = ''): Proc => scene.start([
  '/usr/bin/setpriv', '--reuid', String(uid), '--regid', String(uid), '--clear-groups', ours('vde_plug'), `vde://${dir}${port}`
])

const endpoints = async (net: Network): Promise<number> => {
  const reply = await (await net.console()).ask('port/limits')
  return Number(/^Endpoints (\d+) /m.exec(reply)?.[1])
}

test('a user over his limit is refused with the reason in the log, others get in', { needs: ['root'], ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene, { args: ['-m', '666', '--limit', 'user=2', '--limit', 'port=1'] })
  for (const count of [1, 2]) {
    plugOf(scene, net, 1001)
    await waitFor(async () => await endpoints(net) === count, 5000, `endpoint ${count}`)
  }
  const third = plugOf(scene, net, 1001)
  assert.equal((await third.ends()).code, 1)
  await net.proc.says(/client of uid 1001 pid \d+ refused: Cannot plug in: the user has all 2 endpoints one may have/, 5000, 'err')
  plugOf(scene, net, OTHER)
  await waitFor(async () => await endpoints(net) === 3, 5000, 'the other user')
  const console = await net.console()
  assert.match(await console.ask('port/limits'), /^Endpoints 3 limit user 2 port 1 total \d+$/m)
  assert.match(await console.ask('port/limit user off'), /^1000/)
  plugOf(scene, net, 1001)
  await waitFor(async () => await endpoints(net) === 4, 5000, 'the third of the first')
  const [where] = /^Port 0001 [^]*?(?=^Port|^\.)/m.exec(await console.ask('port/print')) ?? ['']
  assert.match(where, /Current User/)
  assert.equal((await plugOf(scene, net, 1001, '[1]').ends()).code, 1)
  await net.proc.says(/Cannot plug into port 1: it has all 1 endpoints/, 5000, 'err')
})

test('connections that say nothing do not keep another user out', { needs: ['root'], ours: OURS }, async (scene) => {
  const net = await ourSwitch(scene, { args: ['-m', '666'] })
  // Of root's, twice as many as can wait; and meanwhile one request of another user.
  let ended = 0
  const silent = Array.from({ length: 2 * MAX_PENDING }, () => connect(`${net.dir}/ctl`).on('error', () => {}).on('close', () => { ended++ }))
  scene.atEnd(() => { for (const one of silent) one.destroy() })
  await waitFor(() => ended >= MAX_PENDING, 5000, 'the first silent ones to be turned away')
  plugOf(scene, net, 1001)
  await waitFor(async () => await endpoints(net) === 1, 5000, 'the other user')
})

run()
