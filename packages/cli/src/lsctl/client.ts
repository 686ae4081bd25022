/** lsctlc: a script to lsctld, its output to standard output, its end as exit status. */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { resolve } from 'node:path'
import { VdeError } from '@vde-ts/link/errors.js'
import { formatList } from '@vde-ts/lsctl/tcl/list.js'
import { UsageError, type Parsed } from '../command.ts'
import type { Program } from '../run.ts'
import { print } from '../stdout.ts'

/** See above. @throws {VdeError} lsctld cannot be reached */
export const run = async (program: Program, { operands }: Parsed): Promise<void> => {
  const [path, ...words] = operands
  if (path === undefined) throw new UsageError('Cannot read the command line: no socket found, want that of lsctld')
  const script = words.length > 0 ? formatList(words) : readFileSync(0, 'utf8')
  const { text, isDone } = statusOf(await ask(resolve(path), script))
  print(text)
  program.exit(isDone ? 0 : 1)
}

/** The last line is how the script ended; without it lsctld did before. */
export const statusOf = (answer: string): { readonly text: string, readonly isDone: boolean } => {
  const [, text = '', status] = /^([^]*?)([01])\n$/.exec(answer) ?? []
  return status === undefined || (text !== '' && !text.endsWith('\n')) ? { text: answer, isDone: false } : { text, isDone: status === '0' }
}

const ask = async (path: string, script: string): Promise<string> => await new Promise((resolve, reject) => {
  const socket = connect({ path, allowHalfOpen: true })
  const chunks: Buffer[] = []
  socket.on('connect', () => { socket.end(script) })
  socket.on('data', (chunk) => { chunks.push(chunk) })
  socket.on('end', () => { resolve(Buffer.concat(chunks).toString()) })
  socket.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    reject(new VdeError(code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'EACCES' ? code : 'EIO', `reach lsctld on "${path}"`, message))
  })
})
