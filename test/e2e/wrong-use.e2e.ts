/** Statuses and words where a start or a disk fails: what scripts and people go by. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { WholeBlocks } from '../../packages/frame/src/pcapng-blocks.ts'
import { asUser, ours, run, test, type Scene } from './kit/index.ts'

for (const [line, code] of [
  [['sh', '-c', 'exit 7'], 7], [['true'], 0], [['sh', '-c', 'kill -KILL $$'], 137], [['no-such-command'], 1]
] as const) {
  test(`vde_plug ends with ${code} behind = ${line.join(' ')}`, { ours: ['vde_plug'] }, async (scene) => {
    const proc = await scene.run([ours('vde_plug'), 'null://', '=', ...line])
    assert.deepEqual(proc.exit, { code, signal: null }, proc.story)
  })
}

test('vdens starts nothing on a network that refuses', { needs: ['userns', 'tun'], ours: ['vdens'] }, async (scene) => {
  const proc = await scene.run(asUser([ours('vdens'), 'tcp://127.0.0.1:1', 'echo', 'started']))
  assert.deepEqual(proc.exit, { code: 1, signal: null }, proc.story)
  assert.equal(proc.out, '')
  assert.match(proc.err, /^vdens: tcp:\/\/127\.0\.0\.1:1: .*refused[^\n]*\n$/)
})

test('an unknown option is told once with -d', { needs: ['fixed'], ours: ['vde_switch'] }, async (scene) => {
  const pid = scene.path('pid')
  const proc = await scene.run([ours('vde_switch'), '--nonsense', '-s', scene.path('sw'), '-p', pid, '-d'])
  process.kill(Number(readFileSync(pid, 'utf8')))
  assert.equal(proc.err.split('nonsense').length, 2, proc.err)
  await scene.vanishes(scene.path('sw'))
})

test('a directory of others is told from one that is taken', { needs: ['root'], ours: ['vde_switch'] }, async (scene) => {
  const dir = `${scene.shared('home')}/theirs`
  mkdirSync(dir, { mode: 0o700 })
  const proc = await scene.run(asUser([ours('vde_switch'), '-s', dir]))
  assert.equal(proc.exit?.code, 255)
  assert.match(proc.err, /Permission denied.*theirs/)
})

/** A script of an ordinary user on whose machine /mnt has a megabyte. */
const onSmallDisk = async (scene: Scene, lines: readonly string[]): Promise<string> => {
  const dir = scene.shared('home')
  const script = ['mount -t tmpfs -o size=1m none /mnt', `cd ${dir}`, ...lines].join('\n')
  const proc = await scene.run(asUser(['/usr/bin/unshare', '-Urm', '/bin/sh', '-eu', '-c', script]), { ms: 20_000 })
  assert.equal(proc.exit?.code, 0, proc.story)
  return proc.out
}

/** 2 000 frames of 1 000 octets as a vde stream, from a station that stays until it is read. */
const FLOOD = String.raw`python3 -c "
import sys
for i in range(2000): sys.stdout.buffer.write(b'\x03\xe8' + b'\xff' * 6 + b'\x02\0\0\0\0\x01\x88\xb5' + bytes(986))
sys.stdout.flush()
sys.stdin.read()
"`

const START = ['vde_switch', '-s', 'sw', '-M', 'sw.mgmt', '-p', 'pid', '-d'].map((word, i) => i === 0 ? ours(word) : word).join(' ')
const ASK = `${ours('unixcmd')} -s sw.mgmt`
const NEEDS = { needs: ['fixed', 'userns'], ours: ['vde_switch', 'vde_plug', 'unixcmd', 'dpipe', 'vdecapture'] } as const

/** Octets behind the last whole block of a file that was printed in hexadecimal. */
const leftover = (hex: string): number => {
  const octets = Buffer.from(hex.replace(/\s/g, ''), 'hex')
  const whole = new WholeBlocks()
  whole.feed(octets)
  assert.ok(whole.octets > 100_000, `${whole.octets} octets were captured`)
  return octets.length - whole.octets
}

test('a capture on a full disk ends in a whole frame, and says why', NEEDS, async (scene) => {
  const out = await onSmallDisk(scene, [
    START, `${ASK} port/create 1`, `${ASK} port/capture 1 /mnt/a.pcapng`,
    `${ours('dpipe')} ${FLOOD} = ${ours('vde_plug')} 'sw[1]' & pipe=$!`,
    `until ${ASK} port/captures | grep ended; do sleep 0.05; done`,
    'kill $pipe; kill $(cat pid); od -An -v -tx1 /mnt/a.pcapng'
  ])
  const [said = '', ...dump] = out.slice(out.indexOf('ended:')).split('\n')
  assert.match(said, /ended: Cannot capture to "\/mnt\/a\.pcapng": no space left on device/i)
  assert.equal(leftover(dump.join('')), 0)
})

test('vdecapture on a full disk does the same', NEEDS, async (scene) => {
  const out = await onSmallDisk(scene, [
    START, `${ASK} port/create 1`,
    `${ours('vdecapture')} -w /mnt/a.pcapng 'sw.mgmt[1]' 2>said & capture=$!`,
    `until ${ASK} port/captures | grep -q Port; do sleep 0.05; done`,
    `${ours('dpipe')} ${FLOOD} = ${ours('vde_plug')} 'sw[1]' & pipe=$!`,
    'wait $capture && exit 9; kill $pipe; kill $(cat pid); cat said; od -An -v -tx1 /mnt/a.pcapng'
  ])
  const at = out.indexOf('vdecapture:')
  const [said = '', ...dump] = out.slice(at).split('\n')
  assert.match(said, /^vdecapture: Cannot write "\/mnt\/a\.pcapng": no space left on device/i)
  assert.equal(leftover(dump.join('')), 0)
})

test('a relative path on the console of a switch in the background is from where it was started', NEEDS, async (scene) => {
  const out = await onSmallDisk(scene, [
    'mkdir deep; cd deep', START, `${ASK} port/create 1`, `${ASK} port/capture 1 here.pcapng`, 'ls here.pcapng', 'kill $(cat pid)'
  ])
  assert.match(out, /^here\.pcapng$/m)
})

run()
