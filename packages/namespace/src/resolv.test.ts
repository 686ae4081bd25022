import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { privateFile, resolvContent, resolvText } from './resolv.ts'

const TEXTS: ReadonlyArray<readonly [addresses: string[], text: string]> = [
  [[], ''],
  [['10.0.2.3'], 'nameserver 10.0.2.3\n'],
  [['', '9.9.9.9', '', '2620:fe::fe'], 'nameserver 9.9.9.9\nnameserver 2620:fe::fe\n']
]
const texts = suite('resolvText')
for (const [addresses, text] of TEXTS) texts(JSON.stringify(addresses), () => { assert.is(resolvText(addresses), text) })
texts('refuses what would write another line', () => {
  assert.throws(() => resolvText(['9.9.9.9\nsearch evil']), (error: { code: string }) => error.code === 'EINVAL')
})
texts.run()

const content = suite<{ folder: string, file: string, host: string }>('resolvContent')
content.before.each(context => {
  context.folder = mkdtempSync(join(tmpdir(), 'resolv-test-'))
  context.file = join(context.folder, 'wanted')
  context.host = join(context.folder, 'host')
  writeFileSync(context.file, 'wanted\n')
  writeFileSync(context.host, 'host\n')
})
content.after.each(({ folder }) => { rmSync(folder, { recursive: true }) })

content('addresses win over the file', ({ file }) => {
  assert.is(resolvContent({ resolvFile: file, resolvAddresses: ['1.1.1.1'] }, false), 'nameserver 1.1.1.1\n')
})
content('the file is read', ({ file, host }) => { assert.is(resolvContent({ resolvFile: file }, true, host), 'wanted\n') })
content('root gets a copy of the host\'s', ({ host }) => { assert.is(resolvContent({}, true, host), 'host\n') })
content('nobody else does', ({ host }) => { assert.is(resolvContent({}, false, host), null) })
content('a host without one has none', ({ folder }) => { assert.is(resolvContent({}, true, join(folder, 'no')), null) })
content('a missing file is named', ({ folder }) => {
  assert.throws(() => resolvContent({ resolvFile: join(folder, 'no') }, false), /Cannot read resolv.conf ".*\/no": no such file/)
})
content('a device that never ends is named, not read for ever', () => {
  assert.throws(() => resolvContent({ resolvFile: '/dev/zero' }, false), /Cannot read resolv.conf "\/dev\/zero": it has 1048576 octets or more/)
})
content.run()

const file = suite('privateFile')
file('holds the text, readable whatever the umask, and goes', () => {
  const mask = process.umask(0o077)
  try {
    const made = privateFile('nameserver 1.1.1.1\n')
    assert.is(readFileSync(made.path, 'utf8'), 'nameserver 1.1.1.1\n')
    assert.is(statSync(made.path).mode & 0o777, 0o644)
    made.remove()
    made.remove()
    assert.not.ok(existsSync(made.path))
  } finally { process.umask(mask) }
})
file.run()
