/**
 * Many against few: floods, crowds that leave, memory, those who say nothing. The assertions of the benchmark's rows
 * ping-flood, ping-leave, memory.
 */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import {
  namespace, ours, ourSwitch, residentMemory, run, test, waitFor, within, type Network, type Proc, type Scene, type Shell
} from './kit/index.ts'

const NEEDS = ['native', 'userns', 'tun', 'ip', 'ping']
const OURS = ['vde_switch', 'vdens']
const LEAVERS = 1000
const CROWD = 1024
const MIB = 1 << 20
/** Memory is looked at after so many seconds of broadcasts, and after so many more. */
const WARM_SECONDS = 10
const MORE_SECONDS = 60

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The benchmark's many clients in one process. */
class Crowd {
  readonly #proc: Proc

  private constructor (proc: Proc) { this.#proc = proc }

  static async join (scene: Scene, net: Network, count: number): Promise<Crowd> {
    const loader = `${root}node_modules/tsx/dist/loader.mjs`
    const crowd = new Crowd(scene.start([process.execPath, '--conditions=source', '--import', loader, `${root}tools/bench/helpers/clients.ts`]))
    await crowd.ask({ op: 'join', vnl: `vde://${net.dir}`, count }, 60_000)
    return crowd
  }

  async ask (order: object, ms: number): Promise<void> {
    const from = this.#proc.out.length
    this.#proc.write(`${JSON.stringify(order)}\n`)
    await waitFor(() => this.#proc.out.indexOf('\n', from) >= 0, ms, 'answer of the crowd')
    assert.doesNotMatch(this.#proc.out.slice(from), /error/)
  }

  async leave (): Promise<void> {
    this.#proc.endInput()
    await this.#proc.ends()
  }
}

/** A switch, and two namespaces handed over to it. */
const scenery = async (scene: Scene): Promise<{ net: Network, a: Shell, b: Shell }> => {
  const net = await ourSwitch(scene, { user: true, args: ['-n', '1100'] })
  const [a, b] = [namespace(scene, ours('vdens'), [net.dir]), namespace(scene, ours('vdens'), [net.dir])]
  await a.address('10.99.0.1/24')
  await b.address('10.99.0.2/24')
  await a.ping('10.99.0.2')
  return { net, a, b }
}

/** Times of 300 pings, 10 ms apart, in ms and in order of length. None may be lost. */
const pings = async (shell: Shell): Promise<number[]> => {
  const out = await shell.must('ping -i 0.01 -c 300 -W 2 10.99.0.2', 30_000)
  const times = [...out.matchAll(/time=([\d.]+) ms/g)].map(([, ms]) => Number(ms)).sort((x, y) => x - y)
  assert.equal(times.length, 300, out.slice(-200))
  return times
}

test('three flooding ports do not hold up a ping between two others', { needs: NEEDS, ours: OURS, ms: 90_000 }, async (scene) => {
  const { net, a, b } = await scenery(scene)
  const crowd = await Crowd.join(scene, net, 4)
  const flood = crowd.ask({ op: 'flood', seconds: 8 }, 60_000)
  const times = await pings(a)
  await flood
  assert.ok(times[150]! < 3, `median ${times[150]} ms`)
  assert.ok(times[285]! < 10, `95th percentile ${times[285]} ms`)
  await crowd.leave()
  await a.end()
  await b.end()
})

test(`${LEAVERS} attached endpoints leave at once`, { needs: NEEDS, ours: OURS, ms: 90_000 }, async (scene) => {
  const { net, a, b } = await scenery(scene)
  const many = namespace(scene, ours('vdens'), ['--multi', ...new Array<string>(LEAVERS).fill(net.dir), '--'])
  await many.must('true', 60_000)
  const console = await net.console()
  const count = async (): Promise<number> => (await console.ask('port/print')).match(/endpoint ID/g)?.length ?? 0
  await waitFor(async () => await count() === LEAVERS + 2, 30_000, 'all endpoints')
  const pinging = pings(a)
  await many.proc.stop('SIGKILL')
  const times = await pinging
  assert.ok(times[299]! < 20, `longest ${times[299]} ms`)
  await waitFor(async () => await count() === 2, 30_000, 'end of the others')
  await a.end()
  await b.end()
})

test(`the memory of ${CROWD} busy ports stays`, { needs: ['native'], ours: ['vde_switch'], ms: 240_000 }, async (scene) => {
  const net = await ourSwitch(scene, { args: ['-n', '1100'] })
  const crowd = await Crowd.join(scene, net, CROWD)
  await crowd.ask({ op: 'broadcast', seconds: WARM_SECONDS }, 60_000)
  const before = residentMemory(net.proc.pid)
  await crowd.ask({ op: 'broadcast', seconds: MORE_SECONDS }, 120_000)
  const after = residentMemory(net.proc.pid)
  assert.ok(after < 90 * MIB, `${after / MIB} MiB`)
  assert.ok(after - before < 8 * MIB, `${before / MIB} MiB, then ${after / MIB}`)
  await within(crowd.leave(), 10_000, 'end of the crowd')
})

test('a connection that asks for nothing ends after 10 s', { ours: ['vde_switch'], ms: 30_000 }, async (scene) => {
  const net = await ourSwitch(scene)
  const began = performance.now()
  const ends = new Promise<number>((resolve) => {
    connect(`${net.dir}/ctl`).on('error', () => {}).on('close', () => { resolve(performance.now() - began) })
  })
  const ms = await within(ends, 20_000, 'end of the connection')
  assert.ok(ms > 9_500 && ms < 11_500, `${ms} ms`)
})

run()
