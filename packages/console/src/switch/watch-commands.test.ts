import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeBench, type Bench } from '../testing.ts'

interface World { bench: Bench, file: string }

const test = suite<World>('port/capture and port/mirror')
test.before.each((world) => {
  world.bench = makeBench()
  world.file = join(world.bench.dir, 'a.pcapng')
  world.bench.plug(1, 'one')
  world.bench.plug(2)
})
test.after.each(({ bench }) => {
  bench.close()
  assert.equal(bench.defects, [])
})

const run = ({ console }: Bench, line: string): string => [...console.execute(line, null)].join('')

const frame = (length: number): Uint8Array => {
  const buf = new Uint8Array(32 + length)
  buf.set(Buffer.from('ffffffffffff02000000000188b5', 'hex'), 32)
  return buf
}

const cry = (bench: Bench, length = 60): void => { bench.sw.port(1).endpoints[0]!.onFrame(frame(length), 32, length) }

/** Types and sizes of the blocks of a file. */
const blocksOf = (file: string): Array<readonly [number, number]> => {
  const bytes = readFileSync(file)
  const found: Array<readonly [number, number]> = []
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4)) {
    found.push([bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)])
  }
  return found
}

const SECTION = 0x0a0d0d0a

test('a file begins with its interface and ends with its counts', ({ bench, file }) => {
  assert.is(run(bench, `port/capture 1 ${file}`), '1000 Success\n')
  cry(bench)
  cry(bench)
  assert.match(run(bench, 'port/captures'), `Port 0001 to ${file} frames 2 octets 120 lost 0 snaplen 262144 filter ""\n`)
  assert.is(run(bench, 'port/capstop 1'), '1000 Success\n')
  assert.equal(blocksOf(file).map(([type]) => type), [SECTION, 1, 6, 6, 5])
  assert.match(readFileSync(file, 'latin1'), '/run/sw[1]')
  assert.not.match(run(bench, 'port/captures'), /Port/)
  assert.is(bench.sw.port(1).gate, null)
})

test('the end of the console is the end of the file', ({ bench }) => {
  const dir = mkdtempSync(join(tmpdir(), 'vde-capture-'))
  run(bench, `port/capture 1 ${dir}/a 20`)
  cry(bench)
  bench.close()
  const blocks = blocksOf(`${dir}/a`)
  rmSync(dir, { recursive: true })
  assert.equal(blocks.map(([, size]) => size).slice(-2), [64, 52], 'twenty octets of the frame')
})

test('more than the memory holds is lost and counted, and the file is whole', ({ bench, file }) => {
  run(bench, `port/capture 1 ${file}`)
  for (let i = 0; i < 6000; i++) cry(bench, 1514)
  const json = JSON.parse(run(bench, 'port/captures --json').split('\n')[1]!) as Array<Record<string, number>>
  assert.ok(json[0]!['drops']! > 0)
  assert.is(json[0]!['drops']! + json[0]!['frames']!, 6000)
  run(bench, 'port/capstop 1')
  assert.is(blocksOf(file).filter(([type]) => type === 6).length, json[0]!['frames'])
})

test('nothing that exists is written to', ({ bench, file }) => {
  writeFileSync(file, 'mine')
  symlinkSync(file, `${file}.link`)
  mkdirSync(`${file}.dir`)
  for (const [name, status] of [['', '1017'], ['.link', '1040'], ['.dir', '1021'], ['/no', '1020']] as const) {
    assert.match(run(bench, `port/capture 1 ${file}${name}`), new RegExp(`^${status} `), name)
  }
  assert.is(readFileSync(file, 'utf8'), 'mine')
  assert.not.match(run(bench, 'port/captures'), /Port/)
})

for (const [line, status] of [
  ['port/capture 1', '1022'], ['port/capture 9 /x', '1006'], ['port/capture 1 /nosuch/x 13', '1022'], ['port/capstop 1', '1006'],
  ['port/mirror 1 in', '1022'], ['port/mirror 1 some 2', '1022'], ['port/mirror 1 in 1', '1040'], ['port/mirror 1 off', '1006'],
  ['port/mirror 1 in 9', '1006']
] as const) {
  test(`${line} is ${status}`, ({ bench }) => { assert.match(run(bench, line), new RegExp(`^${status} `)) })
}

test('mirrors are shown and ended', ({ bench }) => {
  assert.is(run(bench, 'port/mirror 1 both 2'), '1000 Success\n')
  assert.match(run(bench, 'port/mirrors'), 'Port 0001 both shown at port 0002\n')
  assert.match(run(bench, 'port/mirrors --json'), '[{"source":1,"direction":"both","to":2}]')
  assert.is(run(bench, 'port/mirror 1 off 2'), '1000 Success\n')
  assert.is(run(bench, 'port/mirrors'), "0000 DATA END WITH '.'\n.\n1000 Success\n")
})

test.run()
