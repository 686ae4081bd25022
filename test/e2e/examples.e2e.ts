/**
 * Every example of the man pages and of the README does what it says: the lines behind `$` of a page run in order, in one
 * shell, as an ordinary user, with our commands first in PATH and /tmp replaced by a directory of the test.
 */
import { lstatSync, readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import assert from 'node:assert/strict'
import { asUser, ours, ROOT, run, test, type Scene } from './kit/index.ts'

const BIN = join(ours('vde_switch'), '..')
const COMMANDS = ['vde_switch', 'vde_plug', 'vdens', 'unixcmd']

/** What groff would print of a line of an example: the escapes that our pages use. */
const plain = (roff: string): string => roff.replace(/\\-/g, '-').replace(/\\e/g, '\\').replace(/\\&/g, '')

const examplesOf = (page: string): string[] => [...readFileSync(page, 'utf8').matchAll(/^\.EX\n([\s\S]*?)^\.EE$/gm)]
  .flatMap(([, block = '']) => block.split('\n'))
  .filter((line) => line.startsWith('$ '))
  .map((line) => plain(line.slice(2)))

const shell = async (scene: Scene, lines: readonly string[]): Promise<void> => {
  const dir = scene.shared('tmp')
  const script = lines.map((line) => line.replaceAll('/tmp/', `${dir}/`)).join('\n')
  const proc = await scene.run(asUser(['/bin/sh', '-eux', '-c', script]), {
    env: { PATH: `${BIN}:${process.env.PATH}:/usr/sbin:/sbin` }, ms: 40_000
  })
  assert.equal(proc.exit?.code, 0, proc.story)
}

for (const section of ['man1', 'man7']) {
  for (const file of readdirSync(join(ROOT, 'man', section))) {
    const page = join(ROOT, 'man', section, file)
    // A link is another name of a page.
    const lines = lstatSync(page).isSymbolicLink() ? [] : examplesOf(page)
    if (lines.length === 0) continue
    test(`examples of ${file}`, { needs: ['tun', 'userns', 'ip', 'ping'], ours: COMMANDS, ms: 60_000 }, (scene) => shell(scene, lines))
  }
}

test('a page with several names shows under each of them', { needs: ['man'] }, async (scene) => {
  const links = ['man1', 'man7'].flatMap((section) => readdirSync(join(ROOT, 'man', section)).map((file) => join(ROOT, 'man', section, file)))
    .filter((page) => lstatSync(page).isSymbolicLink())
  assert.ok(links.length > 0, 'there are such pages')
  for (const page of links) {
    const name = basename(page).replace(/\.\d$/, '')
    for (const ask of [['man', page], ['man', '-M', join(ROOT, 'man'), name]]) {
      const shown = await scene.run(ask, { env: { LC_ALL: 'C', MANPAGER: 'cat' } })
      assert.match(shown.out.replace(/.\x08/g, ''), new RegExp(`NAME\\s+[^-]*\\b${name}\\b`), shown.story)
    }
  }
})

/** The indented blocks of a section of the README, lines without their indent. */
const readmeBlocks = (title: string): string[][] => {
  const text = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const section = text.split(/^## /m).find((part) => part.startsWith(title)) ?? ''
  return [...section.matchAll(/(?:^ {4}.*\n)+/gm)].map(([block]) => block.trimEnd().split('\n').map((line) => line.slice(4)))
}

/** A block that opens a shell with its first line: the rest is typed into it. */
const typed = ([first = '', ...rest]: readonly string[], then: string): string => `(echo '${rest.join('\n')}'; ${then}) | ${first}`

test('README two shells and a ping', { needs: ['tun', 'userns', 'ip', 'ping'], ours: COMMANDS, ms: 60_000 }, async (scene) => {
  const [start, one, two, end] = readmeBlocks('Two shells and a ping')
  assert.ok(start !== undefined && one !== undefined && two !== undefined && end !== undefined, 'four blocks')
  // The first shell stays until the second has pinged it.
  await shell(scene, ['mkfifo /tmp/stay', ...start, `${typed(one, 'cat /tmp/stay')} &`, typed(two, 'true'), 'echo > /tmp/stay', ...end])
})

test('README bad links', { needs: ['tun', 'userns', 'ip'], ours: [...COMMANDS, 'wirefilter'], ms: 60_000 }, async (scene) => {
  const [block] = readmeBlocks('Bad links')
  assert.ok(block !== undefined, 'a block')
  const switches = ['sw', 'a', 'b']
  await shell(scene, [
    ...switches.map((name) => `vde_switch -s /tmp/${name} -M /tmp/${name}.mgmt -d`), 'unixcmd -s /tmp/sw.mgmt port/create 2',
    ...block, ...switches.map((name) => `unixcmd -s /tmp/${name}.mgmt shutdown`)
  ])
})

run()
