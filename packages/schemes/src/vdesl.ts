/**
 * vdesl://DEVICE[speed=BAUD] - the vde stream over a serial line: two hosts and a null modem, or the port of a board.
 *
 * Nothing on such a line tells where a frame begins. A pause of 100 ms does: what was not whole by then is given up, and
 * the next octet begins a length. So an octet that got lost costs the frames up to the next pause.
 */
import { closeSync, constants, openSync } from 'node:fs'
import { native } from '@vde-ts/native'
import { systemError } from '@vde-ts/link'
import { fileError } from '@vde-ts/link/socket-file.js'
import { parseNumber } from '@vde-ts/vnl'
import { StreamLink } from './stream-link.ts'
import type { Scheme, Tail } from './scheme.ts'

const DEFAULT_SPEED = 38_400
const MAX_SPEED = 4_000_000
const GAP_MS = 100

/** See above. */
export const vdeslScheme: Scheme = {
  name: 'vdesl',
  summary: 'the vde stream over a serial line',
  form: 'DEVICE',
  style: 'path',
  params: {
    speed: { help: 'bits per second: 9600, 19200, 38400, 57600, 115200 ... 4000000', value: 'BAUD', fallback: String(DEFAULT_SPEED) }
  },
  check: baudOf,
  open (tail, sink, context) {
    const action = `open vdesl://${tail.path}`
    const baud = baudOf(tail)
    const fd = openLine(tail.path, action)
    try {
      const result = native.serialRaw(fd, baud)
      if (result < 0) throw systemError(result, action, `${native.strerror(-result)}: "${tail.path}" with ${baud} bit/s`)
      return new StreamLink(fd, fd, sink, context.loop, { label: `vdesl://${tail.path}`, gapMs: GAP_MS })
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }
}

/** Not as our controlling terminal: a hang-up of the line shall not be one of ours. */
const openLine = (path: string, action: string): number => {
  try {
    return openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
  } catch (error) {
    throw fileError(error, action)
  }
}

/** Those between the rates of a line are the kernel's to refuse. @throws {SyntaxError} */
function baudOf ({ params }: Tail): number {
  const speed = params.get('speed')
  return speed === undefined ? DEFAULT_SPEED : parseNumber(speed, 'speed', 1, MAX_SPEED)
}
