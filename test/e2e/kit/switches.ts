/** Switches to test with: ours or Debian's, and Debian's `switch://` and `hub://` inside a `vde_plug`. */
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { ConsoleClient } from './console-client.ts'
import type { Exit, Proc, StartOptions } from './proc.ts'
import { asUser, type Scene } from './scene.ts'
import { ours, peer } from './pick.ts'
import { waitFor } from './wait.ts'

export interface Network {
  /** Its control directory: also the VNL. */
  readonly dir: string
  readonly mgmt: string
  readonly proc: Proc
  console (): Promise<ConsoleClient>
  /** Asks it to end and answers how it did. */
  stop (): Promise<Exit>
}

export interface SwitchOptions extends StartOptions {
  /** Name inside the scene's directory. */
  readonly name?: string
  readonly args?: readonly string[]
  /** Run it as the ordinary user, so that users' programs may join without modes. */
  readonly user?: boolean
}

/** A `vde_switch` in the foreground with its console, ready to be joined. */
export const startSwitch = async (scene: Scene, program: string, options: SwitchOptions = {}): Promise<Network> => {
  const { name = 'sw', args = [], user = false, ...rest } = options
  const home = user ? sharedHome(scene) : scene.dir
  const dir = join(home, name)
  const mgmt = join(home, `${name}.mgmt`)
  const argv = [program, '-s', dir, '-M', mgmt, ...args]
  const proc = scene.start(user ? asUser(argv) : argv, rest)
  const network = networkOf(scene, dir, mgmt, proc)
  await ready(mgmt, proc)
  return network
}

/** Waits until the console at `mgmt` greets: the file alone may be a dead switch's, or not listening yet. */
export const ready = async (mgmt: string, proc?: Proc, ms = 5000): Promise<void> => {
  await waitFor(async () => {
    if (proc !== undefined && proc.exit !== null) throw new Error(`Cannot start the switch: ${proc.story}`)
    const client = await ConsoleClient.open(mgmt).catch(() => null)
    client?.close()
    return client !== null
  }, ms, `greeting of ${mgmt}`, () => proc?.story ?? '')
}

const networkOf = (scene: Scene, dir: string, mgmt: string, proc: Proc): Network => ({
  dir,
  mgmt,
  proc,
  console: async () => {
    const client = await ConsoleClient.open(mgmt)
    scene.atEnd(() => { client.close() })
    return client
  },
  stop: async () => await proc.stop('SIGTERM')
})

/** A directory of the scene where the ordinary user may create a switch. */
export const sharedHome = (scene: Scene): string => {
  const path = scene.path('user')
  return lstatSync(path, { throwIfNoEntry: false }) === undefined ? scene.shared('user') : path
}

export const ourSwitch = async (scene: Scene, options: SwitchOptions = {}): Promise<Network> =>
  await startSwitch(scene, ours('vde_switch'), options)

export const peerSwitch = async (scene: Scene, options: SwitchOptions = {}): Promise<Network> =>
  await startSwitch(scene, peer('vde_switch'), options)

/** Debian's in-process switch or hub, held by a `vde_plug` whose other end is null. */
export const peerNode = async (scene: Scene, kind: 'switch' | 'hub', options: { readonly user?: boolean } = {}): Promise<Network> => {
  const dir = join(options.user === true ? sharedHome(scene) : scene.dir, kind)
  const argv = [peer('vde_plug'), 'null://', `${kind}://${dir}`]
  const proc = scene.start(options.user === true ? asUser(argv) : argv)
  await scene.exists(join(dir, 'ctl'))
  return networkOf(scene, dir, '', proc)
}
