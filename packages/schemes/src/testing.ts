/** What the tests of schemes share: directories that vanish, a served switch, descriptors counted. Not part of the product. */
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { native, SEQPACKET } from '@vde-ts/native'
import { VdeError, loop, type FrameSink, type Link } from '@vde-ts/link'
import { Recorder } from '@vde-ts/link/testing.js'
import { Switch, type SwitchOptions } from '@vde-ts/switch'
import type { VdeListener } from './listener.ts'
import { openVnl } from './registry.ts'
import { serveSwitch, type SwitchServerOptions } from './switch-server.ts'

/** A sink that keeps the first `onUp` of a link to itself: who opens it waits for that, and tests of later ones do not see it. */
export const sinkOfOpening = (sink: FrameSink): { readonly sink: FrameSink, readonly opened: Promise<void> } => {
  let isOpen = false
  let settle = (): void => {}
  const opened = new Promise<void>((resolve) => { settle = resolve })
  return {
    opened,
    sink: {
      onFrame (buf, off, len) { sink.onFrame(buf, off, len) },
      onWritable () { sink.onWritable() },
      onUp () {
        if (isOpen) return sink.onUp()
        isOpen = true
        settle()
      },
      onDown (why) { sink.onDown(why) },
      onClose (why) { sink.onClose(why) }
    }
  }
}

/** A new directory and what removes it with all it holds. */
export const scratch = (): { readonly path: string, remove (): void } => {
  const path = mkdtempSync(join(tmpdir(), 'vde-schemes-'))
  return { path, remove () { rmSync(path, { recursive: true, force: true }) } }
}

/** A switch on a control directory of its own. */
export interface Served {
  readonly bridge: Switch
  readonly listener: VdeListener
  /** The directory, resolved. */
  readonly path: string
  /** Lines logged. */
  readonly lines: string[]
  close (): void
}

/** A switch in this process on `path`, which must not exist. */
export const served = (path: string, options: Partial<SwitchServerOptions> = {}, shape: Partial<SwitchOptions> = {}): Served => {
  const bridge = new Switch({ seed: 1, macHi: 2, macLo: 1, numPorts: 2048, ...shape })
  const lines: string[] = []
  const listener = serveSwitch(bridge, {
    path,
    mode: 0o600,
    dirMode: 0o2700,
    gid: -1,
    mgmtMode: 0o600,
    mgmtGid: -1,
    loop,
    action: 'start the switch',
    log (line) { lines.push(line) },
    ...options
  })
  return {
    bridge,
    listener,
    path: listener.directory.path,
    lines,
    close () {
      bridge.close()
      listener.close()
    }
  }
}

/** A link of a nesting scheme, and the bare network behind it, with what each hears. */
export interface Nested { readonly station: Recorder, readonly link: Link, readonly network: Recorder, readonly far: Link }

/** @param wrap makes the VNL, given that of the network inside. Both links are resumed, and the caller closes them. */
export const openNested = async (wrap: (inner: string) => string): Promise<Nested> => {
  const ends = new Int32Array(2)
  native.socketPair(SEQPACKET, ends)
  const [station, network] = [new Recorder(), new Recorder()]
  const link = await openVnl(wrap(`seqpacket://${ends[0]}`), station)
  const far = await openVnl(`seqpacket://${ends[1]}`, network)
  link.resume()
  far.resume()
  return { station, link, network, far }
}

/** Open descriptors of this process, by number, with what they are: what a leak check compares. */
export const descriptors = (): string[] => {
  const found: string[] = []
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      const what = readlinkSync(`/proc/self/fd/${fd}`)
      // The directory being read, and epoll sets: the process's own is made at the first need.
      if (!what.startsWith('/proc/') && what !== 'anon_inode:[eventpoll]') found.push(`${fd} ${what}`)
    } catch { /* closed meanwhile */ }
  }
  return found.sort()
}

/** Path of an installed program, or null: then the test that needs it is skipped, with the reason in its name. */
export const program = (name: string): string | null => {
  for (const directory of ['/usr/bin', '/bin', '/usr/sbin', '/usr/local/bin']) {
    if (existsSync(join(directory, name))) return join(directory, name)
  }
  return null
}

/** The VdeError that `promise` rejects with. @throws {Error} when it does anything else */
export const refusal = async (promise: Promise<unknown>): Promise<VdeError> => {
  const result = await promise.then(() => 'it succeeded', (error: unknown) => error)
  if (result instanceof VdeError) return result
  throw new Error('a VdeError was expected', { cause: result })
}
