import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isCommand } from '../command.ts'
import { eventJson, eventLine, type PublishedEvent } from '../events.ts'
import { makeBench, type Bench } from '../testing.ts'

interface World { bench: Bench }

const test = suite<World>('switch console')
test.before.each((world) => { world.bench = makeBench() })
test.after.each(({ bench }) => {
  bench.close()
  assert.equal(bench.defects, [])
})

const run = ({ console }: Bench, line: string): string => [...console.execute(line, { onEvent () {} })].join('')

/** Data lines and status in short: `a|b|1000`, without data: `1000`. */
const short = (bench: Bench, line: string): string => {
  const reply = run(bench, line)
  const status = /1(\d{3}) .*\n$/.exec(reply)?.[0].slice(0, 4) ?? ''
  const block = /^0000 DATA END WITH '\.'\n([^]*?)\.\n1\d{3} .*\n$/.exec(reply)
  return block === null ? reply.replace(/^(1\d{3}) .*\n$/, '$1') : `[${block[1].replace(/\n/g, '|')}]${status}`
}

const IDLE = ' Current User: NONE Access Control: (User: NONE - Group: NONE)|' +
  ' IN:  pkts          0          bytes                    0| OUT: pkts          0          bytes                    0|'

/** Each row is a session of its own: the lines before the last are set-up. */
const ROWS: ReadonlyArray<readonly [lines: string, reply: string]> = [
  ['ds/showinfo', '[ctl dir /run/sw|std mode 0600|]1000'],
  ['plugin/list', '[NAME                   HELP|------------           ----|]1002'],
  ['plugin/add nosuch', '1002'],
  ['plugin/add', '1022'],
  ['plugin/del nosuch', '1002'],
  ['hash/showinfo', '[Hash size 128|GC interval 2 secs|GC expire 100 secs|Min persistence 3 secs|]1000'],
  ['hash/setsize 100;hash/showinfo', '[Hash size 128|GC interval 2 secs|GC expire 100 secs|Min persistence 3 secs|]1000'],
  ['hash/setsize 0', '1022'],
  ['hash/setsize', '1022'],
  ['hash/setsize 2000000000', '1022'],
  ['hash/setgcint -1', '1000'],
  ['hash/setexpire 5;hash/setgcint 7;hash/setminper 9;hash/showinfo', '[Hash size 128|GC interval 7 secs|GC expire 5 secs|Min persistence 9 secs|]1000'],
  ['hash/print', '[]1000'],
  ['hash/find', '[]1022'],
  ['hash/find zz', '[]1022'],
  ['hash/find 0200.0000.0001', '[]1022'],
  ['hash/find 00:11:22:33:44:55', '[]1019'],
  ['port/create 1;hash/add 02:00:00:00:00:01 1;hash/find 2.0.0.0.0.1', '[Hash: 0043 Addr: 02:00:00:00:00:01 VLAN 0000 to port: 001  age 0 secs static|]1000'],
  ['port/create 1;vlan/create 5;hash/add 02:00:00:00:00:01 1 5;hash/print', '[Hash: 0108 Addr: 02:00:00:00:00:01 VLAN 0005 to port: 001  age 0 secs static|]1000'],
  ['hash/add 02:00:00:00:00:01 1', '1006'],
  ['port/create 1;hash/add 03:00:00:00:00:01 1', '1022'],
  ['port/create 1;hash/add 02:00:00:00:00:01 1;hash/del 02:00:00:00:00:01;hash/print', '[]1000'],
  ['hash/del 02:00:00:00:00:01', '1019'],
  ['fstp/showinfo', '[MAC 00:ff:01:02:03:04 Priority 32768 (0x8000)|FSTP=false|]1000'],
  ['fstp/setfstp 0', '[]1000'],
  ['fstp/setfstp 1', '[]1000'],
  ['fstp/setfstp 1;fstp/showinfo', '[MAC 00:ff:01:02:03:04 Priority 32768 (0x8000)|FSTP=true|]1000'],
  ['fstp/setfstp 1;port/sethub 1;fstp/showinfo', '[MAC 00:ff:01:02:03:04 Priority 32768 (0x8000)|FSTP=false|]1000'],
  ['fstp/bridge priority 4097;fstp/showinfo', '[MAC 00:ff:01:02:03:04 Priority 4097 (0x1001)|FSTP=false|]1000'],
  ['fstp/bridge priority 65536', '1022'],
  ['fstp/bridge times 1 6 4', '1000'],
  ['fstp/bridge times 2 20 10', '1022'],
  ['fstp/bridge hold 11', '1022'],
  ['fstp/bridge recovery 0', '1000'],
  ['fstp/bridge __proto__ 1', '1022'],
  ['fstp/mode stp', '1000'],
  ['fstp/mode mstp', '1022'],
  ['fstp/port 1 cost 100', '1000'],
  ['fstp/port 1 cost 10G', '1000'],
  ['fstp/port 1 cost auto', '1000'],
  ['fstp/port 1 cost 0', '1022'],
  ['fstp/port 1 priority 16', '1000'],
  ['fstp/port 1 priority 17', '1022'],
  ['fstp/port 1 edge on', '1000'],
  ['fstp/port 1 p2p maybe', '1022'],
  ['fstp/port 1 guard root', '1000'],
  ['fstp/port 1 guard', '1022'],
  ['fstp/port 1 restart', '1000'],
  ['fstp/port 99 restart', '1022'],
  ['fstp/port 99 edge on', '1022'],
  ['fstp/port 1 toString 1', '1022'],
  ['port/sethub 1;fstp/setfstp 1', "[Can't use fstp in hub mode|]1000"],
  ['fstp/setedge 0 1 1', '1000'],
  ['fstp/setedge 0 1', '1022'],
  ['fstp/setedge 9 1 1', '1006'],
  ['fstp/setedge 0 99 1', '1022'],
  ['fstp/setedge 5000 1 1', '1022'],
  ['fstp/bonus 0 1 -5', '1000'],
  ['fstp/bonus 9 1 1', '1006'],
  ['fstp/print', '[FST DATA VLAN 0000 ROOTSWITCH FSTP IS DISABLED| ++ root 80:00:00:ff:01:02:03:04| ++ designated ff:ff:ff:ff:ff:ff:ff:ff|' +
    ' ++ rootport 0000 cost 0 age 7 bonusport 0000 bonuscost 0|]1000'],
  ['fstp/bonus 0 3 500;fstp/setfstp 1;fstp/print 0', '[FST DATA VLAN 0000 ROOTSWITCH | ++ root 80:00:00:ff:01:02:03:04|' +
    ' ++ designated ff:ff:ff:ff:ff:ff:ff:ff| ++ rootport 0000 cost 0 age 0 bonusport 0003 bonuscost 500|' +
    '    bridge 80:00:00:ff:01:02:03:04 mode rstp hello 2 maxage 20 forward 15 hold 6|]1000'],
  ['fstp/print 9', '[]1006'],
  ['fstp/print 9999', '[]1022'],
  ['port/showinfo', '[Numports=32|HUB=false|counters=true|]1000'],
  ['port/sethub 1;port/showinfo', '[Numports=32|HUB=true|counters=true|]1000'],
  ['port/setnumports 40;port/showinfo', '[Numports=40|HUB=false|counters=true|]1000'],
  ['port/setnumports 0', '1022'],
  ['port/setnumports 2000000000', '1022'],
  ['port/create 9;port/setnumports 8', '1098'],
  ['port/create 32', '1000'],
  ['port/create 33', '1022'],
  ['port/create 010;port/remove 10', '1000'],
  ['port/create x', '1022'],
  ['port/create', '1022'],
  ['port/create -1', '1022'],
  ['port/createauto', '[Port 0001|]1000'],
  ['port/setnumports 1;port/createauto;port/createauto', '[]1028'],
  ['port/setvlan 3 0', '1006'],
  ['port/create 3;port/setvlan 3 5', '1006'],
  ['port/create 3;port/setvlan 3 4096', '1022'],
  ['port/create 3;port/setvlan 3 4095;port/allprint', `[Port 0003 untagged_vlan=4095 INACTIVE - NOT Unnamed Allocatable|${IDLE}]1000`],
  ['port/create 3;port/allocatable 3 1;port/allprint 3', `[Port 0003 untagged_vlan=0000 INACTIVE - Unnamed Allocatable|${IDLE}]1000`],
  ['port/allocatable 3', '1022'],
  ['port/allocatable 3 1', '1006'],
  ['port/setuser 3 root', '1006'],
  ['port/create 3;port/setuser 3 nosuch', '1022'],
  ['port/create 3;port/setuser 3 -1', '1022'],
  ['port/create 3;port/setuser 3 root;port/setgroup 3 4000000;port/allprint', '[Port 0003 untagged_vlan=0000 INACTIVE - NOT Unnamed Allocatable|' +
    IDLE.replace('User: NONE - Group: NONE', 'User: root - Group: 4000000') + ']1000'],
  ['port/create 3;port/setuser 3 root;port/setuser 3 ANY;port/allprint', `[Port 0003 untagged_vlan=0000 INACTIVE - NOT Unnamed Allocatable|${IDLE}]1000`],
  ['port/epclose 3 4', '1006'],
  ['port/epclose 3', '1022'],
  ['port/epclose 99 4', '1022'],
  ['port/resetcounter', '1000'],
  ['port/resetcounter 9', '1000'],
  ['port/resetcounter 99', '1022'],
  ['port/print', '[]1000'],
  ['port/create 3;port/print 3', '[]1006'],
  ['port/print 99', '[]1022'],
  ['port/print -1', '[]1022'],
  ['port/allprint 9', '[]1006'],
  ['port/remove 9', '1006'],
  ['port/remove 99', '1022'],
  ['port/defqlen 10', '1000'],
  ['port/defqlen -1', '1022'],
  ['mcast/print', '[]1000'],
  ['mcast/snoop 0 1;mcast/print', '[VLAN 0000 strict 0 querier IPv4 none IPv6 none refused 0|]1000'],
  ['mcast/strict 0 1;mcast/print 0', '[VLAN 0000 strict 1 querier IPv4 none IPv6 none refused 0|]1000'],
  ['mcast/snoop 0 1;mcast/snoop 0 0;mcast/print --json', '[{"vlans":[],"ports":[]}|]1000'],
  ['mcast/snoop 7 1', '1006'],
  ['mcast/print 4095', '[]1022'],
  ['port/create 1;mcast/port 1 router always;mcast/port 1 fastleave 1;mcast/print', '[Port 0001 router always fastleave 1 flood 0|]1000'],
  ['mcast/port 1 flood 1', '1006'],
  ['port/create 1;mcast/port 1 router perhaps', '1022'],
  ['port/create 1;mcast/port 1 speed 1', '1022'],
  ['port/limits', '[Endpoints 0 limit user - port - total -|]1000'],
  ['port/limit user 3;port/limit port 2;port/limit total 9;port/limit port off;port/limits', '[Endpoints 0 limit user 3 port - total 9|]1000'],
  ['port/limit total 9;port/limits --json', '[{"endpoints":0,"perUser":null,"perPort":null,"total":9}|]1000'],
  ['port/limit', '1022'],
  ['port/limit uid 3', '1022'],
  ['port/limit user -1', '1022'],
  ['port/limit user', '1022'],
  ['port/epqlen 1 1 10', '1006'],
  ['vlan/create 0', '1022'],
  ['vlan/create 4093', '1000'],
  ['vlan/create 4095', '1022'],
  ['vlan/create 5;vlan/create 5', '1017'],
  ['vlan/remove 6', '1006'],
  ['vlan/remove 9999', '1022'],
  ['vlan/addport 5 1', '1006'],
  ['vlan/create 5;port/create 4;vlan/addport 5 4;vlan/addport 5 4', '1000'],
  ['vlan/create 5;vlan/addport 5 99', '1022'],
  ['port/create 4;vlan/delport 0 4', '1098'],
  ['vlan/create 5;port/create 4;vlan/delport 5 4', '1000'],
  ['vlan/delport 5', '1022'],
  ['vlan/print', '[VLAN 0000|]1000'],
  ['vlan/print 6', '[]1006'],
  ['vlan/print x', '[]1022'],
  ['port/create 2;vlan/allprint 0', '[VLAN 0000| -- Port 0002 tagged=0 active=0 status=Learning|]1000'],
  ['vlan/allprint 6', '[]1006'],
  ['port/create 3;vlan/port 3 trunk 10,20-22;vlan/portprint 3', '[Port 0003 pvid - untagged - tagged 10,20-22 admits tagged filter 1 priority 0 tpid 0x8100|]1000'],
  ['port/create 3;vlan/port 3 access 10;vlan/print', '[VLAN 0000|VLAN 0010|]1000'],
  ['port/create 3;vlan/port 3 native 10 20;vlan/portprint', '[Port 0003 pvid 10 untagged 10 tagged 20 admits all filter 1 priority 0 tpid 0x8100|]1000'],
  ['port/create 3;vlan/port 3 native 10 20 tagged;vlan/portprint', '[Port 0003 pvid 10 untagged - tagged 10,20 admits all filter 1 priority 0 tpid 0x8100|]1000'],
  ['port/create 3;vlan/port 3 qinq 100;vlan/portprint', '[Port 0003 pvid 100 untagged 100 tagged - admits untagged filter 1 priority 0 tpid 0x88a8|]1000'],
  ['port/create 3;vlan/port 3 tpid 0x88a8;vlan/port 3 admit tagged;vlan/port 3 filter 0;vlan/port 3 priority 7;vlan/portprint', '[Port 0003 pvid 0 untagged 0 tagged - admits tagged filter 0 priority 7 tpid 0x88a8|]1000'],
  ['vlan/port 3 access 10', '1006'],
  ['port/create 3;vlan/port 3 access 4095', '1022'],
  ['port/create 3;vlan/port 3 access', '1022'],
  ['port/create 3;vlan/port 3', '1022'],
  ['port/create 3;vlan/port 3 trunk 10-', '1022'],
  ['port/create 3;vlan/port 3 native 10 20 untagged', '1022'],
  ['port/create 3;vlan/port 3 constructor', '1022'],
  ['port/create 3;vlan/port 3 admit some', '1022'],
  ['port/create 3;vlan/port 3 priority 8', '1022'],
  ['port/create 3;vlan/port 3 tpid 0x9100', '1022'],
  ['vlan/portprint 9', '[]1006'],
  ['load /nosuch/file', '1002'],
  ['load', '1002'],
  ['load /', '1021'],
  ['load /dev/zero', '1022'],
  ['help zz', '[COMMAND PATH       SYNTAX          HELP|------------       --------------  ------------|]1000'],
  ['help port/resetcounter', '[COMMAND PATH       SYNTAX          HELP|------------       --------------  ------------|' +
    'port/resetcounter  [N]             set the counters (of port N) to zero|]1000'],
  ['helpport', '1038'],
  ['port', '1038']
]

