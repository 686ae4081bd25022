import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HEADROOM, type Link } from '@vde-ts/link'
import { Recorder, bytesPerRun, hex, lentCopy, quietSink } from '@vde-ts/link/testing.js'
import { native, SEQPACKET } from '@vde-ts/native'
import { openVnl } from './registry.ts'
import { openNested, refusal, type Nested } from './testing.ts'

const MACS = '020000000001 020000000002'
const PAYLOAD = '0800 ' + '5a'.repeat(46)
/** 60 octets without tags. */
const frame = (...tags: string[]): string => `${MACS} ${tags.join(' ')} ${PAYLOAD}`
const bare = frame()

const open = async (vnl: string): Promise<Nested> =>
  await openNested((inner) => `${vnl}{${inner}}${'}'.repeat(vnl.split('{').length - 1)}`)

const send = (link: Link, octets: Uint8Array): void => { assert.ok(link.send(lentCopy(octets), HEADROOM, octets.length)) }

/** What comes out at the far end of one frame; null: nothing. */
const through = async (link: Link, at: Recorder, text: string): Promise<Uint8Array | null> => {
  send(link, hex(text))
  await new Promise((resolve) => { setImmediate(resolve) })
  await at.until((sink) => sink.frames.length > 0, 'a frame', 60).catch(() => {})
  return at.frames[0] ?? null
}

const test = suite('vlan://')

/** VNL, the frame here, the frame in the network; null: it does not pass. Both directions where only `both` is given. */
const ROWS: ReadonlyArray<readonly [vnl: string, direction: 'out' | 'in' | 'both', here: string | null, there: string | null]> = [
  ['vlan://4', 'both', bare, frame('81000004')],
  ['vlan://4', 'out', frame('81000004'), null],
  ['vlan://4', 'out', frame('81000005'), null],
  ['vlan://4', 'in', null, frame('81000005')],
  ['vlan://4', 'in', null, bare],
  ['vlan://4', 'in', bare, frame('8100e004')],
  ['vlan://', 'both', bare, bare],
  ['vlan://', 'out', frame('81000005'), null],
  ['vlan:///untag=9', 'both', frame('81000009'), bare],
  ['vlan:///untag=9', 'out', bare, null],
  ['vlan://4/untag=9', 'both', bare, frame('81000004')],
  ['vlan://4/untag=9', 'both', frame('81000009'), bare],
  ['vlan://4/tag=5', 'both', frame('81006005'), frame('81006005')],
  ['vlan://4/tag=10:11-12.12-11', 'both', frame('8100000b'), frame('8100000c')],
  ['vlan://4/tag=10:11-12.12-11', 'both', frame('8100000c'), frame('8100000b')],
  ['vlan://4/tag=10:11-12.12-11', 'both', frame('8100000a'), frame('8100000a')],
  ['vlan://4/tag=10:11-12.12-11', 'out', frame('8100000d'), null],
  ['vlan://4/trunk', 'both', frame('81000007'), frame('81000007')],
  ['vlan://4/trunk', 'out', frame('81000001'), null],
  ['vlan://4/trunk', 'out', frame('81000000'), null],
  ['vlan://4/trunk', 'out', frame('81000fff'), null],
  ['vlan://3[untag=4/trunk/tag=10]', 'both', frame('81000004'), bare],
  ['vlan://3[untag=4/trunk/tag=10]', 'both', bare, frame('81000003')],
  ['vlan://5/qinq', 'both', bare, frame('88a80005')],
  ['vlan://5/qinq', 'both', frame('81000004'), frame('88a80005', '81000004')],
  ['vlan://5/ad/x', 'both', frame('88a80006'), frame('88a80006')],
  ['vlan://4{vlan://5/qinq', 'both', bare, frame('88a80005', '81000004')]
]

for (const [vnl, direction, here, there] of ROWS) {
  for (const way of direction === 'both' ? ['out', 'in'] as const : [direction]) {
    const [from, to] = way === 'out' ? [here, there] : [there, here]
    test(`${vnl} ${way}: ${from?.slice(26, 45)} becomes ${to?.slice(26, 45) ?? 'nothing'}`, async () => {
      const { station, link, network, far } = await open(vnl)
      const found = way === 'out' ? await through(link, network, from!) : await through(far, station, from!)
      assert.equal(found, to === null ? null : hex(to))
      const drops = way === 'out' ? link.txDrops : link.rxDrops
      assert.is(drops, to === null ? 1 : 0, 'dropped and counted')
      link.close()
      far.close()
    })
  }
}

test('a frame that was long enough with its tag is filled up', async () => {
  const { station, link, network, far } = await open('vlan://4/untag=9')
  const short = `${MACS} 81000004 0800 ${'5a'.repeat(42)}`
  assert.equal(await through(far, station, short), hex(`${MACS} 0800 ${'5a'.repeat(42)} 00000000`))
  assert.equal(await through(link, network, short.replace('0004', '0009')), hex(`${MACS} 0800 ${'5a'.repeat(42)} 00000000`))
  link.close()
  far.close()
})

for (const [vnl, words] of [
  ['vlan://4095', /VLAN in 0\.\.4094/], ['vlan://x', /"x"/], ['vlan://4/untag=4096', /untag/], ['vlan://4/tag=1', /tag.*2\.\.4094/],
  ['vlan://4/tag=', /tag/], ['vlan://4/tag=5:5', /"5"/], ['vlan://4/tag=5-6-7', /"5-6-7"/], ['vlan://4/tag=5-', /tag/]
] as const) {
  test(`${vnl} is refused, and the network is not opened`, async () => {
    const error = await refusal(openVnl(`${vnl}{tap://never}`, new Recorder()))
    assert.is(error.code, 'EINVAL')
    assert.match(error.message, words)
  })
}

test('what the inner network refuses is what it says', async () => {
  assert.is((await refusal(openVnl('vlan://4{vde:///nowhere}', new Recorder()))).code, 'ENOENT')
})

test('coding a frame allocates nothing', async () => {
  const ends = new Int32Array(2)
  native.socketPair(SEQPACKET, ends)
  const nested = await openVnl(`vlan://4{vlan://5{seqpacket://${ends[0]}}}`, quietSink)
  native.close(ends[1])
  const lent = new Uint8Array(HEADROOM + 60)
  lent.set(hex(bare), HEADROOM)
  assert.ok(bytesPerRun(() => { nested.send(lent, HEADROOM, 60) }) < 1)
  nested.close()
})

test.run()
