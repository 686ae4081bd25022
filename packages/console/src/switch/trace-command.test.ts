import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeBench, type Bench } from '../testing.ts'

interface World { bench: Bench }

const test = suite<World>('port/trace')
test.before.each((world) => {
  world.bench = makeBench()
  for (const port of [1, 2, 3]) world.bench.plug(port)
})
test.after.each(({ bench }) => {
  bench.close()
  assert.equal(bench.defects, [])
})

const run = ({ console }: Bench, line: string): string => [...console.execute(line, null)].join('')
const BODY = '88b5' + '00'.repeat(46)
const TO_B = '020000000002020000000001'

test('says VLAN, addresses, and each port with its form', ({ bench }) => {
  bench.sw.vlan.configure(3, { pvid: 4095, untagged: 4095, tagged: [0], admits: 'tagged' })
  assert.is(run(bench, `port/trace 1 ${TO_B} ${BODY}`), [
    "0000 DATA END WITH '.'",
    'Port 0001 02:00:00:00:00:01 > 02:00:00:00:00:02 type 88b5, 60 octets',
    ' belongs to: VLAN 0000 by the port, where the port is Forwarding',
    ' source: learnt at port 0001',
    ' destination: not in the table',
    ' to Port 0002 untagged, 60 octets, endpoint 0002',
    ' to Port 0003 tagged 0, 64 octets, endpoint 0003',
    '.',
    '1000 Success',
    ''
  ].join('\n'))
})

test('says why a frame is lost', ({ bench }) => {
  bench.sw.hash.add(0x0200, 2, 0, 1)
  assert.match(run(bench, `port/trace 1 ${TO_B}${BODY}`),
    ' destination: at port 0001 age 0 secs static\n lost at Port 0001: its destination is behind the port it comes from (filtered)\n')
  assert.match(run(bench, `port/trace 1 ${TO_B}81000005${BODY}`),
    ' belongs to: VLAN 0005 by its tag, which is not defined\n source: not learnt\n destination: not in the table\n lost at Port 0001: the port is no member')
  bench.sw.setHub(true)
  assert.match(run(bench, `port/trace 1 ${TO_B}${BODY}`), ' belongs to: the hub, which looks at nothing\n to Port 0002')
})

test('as JSON', ({ bench }) => {
  const [, text] = run(bench, `port/trace 1 ${TO_B}${BODY} --json`).split('\n')
  const place = { port: 1, isHub: false, vlan: 0, isTagged: false, isOpaque: false, state: 'Forwarding' }
  const addresses = { learning: 'new', source: null, destination: null, destinationKind: 'unicast' }
  const way = { isMirror: false, isImpaired: false, isShaped: false, frame: TO_B + BODY }
  const egress = [2, 3].map((port) => ({ port, ...way, endpoints: [port] }))
  assert.equal(JSON.parse(text!), { ...place, ...addresses, isForTree: false, drops: [], egress })
})

for (const [line, status] of [
  ['port/trace', 1022], ['port/trace 1', 1022], ['port/trace 1 0200', 1022], ['port/trace 1 zz', 1022],
  [`port/trace 9 ${TO_B}${BODY}`, 1006], [`port/trace 99 ${TO_B}${BODY}`, 1022]
] as const) {
  test(`"${line.slice(0, 20)}" is ${status}`, ({ bench }) => { assert.match(run(bench, line), `.\n${status} `) })
}

test.run()