for (const [lines, reply] of ROWS) {
  test(lines, ({ bench }) => {
    const [last, ...before] = lines.split(';').reverse()
    for (const line of before.reverse()) assert.not.match(short(bench, line), '1038')
    assert.is(short(bench, last), reply)
  })
}

test('showinfo says who and where', ({ bench }) => {
  assert.is(run(bench, 'showinfo'), "0000 DATA END WITH '.'\nVDE switch V.0.1.0\n" +
    '(C) 2026 the vde-ts authors - MIT\n\n' +
    `pid ${process.pid} MAC 00:ff:01:02:03:04 uptime 7\nmgmt ${bench.dir}/m perm 0600\n.\n1000 Success\n`)
})

test('port/print shows both users, and strangers\' text harmless', ({ bench }) => {
  run(bench, 'port/create 3')
  run(bench, 'port/setuser 3 daemon')
  bench.plug(3, 'vdeplug: user=root\n.\n1000 Success\u001b[2J')
  bench.plug(3)
  const lines = run(bench, 'port/print').split('\n')
  assert.is(lines[2], ' Current User: root Access Control: (User: daemon - Group: NONE)')
  assert.equal(lines.slice(5), [
    '  -- endpoint ID 0002 module unix prog   : no endpoint description',
    '  -- endpoint ID 0001 module unix prog   : vdeplug: user=root\\x0a.\\x0a1000 Success\\x1b[2J',
    '.', '1000 Success', ''
  ])
})

