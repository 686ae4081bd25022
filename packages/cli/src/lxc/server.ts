/**
 * vdelxcd: listens, and starts a copy of itself for each connection.
 *
 *     vdelxcc --connect--> vdelxcd --spawn, connection--> vdelxcd --connection 3: answers, then interface <--> network
 */
import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { native, STREAM } from '@vde-ts/native'
import { VdeError, loop } from '@vde-ts/link'
import { environment, startChild, type Child } from '@vde-ts/link/child.js'
import { clearSocketPath, listenAt } from '@vde-ts/link/socket-file.js'
import { fromStart } from '@vde-ts/link/start-directory.js'
import { readScript } from '@vde-ts/console/script.js'
import { Acceptor } from '@vde-ts/schemes/acceptor.js'
import { parseMode } from '@vde-ts/vnl'
import { UsageError, type Parsed, type Values } from '../command.ts'
import { writePidFile } from '../pidfile.ts'
import type { Program } from '../run.ts'
import { serveConnection } from './connection.ts'
import { readPolicy, type Policy } from './policy.ts'

const BACKLOG = 16
/** Interfaces at a time: a container shall not fill the host with processes. */
const MOST = 1024
const DEFAULT_MODE = '0600'
/** Where a copy finds its connection. */
const CONNECTION = 3

export const run = async (program: Program, { values, operands }: Parsed): Promise<void> => {
  const [socket, vnl, ...more] = operands
  if (socket === undefined || more.length > 0) {
    throw new UsageError(`Cannot read the command line: ${operands.length} words found, SOCKET [VNL] is wanted`)
  }
  const policy = policyOf(values, vnl)
  const connection = values.text('connection')
  if (connection !== undefined) return await serveConnection(program, Number(connection), policy, sayer(program, values))
  listen(program, values, resolve(socket), vnl)
  const pidFile = values.text('pidfile')
  if (pidFile !== undefined) program.cleanup.add(writePidFile(pidFile, `${process.pid}\n`, 'exclusive', program.name))
  program.ready()
}

/** @throws {UsageError} a line that cannot be read */
const policyOf = (values: Values, vnl: string | undefined): Policy => {
  const file = values.text('rcfile')
  try {
    return readPolicy(file === undefined ? null : readScript(file), vnl ?? null)
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(`${file}: ${error.message}`)
    throw error
  }
}

/** What a copy says: with -v, or in the system log where its stderr is nowhere. */
const sayer = (program: Program, values: Values): (line: string) => void => {
  if (!values.has('verbose')) return () => {}
  return values.has('syslog') ? (line) => { native.syslog(6, line) } : (line) => { program.log(line) }
}

const listen = (program: Program, values: Values, path: string, vnl: string | undefined): void => {
  const action = `listen on "${path}"`
  const mode = modeOf(values.text('mode') ?? DEFAULT_MODE)
  clearSocketPath(path, STREAM, action)
  const fd = listenAt(path, { mode }, BACKLOG, action)
  const children = new Set<Child>()
  const acceptor = new Acceptor(fd, loop, (connection) => { welcome(program, values, vnl, connection, children) })
  program.cleanup.add(() => {
    acceptor.close()
    rmSync(path, { force: true })
    for (const child of children) child.signal('SIGTERM')
  })
}

const modeOf = (text: string): number => {
  try {
    return parseMode(text, '--mode')
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

const welcome = (program: Program, values: Values, vnl: string | undefined, connection: number, children: Set<Child>): void => {
  try {
    if (children.size >= MOST) throw new VdeError('EAGAIN', 'serve one more container', `${MOST} interfaces are served`)
    const file = values.text('rcfile')
    const argv = [
      process.execPath, ...process.execArgv, process.argv[1]!, '--connection', String(CONNECTION),
      ...(values.has('verbose') ? ['-v'] : []), ...(program.isDaemon ? ['--syslog'] : []),
      ...(file === undefined ? [] : ['-f', fromStart(file)]), 'served', ...(vnl === undefined ? [] : [vnl])
    ]
    // A relative network is from where the daemon was started.
    const spec = { file: argv[0]!, argv, env: environment(), fds: [-1, -1, 2, connection], cwd: fromStart('.') }
    const child = startChild(spec, loop)
    children.add(child)
    void child.exited.then(() => { children.delete(child) })
  } catch (error) {
    program.log((error as Error).message)
  } finally {
    native.close(connection)
  }
}
