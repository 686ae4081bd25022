import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findScript, MAX_SCRIPT, readScript, runScript } from './script.ts'
import { makeBench, type Bench } from './testing.ts'

interface World { bench: Bench, file: (text: string, name?: string) => string }

const test = suite<World>('scripts')
test.before.each((world) => {
  world.bench = makeBench()
  world.file = (text, name = 'rc') => {
    const path = join(world.bench.dir, name)
    writeFileSync(path, text)
    return path
  }
})
test.after.each(({ bench }) => {
  bench.close()
  assert.equal(bench.defects, [])
})

test('a start-up file runs to its end, its mistakes are told', ({ bench, file }) => {
  const told: string[] = []
  const rc = file('# first\nport/create 3\n\nport/create 3\r\nload /etc/passwd\ndebug/add\nlogout\nshutdown\nnosuch 1\nvlan/create 7')
  assert.is(runScript(bench.console, rc, (text) => { told.push(text) }), 4)
  assert.equal(told, [
    `${rc}:4: Cannot create port 3: it exists already`,
    `${rc}:5: Cannot run load: a session is wanted`,
    `${rc}:6: Cannot run debug/add: a session is wanted`,
    `${rc}:9: Cannot run "nosuch": there is no such command, see help`
  ])
  assert.is(bench.sw.vlan.get(7).id, 7)
})

test('a file that cannot be read is told', ({ bench, file }) => {
  for (const path of [join(bench.dir, 'none'), bench.dir, '/dev/zero', file('#'.repeat(MAX_SCRIPT + 1))]) {
    const told: string[] = []
    assert.is(runScript(bench.console, path, (text) => { told.push(text) }), 1)
    assert.match(told[0], path)
  }
})

test('files without a size are read', () => {
  assert.match(readScript('/proc/self/status')[0], /^Name:/)
})

test('the named file comes before the user\'s, that before the system\'s', ({ bench }) => {
  const home = bench.dir
  assert.is(findScript('no_such_program', '/x', home), '/x')
  assert.is(findScript('no_such_program', undefined, home), null)
  mkdirSync(join(home, '.vde2'))
  writeFileSync(join(home, '.vde2', 'no_such_program.rc'), '')
  assert.is(findScript('no_such_program', undefined, home), join(home, '.vde2', 'no_such_program.rc'))
})

test('load echoes lines and answers them', ({ bench, file }) => {
  const inner = file('vlan/create 8\n', 'inner')
  const outer = file(`port/create 7\n\n# hi\nvlan/print 0\nnosuch\nlogout\nload ${inner}\n.`)
  const reply = [...bench.console.execute(`load ${outer}`, { onEvent () {} })].join('')
  const at = `vde[${outer}]: `
  assert.is(reply, `${at}port/create 7\n1000 Success\n${at}\n${at}# hi\n${at}vlan/print 0\n0000 DATA END WITH '.'\nVLAN 0000\n` +
    '.\n1000 Success\n' +
    `${at}nosuch\n1038 Function not implemented\n${at}logout\n${at}load ${inner}\n` +
    `vde[${inner}]: vlan/create 8\n1000 Success\n1000 Success\n${at}.\n1038 Function not implemented\n1000 Success\n`)
})

test('a script that loads itself ends', ({ bench, file }) => {
  const path = join(bench.dir, 'self')
  file(`load ${path}`, 'self')
  const reply = [...bench.console.execute(`load ${path}`, { onEvent () {} })].join('')
  assert.match(reply, '1040 Too many levels of symbolic links')
  assert.ok(reply.length < 10_000)
})

test.run()
