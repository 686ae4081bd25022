/**
 * lsctld: one interpreter on a socket.
 *
 *     lsctlc   a script, then the end of its half       lsctld   what it prints, then a line: 0, or 1 when it failed
 *
 * One client at a time; the others wait. What a client sends is bounded, and one that goes away takes only its answer along.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { STREAM, native } from '@vde-ts/native'
import { VdeError } from '@vde-ts/link/errors.js'
import { clearSocketPath, removeFile } from '@vde-ts/link/socket-file.js'
import type { Outcome } from '@vde-ts/lsctl'

/** Of a script, in octets. */
const MAX_SCRIPT = 4 << 20

/** Runs a script; `write` takes what it prints, whole lines. */
export type RunScript = (script: string, write: (line: string) => void) => Promise<Outcome>

/** Listens at `path`. @returns what ends it and removes the socket. @throws {VdeError} EADDRINUSE, EEXIST, EACCES */
export const serve = async (path: string, runScript: RunScript): Promise<() => void> => {
  const action = `listen on "${path}"`
  clearSocketPath(path, STREAM, action)
  let turn: Promise<void> = Promise.resolve()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => { socket.destroy() })
    receive(socket, (script) => { turn = turn.then(async () => { await answer(socket, script, runScript) }) })
  })
  await listen(server, path, action)
  return () => { server.close(); removeFile(path) }
}

/** The file is its user's alone from its birth. */
const listen = async (server: Server, path: string, action: string): Promise<void> => {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new VdeError(error.code === 'EADDRINUSE' ? 'EADDRINUSE' : error.code === 'ENOENT' ? 'ENOENT' : 'EACCES', action, error.message))
    })
    const former = native.umask(0o077)
    server.listen(path, resolve)
    native.umask(former)
  })
}

const receive = (socket: Socket, done: (script: string) => void): void => {
  const chunks: Buffer[] = []
  let octets = 0
  socket.on('data', (chunk: Buffer) => {
    octets += chunk.length
    if (octets > MAX_SCRIPT) socket.end(`found more than ${MAX_SCRIPT} octets of script, want less\n1\n`, () => { socket.destroy() })
    else chunks.push(chunk)
  })
  socket.on('end', () => { if (octets <= MAX_SCRIPT) done(Buffer.concat(chunks).toString()) })
}

const answer = async (socket: Socket, script: string, runScript: RunScript): Promise<void> => {
  const outcome = await runScript(script, (line) => { socket.write(`${line}\n`) })
  if (!outcome.ok) socket.write(`${outcome.message}\n`)
  socket.end(outcome.ok ? '0\n' : '1\n')
}
