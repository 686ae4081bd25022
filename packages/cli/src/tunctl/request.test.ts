import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from '../command.ts'
import { madeText, requestOf, type Request } from './request.ts'
import { spec } from './spec.ts'

const PLAIN: Request = { remove: false, name: '', isTun: false, isBrief: false, device: '/dev/net/tun' }
const ROWS: ReadonlyArray<readonly [argv: string[], want: Partial<Request>]> = [
  [[], {}],
  [['-t', 'tap7'], { name: 'tap7' }],
  [['-b', '-u', 'me', '-t', 'x'], { name: 'x', isBrief: true, owner: 'me' }],
  [['-g', 'netdev', '-u', '5'], { owner: '5', group: 'netdev' }], // -g was refused by the original
  [['-n'], { isTun: true }],
  [['-t', 'tunx'], { name: 'tunx', isTun: true }],
  [['-b', '-d', 'tap7'], { remove: true, name: 'tap7', isBrief: true }],
  [['-d', 'tun7', '-f', '/dev/misc/net/tun'], { remove: true, name: 'tun7', isTun: true, device: '/dev/misc/net/tun' }],
  [['-t', '123456789012345'], { name: '123456789012345' }]
]
const requests = suite('vde_tunctl requests')
for (const [argv, want] of ROWS) {
  requests(JSON.stringify(argv), () => { assert.equal(requestOf(parse(spec, argv).values), { ...PLAIN, ...want }) })
}
requests('an empty name cannot be removed', () => { assert.throws(() => requestOf(parse(spec, ['-d', '']).values), /name of an interface is wanted/) })
for (const letter of ['-t', '-d']) {
  requests(`${letter} refuses a name that the kernel would cut, or not take`, () => {
    assert.throws(() => requestOf(parse(spec, [letter, '1234567890123456']).values), /16 octets, at most 15/)
    assert.throws(() => requestOf(parse(spec, [letter, 'a/b']).values), /Cannot (make|remove) interface "a\/b": the name holds/)
  })
}
requests.run()

const texts = suite('vde_tunctl texts')
texts('are those scripts read', () => {
  assert.is(madeText('tap0', 500, undefined, false), "Set 'tap0' persistent and owned by uid 500")
  assert.is(madeText('tap0', 500, 7, false), "Set 'tap0' persistent and owned by uid 500 gid 7")
  assert.is(madeText('tap0', undefined, 7, false), "Set 'tap0' persistent and owned by gid 7")
  assert.is(madeText('tap0', 500, 7, true), 'tap0')
})
texts.run()
