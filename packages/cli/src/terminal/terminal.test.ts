/** The programs themselves, with our console and, where Debian's vde2 is installed, its programs on either side. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native } from '@vde-ts/native'
import { makeBench, serve, type Bench } from '@vde-ts/console/testing.js'

const bin = fileURLToPath(new URL('../../bin/', import.meta.url))
const OURS = ['--conditions=source', '--import', import.meta.resolve('tsx')]

interface Done { status: number | null, out: string, error: string }

/** Runs a program to its end, at most 20 s; `input` is all it is told, null leaves its input open. */
const run = async (file: string, args: readonly string[], input: string | null = '', output: 'pipe' | number = 'pipe'): Promise<Done> => {
  const child = spawn(file, args, { stdio: ['pipe', output, 'pipe'], timeout: 20_000 })
  const done = { out: '', error: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => { done.out += text })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => { done.error += text })
  child.stdin!.on('error', () => {})
  if (input !== null) child.stdin!.end(input)
  const status = await new Promise<number | null>((resolve) => { child.on('close', resolve) })
  return { status, ...done }
}

const ours = async (name: string, args: readonly string[], input: string | null = ''): Promise<Done> =>
  await run(process.execPath, [...OURS, join(bin, `${name}.ts`), ...args], input)

const hasDebian = ['vde_switch', 'unixterm', 'unixcmd'].every((name) => existsSync(`/usr/bin/${name}`))
const SCRIPT = '/etc/vde2/vdecmd'
/** What `nosuch` is refused for, where the console has more to say than its status. */
const NO_SUCH = 'Cannot run "nosuch": there is no such command, see help'
/** Two lines of our own, or of Debian's switch. */
const BANNER = /^VDE switch V\.\d+\.\d+\.\d+\n\(C\) [^\n]+\n/
const INFO = 'Numports=32\nHUB=false\ncounters=true\n'
const INFO_REPLY = `0000 DATA END WITH '.'\n${INFO}.\n1000 Success\n`

interface World { sockets: ReadonlyArray<readonly [what: string, path: string]>, close: () => void, bench: Bench }

const startDebian = async (dir: string): Promise<ChildProcess> => {
  const args = ['-s', join(dir, 'sw'), '-M', join(dir, 'm')]
  const child = spawn('/usr/bin/vde_switch', args, { stdio: ['pipe', 'ignore', 'ignore'] })
  const end = performance.now() + 5000
  while (!existsSync(join(dir, 'm'))) {
    if (performance.now() > end) throw new Error('Cannot start vde_switch: no management socket after 5 s')
    await new Promise((resolve) => { setTimeout(resolve, 10) })
  }
  return child
}

const test = suite<World>('console clients')

test.before(async (world) => {
  const bench = makeBench()
  const server = serve(bench)
  const dir = mkdtempSync(join(tmpdir(), 'vde-terminal-'))
  const debian = hasDebian ? await startDebian(dir) : null
  if (debian === null) console.log("skipped in part: Debian's vde2 is not installed")
  const path = join(bench.dir, 'm')
  Object.assign(world, {
    bench,
    sockets: [['ours', path], ...(debian === null ? [] : [['the original', join(dir, 'm')]])],
    close () {
      debian?.kill()
      server.close()
      bench.close()
      rmSync(dir, { recursive: true, force: true })
    }
  })
})
test.after(({ close }) => { close() })

for (const [name, args, input] of [
  ['unixterm', [], 'hash/print\n'],
  ['vdeterm', [], 'hash/print\n'.repeat(200)],
  ['unixcmd', ['hash/print'], '']
] as const) {
  test(`${name} ends on SIGTERM though nobody reads what it says`, async ({ bench }) => {
    bench.sw.createPort(9)
    for (let i = 0; i < 20_000; i++) bench.sw.hash.add(0x0200, i, 0, 9)
    const path = join(bench.dir, 'm')
    const command = [...OURS, join(bin, `${name}.ts`), ...(name === 'unixcmd' ? ['-s', path] : [path]), ...args]
    const child = spawn(process.execPath, command, { stdio: ['pipe', 'pipe', 'inherit'], timeout: 20_000 })
    child.stdin.write(input)
    // It has much more to say than its pipe holds.
    await new Promise((resolve) => { child.stdout.once('readable', resolve) })
    const end = new Promise<number | null>((resolve) => { child.on('exit', resolve) })
    child.kill('SIGTERM')
    const late = setTimeout(() => { child.kill('SIGKILL') }, 5000)
    assert.is(await end, 0)
    clearTimeout(late)
    child.stdout.destroy()
    for (let i = 0; i < 20_000; i++) bench.sw.hash.delete(0x0200, i)
    bench.sw.removePort(9)
  })
}

test('output that cannot be written is a failure, said in one line unless the reader left', async ({ bench }) => {
  const path = join(bench.dir, 'm')
  for (const [name, args] of [['unixcmd', `-s ${path} port/showinfo`], ['vdeterm', path], ['unixterm', path]] as const) {
    const command = `${process.execPath} ${OURS.join(' ')} ${join(bin, name)}.ts ${args}`
    const full = await run('sh', ['-c', `${command} >/dev/full`], 'port/showinfo\n')
    assert.equal(full, { status: 255, out: '', error: `${name}: Cannot write to standard output: no space left on device\n` }, args)
    const pipe = new Int32Array(2)
    native.pipe(pipe, false)
    native.close(pipe[0]!)
    const left = await run('sh', ['-c', `exec ${command}`], 'port/showinfo\n', pipe[1]!)
    native.close(pipe[1]!)
    assert.equal(left, { status: 255, out: '', error: '' }, args)
  }
})

