/** Commands as processes, bundled as they ship: what main() and the hand-shake of -d promise. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { native } from '@vde-ts/native'

const bundles = mkdtempSync('/tmp/vde-bundles-')
const file = (name: string): string => join(bundles, `${name}.cjs`)
const main = suite('main')

main.before(() => {
  const build = fileURLToPath(new URL('../build.mjs', import.meta.url))
  assert.is(spawnSync(process.execPath, [build, bundles], { stdio: 'inherit' }).status, 0)
  writeFileSync(join(bundles, 'package.json'), '{"type":"module"}')
})
main.after(() => { rmSync(bundles, { recursive: true }) })

const run = (name: string, args: readonly string[], cwd?: string): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [file(name), ...args],
    { encoding: 'utf8', timeout: 20_000, input: '', ...(cwd === undefined ? {} : { cwd }) })

const isAlive = (pid: number): boolean => {
  try { return process.kill(pid, 0) } catch { return false }
}

const until = async (test: () => boolean, what: string): Promise<void> => {
  const end = Date.now() + 10_000
  while (!test()) {
    if (Date.now() > end) throw new Error(`Cannot wait for ${what} any longer`)
    await new Promise((resolve) => { setTimeout(resolve, 10) })
  }
}

let dir = ''
main.before.each(() => { dir = mkdtempSync('/tmp/vde-run-') })
main.after.each(() => { rmSync(dir, { recursive: true }) })

for (const [name, args, status, out, err] of [
  ['vde_switch', ['-h'], 1, /Usage: vde_switch/, /^$/],
  ['vde_plug', ['-h'], 255, /^$/, /Usage: vde_plug/],
  ['dpipe', ['--help'], 0, /Usage: dpipe/, /^$/],
  ['vde_switch', ['-v'], 0, /^VDE \d+\.\d+\.\d+\nvde_switch/, /^$/],
  ['vde_plug', ['--no-such'], 255, /^$/, /^vde_plug: Cannot [^\n]*--no-such[^\n]*\n/],
  ['vde_switch', ['operand'], 1, /^$/, /^vde_switch: Cannot [^\n]*operand[^\n]*\n$/],
  ['dpipe', ['--no-such', 'true', '=', 'false'], 1, /^$/, /^dpipe: unknown option '--no-such' is passed over\n$/],
  ['dpipe', ['true'], 2, /^$/, /^dpipe: Cannot [^\n]*\n$/]
] as const) {
  main(`${name} ${args.join(' ')} ends with ${status}`, () => {
    const result = run(name, args)
    assert.is(result.status, status, result.stderr)
    assert.match(result.stdout, out)
    assert.match(result.stderr, err)
  })
}

for (const [name, option, status] of [['vde_switch', '--help', 1], ['vde_switch', '--version', 1], ['vde_plug', '--version', 255], ['dpipe', '--help', 2]] as const) {
  main(`${name} ${option} on a full disk fails with ${status} and one line, quietly when its reader left`, () => {
    const full = spawnSync('sh', ['-c', '"$@" >/dev/full', 'sh', process.execPath, file(name), option], { encoding: 'utf8', timeout: 20_000, input: '' })
    assert.equal([full.status, full.stderr], [status, `${name}: Cannot write to standard output: no space left on device\n`])
    const pipe = new Int32Array(2)
    native.pipe(pipe, false)
    native.close(pipe[0]!)
    const left = spawnSync(process.execPath, [file(name), option], { encoding: 'utf8', timeout: 20_000, stdio: ['ignore', pipe[1]!, 'pipe'] })
    native.close(pipe[1]!)
    assert.equal([left.status, left.stderr], [status, ''])
  })
}

main('-d returns when ready; the copy lives in its own session, in /, without stderr', async () => {
  const result = run('dpipe', ['-d', '-p', 'pid', 'sleep', '30', '=', 'sleep', '30'], dir)
  assert.is(result.status, 0, result.stderr)
  assert.is(result.stderr, '')
  const pid = Number(readFileSync(join(dir, 'pid'), 'utf8'))
  try {
    const [, , , session] = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /, '').split(' ')
    assert.is(session, String(pid))
    assert.is(readFileSync(`/proc/${pid}/comm`, 'latin1'), 'dpipe\n')
    const link = (name: string): string => spawnSync('readlink', [`/proc/${pid}/${name}`], { encoding: 'utf8' }).stdout.trim()
    // Its stderr is the last it gives up, after its starter has returned.
    await until(() => link('fd/2') === '/dev/null', 'the end of its stderr')
    assert.equal(['cwd', 'fd/0', 'fd/1'].map(link), ['/', '/dev/null', '/dev/null'])
  } finally { process.kill(pid, 'SIGTERM') }
  await until(() => !existsSync(join(dir, 'pid')) && !isAlive(pid), 'the end of the copy')
})

main('-d reports the failure of the copy, with its status, and leaves nothing', () => {
  const result = run('dpipe', ['-d', '-p', 'pid', 'true', '=', 'no-such-command'], dir)
  assert.is(result.status, 127)
  assert.is(result.stderr, "dpipe: Cannot run 'no-such-command': no such file or directory\n")
  assert.not.ok(existsSync(join(dir, 'pid')))
})

main('a descriptor the caller left open goes through -d to the commands, under its number', async () => {
  const fd = openSync('/etc/hostname', 'r')
  const out = join(dir, 'out')
  try {
    const result = spawnSync(process.execPath, [file('dpipe'), '-d', 'true', '=', 'sh', '-c', `cat <&3 >${out}`],
      { stdio: ['ignore', 'ignore', 'ignore', fd] })
    assert.is(result.status, 0)
  } finally { closeSync(fd) }
  const want = readFileSync('/etc/hostname', 'utf8')
  await until(() => existsSync(out) && readFileSync(out, 'utf8') === want, 'the copy of the file')
})

main('-d: a copy whose starter is killed before it is ready ends and cleans up', async () => {
  // A switch that takes the connection and never answers keeps the copy from getting ready.
  mkdirSync(join(dir, 'sw'))
  const silent = createServer().listen(join(dir, 'sw/ctl'))
  const starter = spawn(process.execPath, [file('vde_plug'), '-d', '-p', 'pid', join(dir, 'sw'), 'null://'], { cwd: dir, stdio: 'ignore' })
  let pid = 0
  try {
    await new Promise((resolve) => { silent.once('connection', resolve) })
    pid = Number(readFileSync(join(dir, 'pid'), 'utf8'))
    assert.ok(isAlive(pid))
    starter.kill('SIGKILL')
    await until(() => !existsSync(join(dir, 'pid')) && !isAlive(pid), 'the end of the copy')
  } finally {
    starter.kill('SIGKILL')
    if (pid > 0 && isAlive(pid)) process.kill(pid, 'SIGKILL')
    silent.close()
  }
})

// One descriptor with a high number, such as bash keeps for itself, is above the limit and stays where it is.
for (const limit of [256, 64]) {
  main(`-d works where ${limit} open files are allowed and descriptor 200 is open`, async () => {
    const out = join(dir, 'out')
    const script = `exec 200</etc/hostname; ulimit -n ${limit}; exec "$@"`
    const command = [process.execPath, file('dpipe'), '-d', 'true', '=', 'bash', '-c', `cat <&200 >${out}`]
    const result = spawnSync('bash', ['-c', script, 'bash', ...command], { encoding: 'utf8', timeout: 20_000, input: '' })
    assert.is(result.status, 0, result.stderr)
    const want = readFileSync('/etc/hostname', 'utf8')
    await until(() => existsSync(out) && readFileSync(out, 'utf8') === want, 'the copy of the file')
  })
}

main('a limit of open files that is too low is named', () => {
  const result = spawnSync('bash', ['-c', 'ulimit -n 22; exec "$@"', 'bash', process.execPath, file('dpipe'), '-d', 'true', '=', 'true'],
    { encoding: 'utf8', timeout: 20_000, input: '' })
  assert.is(result.status, 1)
  assert.match(result.stderr, /^dpipe: [^\n]*\(ulimit -n\)[^\n]*64[^\n]*\n$/)
})

main('-d is not fooled by a variable of that name', () => {
  const result = spawnSync(process.execPath, [file('dpipe'), '-d', 'true', '=', 'true'],
    { encoding: 'utf8', env: { ...process.env, VDE_TS_READY: '2' } })
  assert.is(result.status, 0, result.stderr)
})

for (const [signal, want] of [['SIGTERM', [0, null]], ['SIGINT', [null, 'SIGINT']], ['SIGHUP', [null, 'SIGHUP']]] as const) {
  main(`${signal} cleans up and tells the truth`, async () => {
    const pidFile = join(dir, 'pid')
    const child = spawn(process.execPath, [file('vde_plug'), '-p', pidFile, 'null://', 'null://'], { stdio: 'ignore' })
    const ended = new Promise((resolve) => { child.on('exit', (code, name) => { resolve([code, name]) }) })
    await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8') === `${child.pid}\n`, 'the pid file')
    child.kill('SIGUSR1')
    child.kill(signal)
    assert.equal(await ended, want)
    assert.not.ok(existsSync(pidFile))
  })
}

main.run()
