/** For tests of this package and those above it: descriptors counted, scripts run in processes of their own. */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { native } from './index.ts'

const ADDON = fileURLToPath(new URL('../build/vde_native.node', import.meta.url))

/** The two ends of a socket pair; the caller closes them. */
export const pairOf = (type: number): [a: number, b: number] => {
  const out = new Int32Array(2)
  const result = native.socketPair(type, out)
  if (result < 0) throw new Error(`socketpair: ${native.strerror(-result)}`)
  return [out[0], out[1]]
}

/** Closes each, whatever it answers. */
export const closeAll = (...fds: number[]): void => { for (const fd of fds) native.close(fd) }

/** How many descriptors this process has open. */
export const openCount = (): number => readdirSync('/proc/self/fd').length

/** The F_GETFL flags of a descriptor, O_CLOEXEC included. */
export const flagsOf = (fd: number): number =>
  parseInt(/^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '', 8)

/** Runs `body` with a fresh directory, which is removed afterwards. */
export const inDirectory = (body: (dir: string) => void): void => {
  const dir = mkdtempSync(join(tmpdir(), 'vde-native-'))
  try { body(dir) } finally { rmSync(dir, { recursive: true, force: true }) }
}

/** How a script ended, and what it wrote. */
export interface Outcome {
  readonly status: number | null
  readonly signal: string | null
  readonly out: string
  readonly err: string
}

/** Runs JavaScript (in scope: `native`, and `addon`, its path) in a Node of its own, at most 20 s, started by `prefix`. */
export const runScript = (body: string, prefix: readonly string[] = []): Outcome => {
  const text = `'use strict'; const addon = ${JSON.stringify(ADDON)}; const native = require(addon); ${body}`
  const argv = [...prefix, process.execPath, '-e', text]
  const env = { PATH: process.env.PATH }
  const options = { encoding: 'utf8', timeout: 20_000, cwd: '/', env } as const
  const { status, signal, stdout, stderr } = spawnSync(argv[0], argv.slice(1), options)
  return { status, signal, out: stdout, err: stderr }
}

/** Why taps and namespaces cannot be had here, or null. */
export const namespaceObstacle = (): string | null => {
  try {
    closeSync(openSync('/dev/net/tun', 'r+'))
  } catch (error) {
    return `/dev/net/tun cannot be opened (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`
  }
  return spawnSync('unshare', ['--user', '--net', 'true']).status === 0 ? null : 'user namespaces are refused'
}

/** Prefix for {@link runScript}: root of a network namespace of its own. */
export const ISOLATED: readonly string[] = ['unshare', '--user', '--net', '--map-root-user']

/** Heap octets per call, best of five rounds; wants --expose-gc. */
export const bytesPerRun = (fn: () => void, n: number = 20_000): number => {
  for (let i = 0; i < n; i++) fn()
  let best = Infinity
  for (let round = 0; round < 5 || (best >= n && round < 40); round++) {
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < n; i++) fn()
    const used = process.memoryUsage().heapUsed - before
    if (used >= 0 && used < best) best = used
  }
  return best / n
}
