/**
 * A stranger hands over files of a FUSE mount that never answers their close, which then blocks for ever, unkillable. All
 * in namespaces of the test's own. The mount dies with its server at the end, or nothing of it could be removed.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { DEAD_FILES, fuseObstacle } from './testing-fuse.ts'

const ADDON = fileURLToPath(new URL('../build/vde_native.node', import.meta.url))

/** Sends 30 such files with a tap among them, then waits to be killed. argv: directory. */
const GIVER = `
const native = require(${JSON.stringify(ADDON)}), fs = require('fs'), dir = process.argv[2]
const s = native.unixSocket(5); while (native.connectUnix(s, dir + '/s') < 0);
const file = fs.openSync(dir + '/mnt/f'), tap = native.tapOpen('x', 0x1002, []), files = (n) => Array(n).fill(file)
for (const fd of [...files(10), tap, ...files(20)]) {
  native.poll(s, 4, 5000)
  while (native.sendDescriptors(s, Buffer.from('x'), 0, 1, Int32Array.from([fd])) < 0) native.poll(s, 4, 100)
}
setTimeout(() => {}, 100000)`

/** Inspects 31 packets, counting answers; the longest pause of the loop is told too. argv: directory. */
const TAKER = `
const native = require(${JSON.stringify(ADDON)}), dir = process.argv[2], seen = {}
const l = native.unixSocket(5); native.bindUnix(l, dir + '/s'); native.listen(l, 5)
native.poll(l, 1, 5000); const c = native.accept(l)
let last = Date.now(), pause = 0, left = 31
setInterval(() => { pause = Math.max(pause, Date.now() - last); last = Date.now() }, 5)
const next = () => native.inspectDescriptor(c, new Uint8Array(8), (fd) => {
  const kind = fd >= 0 ? 'tap' : fd; seen[kind] = (seen[kind] ?? 0) + 1
  if (--left > 0) next(); else { console.log(JSON.stringify(seen), pause < 1000); process.exit(0) }
})
next()`

const SCRIPT = `
cd "$1" && mkdir mnt && exec 7<>/dev/fuse &&
mount -i -t fuse -o fd=7,rootmode=40000,user_id=0,group_id=0 none mnt || exit 9
"$2" server.cjs 7 & server=$!
exec 7<&-
"$2" giver.cjs "$1" 2>/dev/null & giver=$!
timeout -s KILL 20 "$2" taker.cjs "$1"; echo "status $?"
kill -9 $server $giver; wait 2>/dev/null; umount -l mnt; exit 0`

const hostile = suite('native inspectDescriptor against a dead file system')
const found = fuseObstacle()
if (found !== null) {
  console.log(`SKIP native inspectDescriptor against a dead file system: ${found}`)
  // Where there is no FUSE at all, nobody can do this to us, and nothing was skipped.
  if (existsSync('/dev/fuse')) hostile.skip('neither the loop nor the exit is blocked')
} else {
  hostile('neither the loop nor the exit is blocked', () => {
    const dir = mkdtempSync(join(tmpdir(), 'vde-hostile-'))
    for (const [name, text] of [['server', DEAD_FILES], ['giver', GIVER], ['taker', TAKER]]) writeFileSync(join(dir, `${name}.cjs`), text)
    const argv = ['--user', '--net', '--mount', '--map-root-user', 'sh', '-c', SCRIPT, 'sh', dir, process.execPath]
    const { stdout, stderr } = spawnSync('unshare', argv, { encoding: 'utf8', timeout: 40_000, env: { PATH: process.env.PATH } })
    rmSync(dir, { recursive: true, force: true })
    // 16 are let hang (ENOTTY), with the tap among them; then nothing more is taken (EBUSY).
    assert.is(stdout, '{"-25":16,"tap":1,"-16":14} true\nstatus 0\n', stderr)
  })
}
hostile.run()
