import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { tmpdir } from 'node:os'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesPerRun, hex } from '@vde-ts/frame/testing.js'
import { pcapHeader } from '@vde-ts/frame/pcap.js'
import { give } from '@vde-ts/switch/testing.js'
import { eventLine, type PublishedEvent } from '../../events.ts'
import { makeBench, type Bench } from '../../testing.ts'

interface World { bench: Bench, dir: string }

const test = suite<World>('plugins')
test.before.each((world) => {
  world.bench = makeBench()
  world.dir = mkdtempSync(join(tmpdir(), 'vde-plugins-'))
  world.bench.plug(1, 'the first')
  world.bench.plug(2)
})
test.after.each(({ bench, dir }) => {
  bench.close()
  rmSync(dir, { recursive: true })
  assert.equal(bench.defects, [])
})

const FRAME = 'ffffffffffff' + '020000000001' + '88b5' + '11'.repeat(10)
const IPV4 = (source: string, port = ''): string => 'ffffffffffff' + '020000000001' + port + '0800' + '45000014000000004011' + '0000' + source + '0a000002'
const IPV6 = 'ffffffffffff' + '020000000001' + '86dd' + '6000000000003aff' + 'fd000000000000000000000000000001' + '00'.repeat(16)

/** A session that keeps its events. */
const listener = (): { lines: string[], onEvent: (event: PublishedEvent) => void } => {
  const lines: string[] = []
  return { lines, onEvent: (event) => { lines.push(eventLine(event)) } }
}

const run = ({ console }: Bench, line: string, who: ReturnType<typeof listener> | null = null): string =>
  [...console.execute(line, who)].join('').replace("0000 DATA END WITH '.'\n", '[').replace('\n.\n', ']').replace('[.\n', '[]').trimEnd()

const send = (bench: Bench, frame: string, port = 1): void => { give(bench.sw.port(port).endpoints[0]!, frame) }

const HEAD = '[NAME                   HELP\n------------           ----'

// Command and reply as Debian's vde_switch 2.3.2 has them with its own dump and pdump.
for (const [line, reply] of [
  ['plugin/add nosuch', '1002 No such file or directory'],
  ['plugin/add', '1022 Invalid argument'],
  ['dump/active 1', '1038 Function not implemented'],
  ['plugin/list', `${HEAD}]1002 No such file or directory`],
  ['debug/list dump', '[CATEGORY               TAG STATUS HELP\n------------           --- ------ ----]1002 No such file or directory']
] as const) {
  test(`${line}, before anything is added`, ({ bench }) => { assert.is(run(bench, line, listener()), reply) })
}

test('plugin/add, plugin/list and plugin/del, by any name of the file', ({ bench }) => {
  for (const name of ['dump', '/usr/lib/vde2/plugins/pdump.so', 'libiplog.so']) assert.is(run(bench, `plugin/add ${name}`), '1000 Success')
  assert.is(run(bench, 'plugin/add dump'), '1017 File exists')
  assert.is(run(bench, 'plugin/list'), `${HEAD}\n${[
    'dump                   dump packets', 'pdump                  dump packets to file, in pcap format', 'iplog                  log ip/port/user assignment'
  ].join('\n')}]1000 Success`)
  assert.match(run(bench, 'help dump'), '\ndump               ============    DUMP Packets\ndump/active        0/1             start dumping data]')
  assert.is(run(bench, 'plugin/del pd'), '1000 Success')
  assert.is(run(bench, 'pdump/active 1'), '1038 Function not implemented')
  assert.is(run(bench, 'plugin/del pd'), '1002 No such file or directory')
  assert.is(run(bench, 'plugin/list pd'), `${HEAD}]1002 No such file or directory`)
  assert.is(run(bench, 'plugin/add pdump'), '1000 Success')
})

test('dump: an event for what comes in and for each port it leaves at, to sessions that asked', ({ bench }) => {
  const who = listener()
  run(bench, 'plugin/add dump')
  assert.is(run(bench, 'debug/add dump', who), '1000 Success')
  send(bench, FRAME)
  assert.equal(who.lines, [], 'it is not active yet')
  run(bench, 'dump/active 1')
  bench.plug(3)
  send(bench, FRAME)
  const octets = 'ff ff ff ff ff ff 02 00 00 00 00 01 88 b5 11 11 11 11 11 11 11 11 11 11 \n'
  assert.equal(who.lines, [
    `3101 dump/packetin Pkt: Port 0001 len=0024 ${octets}`,
    `3102 dump/packetout Pkt: Port 0002 len=0024 ${octets}`, `3102 dump/packetout Pkt: Port 0003 len=0024 ${octets}`
  ])
  assert.match(run(bench, 'debug/list dump', who), 'dump/packetin          101 ON     dump incoming packet\ndump/packetout         102 ON ')
  bench.sw.port(3).endpoints[0]!.close()
  assert.is(run(bench, 'port/remove 3'), '1000 Success', 'a plugin holds no port')
  assert.is(run(bench, 'plugin/del dump'), '1000 Success')
  assert.is(run(bench, 'debug/del dump', who), '1022 Invalid argument')
  assert.is(bench.sw.port(1).gate, null)
})

