/** Radios in declared networks, by an ordinary user; the kernels of the nodes say who hears whom. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { LAB_NEEDS, LabUser, run, test, waitFor, type Scene } from './kit/index.ts'

const OURS = ['vdenet']

/** Nodes at these places, with addresses 10.0.0.1 on. */
const chain = (model: string, places: Readonly<Record<string, string>>, nodes = ''): string => [
  'vdenet: 1',
  'radios:',
  '  wifi:',
  `    model: ${model}`,
  `    nodes: { ${Object.entries(places).map(([name, at]) => `${name}: [${at}]`).join(', ')} }`,
  'nodes:',
  ...Object.keys(places).map((name, i) => `  ${name}: { if: { wlan0: { ip: [ 10.0.0.${i + 1}/24, "fd00::${i + 1}/64" ] } } }`),
  nodes
].join('\n') + '\n'

const THREE = { a: '0, 0', b: '20, 0', c: '40, 0' }

const applied = async (scene: Scene, text: string): Promise<LabUser> => {
  const user = new LabUser(scene)
  await user.must('apply', user.file('air.yaml', text))
  return user
}

const answers = async (user: LabUser, node: string, address: string, ...options: string[]): Promise<boolean> =>
  (await user.run(['exec', node, 'ping', '-c1', '-W1', ...options, address])).exit?.code === 0

interface Shown { readonly hearings: ReadonlyArray<{ mark: number, from: string, to: string, isOpen: boolean }> }

const shown = async (user: LabUser): Promise<Shown['hearings']> =>
  (JSON.parse(await user.must('radio', '--json', 'show')) as Shown[])[0]!.hearings

const open = (hearings: Shown['hearings']): string =>
  hearings.filter(({ isOpen }) => isOpen).map(({ mark, from, to }) => `${mark} ${from}>${to}`).join(' ')

test('a chain: neighbours hear each other, the ends do not; a move changes that', { needs: LAB_NEEDS, ours: OURS }, async (scene) => {
  const user = await applied(scene, chain('{ name: range, impair: "delay=5ms" }', THREE))
  assert.match(await user.must('radio', 'show'), new RegExp([
    'radio wifi: model range, policy drop', 'a 0,0; b 20,0; c 40,0', 'mark +from +to +frames +lost +quality',
    '1 +a +b .*delay=5ms', '1 +b +a .*delay=5ms', '2 +b +c .*delay=5ms', '2 +c +b .*delay=5ms\n$'
  ].join('\\s+')))
  assert.ok(await answers(user, 'a', '10.0.0.2'))
  assert.ok(await answers(user, 'b', 'fd00::3'))
  assert.ok(!await answers(user, 'a', '10.0.0.3'))
  const time = /time=([\d.]+)/.exec(await user.must('exec', 'a', 'ping', '-c1', '10.0.0.2'))
  assert.ok(Number(time?.[1]) >= 10, `5 ms each way: ${time?.[0]}`)
  await user.must('move', 'c', '-10,0')
  assert.equal(open(await shown(user)), '1 a>b 1 b>a 3 a>c 3 c>a')
  assert.ok(await answers(user, 'a', '10.0.0.3'))
  assert.ok(!await answers(user, 'b', '10.0.0.3'))
  assert.match(await user.must('status'), /1 step/)
  await user.must('apply', join(scene.path('air.yaml')))
  assert.equal(open(await shown(user)), '1 a>b 1 b>a 2 b>c 2 c>b', 'as the file says, under the marks that pairs have')
  await user.must('link', 'a', 'b', 'down')
  assert.ok(!await answers(user, 'a', '10.0.0.2'))
  await user.must('link', 'b', 'a', 'up')
  assert.ok(await answers(user, 'a', '10.0.0.2'))
  await user.must('stop')
  await user.isClean()
})

test('a broadcast reaches neighbours only, a unicast is overheard, nothing is passed on', { needs: [...LAB_NEEDS, 'tcpdump'], ours: OURS }, async (scene) => {
  const user = await applied(scene, chain('range', THREE))
  const sees = async (node: string) => {
    const capture = user.start(['exec', node, 'tcpdump', '-lnei', 'wlan0', 'arp or icmp'])
    await capture.says(/listening/, 5000, 'err')
    return capture
  }
  const [a, c] = [await sees('a'), await sees('c')]
  await user.must('exec', 'b', 'ping', '-c2', '-i0.2', '10.0.0.1')
  await c.says(/ICMP echo request, id \d+, seq 2/)
  assert.match(c.out, /10\.0\.0\.2 > 10\.0\.0\.1: ICMP echo request/, 'c overhears b')
  assert.doesNotMatch(c.out, /echo reply/, 'c is out of reach of a')
  assert.equal(c.out.match(/who-has 10\.0\.0\.1 tell 10\.0\.0\.2/g)?.length, 1, 'once, and not again from elsewhere')
  await a.says(/seq 2[^]*reply/)
  assert.equal(a.out.match(/who-has 10\.0\.0\.1 tell 10\.0\.0\.2/g)?.length, 1)
  await user.run(['exec', 'a', 'ping', '-c1', '-W1', '10.0.0.3'])
  await a.says(/who-has 10\.0\.0\.3 tell 10\.0\.0\.1/)
  await user.must('exec', 'b', 'ping', '-c1', '10.0.0.3')
  await c.says(/10\.0\.0\.2 > 10\.0\.0\.3/)
  assert.doesNotMatch(c.out, /tell 10\.0\.0\.1/, 'b passes nothing on')
  for (const one of [a, c]) await one.stop('SIGTERM')
})

