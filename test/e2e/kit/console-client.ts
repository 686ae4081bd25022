/** A management session, spoken by hand over the socket. */
import { connect, type Socket } from 'node:net'
import { Deadline, waitFor } from './wait.ts'

/** Of a switch. */
const PROMPT = '\nvde$ '

export class ConsoleClient {
  /** Everything that came so far. */
  text = ''
  closed = false
  readonly #socket: Socket
  readonly #watchers = new Set<() => void>()

  readonly #prompt: string

  private constructor (socket: Socket, prompt: string) {
    this.#socket = socket
    this.#prompt = prompt
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => { this.text += String(chunk); this.#wake() })
    socket.on('close', () => { this.closed = true; this.#wake() })
    socket.on('error', () => {})
  }

  /** Connects and reads the greeting. */
  static async open (path: string, prompt: string = PROMPT): Promise<ConsoleClient> {
    const socket = connect(path)
    await new Promise<void>((resolve, reject) => { socket.once('connect', resolve); socket.once('error', reject) })
    const client = new ConsoleClient(socket, prompt)
    await client.until(prompt)
    return client
  }

  /** The same, of a program that may still be on its way to listen. */
  static async whenThere (path: string, prompt: string = PROMPT): Promise<ConsoleClient> {
    let client: ConsoleClient | null = null
    await waitFor(async () => (client = await ConsoleClient.open(path, prompt).catch(() => null)) !== null, 5000, `greeting of ${path}`)
    return client!
  }

  /** Sends a command and answers what came up to the next prompt, without it. */
  async ask (command: string, ms = 5000): Promise<string> {
    this.text = ''
    this.#socket.write(command + '\n')
    return await this.until(this.#prompt, ms)
  }

  /** Waits for `end`, takes everything up to it, and answers what was before. */
  async until (end: string, ms = 5000): Promise<string> {
    return await new Promise((resolve, reject) => {
      const finish = (): void => { clearTimeout(timer); this.#watchers.delete(look) }
      const look = (): void => {
        const at = this.text.indexOf(end)
        if (at !== -1) {
          finish()
          const before = this.text.slice(0, at)
          this.text = this.text.slice(at + end.length)
          resolve(before)
        } else if (this.closed) {
          finish()
          reject(new Error(`Cannot find ${JSON.stringify(end)}: the session was closed after ${JSON.stringify(this.text)}`))
        }
      }
      const timer = setTimeout(() => {
        finish()
        reject(new Deadline(JSON.stringify(end), ms, JSON.stringify(this.text.slice(-400))))
      }, ms)
      this.#watchers.add(look)
      look()
    })
  }

  send (text: string): void { this.#socket.write(text) }
  close (): void { this.#socket.destroy() }

  #wake (): void { for (const look of [...this.#watchers]) look() }
}