test('pdump: replies as the original, a file as libpcap has it, gone on with at its end', ({ bench, dir }) => {
  const file = join(dir, 'x.cap')
  run(bench, 'plugin/add pdump')
  assert.is(run(bench, 'pdump/filename'), '[dumpfile=vde_dump.cap]1000 Success')
  assert.is(run(bench, `pdump/filename ${file}`), `[dumpfile=${file}]1000 Success`)
  assert.is(run(bench, 'pdump/active 0'), '[]1002 No such file or directory')
  for (let times = 0; times < 2; times++) {
    assert.is(run(bench, 'pdump/active 1'), '[]1000 Success')
    assert.is(run(bench, 'pdump/active 1'), '[]1017 File exists')
    send(bench, FRAME)
    assert.is(run(bench, 'pdump/active 0'), '[]1000 Success')
  }
  const bytes = readFileSync(file)
  const record = 16 + 24
  assert.is(bytes.length, 24 + 4 * record)
  for (let i = 0; i < 4; i++) assert.is(bytes.toString('hex', 24 + i * record + 8, 24 + (i + 1) * record), '1800000018000000' + FRAME)
  assert.ok(Math.abs(bytes.readUInt32LE(24) - Date.now() / 1000) < 60, 'the time of day')
  assert.is(statSync(file).mode & 0o777, 0o600)
})

test('pdump: a file of another kind is left alone, and the one before goes on', ({ bench, dir }) => {
  const [file, other] = [join(dir, 'a'), join(dir, 'b')]
  writeFileSync(other, 'not a dump')
  run(bench, 'plugin/add pdump')
  run(bench, `pdump/filename ${file}`)
  run(bench, 'pdump/active 1')
  assert.is(run(bench, `pdump/filename ${other}`), `[ERROR: cannot dump to ${other}]1022 Invalid argument`)
  assert.is(run(bench, 'pdump/filename'), `[dumpfile=${file}]1000 Success`)
  assert.is(run(bench, 'plugin/del pdump'), '1000 Success')
  assert.is(readFileSync(other, 'utf8'), 'not a dump')
  assert.equal(readFileSync(file), Buffer.from(pcapHeader(262_144)))
})

const LINE = 'ipv4 10.0.0.1 mac=02:00:00:00:00:01 port=1 vlan=0 user=root "the first"'

test('iplog: addresses of the ranges, once for each port', ({ bench }) => {
  const who = listener()
  run(bench, 'plugin/add iplog')
  run(bench, 'debug/add iplog', who)
  for (const range of ['10.0.0.77/8', 'fd00::/16']) assert.is(run(bench, `iplog/ipadd ${range}`), '1000 Success')
  assert.is(run(bench, 'iplog/ipadd 10.0.0.0/8'), '1017 File exists')
  assert.is(run(bench, 'iplog/list'), '[  ipv4: 10.0.0.0/8\n  ipv6: fd00::/16]1000 Success')
  for (let i = 0; i < 2; i++) for (const frame of [IPV4('0a000001'), IPV4('0b000001'), IPV6, FRAME]) send(bench, frame)
  const six = 'ipv6 fd00::1 mac=02:00:00:00:00:01 port=1 vlan=0 user=root "the first"'
  assert.equal(who.lines, [`3301 iplog/newip ${LINE}\n`, `3301 iplog/newip ${six}\n`])
  send(bench, IPV4('0a000001'), 2)
  assert.is(who.lines.at(-1), '3301 iplog/newip ipv4 10.0.0.1 mac=02:00:00:00:00:01 port=2 vlan=0 user=root ""\n')
  assert.is(run(bench, 'iplog/ipport 1'), `[${six}]1000 Success`)
  assert.match(run(bench, 'iplog/ipuser root'), six)
  assert.match(run(bench, 'iplog/ipsearch 10.0.0.1'), 'port=2')
  bench.sw.port(2).endpoints[0]!.close()
  assert.is(run(bench, 'iplog/iplist'), `[${six}]1000 Success`)
  send(bench, IPV4('0a000009', '81000007'))
  assert.match(run(bench, 'iplog/ipsearch 10.0.0.9'), 'vlan=7')
  assert.is(run(bench, 'iplog/ipdel 10.0.0.0/8'), '1000 Success')
  assert.is(run(bench, 'iplog/ipdel 10.0.0.0/8'), '1002 No such file or directory')
})

