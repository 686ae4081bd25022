import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Recorder } from '@vde-ts/link/testing.js'
import { nullScheme } from './null.ts'
import { listSchemes, openVnl, readVnl, registerScheme, resolveVnl } from './registry.ts'
import { refusal, scratch, served } from './testing.ts'
import type { Tail } from './scheme.ts'

/** Runs with another home directory. */
const atHome = (home: string | null, run: () => void): void => {
  const former = process.env['HOME']
  if (home === null) delete process.env['HOME']
  else process.env['HOME'] = home
  try {
    run()
  } finally {
    process.env['HOME'] = former
  }
}

const resolve = suite('resolveVnl')

for (const [vnl, name, text] of [
  ['/tmp/sw', 'vde', '/tmp/sw'],
  ['sw[3]', 'vde', 'sw[3]'],
  ['vde://', 'vde', ''],
  ['vde:///tmp/sw', 'vde', '/tmp/sw'],
  ['cmd://ssh host vde_plug', 'cmd', 'ssh host vde_plug'],
  ['/tmp/a://b', 'vde', '/tmp/a://b']
] as const) {
  resolve(`${vnl} is ${name} of ${text}`, () => { assert.equal(resolveVnl(vnl), { name, text }) })
}

resolve('empty: .vdeplug/default before .vde2/default.switch before vde://', () => {
  const dir = scratch()
  atHome(dir.path, () => {
    assert.equal(resolveVnl(''), { name: 'vde', text: '' })
    mkdirSync(`${dir.path}/.vde2/default.switch`, { recursive: true })
    assert.equal(resolveVnl(''), { name: 'vde', text: `${dir.path}/.vde2/default.switch` })
    mkdirSync(`${dir.path}/.vdeplug`)
    symlinkSync('/nowhere', `${dir.path}/.vdeplug/default`)
    assert.equal(resolveVnl(''), { name: 'vde', text: `${dir.path}/.vdeplug/default` }, 'a dangling link counts')
  })
  atHome(null, () => { assert.equal(resolveVnl(''), { name: 'vde', text: '' }) })
  dir.remove()
})

resolve('a default that is a file is followed', () => {
  const dir = scratch()
  mkdirSync(`${dir.path}/.vdeplug`)
  writeFileSync(`${dir.path}/.vdeplug/default`, 'null://\n')
  atHome(dir.path, () => { assert.equal(resolveVnl(''), { name: 'null', text: '' }) })
  dir.remove()
})

for (const [content, name, text] of [
  ['null://\n', 'null', ''],
  ['null://', 'null', ''],
  ['null://\r\n', 'null', ''],
  ['vde:///tmp/sw[3]\n# more\n', 'vde', '/tmp/sw[3]'],
  ['/tmp/other\n', 'vde', '/tmp/other']
] as const) {
  resolve(`a file with ${JSON.stringify(content)} stands for ${name}://${text}`, () => {
    const dir = scratch()
    writeFileSync(`${dir.path}/net.vnl`, content)
    assert.equal(resolveVnl(`${dir.path}/net.vnl`), { name, text })
    dir.remove()
  })
}

resolve('a file is followed once, an empty one and a program not at all', () => {
  const dir = scratch()
  const first = `${dir.path}/first`
  writeFileSync(first, `${first}\n`)
  assert.equal(resolveVnl(first), { name: 'vde', text: first })
  writeFileSync(`${dir.path}/empty`, '\n')
  assert.equal(resolveVnl(`${dir.path}/empty`), { name: 'vde', text: `${dir.path}/empty` })
  assert.equal(resolveVnl(`${first}[3]`), { name: 'vde', text: `${first}[3]` })
  assert.equal(resolveVnl('/bin/sh'), { name: 'vde', text: '/bin/sh' })
  dir.remove()
})

const open = suite('openVnl')

open('an unknown scheme: EPROTONOSUPPORT, naming it and what there is', async () => {
  const error = await refusal(openVnl('nosuch://x', new Recorder()))
  assert.is(error.code, 'EPROTONOSUPPORT')
  for (const word of ['"nosuch"', 'cmd', 'hub', 'null', 'seqpacket', 'switch', 'tap', 'vde']) assert.match(error.message, word)
})