test('port/counters tells losses and queues', ({ bench }) => {
  const endpoint = bench.plug(2)
  endpoint.onFrame(new Uint8Array(100), 32, 10)
  run(bench, 'port/epqlen 2 1 77')
  const [, first, lost = '', last] = run(bench, 'port/counters').split('\n')
  assert.is(first, 'Port 0002 in 0 out 0 lost 1 moved 0 unlearnt 0')
  assert.match(lost, /^ lost: runt 1(?:, [a-zA-Z]+ 0)+$/)
  for (const reason of Object.keys(bench.sw.port(2).drops)) assert.match(lost, ` ${reason} `)
  assert.is(last, '  -- endpoint ID 0001 queue 0/77 frames 0 octets, lost 0')
})

test('a port whose medium is away says so', ({ bench }) => {
  const endpoint = bench.plug(2)
  assert.not.match(run(bench, 'port/print 2'), /DOWN/)
  endpoint.onDown()
  assert.match(run(bench, 'port/print 2'), / ACTIVE .*\n Current User.*\n Link: DOWN\n/)
  assert.match(run(bench, 'port/print 2 --json'), /"isActive":true,"isUp":false,/)
})

const BPDU = '0180c200000002000000000f002742420300000202' + '3c000002000000000f00000000000002000000000f8001' + '0000140002000f0000' + '00'.repeat(7)

