import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { registerScheme } from '@vde-ts/schemes'
import { explain, explainText } from './explain.ts'

const asks = suite<{ dir: string }>('explain', { dir: '' })
asks.before.each((context) => { context.dir = mkdtempSync(join(tmpdir(), 'vnl-')) })
asks.after.each(({ dir }) => { rmSync(dir, { recursive: true }) })

registerScheme({
  name: 'test-wrap',
  summary: 'a network in another',
  style: 'nested-address',
  params: { depth: { help: 'how deep', value: 'N', fallback: '7' }, flag: { help: 'with a flag', value: '', fallback: '' } },
  open: () => { throw new Error('explain opens nothing') }
})

asks('every level with what was given and what holds without', async () => {
  const { vnl, fallback, file, scheme, path, parameters, inner } = await explain('test-wrap://x/fl{vde:///tmp/sw[3/mode=770]}')
  assert.equal({ vnl, fallback, file, scheme, path }, {
    vnl: 'test-wrap://x/fl{vde:///tmp/sw[3/mode=770]}', fallback: null, file: null, scheme: 'test-wrap', path: 'x'
  })
  assert.equal(parameters, [
    { name: 'depth', value: '7', isDefault: true, help: 'how deep', isFlag: false },
    { name: 'flag', value: '', isDefault: false, help: 'with a flag', isFlag: true }
  ])
  assert.is(inner?.scheme, 'vde')
  assert.is(inner?.path, '/tmp/sw')
  assert.equal(inner?.parameters.filter((one) => !one.isDefault).map(({ name, value }) => [name, value]), [['', '3'], ['mode', '770']])
})

asks('an indirect file and what it says', async ({ dir }) => {
  const file = join(dir, 'net')
  writeFileSync(file, 'null://\nmore\n')
  const explained = await explain(file)
  assert.equal([explained.file, explained.vnl, explained.scheme], [file, 'null://', 'null'])
  assert.is(explainText(explained), `The file ${file} says null://\nnull://         discard every frame, deliver none`)
})

asks('the text for people', async () => {
  assert.is(explainText(await explain('test-wrap://x/depth=3{null://}')), [
    'test-wrap://    a network in another',
    '                x',
    '  depth         3 - how deep',
    '  flag          not given - with a flag',
    '  in it: null://         discard every frame, deliver none'
  ].join('\n'))
})

asks('what a scheme puts around each frame', async () => {
  const explained = await explain('vxlan:///remote=192.0.2.1')
  assert.match(explained.overhead ?? '', /^50 octets/)
  assert.match(explainText(explained), /^ {2}\(overhead\) {4}50 octets over IPv4/m)
  assert.is((await explain('null://')).overhead, null)
})

asks('a flag with a value, and names as wide as their column', async () => {
  const text = explainText(await explain('tcp://h:1[tls=false]'))
  assert.match(text, /^ {2}tls {11}given, and "false" does not count - encrypt/m)
  assert.match(explainText(await explain('impair://[loss-correlation=1%]{null://}')), /^ {2}loss-correlation 1% - /m)
})

/** A value of each scheme that it cannot read; opening any of them would be refused alike. */
const wrongValues: ReadonlyArray<readonly [vnl: string, words: RegExp]> = [
  ['vde:///tmp/sw[99999999]', /at most/], ['vde:///tmp/sw[mode=9]', /octal/], ['hub:///tmp/h[mode=x]', /mode/],
  ['switch:///tmp/h[hashsize=0]', /hashsize/], ['multi:///tmp/h[dirmode=8]', /dirmode/], ['stream://', /no path/],
  ['stream-listen://', /no path/], ['dgram:///tmp/a', /LOCAL->REMOTE/], ['tcp://h:99999', /port/], ['tcp-listen://h', /port/],
  ['udp://2000->h', /port/], ['udp://2000', /->/], [`tap://${'x'.repeat(16)}`, /octets/], ['macvtap://a b', /without/],
  ['packet://a/b', /without/], ['vdesl:///dev/null[speed=x]', /speed/], ['cmd://a ; b', /shell/], ['seqpacket://x', /descriptor/],
  ['vxlan:///vni=16777216', /vni/], ['vxlan:///fdb=01:00:5e:00:00:01@h', /fdb/], ['geneve:///port=0', /port/],
  ['geneve:///v4/v6', /one of them/], ['vxvde:///ttl=256', /ttl/], ['vxvde:///rcvbuf=x', /rcvbuf/], ['restart://x{null://}', /SECONDS/],
  ['pcap-file:///tmp/f[files=0]{null://}', /files/], ['pcap-file://{null://}', /no path/], ['vlan://4096{null://}', /VLAN/],
  ['vlan://3/tag=1{null://}', /tag/], ['agno:///k[ethtype=5]{null://}', /ethtype/], ['agno://k{null://}', /absolute/],
  ['impair://[delay=5]{null://}', /delay/], ['impair://[seed=x]{null://}', /seed/], ['wirefilter://[delay=x]{null://}', /value/],
  ['wirefilter://[mgmtmode=x]{null://}', /mgmtmode/], ['vlan://4{restart://{tcp://h:0}}', /port/]
]

for (const [vnl, words] of wrongValues) {
  asks(`${vnl} is refused for its value`, async () => {
    const error = await explain(vnl).catch((thrown: unknown) => thrown) as NodeJS.ErrnoException
    assert.is(error.code, 'EINVAL', String(error))
    assert.match(error.message, words)
  })
}

for (const [vnl, code, words] of [['nul://', 'EPROTONOSUPPORT', /"nul".*null/], ['vde://x[', 'EINVAL', /\[/]] as const) {
  asks(`${vnl} is refused as opening it would be`, async () => {
    const error = await explain(vnl).catch((thrown: unknown) => thrown) as NodeJS.ErrnoException
    assert.is(error.code, code)
    assert.match(error.message, words)
  })
}

asks.run()
