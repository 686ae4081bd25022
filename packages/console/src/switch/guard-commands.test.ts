import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeBench } from '../testing.ts'

const test = suite('commands of guards')

const OFF = 'maxmacs - sticky 0 isolate 0 storm broadcast - multicast - unknown - rate in - out - reserved none dhcpguard 0 raguard 0 bound -'

for (const [lines, want] of [
  ['port/guards', `Port 0003 ${OFF}`],
  ['port/maxmacs 3 2', `Port 0003 ${OFF.replace('maxmacs -', 'maxmacs 2')}`],
  ['port/maxmacs 3 2;port/maxmacs 3 off', `Port 0003 ${OFF}`],
  ['port/sticky 3 1;port/isolate 3 7', `Port 0003 ${OFF.replace('sticky 0 isolate 0', 'sticky 1 isolate 7')}`],
  ['port/storm 3 broadcast 100f;port/storm 3 unknown 1M/5k', `Port 0003 ${OFF.replace('broadcast - multicast - unknown -', 'broadcast 100f/10 multicast - unknown 1M/5k')}`],
  ['port/storm 3 all 1M;port/storm 3 multicast off', `Port 0003 ${OFF.replace('broadcast - multicast - unknown -', 'broadcast 1M/100k multicast - unknown 1M/100k')}`],
  ['port/rate 3 in 10M;port/rate 3 out 1G', `Port 0003 ${OFF.replace('in - out -', 'in 10M/1M out 1G/100M')}`],
  ['port/rate 3 in 10M;port/rate 3 in off', `Port 0003 ${OFF}`],
  ['port/reserved 3 standard', `Port 0003 ${OFF.replace('none', 'standard')}`],
  ['port/dhcpguard 3 1;port/raguard 3 1', `Port 0003 ${OFF.replace('dhcpguard 0 raguard 0', 'dhcpguard 1 raguard 1')}`],
  ['port/bind 3 2:0:0:0:0:A 10.0.0.1 fe80::1;port/bind 3 02:00:00:00:00:0b', `Port 0003 ${OFF.replace('bound -', 'bound 02:00:00:00:00:0a,10.0.0.1,fe80::1 02:00:00:00:00:0b')}`],
  ['port/bind 3 2:0:0:0:0:a;port/bind 3 02:00:00:00:00:0b;port/unbind 3 2.0.0.0.0.a', `Port 0003 ${OFF.replace('bound -', 'bound 02:00:00:00:00:0b')}`],
  ['port/bind 3 2:0:0:0:0:a;port/unbind 3', `Port 0003 ${OFF}`],
  ['port/reserved 3 e,0,2', `Port 0003 ${OFF.replace('none', '0,2,e')}`]
] as const) {
  test(lines, () => {
    const bench = makeBench()
    bench.plug(3)
    for (const line of lines.split(';')) assert.match([...bench.console.execute(line, null)].join(''), /1000 Success\n$/, line)
    assert.is([...bench.console.execute('port/guards', null)].join('').split('\n')[1], want)
    const [json] = JSON.parse([...bench.console.execute('port/guards 3 --json', null)].join('').split('\n')[1]!) as [{ port: number }]
    assert.equal(json, { port: 3, ...bench.sw.guards.settings(3), refused: {} })
    bench.close()
  })
}

test('port/guards tells what was refused', () => {
  const bench = makeBench()
  const endpoint = bench.plug(3)
  bench.sw.guards.configure(3, { maxAddresses: 0 })
  const frame = new Uint8Array(64 + 60).fill(0xff, 64, 70)
  for (let i = 0; i < 2; i++) endpoint.onFrame(frame, 64, 60)
  assert.match([...bench.console.execute('port/guards 3', null)].join(''), /maxmacs 0 .*\n refused: addresses 2\n\.\n1000/)
  assert.match([...bench.console.execute('port/guards 3 --json', null)].join(''), /"refused":\{"addresses":2\}/)
  bench.close()
})

for (const line of [
  'port/maxmacs 3', 'port/maxmacs 3 -1', 'port/sticky 3', 'port/isolate 3 70000', 'port/storm 3 all', 'port/storm 3 some 1M', 'port/storm 3 constructor 1M',
  'port/rate 3 in 0', 'port/rate 3 up 1M', 'port/rate 3 in fast', 'port/reserved 3 10', 'port/reserved 3 ,',
  'port/bind 3 x', 'port/bind 3 02:00:00:00:00:0a 10.0.0.256', 'port/bind 3 02:00:00:00:00:0a ::1::', 'port/dhcpguard 3'
]) {
  test(`${line} is refused`, () => {
    const bench = makeBench()
    bench.plug(3)
    assert.is([...bench.console.execute(line, null)].join(''), '1022 Invalid argument\n')
    assert.match([...bench.console.execute('port/guards', null)].join(''), OFF)
    bench.close()
  })
}

test.run()