test('fstp/print shows what the tree knows, and events tell of it', ({ bench }) => {
  const heard: string[] = []
  const one = { onEvent (event: PublishedEvent) { heard.push(eventLine(event)) } }
  for (const topic of bench.console.events.matching('fstp/')) topic.add(one)
  run(bench, 'fstp/setfstp 1')
  run(bench, 'vlan/create 5')
  const endpoint = bench.plug(2)
  run(bench, 'vlan/addport 5 2')
  const frame = Buffer.concat([Buffer.alloc(64), Buffer.from(BPDU, 'hex')])
  endpoint.onFrame(frame, 64, 60)
  const lines = run(bench, 'fstp/print 5').split('\n')
  assert.equal(lines.slice(1, 5), [
    'FST DATA VLAN 0005  ', ' ++ root 00:00:02:00:00:00:00:0f', ' ++ designated 00:00:02:00:00:00:00:0f',
    ' ++ rootport 0002 cost 20000 age 1 bonusport 0000 bonuscost 0'
  ])
  assert.is(lines[6], ' -- Port 0002 tagged=1 portcost=20000 role=Root')
  assert.match(lines[7]!, /^ {4}state=Forwarding role=Root id=8002 priority=128 edge=0 p2p=1 guard=none cost=default speaks=rstp blocked=none$/)
  assert.equal(heard.filter((line) => !line.includes('fstp/status')), [
    '3041 fstp/+ Port 0002 VLAN 00:00\n', '3045 fstp/root Port 0002 VLAN 00:00 -> 00:00:02:00:00:00:00:0f\n'
  ])
  assert.is(heard.at(-1), '3044 fstp/status Port 0002 VLAN 00:00 learning+forwarding\n')
  const [vlan] = JSON.parse(run(bench, 'fstp/print 5 --json').split('\n')[1]!) as Array<{ ports: Array<{ role: string, counters: { rxRst: number } }> }>
  assert.equal([vlan!.ports[0]!.role, vlan!.ports[0]!.counters.rxRst], ['Root', 1])
})

