/** vdeterm on a real terminal. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeBench, serve, type Bench } from '@vde-ts/console/testing.js'
import type * as Pty from 'node-pty'

const program = fileURLToPath(new URL('../../bin/vdeterm.ts', import.meta.url))
const pty: typeof Pty | null = await import('node-pty').catch(() => null)

interface World { bench: Bench, path: string, prompt: string, terminal: Terminal, close: () => void }

/** What the screen got, and keys. */
class Terminal {
  text = ''
  status = -1
  readonly #child: Pty.IPty
  #wake: () => void = () => {}

  constructor (path: string) {
    const args = ['--conditions=source', '--import', import.meta.resolve('tsx'), program, path]
    this.#child = pty!.spawn(process.execPath, args, { cols: 100, rows: 30 })
    this.#child.onData((text) => {
      this.text += text
      this.#wake()
    })
    this.#child.onExit(({ exitCode }) => {
      this.status = exitCode
      this.#wake()
    })
  }

  type (keys: string): void { this.#child.write(keys) }

  /** Waits for `text`, takes everything up to its end, and answers that without cursor movements. */
  async until (text: string): Promise<string> {
    await this.#wait(() => this.#plain().includes(text), JSON.stringify(text))
    const plain = this.#plain()
    const end = plain.indexOf(text) + text.length
    this.text = plain.slice(end)
    return plain.slice(0, end)
  }

  async exit (): Promise<number> {
    await this.#wait(() => this.status >= 0, 'the end')
    return this.status
  }

  kill (): void { if (this.status < 0) this.#child.kill('SIGKILL') }

  #plain (): string {
    return this.text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '').replace(/\r+\n/g, '\n')
  }

  async #wait (isDone: () => boolean, what: string): Promise<void> {
    const end = performance.now() + 10_000
    while (!isDone()) {
      const left = end - performance.now()
      if (left <= 0) throw new Error(`Cannot see ${what}: 10 s went by, the screen got ${JSON.stringify(this.text.slice(-300))}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}

const test = suite<World>('vdeterm on a terminal')

test.before.each(async (world) => {
  const bench = makeBench()
  const server = serve(bench)
  world.bench = bench
  world.path = join(bench.dir, 'm')
  world.prompt = `vde[${world.path}]: `
  world.terminal = new Terminal(world.path)
  world.close = () => {
    world.terminal.kill()
    server.close()
    bench.close()
  }
  assert.match(await world.terminal.until(world.prompt), 'VDE switch V.0.1.0\n')
})
test.after.each(({ close }) => { close() })

const cases = (): void => {
  test('shows data and words, without marks and codes', async ({ terminal, prompt }) => {
    terminal.type('port/showinfo\r')
    const seen = await terminal.until(prompt)
    assert.match(seen, 'Numports=32\nHUB=false\ncounters=true\nSuccess\n')
    assert.not.match(seen, '0000')
    terminal.type('nosuch\r')
    assert.match(await terminal.until(prompt), '\nFunction not implemented\n')
  })

  test('completes, and lists on the second TAB', async ({ terminal, prompt }) => {
    terminal.type('port/show\t\r')
    assert.match(await terminal.until(`Success\n${prompt}`), 'Numports=32')
    terminal.type('vl\t\t')
    assert.match(await terminal.until(`${prompt}vlan/`), 'vlan/allprint')
  })

  test('edits and recalls lines', async ({ terminal, prompt, bench }) => {
    terminal.type('rt/create 7\u0001po\u0005\r')
    await terminal.until(`Success\n${prompt}`)
    assert.is(bench.sw.port(7).number, 7)
    terminal.type('\u001b[A\u007f8\r')
    await terminal.until(`Success\n${prompt}`)
    assert.is(bench.sw.port(8).number, 8)
    terminal.type('rubbish\u0015port/remove 8 x\u0017\u000b\r')
    await terminal.until(`Success\n${prompt}`)
    assert.throws(() => bench.sw.port(8))
  })

  test('shows events above the line being typed', async ({ terminal, prompt, bench }) => {
    terminal.type('debug/add port\r')
    await terminal.until(`Success\n${prompt}`)
    terminal.type('vlan/cre')
    await terminal.until('vlan/cre')
    bench.sw.createPort(9)
    assert.match(await terminal.until(`${prompt}vlan/cre`), '** DBG MSG: port/+ 09\n')
    terminal.type('ate 5\r')
    await terminal.until(`Success\n${prompt}`)
    assert.is(bench.sw.vlan.get(5).id, 5)
  })

  test('^C clears the line, ^D and logout end', async ({ terminal, prompt, bench }) => {
    terminal.type('port/create 9\u0003')
    await terminal.until(`9${prompt}`)
    terminal.type('vlan/create 6\r')
    await terminal.until(`Success\n${prompt}`)
    assert.throws(() => bench.sw.port(9))
    terminal.type('\u0004')
    assert.is(await terminal.exit(), 0)
  })

  test('ends with the console', async ({ terminal, bench }) => {
    terminal.type('logout\r')
    assert.is(await terminal.exit(), 0)
    assert.equal(bench.defects, [])
  })
}

if (pty === null) console.log('skipped: node-pty is not installed')
else {
  cases()
  test.run()
}
