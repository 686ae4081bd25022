/** What bad links do to TCP, and 20 000 frames against the C wirefilter: minutes, with figures. */
import assert from 'node:assert/strict'
import { seeded } from '../../packages/frame/src/testing.ts'
import { Numbered, VirtualWorld, bench } from '../../packages/impair/src/testing.ts'
import { fixed } from '../../packages/impair/src/value.ts'
import { compareLaws, namespace, ours, ourSwitch, peer, run, tcpMbit, test, type Scene, type Shell } from './kit/index.ts'

const N = 1_000_000

test('a million frames by chance on a line half used: departures, and the mean wait of Pollaczek and Khinchin', { ms: 120_000 }, async () => {
  const [octets, service, load] = [500, 500_000, 0.5] // nanoseconds at 10^6 octets a second
  const world = new VirtualWorld()
  const { link } = bench({ rate: fixed(1e6) }, {}, world)
  const random = seeded(9)
  const frame = new Numbered(octets)
  const came = new Float64Array(N)
  let left = 0
  let last = -Infinity
  let waited = 0
  link.connect({
    offload: false,
    maxFrame: 9000,
    label: '',
    send () {
      // To the nanosecond: when the line was free, or the frame came, and its own time on it.
      assert.ok(Math.abs(world.time - Math.max(last, came[left]!) - service) < 1, `frame ${left}`)
      waited += world.time - came[left++]! - service
      last = world.time
      return true
    },
    pause () {},
    resume () {},
    close () {}
  })
  for (let i = 0, time = 0; i < N; i++) {
    time += -Math.log((random.int(2 ** 30) + 0.5) / 2 ** 30) * service / load
    world.runUntil(time)
    came[i] = time
    frame.send(link, i)
  }
  world.drain()
  const mean = waited / N / service
  const wanted = load / (2 * (1 - load))
  console.log(`    mean wait ${mean.toFixed(4)} of a frame's time, ${wanted} wanted`)
  assert.equal(left, N)
  assert.ok(Math.abs(mean / wanted - 1) < 0.02, `${mean}`)
})

const SUITE = { ours: ['vde_switch', 'vdens'], needs: ['tun', 'userns', 'ip', 'ping', 'iperf3'], ms: 180_000 }

/** Three namespaces on a switch, the first behind a bad link. */
const pair = async (scene: Scene, words: string): Promise<{ a: Shell, b: Shell, c: Shell }> => {
  const { dir } = await ourSwitch(scene, { user: true })
  const a = namespace(scene, ours('vdens'), [`impair://[${words}]{vde://${dir}}`])
  const [b, c] = [namespace(scene, ours('vdens'), [dir]), namespace(scene, ours('vdens'), [dir])]
  for (const [i, shell] of [a, b, c].entries()) await shell.address(`10.0.0.${i + 1}/24`)
  for (const address of ['10.0.0.2', '10.0.0.3']) await a.ping(address)
  return { a, b, c }
}

for (const mbit of [1, 10, 100, 1000]) {
  test(`rate=${mbit}mbit: a TCP receiver gets that within 1 %, but for the headers`, SUITE, async (scene) => {
    const net = await ourSwitch(scene, { user: true })
    const [a, b] = [namespace(scene, ours('vdens'), [`${net.dir}[1]`]), namespace(scene, ours('vdens'), [`${net.dir}[2]`])]
    await a.address('10.0.0.1/24')
    await b.address('10.0.0.2/24')
    await a.ping('10.0.0.2')
    // The start of a stream loses little or nothing, and the line is never idle: segments behind a hole reach the program
    // all at once, 14 of them are 1.4 % of five seconds at 1 Mbit/s.
    const octets = Math.max(1_500_000, mbit * 1e6 / 8 * 0.05)
    assert.match(await (await net.console()).ask(`port/impair 1 in rate=${mbit}mbit queue=${octets}B`), /^1000 /)
    const share = await tcpMbit(a, b, '10.0.0.2', 5) / (mbit * 1448 / 1514)
    console.log(`    ${share.toFixed(4)} of the rate`)
    assert.ok(Math.abs(share - 1) < 0.01, `${share} of the rate`)
  })
}

test('100 ms, 20 Mbit/s, 0.1 % loss: goodput within a factor two of MSS / RTT x 1.22 / sqrt(p)', SUITE, async (scene) => {
  const { a, b } = await pair(scene, 'delay=50ms/rate=20mbit/out.loss=0.1%/seed=1')
  const mbit = await tcpMbit(a, b, '10.0.0.2', 60)
  const wanted = 1448 * 8 / 0.1 * 1.22 / Math.sqrt(0.001) / 1e6
  console.log(`    ${mbit.toFixed(2)} Mbit/s, ${wanted.toFixed(2)} by the formula`)
  assert.ok(mbit > wanted / 2 && mbit < wanted * 2, `${mbit}`)
})

const RTT_MS = 100

/** What the queue adds to the median of pings, in ms, whose answers share the way of a stream once that has settled. */
const sojourn = async ({ a, b, c }: { a: Shell, b: Shell, c: Shell }): Promise<number> => {
  const [, out] = await Promise.all([tcpMbit(a, b, '10.0.0.2', 24), c.must('sleep 8; ping -i 0.05 -c 240 10.0.0.1 || true', 40_000)])
  const times = [...out.matchAll(/time=([\d.]+) ms/g)].map(([, ms]) => Number(ms)).sort((x, y) => x - y)
  return (times[times.length >> 1] ?? NaN) - RTT_MS
}

for (const [words, isShort] of [['aqm=codel', true], ['queue=1000frames', false]] as const) {
  test(`100 ms, 10 Mbit/s with ${words}: the queue is ${isShort ? 'short' : 'long'}`, SUITE, async (scene) => {
    const ms = await sojourn(await pair(scene, `delay=${RTT_MS / 2}ms/out.rate=10mbit/out.${words}`))
    console.log(`    median sojourn ${ms.toFixed(1)} ms`)
    assert.ok(isShort ? ms < 10 : ms > 200, `${ms} ms`)
  })
}

test('against the C program: 20 000 frames, delays and runs of loss', { ours: ['wirefilter'], needs: ['wirefilter'], ms: 120_000 }, async (scene) => {
  const { delays, runs } = await compareLaws(scene, [ours('wirefilter'), peer('wirefilter')], 20_000)
  console.log(`    Kolmogorov-Smirnov: delays p = ${delays.toFixed(3)}, runs of loss p = ${runs.toFixed(3)}`)
  assert.ok(delays > 0.01 && runs > 0.01, `delays p = ${delays}, runs p = ${runs}`)
})

run()
