/**
 * The link of a slirp network: the other end is a process that runs libslirp (main.ts), so that a library that stops costs
 * this link and nothing else, and sockets of the network are not ours.
 *
 * Frames pass through a pair of sockets of sequenced packets, behind their offload header: a super-frame of an interface
 * reaches the library in four system calls for 64 KiB.
 */
import { native, IN, RDHUP, SEQPACKET } from '@vde-ts/native'
import { VdeError, errnoName, systemError, type FrameSink, type Link, type Loop } from '@vde-ts/link'
import { environment, startChild, type Child } from '@vde-ts/link/child.js'
import { socketDevice } from '@vde-ts/tun-tap'
import { SOCKET_BUFFER } from '../attach-protocol.ts'
import { awaitReady } from '../await-ready.ts'
import { ChildLink } from '../child-link.ts'
import { tapLink } from '../tap-link.ts'
import { engineArguments } from './engine-file.ts'
import { hearAnswer, tell } from './engine-protocol.ts'
import type { SlirpSettings } from './settings.ts'

const ACTION = 'open slirp://'
/** How long it may take to start: Node does in 0.1 s, on a busy machine in one or two. */
const START_MS = 20_000

/** Our ends, and what to close of the engine's. */
interface Ends { readonly frames: number, readonly control: number, readonly errors: number, readonly theirs: readonly number[] }

/**
 * Starts the engine. The link is up when the promise resolves.
 * @throws {VdeError} ENOENT there is no library; EADDRINUSE, EACCES a forward; EMFILE
 */
export const openEngine = async (settings: SlirpSettings, sink: FrameSink, loop: Loop): Promise<Link> => {
  const ends = makeEnds()
  let child: Child | null = null
  try {
    tell(ends.control, settings)
    const argv = [process.execPath, ...engineArguments]
    // A group of its own: the keys of a terminal are for commands, and it ends with its link.
    child = startChild({ file: process.execPath, argv, env: environment(), fds: [-1, -1, ...ends.theirs], pgid: 0 }, loop)
    for (const fd of ends.theirs) native.close(fd)
    await awaitReady(loop, ends.control, IN | RDHUP, START_MS, ACTION, `the engine does not answer within ${START_MS / 1000} s`)
    checkAnswer(ends.control)
    return engineLink(settings, ends, child, sink, loop)
  } catch (error) {
    child?.signal('SIGKILL')
    for (const fd of [ends.frames, ends.control, ends.errors, ...(child === null ? ends.theirs : [])]) native.close(fd)
    throw error
  }
}

const engineLink = (settings: SlirpSettings, ends: Ends, child: Child, sink: FrameSink, loop: Loop): Link => {
  const { frames, control, errors } = ends
  const parts = {
    label: 'slirp://',
    name: 'the engine',
    child,
    errors,
    mtu: settings.mtu === 0 ? undefined : settings.mtu,
    onOffload: (isOn: boolean) => { tell(control, { offload: isOn }) }
  }
  return new ChildLink(parts, sink, (inner) => tapLink(frames, '', inner, loop, {
    device: socketDevice, label: parts.label, onRelease: () => { native.close(control) }
  }))
}

const makeEnds = (): Ends => {
  const made: number[] = []
  const pair = (make: (out: Int32Array) => number): readonly [number, number] => {
    const out = new Int32Array(2)
    const result = make(out)
    if (result >= 0) {
      made.push(out[0]!, out[1]!)
      return [out[0]!, out[1]!]
    }
    for (const fd of made) native.close(fd)
    throw systemError(result, ACTION)
  }
  const [frames, theirFrames] = pair((out) => native.socketPair(SEQPACKET, out))
  const [control, theirControl] = pair((out) => native.socketPair(SEQPACKET, out))
  // Not blocking, so that a library with much to complain of loses words and not time.
  const [errors, theirErrors] = pair((out) => native.pipe(out, true))
  for (const fd of [frames, theirFrames]) native.setBuffers(fd, SOCKET_BUFFER, SOCKET_BUFFER)
  for (const fd of [frames, control]) native.refuseDescriptors(fd)
  return { frames, control, errors, theirs: [theirErrors, theirFrames, theirControl] }
}

const checkAnswer = (control: number): void => {
  const answer = hearAnswer(control)
  if (answer === null) throw new VdeError('EPROTO', ACTION, 'the engine ended before it was ready')
  if ('errno' in answer) throw new VdeError(errnoName(answer.errno), ACTION, answer.text)
}
