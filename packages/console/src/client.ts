/**
 * A typed client of a console: connect, ask, listen.
 *
 *     const client = await ConsoleClient.connect('/tmp/sw.mgmt')
 *     const { code, data } = await client.command('port/print')
 *     client.close()
 *
 * Commands are sent one at a time, each when the one before it was answered, so it also suits consoles that lose lines
 * which arrive together. For programs outside the data path: it uses node:net.
 */
import { createConnection, type Socket } from 'node:net'
import { VdeError, systemError } from '@vde-ts/link/errors.js'
import { ReplyParser, type ConsoleEvent, type Reply, type ReplyHandler } from './reply-parser.ts'

export type { ConsoleEvent, Reply } from './reply-parser.ts'

const EIO = 5
const EAGAIN = 11
const RETRY_MS = 20
/** What a banner of ours has in it, whichever program's it is. */
const OURS = 'vde-ts'

interface Waiting {
  readonly line: string
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: Error) => void
}

export class ConsoleClient implements ReplyHandler {
  /** Lines the console greeted with. */
  banner: readonly string[] = []
  /** Its prompt: `vde$ `. */
  prompt = ''
  /** Called for each event; set it before `debug/add`. */
  onEvents: (event: ConsoleEvent) => void = () => {}
  /** Called once, when the connection is over, by either side. */
  onClose: () => void = () => {}

  readonly path: string
  readonly #socket: Socket
  readonly #parser: ReplyParser
  readonly #waiting: Waiting[] = []
  #isBusy = true // until the first prompt
  #isClosed = false
  #ready: { readonly resolve: () => void, readonly reject: (error: Error) => void } | null = null

  private constructor (path: string, socket: Socket) {
    this.path = path
    this.#socket = socket
    this.#parser = new ReplyParser(this)
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => { this.#parser.push(text) })
    socket.on('error', () => {}) // 'close' follows
    socket.on('close', () => { this.#end() })
  }

  /**
   * Connects and waits for the first prompt.
   * @throws {VdeError} ENOENT, ECONNREFUSED, EACCES, ENAMETOOLONG; ETIMEDOUT when nothing greets within `timeoutMs`
   */
  static async connect (path: string, timeoutMs: number = 10_000): Promise<ConsoleClient> {
    if (Buffer.byteLength(path) > 107) throw new VdeError('ENAMETOOLONG', `connect to "${path}"`, 'a socket has at most 107 octets')
    const socket = await connect(path, performance.now() + timeoutMs)
    const client = new ConsoleClient(path, socket)
    const timer = setTimeout(() => {
      client.#ready?.reject(new VdeError('ETIMEDOUT', `talk to "${path}"`, `no prompt came within ${timeoutMs} ms`))
      client.close()
    }, timeoutMs)
    try {
      await new Promise<void>((resolve, reject) => { client.#ready = { resolve, reject } })
    } finally {
      clearTimeout(timer)
    }
    return client
  }

  /** Sends one line and waits for its reply. @throws {VdeError} EPIPE when the connection ends before it came */
  async command (line: string): Promise<Reply> {
    if (line.includes('\n')) throw new TypeError('A command is one line')
    return new Promise((resolve, reject) => {
      if (this.#isClosed) reject(this.#gone(line))
      else this.#waiting.push({ line, resolve, reject })
      this.#sendNext()
    })
  }

  /**
   * Why a reply is a refusal, which its status has no room for. Asked before the next command, and only of a console
   * that has `why`: another would answer with one refusal more.
   * @returns null: it is none, or there is nothing to tell, or the connection has ended
   */
  async reason (reply: Reply): Promise<string | null> {
    if (reply.code <= 0 || reply.isEnd || !this.banner.some((line) => line.includes(OURS))) return null
    const said = await this.command('why').catch(() => null)
    return said?.data[0] ?? null
  }

  /** Idempotent. Commands that wait are rejected. */
  close (): void { this.#socket.destroy() }

  onGreeting (lines: readonly string[], prompt: string): void {
    this.banner = lines
    this.prompt = prompt
    this.#isBusy = false
    this.#ready?.resolve()
    this.#ready = null
    this.#sendNext()
  }

  onReply (reply: Reply): void {
    this.#isBusy = false
    this.#waiting.shift()?.resolve(reply)
    this.#sendNext()
  }

  onEvent (event: ConsoleEvent): void { this.onEvents(event) }

  #sendNext (): void {
    const [next] = this.#waiting
    if (next === undefined || this.#isBusy || this.#isClosed) return
    this.#isBusy = true
    this.#socket.write(`${next.line}\n`)
  }

  #end (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#isBusy) this.#parser.end()
    this.#ready?.reject(new VdeError('EPIPE', `talk to "${this.path}"`, 'it closed the connection before any prompt'))
    for (const one of this.#waiting.splice(0)) one.reject(this.#gone(one.line))
    this.onClose()
  }

  #gone (line: string): VdeError {
    return new VdeError('EPIPE', `run "${line}" on "${this.path}"`, 'the connection has ended')
  }
}

/** A connected socket; a listener whose backlog is full is asked again until `deadline`. @throws {VdeError} */
const connect = async (path: string, deadline: number): Promise<Socket> => {
  for (;;) {
    const socket = createConnection({ path })
    const errno = await new Promise<number>((resolve) => {
      socket.once('connect', () => { resolve(0) })
      socket.once('error', (error: NodeJS.ErrnoException) => { resolve(error.errno ?? -EIO) })
    })
    if (errno === 0) return socket
    if (errno !== -EAGAIN || performance.now() > deadline) throw systemError(errno, `connect to "${path}"`)
    await new Promise((resolve) => { setTimeout(resolve, RETRY_MS) })
  }
}
