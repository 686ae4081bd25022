/** The suite installed below a directory: it works without the clone it came from, and takes nobody's place. */
import assert from 'node:assert/strict'
import { lstatSync, readdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LAB_NEEDS, Terminal, asUser, peer, run, test, type Proc, type Scene } from './kit/index.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).slice(0, -1)

const install = async (scene: Scene, ...words: string[]): Promise<Proc> =>
  await scene.run(asUser([process.execPath, `${ROOT}/tools/install.mjs`, ...words]), { ms: 60_000 })

/** A directory in which the clone is not: as if another machine had the installed tree only. */
const withoutClone = (script: string): string[] =>
  asUser(['unshare', '-rm', 'sh', '-c', `mount -t tmpfs none ${ROOT} && test ! -e ${ROOT}/tools && { ${script}\n}`])

const SCRIPT = `
mkdir -m 700 $XDG_RUNTIME_DIR
vnl list
vde_switch -s $PREFIX/sw -M $PREFIX/m -d
vdens $PREFIX/sw sh -c 'ip addr add 192.0.2.1/24 dev vde0; ip link set lo up; ip link set vde0 up; ping -c1 -W2 192.0.2.1 >/dev/null && echo pinged'
vdecmd -s $PREFIX/m port/create x
vdecmd -s $PREFIX/m config/diff
vdecmd -s $PREFIX/m shutdown
vde_keygen $PREFIX/key
vde_plug slirp:// null:// </dev/null & sleep 1; kill $! && echo engine runs
vdenet graph $PREFIX/lab.yaml | grep -c '<svg'
vdenet test $PREFIX/lab.yaml
MANPATH=$PREFIX/share/man man -w vde_switch vnl vdenet`

const LAB = 'vdenet: 1\nnets: { lan: }\nnodes: { a: { if: { eth0: { net: lan, ip: 192.0.2.1/24 } } }, b: { if: { eth0: { net: lan, ip: 192.0.2.2/24 } } } }\nexpect: [ a ping b ]\n'

test('what is installed works without the clone', { needs: [...LAB_NEEDS, 'unshare', 'man'], ours: ['vnl'], ms: 90_000 }, async (scene) => {
  const prefix = scene.shared('prefix')
  const done = await install(scene, prefix)
  assert.equal(done.out, `${readdirSync(`${prefix}/bin`).length} commands are in ${prefix}/bin, which is not on PATH yet\n`, done.story)
  writeFileSync(`${prefix}/lab.yaml`, LAB)
  const env = { PREFIX: prefix, XDG_RUNTIME_DIR: `${prefix}/run`, PATH: `${prefix}/bin:${scene.environment()['PATH']}` }
  const { out, err, story } = await scene.run(withoutClone(SCRIPT), { env, ms: 40_000 })
  for (const scheme of ['vde', 'ws', 'secure', 'vxlan']) assert.match(out, new RegExp(`^${scheme}:// `, 'm'), story)
  assert.match(out, /\npinged\n[^]*\nengine runs\n1\nok {6}a ping b\n/, story)
  assert.match(err, /^vdecmd: port\/create x: Invalid argument: Cannot read N: got "x", want a whole number$/m, story)
  assert.ok(out.endsWith(['vde_switch', 'vnl', 'vdenet'].map((name) => `\n${prefix}/lib/vde-ts/man/man1/${name}.1`).join('') + '\n'), story)
  assert.match(readFileSync(`${prefix}/lib/vde-ts/LICENSES`, 'utf8'), /^== yargs-parser /m)
})

test('the completion of an installed suite is found by zsh itself', { needs: ['pty', 'zsh'], ours: ['vnl'], ms: 60_000 }, async (scene) => {
  const prefix = scene.shared('prefix')
  const done = await install(scene, prefix)
  assert.equal(done.exit?.code, 0, done.story)
  writeFileSync(scene.path('.zshrc'),
    `fpath=(${prefix}/share/zsh/site-functions $fpath); autoload -Uz compinit; compinit -D -u; unsetopt zle_bracketed_paste; PS1='ready> '; PATH=${prefix}/bin:$PATH\n`)
  const terminal = await Terminal.open(scene, [peer('zsh'), '-d', '-i'])
  await terminal.says(/ready> /)
  for (const scheme of ['ud', 'nul']) {
    terminal.forget()
    terminal.type(`vde_plug ${scheme}\t`)
    await terminal.says(new RegExp(`vde_plug ${scheme}\\w+://`))
    terminal.type('\x15')
  }
  terminal.type('exit\r')
  await terminal.ends()
})

test('files of others stay, a newer version takes the place of an older, and all of it goes', { ours: ['vnl'], ms: 90_000 }, async (scene) => {
  const prefix = scene.shared('prefix')
  const wrong = await install(scene, '--all', prefix)
  assert.deepEqual([wrong.exit?.code, wrong.err], [1, 'Usage: node tools/install.mjs [--remove] PREFIX\n'])
  const none = await install(scene, '--remove', prefix)
  assert.equal(none.err, `Cannot remove: there is no ${prefix}/lib/vde-ts of this suite\n`)
  await scene.run(asUser(['sh', '-c', `umask 022; mkdir ${prefix}/bin && echo theirs >${prefix}/bin/vde_switch`]))
  const taken = await install(scene, prefix)
  assert.equal(taken.err, `Cannot install: of somebody else, not of this suite: ${prefix}/bin/vde_switch; want another PREFIX\n`)
  assert.deepEqual(readdirSync(prefix, { recursive: true }).sort(), ['bin', 'bin/vde_switch', 'lib'], 'nothing of ours')
  unlinkSync(join(prefix, 'bin/vde_switch'))
  assert.equal((await install(scene, prefix)).exit?.code, 0)
  // What a former version had, and this one has not.
  const former = join(prefix, 'bin/vde_former')
  symlinkSync('../lib/vde-ts/bin/vde_former.cjs', former)
  assert.equal((await install(scene, prefix)).exit?.code, 0)
  assert.equal(lstatSync(former, { throwIfNoEntry: false }), undefined)
  writeFileSync(join(prefix, 'share/mine'), '')
  assert.equal((await install(scene, '--remove', prefix)).out, `vde-ts is removed from ${prefix}\n`)
  assert.deepEqual(readdirSync(prefix, { recursive: true }).sort(), ['share', 'share/mine'])
})

run()