test('iplog: showinfo, the log, its end, and another file after a signal', ({ bench, dir }) => {
  const file = join(dir, 'log')
  run(bench, 'plugin/add iplog')
  run(bench, 'iplog/ipadd 10.0.0.0/8')
  const info = (log: string): string => `[iplog: ip/port/user logging plugin\n${log}\nGC interval 10 secs\nGC expire 360 secs]1000 Success`
  assert.is(run(bench, 'iplog/showinfo'), info('log disabled'))
  assert.is(run(bench, 'iplog/logfile -'), '1000 Success')
  assert.is(run(bench, 'iplog/showinfo'), info('log on syslog'))
  assert.is(run(bench, `iplog/logfile ${dir}/none/log`), '1002 No such file or directory')
  assert.is(run(bench, `iplog/logfile ${file}`), '1000 Success')
  assert.is(run(bench, 'iplog/showinfo'), info(`log on file ${file}`))
  send(bench, IPV4('0a000001'))
  renameSync(file, `${file}.1`)
  bench.console.context.plugins.reopen()
  run(bench, 'iplog/logfile')
  const date = String.raw`[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d `
  assert.match(readFileSync(`${file}.1`, 'utf8'), new RegExp(`^${date}${LINE}\\n${date}SIGHUP: closing file\\n$`))
  assert.match(readFileSync(file, 'utf8'), new RegExp(`^${date}SIGHUP: opening file\\n$`))
})

test('files of pdump and iplog: from where the switch was started, wherever it went since', ({ bench, dir }) => {
  const start = process.cwd()
  const name = (file: string): string => join(relative(start, dir), file)
  for (const line of ['plugin/add pdump', 'plugin/add iplog']) run(bench, line)
  mkdirSync(join(dir, start), { recursive: true }) // so deep that going up leads elsewhere
  process.chdir(join(dir, start))
  try {
    for (const line of [`pdump/filename ${name('dump')}`, 'pdump/active 1', `iplog/logfile ${name('log')}`]) assert.match(run(bench, line), /1000 Success$/)
  } finally { process.chdir(start) }
  assert.ok(existsSync(join(dir, 'dump')))
  assert.ok(existsSync(join(dir, 'log')))
})

test('iplog: silent addresses are forgotten', ({ bench }) => {
  const { plugins } = bench.console.context
  run(bench, 'plugin/add iplog')
  run(bench, 'iplog/ipadd 10.0.0.0/8')
  run(bench, 'iplog/setexpire 5')
  run(bench, 'iplog/setgcint 2')
  send(bench, IPV4('0a000001'))
  for (let sec = 0; sec < 4; sec++) plugins.tick()
  assert.match(run(bench, 'iplog/iplist'), '10.0.0.1')
  for (let sec = 0; sec < 2; sec++) plugins.tick()
  assert.is(run(bench, 'iplog/iplist'), '[]1000 Success')
})

test('they go on in another process', ({ bench, dir }) => {
  for (const line of [
    'plugin/add iplog', 'plugin/add dump', 'plugin/add pdump', 'dump/active 1', `pdump/filename ${dir}/p`, 'pdump/active 1', 'iplog/ipadd 10.0.0.0/8', `iplog/logfile ${dir}/log`
  ]) assert.match(run(bench, line), '1000')
  send(bench, IPV4('0a000001'))
  const kept = JSON.parse(JSON.stringify(bench.console.context.plugins.snapshot()))
  const other = makeBench()
  other.plug(1, 'the first')
  other.console.context.plugins.restore(kept)
  assert.is(run(other, 'iplog/iplist'), `[${LINE}]1000 Success`)
  assert.is(run(other, 'pdump/active 1'), '[]1017 File exists')
  send(other, FRAME)
  other.close()
  bench.close()
  assert.is(readFileSync(join(dir, 'p')).length, 24 + 2 * (16 + 34) + 16 + 24)
})

test('an address that is known costs nothing on the heap', ({ bench }) => {
  run(bench, 'plugin/add iplog')
  run(bench, 'iplog/ipadd 10.0.0.0/8')
  const buf = new Uint8Array(100)
  buf.set(hex(IPV4('0a000001')), 32)
  const endpoint = bench.sw.port(1).endpoints[0]!
  assert.ok(bytesPerRun(() => { endpoint.onFrame(buf, 32, 60) }) < 1)
})

test.run()
