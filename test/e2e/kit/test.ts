/**
 * Registers end-to-end tests with uvu, each in a scene of its own, with a deadline and the things it needs.
 *
 * The last line a file prints is `N passed, N failed, N skipped`; the exit status is 1 when something failed. A test
 * whose needs are not met is skipped and says why; with CI set it fails instead, since CI installs every peer.
 */
import { accessSync, chmodSync, constants, existsSync, readdirSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { suite } from 'uvu'
import { findSystem, hasOurs, ours, SIDE } from './pick.ts'
import { isRoot, Scene, USER } from './scene.ts'
import { within } from './wait.ts'

/**
 * What a test can need: `root`, `user` (an ordinary user can be played: always true for one), `tun` (/dev/net/tun for
 * ordinary users), `userns` (user namespaces for ordinary users), `fixed` (the C program is known to fail this),
 * `pty` (node-pty), `native` (the addon), `kernel 6.1` (to boot in QEMU), `plugin:NAME` (a plugin of the C library),
 * otherwise a program of the system.
 */
export type Need = string

interface Options {
  readonly needs?: readonly Need[]
  /** Our commands it uses, so that a missing build is named. */
  readonly ours?: readonly string[]
  /** Deadline in ms. */
  readonly ms?: number
}

const TUN = '/dev/net/tun'
let namespaces: string | null | undefined

const whyNoUserns = (): string | null => {
  if (namespaces === undefined) {
    const id = isRoot ? ['--reuid', String(USER), '--regid', String(USER), '--clear-groups'] : []
    const probe = spawnSync('/usr/bin/setpriv', [...id, '/usr/bin/unshare', '-Un', 'true'], { encoding: 'utf8' })
    namespaces = probe.status === 0 ? null : `user namespaces do not work here: ${probe.stderr?.trim() ?? probe.error}`
  }
  return namespaces
}

/** Distributions ship 0666; where root finds less he may change it, as their udev rules do. */
const whyNoTun = (): string | null => {
  if (!existsSync(TUN)) return `${TUN} does not exist`
  if (isRoot) chmodSync(TUN, 0o666)
  try {
    accessSync(TUN, constants.R_OK | constants.W_OK)
    return null
  } catch { return `${TUN} is not for this user` }
}

const whyNot = (need: Need): string | null => {
  switch (need) {
    case 'root': return isRoot ? null : 'wants root'
    case 'user': return null
    case 'tun': return whyNoTun()
    case 'userns': return whyNoUserns()
    case 'fixed': return SIDE === 'c' ? 'a known defect of the C program' : null
    case 'pty': return hasPty() ? null : 'node-pty is not built (a C++ compiler is wanted)'
    case 'kernel 6.1': return existsSync(`${process.env['VDE_TS_KERNEL_61'] ?? '/nowhere'}/boot`)
      ? null
      : 'VDE_TS_KERNEL_61 does not name an extracted package of Linux 6.1 (.ci/run makes one)'
    case 'native': return existsSync(new URL('../../../packages/native/build/vde_native.node', import.meta.url)) ? null : 'the addon is not built'
    default: return need.startsWith('plugin:') ? whyNoPlugin(need.slice(7)) : findSystem(need) === null ? `${need} is not installed` : null
  }
}

const whyNoPlugin = (name: string): string | null => {
  const isThere = readdirSync('/usr/lib').some((dir) => existsSync(`/usr/lib/${dir}/vdeplug/libvdeplug_${name}.so`))
  return isThere ? null : `Debian's plugin for ${name}:// is not installed`
}

const hasPty = (): boolean => existsSync(new URL('../../../node_modules/node-pty/build/Release/pty.node', import.meta.url))

const tests = suite('')
const only = process.env.E2E_ONLY === undefined ? null : new RegExp(process.env.E2E_ONLY)
let passed = 0
let failed = 0
let skipped = 0

const say = (line: string): void => { process.stdout.write(line + '\n') }

const missing = (options: Options): string | null => {
  for (const need of options.needs ?? []) {
    const why = whyNot(need)
    if (why !== null) return why
  }
  return null
}

/** One test. `body` gets a scene; whatever it starts there is stopped, and whatever is left afterwards fails it. */
export const test = (name: string, options: Options, body: (scene: Scene) => Promise<void>): void => {
  if (only !== null && !only.test(name)) return
  const why = missing(options)
  if (why !== null && (process.env.CI === undefined || why.startsWith('a known defect'))) {
    skipped++
    say(`  skip  ${name}: ${why}`)
    tests.skip(name)
    return
  }
  tests(name, async () => {
    const start = Date.now()
    try {
      if (why !== null) throw new Error(`Cannot skip in CI: ${why}`)
      for (const command of options.ours ?? []) {
        if (!hasOurs(command)) throw new Error(`Cannot find our ${command}: no ${ours(command)}, build first`)
      }
      await play(body, options.ms ?? 30_000)
      passed++
      say(`  ok    ${name} (${Date.now() - start} ms)`)
    } catch (error) {
      failed++
      say(`  FAIL  ${name} (${Date.now() - start} ms): ${error instanceof Error ? error.message : String(error)}`)
      throw error
    }
  })
}

const play = async (body: (scene: Scene) => Promise<void>, ms: number): Promise<void> => {
  const scene = new Scene()
  let left: string[]
  try {
    await within(body(scene), ms, 'end of the test')
  } finally { left = await scene.close() }
  if (left.length > 0) throw new Error(`Left behind: ${left.join('; ')}`)
}

/** Runs the tests registered so far. Call it once, last. */
export const run = (): void => {
  process.on('exit', () => {
    say(`${passed} passed, ${failed} failed, ${skipped} skipped`)
    if (failed > 0) process.exitCode = 1
  })
  // A test that died of its deadline may have left handles: when all is said, nothing keeps the process.
  tests.after(() => { setTimeout(() => process.exit(), 200).unref() })
  tests.run()
}
