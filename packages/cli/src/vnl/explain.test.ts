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
    { name: 'depth', value: '7', isDefault: true, help: 'how deep' }, { name: 'flag', value: '', isDefault: false, help: 'with a flag' }
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

for (const [vnl, code, words] of [['nul://', 'EPROTONOSUPPORT', /"nul".*null/], ['vde://x[', 'EINVAL', /\[/]] as const) {
  asks(`${vnl} is refused as opening it would be`, async () => {
    const error = await explain(vnl).catch((thrown: unknown) => thrown) as NodeJS.ErrnoException
    assert.is(error.code, code)
    assert.match(error.message, words)
  })
}

asks.run()
