/**
 * A live capture: the switch connects to a socket of ours and writes pcapng, we write it on.
 *
 *     console:  port/capture N SOCKET SNAPLEN FILTER --> switch --pcapng--> SOCKET --> output
 */
import { once } from 'node:events'
import { fstatSync, ftruncateSync, mkdtempSync, rmSync, write } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ConsoleClient } from '@vde-ts/console/client.js'
import { compileFilter } from '@vde-ts/console/switch/captures.js'
import { WholeBlocks } from '@vde-ts/frame/pcapng-blocks.js'
import { VdeError, systemError } from '@vde-ts/link/errors.js'
import type { Program } from '../run.ts'

const CONNECT_MS = 5000

/** What to record. */
export interface Recording {
  /** Socket of the switch's console. */
  readonly console: string
  readonly port: number
  readonly snapLen: number
  /** In the language of libpcap; empty: everything. */
  readonly filter: string
  /** Where to write, which stays open: called once the switch captures, so what fails empties no file. */
  openOutput (): Output
}

/** A descriptor, and its file's name, or `-`. */
export interface Output { readonly fd: number, readonly name: string }

/**
 * Records until a signal, the end of the switch, or that of the reader.
 * @throws {VdeError} the switch or the filter refuses
 */
export const record = async (program: Program, { console, port, snapLen, filter, openOutput }: Recording): Promise<void> => {
  if (filter !== '') compileFilter(filter) // here, where it can be said what is wrong with it
  const dir = mkdtempSync(join(tmpdir(), 'vdecapture-'))
  program.cleanup.add(() => { rmSync(dir, { recursive: true, force: true }) })
  const path = join(dir, 'stream')
  const server = createServer()
  const listening = once(server, 'listening')
  server.listen(path)
  await listening
  const client = await ConsoleClient.connect(console)
  const connected = once(server, 'connection', { signal: AbortSignal.timeout(CONNECT_MS) }) as Promise<[Socket]>
  connected.catch(() => {})
  const { code, text } = await client.command(`port/capture ${port} ${path} ${snapLen} ${filter}`)
  if (code !== 0) throw new VdeError(code === 6 ? 'ENXIO' : 'EINVAL', `capture port ${port}`, `the switch refuses: ${text}`)
  const [stream] = await connected
  server.close()
  const stop = (): void => { client.command(`port/capstop ${port} ${path}`).catch(() => {}) }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) program.onSignal(signal, stop)
  await pump(stream, openOutput())
  program.exit(0)
}

const writeSome = promisify(write)

/** A reader who has seen enough, and a switch that is killed, are ends like any other. @throws {VdeError} ENOSPC, EIO, … */
const pump = async (stream: Socket, { fd, name }: Output): Promise<void> => {
  const whole = new WholeBlocks()
  try {
    // By descriptor, with write(2): a pipe shared with others keeps its flags.
    for await (const chunk of stream as AsyncIterable<Buffer>) await writeAll(fd, chunk, whole)
  } catch (error) {
    const { code, errno } = error as NodeJS.ErrnoException
    if (code === 'EPIPE' || code === 'ECONNRESET') return
    if (errno === undefined) throw error
    // What is there can be read.
    if (name !== '-' && fstatSync(fd).isFile()) ftruncateSync(fd, whole.octets)
    throw systemError(errno, `write "${name}"`)
  }
}

const writeAll = async (fd: number, chunk: Buffer, whole: WholeBlocks): Promise<void> => {
  for (let done = 0; done < chunk.length;) {
    const { bytesWritten } = await writeSome(fd, chunk, done, chunk.length - done, null)
    whole.feed(chunk.subarray(done, done + bytesWritten))
    done += bytesWritten
  }
}
