/**
 * A wire of two datagram sockets: what `ptp://` of vdeplug 4.0.1 and before speaks.
 *
 *     first opener   PATH   <--- datagrams, one a frame --->   PATH+   second opener
 *
 * Each end is bound to its own name and connected to the other's.
 */
import { native, DGRAM } from '@vde-ts/native'
import { VdeError, systemError, type FrameSink, type Link } from '@vde-ts/link'
import { datagramWire } from './datagram-wire.ts'
import { connectTo, foreign, takeName, type Holder } from './rendezvous.ts'
import type { OpenContext } from './scheme.ts'

/**
 * Opens the end of the wire that is free.
 * @returns the link, or 'other': whoever has PATH is no datagram socket
 * @throws {VdeError} EADDRINUSE both ends are taken, EEXIST something else lies there, EACCES, ENOENT
 */
export const openDatagramWire = (path: string, sink: FrameSink, context: OpenContext, action: string): Link | 'other' => {
  try {
    return openFreeEnd(path, sink, context, action)
  } catch (error) {
    if (!(error instanceof VdeError) || error.code !== 'EADDRINUSE') throw error
    // Two came at once and found nobody: the later one takes the other end.
    return openFreeEnd(path, sink, context, action)
  }
}

const openFreeEnd = (path: string, sink: FrameSink, context: OpenContext, action: string): Link | 'other' => {
  const fd = socket(action)
  try {
    const holder = lookAt(path)
    if (holder === 'other') {
      native.close(fd)
      return 'other'
    }
    if (holder === 'foreign') throw foreign(path, action)
    const [own, peer] = holder === 'same' ? [`${path}+`, path] : [path, `${path}+`]
    const found = lookAt(own)
    if (found === 'same') throw new VdeError('EADDRINUSE', action, `both ends of "${path}" are taken`)
    if (found !== 'nobody' && found !== 'dead') throw foreign(own, action)
    return datagramWire({ fd, own: takeName(fd, own, DGRAM, context, action), peer, label: `ptp://${own}`, action }, sink, context)
  } catch (error) {
    native.close(fd)
    throw error
  }
}

const socket = (action: string): number => {
  const fd = native.unixSocket(DGRAM)
  if (fd < 0) throw systemError(fd, action, native.strerror(-fd))
  return fd
}

/** With a socket of its own: a connection made to look could not be undone. */
const lookAt = (path: string): Holder => {
  const fd = native.unixSocket(DGRAM)
  if (fd < 0) return 'foreign'
  const holder = connectTo(fd, path)
  native.close(fd)
  return holder
}