test('every print and showinfo has a --json form of one line', ({ bench }) => {
  bench.plug(2, 'x')
  run(bench, 'hash/add 02:00:00:00:00:01 2')
  const rows = bench.console.table.rows.filter(isCommand)
  const wanted = rows.filter(({ path }) => /(?:print|showinfo|counters)$/.test(path))
  assert.ok(wanted.length >= 13)
  for (const { path } of wanted) {
    const [, line, ...rest] = run(bench, `${path} --json`).split('\n')
    assert.equal(rest, ['.', '1000 Success', ''], path)
    const value = JSON.parse(line) as unknown
    assert.ok(typeof value === 'object' && value !== null && Object.keys(value).length > 0, path)
  }
  assert.is(short(bench, 'port/create 5 --json'), '1022')
  assert.is(short(bench, 'port/print 99 --json'), '[]1022')
})

/** What `help` of the C switch has, the two that it leaves out at build time included. */
const ORIGINAL = ('ds ds/showinfo help logout shutdown showinfo load debug debug/list debug/add debug/del plugin plugin/list plugin/add ' +
  'plugin/del hash hash/showinfo hash/setsize hash/setgcint hash/setexpire hash/setminper hash/print hash/find fstp fstp/showinfo ' +
  'fstp/setfstp fstp/setedge fstp/bonus fstp/print port port/showinfo port/setnumports port/sethub port/setvlan port/createauto ' +
  'port/create port/remove port/allocatable port/setuser port/setgroup port/epclose port/defqlen port/epqlen port/resetcounter ' +
  'port/print port/allprint vlan vlan/create vlan/remove vlan/addport vlan/delport vlan/print vlan/allprint').split(' ')

