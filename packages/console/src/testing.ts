/** For tests: a switch with a console on a socket, links that do nothing, and a raw session. */
import { connect, type Socket } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loop, type Link } from '@vde-ts/link'
import { Switch, type Endpoint } from '@vde-ts/switch'
import { ConsoleServer, type ServerOptions } from './server.ts'
import { switchConsole } from './switch/switch-console.ts'
import type { Console } from './console.ts'
import type { SwitchContext } from './switch/context.ts'

const nullLink: Link = {
  offload: false, maxFrame: 65557, label: 'null', send: () => true, pause () {}, resume () {}, close () {}
}

/** A switch, its console, and a directory that goes with them. */
export interface Bench {
  readonly sw: Switch
  readonly console: Console<SwitchContext>
  readonly dir: string
  readonly defects: unknown[]
  /** Plugs something in. */
  plug (port: number, description?: string, uid?: number): Endpoint
  close (): void
}

/** A switch 00:ff:01:02:03:04 of 32 ports that has run for 7 seconds. */
export const makeBench = (): Bench => {
  const dir = mkdtempSync(join(tmpdir(), 'vde-console-'))
  const defects: unknown[] = []
  const sw = new Switch({ seed: 1, macHi: 0x00ff, macLo: 0x01020304, after () {} })
  const facts = {
    controlDir: '/run/sw', controlMode: 0o600, management: { path: join(dir, 'm'), mode: 0o600 }, uptimeSec: () => 7
  }
  const { console, close } = switchConsole(sw, facts, (error) => { defects.push(error) })
  return {
    sw,
    console,
    dir,
    defects,
    plug (port, description = '', uid = 0) {
      const owner = { uid, gid: uid, groups: [] }
      const endpoint = sw.attach({ port, owner, module: 'unix prog', description, mayUsePortZero: true })
      endpoint.connect(nullLink)
      return endpoint
    },
    close () {
      close()
      sw.close()
      rmSync(dir, { recursive: true, force: true })
    }
  }
}

/** Listens at `<dir>/m`. */
export const serve = (
  bench: Bench, more: Partial<ServerOptions<SwitchContext>> = {}
): ConsoleServer<SwitchContext> =>
  new ConsoleServer({ path: join(bench.dir, 'm'), console: bench.console, loop, onShutdown () {}, ...more })

/** A session spoken by hand. */
export class RawSession {
  text = ''
  hasEnded = false
  readonly socket: Socket
  #wake: () => void = () => {}

  constructor (path: string) {
    this.socket = connect({ path, allowHalfOpen: true })
    this.socket.setEncoding('utf8')
    this.socket.on('data', (text: string) => {
      this.text += text
      this.#wake()
    })
    this.socket.on('error', () => {})
    for (const event of ['end', 'close']) {
      this.socket.on(event, () => {
        this.hasEnded = true
        this.#wake()
      })
    }
  }

  /** Waits until the text heard ends with `end`, takes and answers all of it. */
  async until (end: string, ms: number = 5000): Promise<string> {
    await this.#wait(() => this.text.endsWith(end), ms, JSON.stringify(end))
    const text = this.text
    this.text = ''
    return text
  }

  /** Waits for the end of the session and answers what came. */
  async rest (ms: number = 5000): Promise<string> {
    await this.#wait(() => this.hasEnded, ms, 'the end')
    return this.text
  }

  send (text: string): void { this.socket.write(text) }

  async ask (line: string): Promise<string> {
    this.send(`${line}\n`)
    return await this.until('\nvde$ ')
  }

  close (): void { this.socket.destroy() }

  async #wait (isDone: () => boolean, ms: number, what: string): Promise<void> {
    const end = performance.now() + ms
    while (!isDone()) {
      const left = end - performance.now()
      if (left <= 0) throw new Error(`Cannot hear ${what}: ${ms} ms went by, heard ${JSON.stringify(this.text.slice(-200))}`)
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