test('each direction has its own loss and rate; management has none', { needs: [...LAB_NEEDS, 'tcpdump'], ours: OURS }, async (scene) => {
  const model = '{ name: range, directions: [ { from: b, to: a, impair: "loss=100%" } ] }'
  const text = chain(model, { a: '0, 0', b: '20, 0' }).replace('nodes:\n  a: { if: {', 'nets: { mgmt: }\nnodes:\n  a: { if: { mgmt: { net: mgmt, ip: 172.21.0.1/16 },')
    .replace('  b: { if: {', '  b: { if: { mgmt: { net: mgmt, ip: 172.21.0.2/16 },')
  const user = await applied(scene, text)
  const capture = user.start(['exec', 'b', 'tcpdump', '-lni', 'wlan0', 'arp'])
  await capture.says(/listening/, 5000, 'err')
  assert.ok(!await answers(user, 'a', '10.0.0.2'))
  await capture.says(/Request who-has 10\.0\.0\.2 tell 10\.0\.0\.1[^]*Reply/)
  await capture.stop('SIGTERM')
  assert.ok(await answers(user, 'a', '172.21.0.2'))
})

test('a hub: everybody hears everybody, a node is impaired; split radios stay apart', { needs: LAB_NEEDS, ours: OURS }, async (scene) => {
  const user = await applied(scene, `vdenet: 1
radios:
  all: { hub: true, if: hub0, nodes: { a: , b: { delay: 20ms }, c: } }
  ap: { model: fixed, if: ap0, nodes: { a: [0, 0], b: [9, 9] } }
nodes:
  a: { if: { hub0: { ip: 10.0.0.1/24 }, ap0: { ip: 10.1.0.1/24 } } }
  b: { if: { hub0: { ip: 10.0.0.2/24 }, ap0: { ip: 10.1.0.2/24 } } }
  c: { if: { hub0: { ip: 10.0.0.3/24 } } }
`)
  const ms = async (node: string, address: string): Promise<number> =>
    Number(/time=([\d.]+)/.exec((await user.must('exec', node, 'ping', '-c2', '-i0.2', address)).split('\n')[2]!)?.[1])
  const [toB, toC] = [await ms('a', '10.0.0.2'), await ms('a', '10.0.0.3')]
  assert.ok(toB >= 20, `20 ms on the way to b only: ${toB}`)
  assert.ok(toC < 20, `nothing on the way to c: ${toC}`)
  assert.ok(await answers(user, 'a', '10.1.0.2'))
  assert.match(await user.must('radio', 'show', 'all'), /^radio all: hub, policy accept\n {2}a; b delay=20ms; c\n$/)
  assert.match(await user.fails('move', 'c', '1,1'), /it has a position on no radio/)
})

test('a daemon that is killed: the radio comes back, and nothing is left in the end', { needs: LAB_NEEDS, ours: OURS }, async (scene) => {
  const user = await applied(scene, chain('range', THREE))
  const daemon = user.daemon()
  process.kill(daemon, 'SIGKILL')
  await waitFor(() => !user.daemonIs(daemon), 2000, 'end of the daemon')
  await user.must('list')
  assert.ok(await answers(user, 'a', '10.0.0.2'))
  assert.ok(!await answers(user, 'a', '10.0.0.3'))
  user.file('air.yaml', chain('range', { a: '0, 0', b: '20, 0' }))
  assert.match(await user.must('apply', scene.path('air.yaml')), /1 changed in place, 2 deleted/)
  assert.ok(await answers(user, 'a', '10.0.0.2'))
  await user.must('stop')
  await user.isClean()
})

test('bad radios are refused with their place, and nothing is started', { needs: LAB_NEEDS, ours: OURS }, async (scene) => {
  const user = new LabUser(scene)
  const cases: ReadonlyArray<readonly [text: string, said: RegExp]> = [
    [chain('rnage', THREE), /air\.yaml:4:12: radios\.wifi\.model: .*found "rnage".*want one of fixed, range/],
    [chain('{ name: linear, rate: "-1mbit" }', THREE), /air\.yaml:4:\d+: radios\.wifi\.model: .*-1mbit/],
    [chain('{ name: linear, range: 4 }', THREE), /air\.yaml:4:\d+: .*found range, want of linear only/],
    [chain('range', { a: '0, 1e99' }), /air\.yaml:5:\d+: radios\.wifi\.nodes\.a: .*want metres within/],
    [chain('range', THREE).replace('c: [', 'd: ['), /air\.yaml:5:\d+: radios\.wifi: nodes names node "d", which is not declared/],
    [chain('range', THREE).replace('wlan0: {', 'wlan0: { vnl: "null://",'), /interface wlan0.*it is on a VNL and on radio wifi|it is on a VNL and on radio wifi/]
  ]
  for (const [text, said] of cases) assert.match(await user.fails('apply', user.file('air.yaml', text)), said)
  await user.isClean()
})

run()
