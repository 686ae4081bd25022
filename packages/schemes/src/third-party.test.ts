import { mkdirSync, writeFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Recorder } from '@vde-ts/link/testing.js'
import { listSchemes, loadSchemes, openVnl } from './registry.ts'
import { refusal, scratch } from './testing.ts'
import { thirdPartyNames } from './third-party.ts'

const LINK = '{ offload: true, maxFrame: 2000, label: "ours", send: () => true, pause () {}, resume () {}, close () {} }'
const schemeNamed = (name: string, style = 'address'): string =>
  `export const scheme = { name: '${name}', summary: 'a test', style: '${style}', params: { colour: { help: '', value: 'X', fallback: '' } },
  open: (tail) => ({ ...${LINK}, label: tail.path + tail.params.get('colour') }) }`

/** Without those that are installed beside the suite. */
const ofTest = (names: readonly string[]): string[] => names.filter((name) => name.startsWith('x'))

/** Lays a package down. */
const pack = (dir: string, name: string, code: string): void => {
  const path = `${dir}/vde-ts-scheme-${name}`
  mkdirSync(path, { recursive: true })
  writeFileSync(`${path}/package.json`, JSON.stringify({ name: `vde-ts-scheme-${name}`, type: 'module', main: 'index.js' }))
  writeFileSync(`${path}/index.js`, code)
}

/** Runs with VDE_TS_SCHEMES set. */
const withSchemes = async (value: string, run: () => Promise<void>): Promise<void> => {
  process.env['VDE_TS_SCHEMES'] = value
  try {
    await run()
  } finally {
    delete process.env['VDE_TS_SCHEMES']
  }
}

const test = suite('schemes of others')

test('are found in VDE_TS_SCHEMES, read by their own grammar, also nested', async () => {
  const dir = scratch()
  pack(dir.path, 'x-colour', schemeNamed('x-colour'))
  pack(dir.path, 'x+nest.1', schemeNamed('x+nest.1', 'nested-address'))
  await withSchemes(`relative:${dir.path}/none:${dir.path}`, async () => {
    assert.equal(ofTest(thirdPartyNames()), ['x+nest.1', 'x-colour'])
    const link = await openVnl('x-colour://sky/c=blue', new Recorder())
    assert.is(link.label, 'skyblue')
    assert.is((await openVnl('x+nest.1://a/c=b{x-colour://c/colour=d}', new Recorder())).label, 'ab')
    assert.match((await refusal(openVnl('x-colour://sky/shade=1', new Recorder()))).message, /unknown key: "shade", want one of colour/)
    // Of a name that is a file there is nothing below.
    process.env['VDE_TS_SCHEMES'] = `${dir.path}/vde-ts-scheme-x-colour/package.json`
    assert.is((await refusal(openVnl('x-none://', new Recorder()))).code, 'EPROTONOSUPPORT')
    process.env['VDE_TS_SCHEMES'] = dir.path
    assert.match((await refusal(openVnl('x+nest.1://a{x-colour://c/d=1}', new Recorder()))).message, /at character 27: unknown key/)
  })
  dir.remove()
})

test('one package has several, and says which', async () => {
  const dir = scratch()
  pack(dir.path, 'x-pair', `${schemeNamed('x-pair')}
export const schemes = [scheme, { ...scheme, name: 'x-pair-listen' }]`)
  const manifest = `${dir.path}/vde-ts-scheme-x-pair/package.json`
  const vdeSchemes = ['x-pair', 'x-pair-listen', 'x-absent', '../bad', 7]
  writeFileSync(manifest, JSON.stringify({ type: 'module', main: 'index.js', vdeSchemes }))
  await withSchemes(dir.path, async () => {
    assert.equal(ofTest(thirdPartyNames()), ['x-absent', 'x-pair', 'x-pair-listen'])
    assert.is((await openVnl('x-pair-listen://sky/c=blue', new Recorder())).label, 'skyblue')
    assert.match((await refusal(openVnl('x-absent://', new Recorder()))).message, /it exports no scheme called "x-absent"/)
    const problems = await loadSchemes()
    assert.is(problems.length, 1)
    assert.match(problems[0]!.message, /called "x-absent"/)
    assert.ok(listSchemes().some(({ name }) => name === 'x-pair'), 'all that can be loaded are listed')
  })
  dir.remove()
})

test('an error of a scheme that brings its own copy of VdeError is as good as one of ours', async () => {
  const dir = scratch()
  pack(dir.path, 'x-error', `${schemeNamed('x-error')}
class VdeError extends Error { name = 'VdeError'; code = 'ENODEV' }
scheme.open = () => { throw new VdeError('Cannot open x-error://: no cable') }`)
  await withSchemes(dir.path, async () => { assert.is((await refusal(openVnl('x-error://', new Recorder()))).code, 'ENODEV') })
  dir.remove()
})

test('are not looked for in the working directory', async () => {
  const dir = scratch()
  const former = process.cwd()
  pack(dir.path, 'x-here', schemeNamed('x-here'))
  pack(`${dir.path}/node_modules`, 'x-here', schemeNamed('x-here'))
  process.chdir(dir.path)
  try {
    await withSchemes('.:node_modules::', async () => {
      assert.is((await refusal(openVnl('x-here://', new Recorder()))).code, 'EPROTONOSUPPORT')
    })
  } finally {
    process.chdir(former)
    dir.remove()
  }
})

for (const [name, code, why] of [
  ['x-none', 'export const other = 1', /it exports no scheme called "x-none"/],
  ['x-wrong', schemeNamed('other'), /no scheme called "x-wrong"/],
  ['x-style', schemeNamed('x-style', 'odd'), /no scheme called/],
  ['x-throws', 'throw new Error("not today")', /not today/],
  ['x-syntax', 'export const = ', /Unexpected token/]
] as const) {
  test(`${name}: a package that is no scheme is refused`, async () => {
    const dir = scratch()
    pack(dir.path, name, code)
    await withSchemes(dir.path, async () => {
      const error = await refusal(openVnl(`${name}://`, new Recorder()))
      assert.is(error.code, 'ENOEXEC')
      assert.match(error.message, why)
    })
    dir.remove()
  })
}

for (const vnl of ['../x://', 'x/../../y://', 'X-colour://', 'x_y://', 'x%2f://']) {
  test(`${vnl} never reaches a package`, async () => {
    const dir = scratch()
    await withSchemes(dir.path, async () => {
      const error = await refusal(openVnl(vnl, new Recorder()))
      assert.ok(['EINVAL', 'ENOENT'].includes(error.code), error.message)
    })
    dir.remove()
  })
}

test.run()
