/** Follows a script on a socket. */
import { createConnection } from 'node:net'
import { ExitError } from '../run.ts'
import { Machine, type Conversation, type Script } from './utm.ts'

const FAILED = 255

/** @throws {ExitError} 255 the socket cannot be connected to */
export const converse = async (
  script: Script, path: string, words: readonly string[], trace: (text: string) => void
): Promise<Conversation> => {
  const socket = createConnection({ path })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', (error) => { reject(new ExitError(FAILED, `Cannot connect to "${path}": ${error.message}`, { cause: error })) })
  })
  const input = new CharacterQueue()
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => { input.push(text) })
  socket.on('error', () => {})
  socket.on('close', () => { input.end() })
  const read = async (): Promise<string | null> => await input.next(script.timeoutMs)
  const send = (text: string): void => { socket.write(text) }
  const result = await new Machine(script, words, read, send, trace).run()
  socket.destroy()
  // Octets came as characters; give them back as the octets they were.
  return { ...result, output: Buffer.from(result.output, 'latin1').toString() }
}

/** Characters that arrive in pieces, taken one by one. */
class CharacterQueue {
  #text = ''
  #at = 0
  #hasEnded = false
  #wake: () => void = () => {}

  push (text: string): void {
    this.#text = this.#text.substring(this.#at) + text
    this.#at = 0
    this.#wake()
  }

  end (): void {
    this.#hasEnded = true
    this.#wake()
  }

  async next (timeoutMs: number): Promise<string | null> {
    if (this.#at === this.#text.length && !this.#hasEnded) await this.#wait(timeoutMs)
    return this.#at < this.#text.length ? this.#text[this.#at++] : null
  }

  async #wait (timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
