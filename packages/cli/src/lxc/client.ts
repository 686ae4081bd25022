/**
 * vdelxcc: makes an interface here and hands it over, with the name of a network.
 *
 *     VNL NUL, the TAP as SCM_RIGHTS  -->  vdelxcd
 *     errno in decimal, end of file   <--
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { native, IN, STREAM } from '@vde-ts/native'
import { VdeError, errnoName, loop, systemError } from '@vde-ts/link'
import { connectNow } from '@vde-ts/link/socket-file.js'
import { awaitReady } from '@vde-ts/schemes/await-ready.js'
import { isTapFailure, openTap, type Tap } from '@vde-ts/tun-tap'
import { UsageError, type Parsed } from '../command.ts'
import type { Program } from '../run.ts'
import { ANSWER_MS, MAX_ANSWER } from './protocol.ts'

const SOCKET = 'vdelxcs'
const PREFIX = 'vde'
const DIRECTORIES = '/vde:/var/vde'
/** Numbers that are tried behind a prefix. */
const INTERFACES = 256
const EBUSY = 16
const EAGAIN = 11

export const run = async (program: Program, { values, operands }: Parsed): Promise<void> => {
  if (operands.length > 1) throw new UsageError(`Cannot read '${operands[1]}': one VNL at most is wanted`)
  const path = findSocket(values.text('socket') ?? SOCKET, process.env['VDELXC_PATH'] ?? DIRECTORIES)
  const vnl = operands[0] ?? ''
  const fd = connectNow(STREAM, path)
  if (fd < 0) throw systemError(fd, `connect to vdelxcd at "${path}"`)
  const tap = makeInterface(values.text('iface') ?? PREFIX)
  const action = `join ${tap.name} to ${vnl === '' ? 'the default network' : `"${vnl}"`}`
  const request = Buffer.from(`${vnl}\0`)
  const sent = native.sendDescriptors(fd, request, 0, request.length, Int32Array.of(tap.fd))
  if (sent !== request.length) throw systemError(sent < 0 ? sent : -EAGAIN, action)
  const errno = await answer(fd, action)
  if (errno !== 0) throw new VdeError(errnoName(errno), action, `vdelxcd refuses: ${native.strerror(errno)}`)
  program.exit(0)
}

/** @throws {VdeError} ENOENT */
const findSocket = (name: string, directories: string): string => {
  if (name.includes('/')) return name
  const found = directories.split(':').filter((dir) => dir !== '').map((dir) => join(dir, name)).find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new VdeError('ENOENT', `find the socket "${name}" of vdelxcd`, `it is in none of ${directories}, set VDELXC_PATH or use -s`)
}

/** One of the name, or the first of a prefix that nobody has. @throws {VdeError} */
const makeInterface = (name: string): Tap => {
  for (let number = 0; ; number++) {
    const tap = openTap({ name: /\d$/.test(name) ? name : `${name}${number}`, vnetHeader: true, exclusive: true })
    if (!isTapFailure(tap)) return tap
    if (tap.errno !== EBUSY || /\d$/.test(name) || number + 1 === INTERFACES) {
      throw new VdeError(errnoName(tap.errno), `make interface "${name}"`, tap.detail)
    }
  }
}

const answer = async (fd: number, action: string): Promise<number> => {
  const octets = Buffer.alloc(MAX_ANSWER)
  let have = 0
  for (;;) {
    await awaitReady(loop, fd, IN, ANSWER_MS, action, 'vdelxcd does not answer')
    const count = native.read(fd, octets, have, octets.length - have)
    if (count === -EAGAIN) continue
    if (count <= 0 || have + count === octets.length) break
    have += count
  }
  const text = octets.toString('latin1', 0, have)
  if (/^\d+$/.test(text)) return Number(text)
  throw new VdeError('EPROTO', action, `vdelxcd answers ${JSON.stringify(text)}, a number is wanted`)
}
