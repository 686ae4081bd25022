/**
 * A user's machine: namespaces in which an ordinary user is root over a network of his own, so that a scenario can be
 * typed as the tutorials have it, `#` lines included, and nothing of it touches the machine the test runs on.
 */
import { Shell } from './namespace.ts'
import { PlugPipe } from './plug-pipe.ts'
import type { Proc, StartOptions } from './proc.ts'
import { asUser, type Scene } from './scene.ts'

export class Host {
  readonly scene: Scene
  /** A shell of the machine itself: the `#` lines. */
  readonly root: Shell

  private constructor (scene: Scene, root: Shell) {
    this.scene = scene
    this.root = root
  }

  /** Makes one. Its loopback is up. */
  static async open (scene: Scene): Promise<Host> {
    const root = new Shell(scene, asUser(['/usr/bin/unshare', '--user', '--map-root-user', '--net', '--mount']))
    await root.must('ip link set lo up')
    return new Host(scene, root)
  }

  /** Makes another one, which only a cable is wanting to: an administrator of either may put an interface into both. */
  async neighbour (): Promise<Host> {
    const argv = ['/usr/bin/nsenter', '--target', this.#pid, '--user', '--mount', '--preserve-credentials', '/usr/bin/unshare', '--net']
    const root = new Shell(this.scene, asUser(argv))
    await root.must('ip link set lo up')
    return new Host(this.scene, root)
  }

  get #pid (): string { return String(this.root.proc.pid) }

  /** How a command line gets there from outside. */
  inside (argv: readonly string[]): string[] {
    return asUser(['/usr/bin/nsenter', '--target', this.#pid, '--user', '--net', '--mount', '--preserve-credentials', ...argv])
  }

  /** A terminal in which a program runs until its scene ends. */
  start (argv: readonly string[], options?: StartOptions): Proc { return this.scene.start(this.inside(argv), options) }

  /** A terminal in which `argv` ends in a shell: `vdens VNL`. */
  shell (argv: readonly string[], options?: StartOptions): Shell { return new Shell(this.scene, this.inside(argv), options) }

  /** A station on the stream of a `vde_plug`. */
  plug (argv: readonly string[], station: number, options?: StartOptions): PlugPipe {
    return new PlugPipe(this.scene, this.inside(argv), station, options)
  }
}
