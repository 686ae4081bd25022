/**
 * vde://[DIR][[PORT_OR_GROUP | key=value/…]] - joins a switch that speaks the vde-2 control protocol.
 *
 *     client                                  switch
 *     connect DIR/ctl        ------------->   accept
 *     bind DIR/.PPPPP-NNNNN
 *     request                ------------->   connect to our socket, bind DIR/NNN.FD
 *     connect to the reply   <-------------   reply
 *     unlink DIR/.PPPPP-NNNNN
 *
 * From then on a datagram is a frame, both ways, and the control stream is silent: its end means the peer is gone. The
 * whole hand-shake runs through the loop, so a process can join a switch of its own, and one that never answers costs
 * nothing but a time-out.
 */
import { realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { native, IN, RDHUP, STREAM } from '@vde-ts/native'
import { VdeError, systemError, type FrameSink, type Link, type Loop } from '@vde-ts/link'
import {
  MAX_DESCRIPTION, MAX_PORT, SOCKADDR, decodeReply, encodeRequest, type ControlReply
} from '@vde-ts/frame/control.js'
import { parseMode } from '@vde-ts/vnl'
import { DEFAULT_DIRECTORIES, joinByAttach } from './attach-target.ts'
import { awaitReady, connectBy } from './await-ready.ts'
import { bindClientSocket, removeClientSocket, type ClientAccess, type ClientSocket } from './client-socket.ts'
import { DatagramLink } from './datagram-link.ts'
import { checkLength, fileError, setAccess } from '@vde-ts/link/socket-file.js'
import { describeSelf } from './accounts.ts'
import type { OpenContext, Scheme, Tail } from './scheme.ts'

/** How long a switch may take to answer, in milliseconds. */
const ANSWER_MS = 5000
const EAGAIN = 11

/** What to join and how. */
export interface JoinRequest extends ClientAccess {
  readonly directory: string
  /** Number of a port, name of another control socket in the directory, or empty: any port. */
  readonly port: string
  readonly description: string
  readonly loop: Loop
  /** Milliseconds the switch may take to answer; absent: 5 s. */
  readonly timeoutMs?: number
}

/** `vde://DIR[PORT]`. An empty path means the switch of the system, see {@link DEFAULT_DIRECTORIES}. */
export const vdeScheme: Scheme = {
  name: 'vde',
  summary: 'join a VDE switch, hub or netnode by its directory',
  form: '[DIR]',
  style: 'path',
  positional: true,
  params: {
    port: { help: 'port number (0: port zero), or the name of another control socket in DIR', value: 'N|NAME', fallback: '' },
    portgroup: { help: 'the same as port', value: 'N|NAME', fallback: '' },
    group: { help: 'group that gets the data socket of the client', value: 'GROUP', fallback: '' },
    mode: { help: 'octal permissions of the data socket of the client', value: 'MODE', fallback: '0700' }
  },
  check ({ path, params }) {
    for (const [key, value] of params) {
      if (key === 'mode') parseMode(value, key)
      else if (key !== 'group') checkPort(value, `open vde://${path}`)
    }
  },
  open: async (tail, sink, context) => {
    const wanted = readParameters(tail, context)
    const attached = context.takesOffload ? await joinByAttach(tail, sink, context) : null
    if (attached !== null) return attached
    if (tail.path !== '') return await joinSwitch({ ...wanted, directory: tail.path }, sink)
    return await joinDefault(wanted, sink)
  }
}

const readParameters = (tail: Tail, context: OpenContext): Omit<JoinRequest, 'directory'> => {
  let port = context.port < 0 ? '0' : context.port === 0 ? '' : String(context.port)
  let { group, mode } = context
  for (const [key, value] of tail.params) {
    if (key === 'group') group = value
    else if (key === 'mode') mode = parseMode(value, 'mode')
    else port = value
  }
  return { port, group, mode, description: context.description, loop: context.loop }
}

const joinDefault = async (wanted: Omit<JoinRequest, 'directory'>, sink: FrameSink): Promise<Link> => {
  let failure: VdeError | null = null
  for (const directory of DEFAULT_DIRECTORIES) {
    try {
      return await joinSwitch({ ...wanted, directory }, sink)
    } catch (error) {
      if (!(error instanceof VdeError)) throw error
      if (error.code !== 'ENOENT') failure ??= error
    }
  }
  throw failure ?? new VdeError('ENOENT', 'open vde://',
    `${native.strerror(2)}: neither ${DEFAULT_DIRECTORIES.join(' nor ')} exists, name the directory of a running switch`)
}

/**
 * Joins the switch of `wanted.directory`; the link is paused.
 * @throws {VdeError} ENOENT, ENOTDIR, ECONNREFUSED, EACCES, ENAMETOOLONG, EINVAL, ETIMEDOUT, and ECONNRESET when the
 * switch refuses without a word
 */
export const joinSwitch = async (wanted: JoinRequest, sink: FrameSink): Promise<Link> => {
  const action = `open vde://${wanted.directory}${wanted.port === '' ? '' : `[${wanted.port}]`}`
  const directory = await realpath(wanted.directory).catch((error: unknown) => {
    const failed = fileError(error, action)
    throw new VdeError(failed.code, action,
      `${native.strerror(failed.errno)}: "${wanted.directory}", the directory of a running switch is wanted`, { cause: error })
  })
  const deadline = performance.now() + (wanted.timeoutMs ?? ANSWER_MS)
  const control = await connectControl(directory, wanted.port, deadline, action)
  let own: ClientSocket | null = null
  try {
    own = bindClientSocket(directory, control.path, wanted, action)
    const request = encodeRequest({
      port: control.port, address: own.path, description: describeSelf(wanted.description, MAX_DESCRIPTION)
    })
    const reply = await askSwitch(wanted.loop, control.fd, request, deadline, action)
    connectData(own, reply, directory, action)
    return dataLink(own.fd, control.fd, directory, sink, wanted.loop)
  } catch (error) {
    if (own !== null) native.close(own.fd)
    native.close(control.fd)
    throw error
  } finally {
    if (own !== null) removeClientSocket(own.path)
  }
}

interface Control { readonly fd: number, readonly path: string, readonly port: number | null }

/**
 * Connects to the control socket that `port` means: DIR/<port> if a switch serves one there, else DIR/ctl, which is told
 * the number. A name that is not there is refused: joining the ordinary network instead would be silently wrong.
 */
const connectControl = async (directory: string, port: string, deadline: number, action: string): Promise<Control> => {
  const main = `${directory}/ctl`
  if (port === '') return { fd: await connectStream(main, deadline, action), path: main, port: null }
  checkPort(port, action)
  const named = `${directory}/${port}`
  if (!/^[0-9]+$/.test(port)) return { fd: await connectStream(named, deadline, action), path: named, port: null }
  try {
    return { fd: await connectStream(named, deadline, action), path: named, port: null }
  } catch {
    return { fd: await connectStream(main, deadline, action), path: main, port: Number(port) }
  }
}

/** @throws {VdeError} EINVAL */
const checkPort = (port: string, action: string): void => {
  if (port.includes('/') || port === '.' || port === '..') {
    throw new VdeError('EINVAL', action, `port is "${port}", a number or the name of a control socket is wanted`)
  }
  if (/^[0-9]+$/.test(port) && Number(port) > MAX_PORT) {
    throw new VdeError('EINVAL', action, `port is ${port}, at most ${MAX_PORT} is possible`)
  }
}

const connectStream = async (path: string, deadline: number, action: string): Promise<number> => {
  checkLength(path, action)
  const result = await connectBy(deadline, STREAM, path)
  if (result >= 0) return result
  throw systemError(result, action, connectFailure(result, path))
}

const connectFailure = (result: number, path: string): string => {
  const text = native.strerror(-result)
  if (result === -2) return `${text}: "${path}", the control socket of a running switch is wanted`
  if (result === -111) return `${text}: nobody listens on "${path}", the switch has died or is not up yet`
  if (result === -13) return `${text}: "${path}" is for other users, see the switch's --mode and --group`
  if (result === -EAGAIN) return `the switch of "${path}" is busy and accepts nobody`
  return `${text}: "${path}"`
}

const askSwitch = async (
  loop: Loop, fd: number, request: Uint8Array, deadline: number, action: string
): Promise<ControlReply> => {
  // One write: a C switch reads once. The buffer of a new socket always takes it whole.
  const written = native.write(fd, request, 0, request.length)
  if (written < 0) throw systemError(written, action, `${native.strerror(-written)}: the switch hung up`)
  const octets = new Uint8Array(SOCKADDR)
  let have = 0
  while (have < SOCKADDR) {
    await awaitReady(loop, fd, IN | RDHUP, deadline - performance.now(), action, 'the switch does not answer the request')
    const count = native.read(fd, octets, have, SOCKADDR - have)
    if (count === -EAGAIN) continue
    if (count <= 0) {
      throw new VdeError('ECONNRESET', action,
        'the switch refused the request: no free or permitted port, or it may not write to our socket; its log says more')
    }
    have += count
  }
  const reply = decodeReply(octets, 0, have)
  if (reply === null) throw new VdeError('EPROTO', action, 'the answer is not that of a VDE switch')
  return reply
}

const connectData = (own: ClientSocket, reply: ControlReply, directory: string, action: string): void => {
  const result = native.connectAddress(own.fd, reply.address, 0, SOCKADDR)
  if (result < 0) {
    throw systemError(result, action, `${native.strerror(-result)}: data socket "${reply.path}" of the switch`)
  }
  if (reply.path === '' || dirname(reply.path) !== directory) return
  // As the C library does, so that a root client's end is closed to others; refused to everybody but the owner. Only inside
  // the directory: the path is the switch's choice, and root must not be led to chmod a socket elsewhere.
  try {
    setAccess(reply.path, { mode: own.mode }, action)
  } catch { /* not ours: it stays as the switch made it */ }
}

/** The link of a hand-shake that succeeded; it owns both descriptors. The end of the control stream ends the link. */
const dataLink = (data: number, control: number, directory: string, sink: FrameSink, loop: Loop): Link => {
  const link = new DatagramLink(data, sink, loop, {
    label: `vde://${directory}`,
    onRelease () {
      loop.remove(control)
      native.close(control)
    }
  })
  // Only the hang-up is asked for: nothing is ever said there, and what a switch says all the same must not wake us.
  loop.add(control, RDHUP, {
    onReady () {
      loop.remove(control) // a paused link may be long in ending, and epoll would report this all the time
      link.end()
    }
  })
  return link
}
