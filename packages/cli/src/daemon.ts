/**
 * `-d`. Node cannot fork, so the process starts itself again and waits until the copy is ready:
 *
 *     parent                         child (same command line, VDE_TS_READY=fd)
 *     spawn ------------------------> setsid, set everything up, stderr still the caller's
 *     wait on the pipe <-- "ready" -- chdir /, stderr to /dev/null, syslog from here on
 *     exit 0
 *         (the reader is gone) --> the starter was killed: nobody knows of the child, it cleans up and ends,
 *                                  unless others live by it already, see goOnAlone
 *                 or <-- end of file: the child failed and said why on stderr; exit with its status
 *
 * Descriptors the caller left open on purpose stay open in the child under their numbers (`seqpacket://5`).
 */
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { native, IN, type SpawnSpec } from '@vde-ts/native'
import { loop } from '@vde-ts/link/loop.js'
import { systemError, VdeError, errnoName } from '@vde-ts/link/errors.js'

const VARIABLE = 'VDE_TS_READY'
/** Far more than a start takes: a copy that hangs is reported, not waited for. */
const PATIENCE_MS = 30_000
const CLOEXEC = 0o2000000
const READY = 'ready\n'
/** In {@link SpawnSpec.fds}: the child has no such descriptor. */
export const CLOSED: number = -2

/**
 * Descriptors from 3 up that came from the caller; to be asked before we open any of our own. Node sets close-on-exec on
 * the low ones of them too when it starts, so that flag does not tell. Node's own are: epoll and the like (anon_inode),
 * pipes of which it holds both ends, and /dev/null, its spare when descriptors run out.
 * @param directory of the process's descriptors, `/proc/self`
 */
export const inheritedDescriptors = (directory = '/proc/self'): number[] => {
  const open = new Map<number, string>()
  for (const entry of readdirSync(`${directory}/fd`)) {
    // The descriptor of the directory itself is gone by now.
    try { open.set(Number(entry), readlinkSync(`${directory}/fd/${entry}`)) } catch {}
  }
  const ends = [...open.values()]
  const isOwn = (target: string): boolean =>
    target === '/dev/null' || target.startsWith('anon_inode:') || (target.startsWith('pipe:') && ends.indexOf(target) !== ends.lastIndexOf(target))
  return [...open].filter(([fd, target]) => fd >= 3 && (!isOwn(target) || !closesOnExec(directory, fd)))
    .map(([fd]) => fd).sort((a, b) => a - b)
}

const closesOnExec = (directory: string, fd: number): boolean => {
  const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`${directory}/fdinfo/${fd}`, 'latin1'))?.[1]
  return flags !== undefined && (parseInt(flags, 8) & CLOEXEC) !== 0
}

/** A table for {@link SpawnSpec.fds}: `standard`, then `inherited` at their own numbers where those are free. */
export const descriptorTable = (standard: readonly number[], inherited: readonly number[]): number[] => {
  const table = [...standard]
  for (const fd of inherited) {
    if (fd < standard.length) continue
    while (table.length < fd) table.push(CLOSED)
    table.push(fd)
  }
  return table
}

/**
 * Starts the copy and waits for it.
 * @returns the status to exit with: 0 once it is ready, else its own
 * @throws {VdeError} it cannot be started, or does not get ready
 */
export const startDaemon = (): number => {
  const ends = new Int32Array(2)
  const made = native.pipe(ends, false)
  if (made < 0) throw systemError(made, 'make a pipe')
  const [reader, writer] = [ends[0]!, ends[1]!]
  const started = native.spawn(copyOfSelf(writer))
  native.close(writer)
  if ('step' in started) {
    throw new VdeError(errnoName(started.errno), 'go to the background', `${started.step}: ${native.strerror(started.errno)}`)
  }
  if (isReady(reader)) return 0
  if (native.poll(started.pidfd, IN, PATIENCE_MS) <= 0) {
    native.pidfdSignal(started.pidfd, 15)
    throw new VdeError('ETIMEDOUT', 'go to the background', `pid ${started.pid} is not ready after ${PATIENCE_MS / 1000} s`)
  }
  const status = native.pidfdWait(started.pidfd)
  return (status & 0x7f) === 0 ? status >> 8 || 1 : 128 + (status & 0x7f)
}

const isReady = (reader: number): boolean => {
  const buf = new Uint8Array(READY.length)
  if (native.poll(reader, IN, PATIENCE_MS) <= 0) return false
  return native.read(reader, buf, 0, buf.length) === READY.length
}

const copyOfSelf = (writer: number): SpawnSpec => {
  const fds = descriptorTable([-1, -1, 2], inheritedDescriptors())
  const free = fds.indexOf(CLOSED)
  const at = free < 0 ? fds.length : free
  fds[at] = writer
  const env = Object.entries(process.env).filter(([name]) => name !== VARIABLE).map(([name, value]) => `${name}=${value}`)
  return {
    file: process.execPath,
    argv: [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    env: [...env, `${VARIABLE}=${at}`],
    fds
  }
}

/** The child's half. */
export class Daemon {
  /** The pipe to the parent: ours, though it looks like one of the caller's descriptors. */
  readonly pipe: number
  #isWatched = false
  #isNeeded = false

  private constructor (pipe: number) { this.pipe = pipe }

  /** Finds out whether this process is the copy; if so, it leaves the caller's session. Call once, before all else. */
  static join (): Daemon | null {
    const fd = Number(process.env[VARIABLE])
    delete process.env[VARIABLE]
    // Somebody else's variable names no pipe of ours: then this is an ordinary start.
    if (!Number.isInteger(fd) || fd < 3 || native.fileType(fd) !== 0o010000) return null
    native.setCloexec(fd, true)
    native.setsid()
    return new Daemon(fd)
  }

  /** Calls `onOrphan` when the starter ends before {@link ready}: the kernel tells the writer of a pipe without a reader. */
  watch (onOrphan: (why: VdeError) => void): void {
    this.#isWatched = true
    loop.add(this.pipe, 0, { onReady: () => { onOrphan(orphaned()) } })
  }

  /** From now on others live by this process: it goes on when the starter ends, and {@link ready} does not throw. */
  goOnAlone (): void {
    this.#isNeeded = true
    this.#unwatch()
  }

  #unwatch (): void {
    if (this.#isWatched) loop.remove(this.pipe)
    this.#isWatched = false
  }

  /**
   * Lets the parent return. Every path has been resolved by now: the working directory becomes `/`, stderr /dev/null.
   * @throws {VdeError} EPIPE the starter has ended and does not know of us
   */
  ready (): void {
    this.#unwatch()
    process.chdir('/')
    const buf = Buffer.from(READY)
    const written = native.write(this.pipe, buf, 0, buf.length)
    if (written < 0 && !this.#isNeeded) throw orphaned()
    native.close(this.pipe)
    native.close(2)
    // open() gives the lowest free number, which is 2: 0 and 1 are /dev/null already.
    const fd = openSync('/dev/null', 'r+')
    if (fd === 2) native.setCloexec(2, false)
    else closeSync(fd)
  }
}

const orphaned = (): VdeError => new VdeError('EPIPE', 'go to the background', 'the program that waited for it was ended')
