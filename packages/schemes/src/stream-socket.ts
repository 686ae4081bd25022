/**
 * stream:///PATH and stream-listen:///PATH - frames behind a length of four octets over an AF_UNIX stream socket, as QEMU
 * (`-netdev stream`) and passt speak them. So a QEMU without libvdeplug joins too:
 *
 *     vde_plug vde:///tmp/sw stream-listen:///tmp/vm.sock
 *     qemu-system-x86_64 -netdev stream,id=n,addr.type=unix,addr.path=/tmp/vm.sock ...
 *
 * Who listens takes one peer at a time and waits for the next when it leaves; without one the link is down.
 */
import { native, STREAM } from '@vde-ts/native'
import { VdeError, systemError, type FrameSink, type Link, type Loop } from '@vde-ts/link'
import { SLOT_OCTETS } from '@vde-ts/link/receive-slab.js'
import { LONG_STREAM_HEADER } from '@vde-ts/frame/stream.js'
import { connectNow } from '@vde-ts/link/socket-file.js'
import { Acceptor } from './acceptor.ts'
import { takeName } from './rendezvous.ts'
import { StreamLink } from './stream-link.ts'
import { Succession } from './succession.ts'
import type { OpenContext, Scheme, Tail } from './scheme.ts'

const EAGAIN = 11
const BACKLOG = 16

/** A client of such a socket. Its end is the end of the link. */
export const streamScheme: Scheme = {
  name: 'stream',
  summary: 'the socket of a QEMU or passt that listens (4-octet lengths)',
  form: 'PATH',
  style: 'raw',
  params: {},
  check (tail) { named('stream', tail) },
  open (tail, sink, context) {
    const { path, action } = named('stream', tail)
    const fd = connectNow(STREAM, path)
    if (fd < 0) throw systemError(fd, action, connectText(fd, path))
    return longStream(fd, `stream://${path}`, sink, context.loop)
  }
}

/** The listening side of such a socket. */
export const streamListenScheme: Scheme = {
  name: 'stream-listen',
  summary: 'a socket for a QEMU or passt that connects (4-octet lengths)',
  form: 'PATH',
  style: 'raw',
  params: {},
  check (tail) { named('stream-listen', tail) },
  open (tail, sink, context) {
    const { path, action } = named('stream-listen', tail)
    return listenForOne(path, action, sink, context)
  }
}

const named = (name: string, { path }: Tail): { readonly path: string, readonly action: string } => {
  const action = `open ${name}://${path}`
  if (path === '') throw new VdeError('EINVAL', action, 'no path, the name of a socket file is wanted')
  return { path, action }
}

const connectText = (result: number, path: string): string => result === -EAGAIN
  ? `whoever listens on "${path}" accepts nobody`
  : `${native.strerror(-result)}: "${path}"`

const longStream = (fd: number, label: string, sink: FrameSink, loop: Loop): StreamLink =>
  new StreamLink(fd, fd, sink, loop, { label, maxFrame: SLOT_OCTETS, header: LONG_STREAM_HEADER })

const listenForOne = (path: string, action: string, sink: FrameSink, context: OpenContext): Link => {
  const label = `stream-listen://${path}`
  const fd = native.unixSocket(STREAM)
  if (fd < 0) throw systemError(fd, action, native.strerror(-fd))
  let own: ReturnType<typeof takeName> | null = null
  try {
    own = takeName(fd, path, STREAM, context, action)
    const result = native.listen(fd, BACKLOG)
    if (result < 0) throw systemError(result, action, native.strerror(-result))
    return oneAtATime(fd, label, sink, context.loop, own.remove, (peer, link) => longStream(peer, label, link, context.loop))
  } catch (error) {
    native.close(fd)
    own?.remove()
    throw error
  }
}

/**
 * A link for the peers of a listening socket, one after the other; whoever comes while one is there is hung up on.
 * @param fd owned by the link
 * @param make makes the link of a connection, which it owns
 */
export const oneAtATime = (
  fd: number, label: string, sink: FrameSink, loop: Loop, onRelease: () => void, make: (fd: number, sink: FrameSink) => Link
): Succession => {
  const link = new Succession(sink, {
    label,
    onLost () {},
    onRelease () {
      acceptor.close()
      onRelease()
    }
  })
  const acceptor = new Acceptor(fd, loop, (peer) => {
    if (link.isTaken) {
      native.close(peer)
      return
    }
    link.expect()
    link.adopt(make(peer, link))
  })
  return link
}
