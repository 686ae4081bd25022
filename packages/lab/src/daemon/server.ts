/**
 * The daemon: serves {@link Labs} on a socket that only its user can reach, and ends when there is no lab any more.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { rmSync } from 'node:fs'
import { STREAM } from '@vde-ts/native'
import { VdeError } from '@vde-ts/link'
import { clearSocketPath } from '@vde-ts/link/socket-file.js'
import { Labs } from './labs.ts'
import { makeDirectories, removeDirectories, type Paths } from './paths.ts'
import { Lines, type LabEvent, type Reply, type Request } from './protocol.ts'

/** Without a lab and without a question for so long, it ends. */
const IDLE_MS = 3000

/** One daemon. */
export class Daemon {
  readonly #paths: Paths
  readonly #server: Server
  readonly #labs: Labs
  readonly #onEnd: () => void
  readonly #watchers = new Set<Socket>()
  #pending = 0
  #idle: NodeJS.Timeout | null = null

  private constructor (paths: Paths, log: (line: string) => void, onEnd: () => void) {
    this.#paths = paths
    this.#onEnd = onEnd
    this.#labs = new Labs(paths, log, (event) => { this.#tell(event) })
    this.#server = createServer((socket) => { this.#serve(socket) })
  }

  /** @param onEnd there is no lab any more. @throws {VdeError} EADDRINUSE another daemon is there */
  static async start (paths: Paths, log: (line: string) => void, onEnd: () => void): Promise<Daemon> {
    makeDirectories(paths)
    clearSocketPath(paths.socket, STREAM, 'start the daemon')
    const daemon = new Daemon(paths, log, onEnd)
    await daemon.#listen()
    await daemon.#labs.adopt()
    daemon.#rest(IDLE_MS)
    return daemon
  }

  async #listen (): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        reject(new VdeError(error.code === 'EADDRINUSE' ? 'EADDRINUSE' : 'EACCES', 'start the daemon', error.message))
      })
      // Nobody else enters the directory it is in.
      this.#server.listen(this.#paths.socket, resolve)
    })
  }

  #serve (socket: Socket): void {
    const lines = new Lines()
    socket.setEncoding('utf8')
    socket.on('error', () => {})
    socket.on('close', () => { this.#watchers.delete(socket) })
    socket.on('data', (chunk: string) => { for (const line of lines.take(chunk)) void this.#answer(socket, line) })
  }

  async #answer (socket: Socket, line: string): Promise<void> {
    this.#pending++
    this.#stay()
    const reply = await this.#reply(socket, line)
    this.#pending--
    const isOver = !('value' in reply) || reply.value === true
    socket.write(`${JSON.stringify(reply)}\n`, () => { this.#rest(isOver ? 0 : IDLE_MS) })
  }

  async #reply (socket: Socket, line: string): Promise<Reply> {
    try {
      const request = JSON.parse(line) as Request
      if (request.op === 'watch') this.#watchers.add(socket)
      return { ok: true, value: await this.#labs.answer(request) }
    } catch (error) {
      const { code = 'EINVAL', message } = error as VdeError
      return { ok: false, code, message }
    }
  }

  #tell (event: LabEvent): void {
    const line = `${JSON.stringify({ event } satisfies Reply)}\n`
    for (const socket of this.#watchers) socket.write(line)
  }

  /** Ends soon, when there is nothing left to serve. */
  #rest (ms: number): void {
    this.#stay()
    if (!this.#labs.isEmpty || this.#pending > 0) return
    this.#idle = setTimeout(() => { this.#onEnd() }, ms)
  }

  #stay (): void {
    if (this.#idle !== null) clearTimeout(this.#idle)
    this.#idle = null
  }

  /** Idempotent. Labs that run go on without it. */
  close (): void {
    this.#server.close()
    for (const socket of this.#watchers) socket.destroy()
    if (this.#labs.isEmpty) rmSync(this.#paths.log, { force: true })
    removeDirectories(this.#paths)
  }
}