test('help has a column for each, ours marked', ({ bench }) => {
  const lines = run(bench, 'help').split('\n').slice(3, -3)
  for (const line of lines) assert.match(line, /^[a-z/]+ *(?<=^.{18}) .{15} \S/)
  for (const line of lines) {
    const [path = ''] = line.split(' ')
    assert.is(line.endsWith('(vde-ts)'), !ORIGINAL.includes(path), path)
  }
  assert.equal(lines.filter((line) => line.includes('============')).map((line) => line.split(' ')[0]),
    ['ds', 'debug', 'plugin', 'hash', 'fstp', 'port', 'vlan', 'mcast', 'config'])
})

test('table events come while somebody listens', ({ bench }) => {
  bench.plug(6)
  const heard: string[] = []
  const one = { onEvent (event: PublishedEvent) { heard.push(eventLine(event)) } }
  run(bench, 'vlan/create 5')
  run(bench, 'hash/add 02:00:00:00:00:01 6 5')
  bench.console.events.subscribe(one, 'hash')
  run(bench, 'hash/del 02:00:00:00:00:01 5')
  run(bench, 'hash/add 02:00:00:00:00:01 6 5')
  bench.console.events.drop(one)
  run(bench, 'hash/del 02:00:00:00:00:01 5')
  assert.equal(heard, ['3012 hash/- 02:00:00:00:00:01 VLAN 05:00 Port 6\n', '3011 hash/+ 02:00:00:00:00:01 VLAN 05:00 Port 6\n'])
})

test('events: every port, then what happens, in JSON; no status, nothing of what was subscribed before', ({ bench }) => {
  const heard: PublishedEvent[] = []
  let streams = 0
  const one = { onEvent (event: PublishedEvent) { heard.push(event) }, becomeStream () { streams++ } }
  bench.plug(6)
  bench.console.events.subscribe(one, 'hash')
  const lines = [...bench.console.execute('events port', one)].join('').trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.equal(lines.map(({ event, port }) => [event, port]), [['port', 6], ['ready', undefined]])
  assert.is(streams, 1)
  run(bench, 'hash/add 02:00:00:00:00:01 6 0')
  bench.plug(7)
  assert.equal(heard.map(eventJson), [
    '{"event":"port/+","port":7}\n', '{"event":"port/ep/+","port":7,"endpoint":2}\n'
  ])
})

test('events of no category, and from a script, are refused as commands are', ({ bench }) => {
  assert.is(short(bench, 'events nosuch'), '1022')
  const reply = [...bench.console.execute('events', null)].join('')
  assert.match(reply, /^1009 /)
})

test('debug/list has every category', ({ bench }) => {
  const lines = run(bench, 'debug/list').split('\n').slice(3, -3)
  assert.equal(lines.map((line) => line.slice(0, 33)), [
    'hash/+                 011 OFF   ', 'hash/-                 012 OFF   ', 'fstp/status            044 OFF   ',
    'fstp/root              045 OFF   ', 'fstp/+                 041 OFF   ', 'fstp/-                 042 OFF   ',
    'port/+                 021 OFF   ', 'port/-                 022 OFF   ', 'port/descr             023 OFF   ',
    'port/ep/+              031 OFF   ', 'port/ep/-              032 OFF   '
  ])
})

test.run()