test('vdeterm answers many lines, though it reads only some ahead', async ({ bench }) => {
  const { status, out } = await ours('vdeterm', [join(bench.dir, 'm')], 'nosuch\n'.repeat(1000))
  assert.is(status, 0)
  assert.is(out, `Function not implemented\n${NO_SUCH}\n`.repeat(1000))
})

test('unixcmd prints data and ends with the status', async ({ sockets }) => {
  for (const [what, path] of sockets) {
    assert.equal(await ours('unixcmd', ['-s', path, 'port/showinfo']), { status: 0, out: INFO, error: '' }, what)
    assert.equal(await ours('vdecmd', ['-s', path, 'port/create', '3']), { status: 0, out: '', error: '' }, what)
    const error = `unixcmd: port/create 3: File exists${what === 'ours' ? ': Cannot create port 3: it exists already' : ''}\n`
    assert.equal(await ours('unixcmd', ['-sock', path, 'port/create', '3']), { status: 17, out: '', error }, what)
    assert.is((await ours('unixcmd', ['-s', path, 'nosuch'])).status, 38, what)
  }
})

test('unixcmd follows a script', async ({ sockets }) => {
  if (!existsSync(SCRIPT)) return console.log(`skipped: no ${SCRIPT}`)
  for (const [what, path] of sockets) {
    assert.equal(await ours('unixcmd', ['-s', path, '-f', SCRIPT, 'port/showinfo']), { status: 0, out: INFO, error: '' }, what)
    assert.is((await ours('unixcmd', ['-s', path, '-f', SCRIPT, 'port/print', '99'])).status, 22, what)
  }
})

test('unixcmd tells what is wrong', async ({ bench }) => {
  const missing = await ours('unixcmd', ['-s', join(bench.dir, 'none'), 'help'])
  assert.is(missing.status, 255)
  assert.match(missing.error, /^unixcmd: Cannot connect to ".*none": .*no such file/)
  const usage = await ours('unixcmd', [])
  assert.is(usage.status, 255)
  assert.match(usage.out, /^Usage|Usage: unixcmd/m)
  // By another name it talks to another socket.
  const link = join(bench.dir, 'othercmd')
  symlinkSync(join(bin, 'unixcmd.ts'), link)
  assert.match((await run(process.execPath, [...OURS, link, 'help'])).error, '/var/run/othercmd')
})

test('unixterm hears the answer to the last line', async ({ sockets }) => {
  for (const [what, path] of sockets) {
    const { status, out } = await ours('unixterm', [path], 'port/showinfo\n')
    assert.is(status, 0, what)
    assert.match(out, BANNER)
    assert.is(out.replace(BANNER, ''), `\nvde$ ${INFO_REPLY}\nvde$ `, what)
    const ended = await ours('unixterm', [path], 'logout\n')
    assert.equal({ ...ended, out: ended.out.replace(BANNER, '') }, { status: 0, out: '\nvde$ 9999 END OF SESSION', error: '' }, what)
  }
})

test('unixterm ends with the socket, though its input stays open', async ({ bench }) => {
  const path = join(bench.dir, 'short')
  const short = serve(bench, { path, maxSessions: 0 })
  assert.equal(await ours('unixterm', [path], null), { status: 0, out: '1024 Too many open files\n', error: '' })
  short.close()
})

test('unixterm and vdeterm say who is not there', async ({ bench }) => {
  for (const name of ['unixterm', 'vdeterm']) {
    const path = join(bench.dir, 'none')
    assert.equal(await ours(name, [path]), { status: 255, out: '', error: `${name}: Socket connecting error: No such file or directory: ${path}\n` })
    assert.is((await ours(name, [])).status, 255)
  }
})

test('vdeterm answers line by line in a pipe, and ends when all is said', async ({ sockets }) => {
  for (const [what, path] of sockets) {
    const { status, out } = await ours('vdeterm', [path], 'port/showinfo\n\n#c\nnosuch\ndebug/add port\nport/create 8')
    assert.is(status, 0, what)
    // The original tells the event before the reply, we after it.
    const head = `${INFO}Success\nFunction not implemented\n${what === 'ours' ? `${NO_SUCH}\n` : ''}Success\n`
    const tail = out.slice(head.length).split('\n').sort()
    assert.ok(out.startsWith(head), what)
    assert.ok(['|Success', '|** DBG MSG: port/+ 08|Success'].includes(tail.join('|')), `${what}: ${out}`)
    assert.is((await ours('vdeterm', [path], 'logout\nport/showinfo\n')).out, '', what)
  }
})

test("Debian's unixterm and unixcmd work on ours", async ({ bench }) => {
  if (!hasDebian) return console.log("skipped: Debian's vde2 is not installed")
  const path = join(bench.dir, 'm')
  const child = spawn('/usr/bin/unixterm', [path], { stdio: 'pipe', timeout: 20_000 })
  let out = ''
  await new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
      if (out.replace(BANNER, '') === '\nvde$ ') child.stdin.write('port/showinfo\n')
      if (out.endsWith(`${INFO_REPLY}\nvde$ `)) child.stdin.write('logout\n')
    })
    child.on('close', () => { resolve() })
  })
  assert.ok(out.replace(BANNER, '').startsWith(`\nvde$ ${INFO_REPLY}\nvde$ `))
  // It prints a NUL behind each line and cannot end with 0, whoever answers.
  const { status, out: data } = await run('/usr/bin/unixcmd', ['-s', path, '-f', SCRIPT, 'port/showinfo'])
  assert.is(status, 255)
  assert.is(data, INFO.replace(/\n/g, '\n\0'))
})

test.run()