for (const vnl of ['VDE://x', 'vde://x[colour=red]', 'vde://x[mode=99]', 'vde://x[', '../x://y', 'hub://x[hashsize=many]', '__proto__://x']) {
  open(`${vnl}: refused with a reason`, async () => {
    const error = await refusal(openVnl(vnl, new Recorder()))
    assert.ok(['EINVAL', 'ENOENT', 'EPROTONOSUPPORT'].includes(error.code), error.code)
    assert.match(error.message, /^Cannot open .+: .+/)
  })
}

open('an unknown scheme: the nearest is named', async () => {
  assert.match((await refusal(openVnl('swich:///tmp/x', new Recorder()))).message, /no scheme "swich", the nearest is "switch"; known are agno, /)
})

open('a mistake of the innermost network is told with its place, and nothing was opened', async () => {
  const dir = scratch()
  let opened = 0
  registerScheme({
    ...nullScheme,
    name: 'nest-test',
    style: 'nested-address',
    open: async (tail, sink, context) => {
      opened++
      return await context.open(tail.inner, sink)
    }
  })
  const error = await refusal(openVnl(`nest-test://1{hub://${dir.path}/hub[colour=red]}`, new Recorder()))
  assert.is(error.code, 'EINVAL')
  assert.match(error.message, `at character ${`nest-test://1{hub://${dir.path}/hub[`.length + 1}: unknown key: "colour"`)
  assert.is((await refusal(openVnl('nest-test://1{nosuch://{}}', new Recorder()))).code, 'EPROTONOSUPPORT')
  assert.is(opened, 0)
  const { top } = await readVnl('nest-test://1{nest-test://2{null://}}')
  assert.equal([top.scheme.name, top.inner?.scheme.name, top.inner?.inner?.scheme.name, top.inner?.tail.path], ['nest-test', 'nest-test', 'null', '2'])
  dir.remove()
})

open('hasOwnProperty and other names of objects are no schemes', async () => {
  assert.is((await refusal(openVnl('constructor://x', new Recorder()))).code, 'EPROTONOSUPPORT')
})

open('a registered scheme gets its tail and context', async () => {
  let seen: Tail | null = null
  let port = 0
  registerScheme({
    name: 'test-net',
    summary: 'for this test',
    style: 'path',
    params: { colour: { help: '', value: 'NAME', fallback: '' } },
    open (tail, sink, context) {
      seen = tail
      port = context.port
      return nullScheme.open(tail, sink, context)
    }
  })
  const link = await openVnl('test-net://a/b[c=red]', new Recorder(), { port: 4 })
  link.close()
  assert.equal(seen, { path: 'a/b', params: new Map([['colour', 'red']]), inner: '', innerAt: 21 })
  assert.is(port, 4)
  assert.ok(listSchemes().some((scheme) => scheme.name === 'test-net'))
})

open('a name no VNL can have is not registered', () => {
  assert.throws(() => { registerScheme({ ...nullScheme, name: '../x' }) }, (error: unknown) => error instanceof TypeError)
})

open('a bare path, quoting and an indirect file reach the same switch', async () => {
  const dir = scratch()
  const net = served(`${dir.path}/sw`)
  writeFileSync(`${dir.path}/file`, `vde://${net.path}[5]\n`)
  for (const vnl of [net.path, `vde://'${net.path}'`, `${net.path}[7]`, `${dir.path}/file`]) {
    const link = await openVnl(vnl, new Recorder())
    assert.is(link.label, `vde://${net.path}`)
    link.close()
  }
  const used = net.bridge.ports().map((port) => port.number)
  assert.ok(used.includes(5) && used.includes(7), `ports ${used.join(' ')}`)
  net.close()
  dir.remove()
})

open('null:// takes everything', async () => {
  const sink = new Recorder()
  const link = await openVnl('null://whatever', sink)
  link.resume()
  assert.ok(link.send(new Uint8Array(60), 0, 60))
  link.close()
  assert.is(sink.frames.length + sink.closes, 0)
})

resolve.run()
open.run()
