/**
 * Open vSwitch in user space, without root: its dummy ports speak the vde stream's framing on a unix socket, so `socat` is
 * a cable to each.
 */
import { spawnSync } from 'node:child_process'
import { PlugPipe } from './plug-pipe.ts'
import { findSystem, peer } from './pick.ts'
import type { Scene } from './scene.ts'

const SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema'

/** Programs a test with it needs. */
export const OVS_NEEDS = ['ovs-vsctl', 'ovs-vswitchd', 'ovsdb-server', 'ovsdb-tool', 'socat'] as const

export class Ovs {
  readonly dir: string
  readonly #scene: Scene
  readonly #env: NodeJS.ProcessEnv

  private constructor (scene: Scene) {
    this.#scene = scene
    this.dir = scene.shared('ovs')
    this.#env = scene.environment({ OVS_RUNDIR: this.dir, OVS_DBDIR: this.dir, OVS_LOGDIR: this.dir })
  }

  /** Starts the daemons and makes a bridge `br0` without ports; `settings` are `COLUMN=VALUE` of it. */
  static async start (scene: Scene, settings: readonly string[] = []): Promise<Ovs> {
    const ovs = new Ovs(scene)
    const db = `${ovs.dir}/conf.db`
    ovs.#run('ovsdb-tool', 'create', db, SCHEMA)
    scene.start([peer('ovsdb-server'), db, `--remote=punix:${ovs.dir}/db.sock`, '--no-chdir'], { env: ovs.#extra() })
    await scene.exists(`${ovs.dir}/db.sock`)
    ovs.vsctl('--no-wait', 'init')
    const daemon = scene.start([peer('ovs-vswitchd'), `unix:${ovs.dir}/db.sock`, `--unixctl=${ovs.dir}/ctl`,
      '--enable-dummy', '--disable-system', '--no-chdir'], { env: ovs.#extra() })
    await daemon.says(/bridge|connected/, 10_000, 'err')
    ovs.vsctl('set', 'Open_vSwitch', '.', 'other_config:vlan-limit=2')
    ovs.vsctl('add-br', 'br0', '--', 'set', 'bridge', 'br0', 'datapath_type=dummy', 'fail-mode=standalone', ...settings)
    return ovs
  }

  /** Adds a port with these settings of its row, and answers a cable to it. */
  async port (name: string, settings: readonly string[], station: number): Promise<PlugPipe> {
    const socket = `${this.dir}/${name}.sock`
    this.vsctl('add-port', 'br0', name, ...settings, '--', 'set', 'interface', name, 'type=dummy', `options:pstream=punix:${socket}`)
    await this.#scene.exists(socket)
    return new PlugPipe(this.#scene, [peer('socat'), '-', `UNIX-CONNECT:${socket}`], station)
  }

  /** Adds a port that is up, and answers the VNL of its other end: plug it somewhere, once. */
  async wire (name: string, settings: readonly string[] = []): Promise<string> {
    const socket = `${this.dir}/${name}.sock`
    this.vsctl('add-port', 'br0', name, ...settings, '--', 'set', 'interface', name, 'type=dummy', `options:pstream=punix:${socket}`)
    await this.#scene.exists(socket)
    this.setUp(name, true)
    return `cmd://${findSystem('socat')} - UNIX-CONNECT:${socket}`
  }

  /** Has a port see its medium, or lose it. */
  setUp (name: string, isUp: boolean): void { this.appctl('netdev-dummy/set-admin-state', name, isUp ? 'up' : 'down') }

  /** Runs ovs-appctl on the daemon. */
  appctl (...args: string[]): string { return this.#run('ovs-appctl', '-t', `${this.dir}/ctl`, ...args) }

  /** Runs ovs-vsctl, which waits until the daemon has done it, and answers its output. */
  vsctl (...args: string[]): string { return this.#run('ovs-vsctl', `--db=unix:${this.dir}/db.sock`, '--timeout=10', ...args) }

  #extra (): Record<string, string> { return { OVS_RUNDIR: this.dir, OVS_DBDIR: this.dir, OVS_LOGDIR: this.dir } }

  #run (program: string, ...args: string[]): string {
    const { status, stdout, stderr } = spawnSync(findSystem(program) ?? program, args, { env: this.#env, encoding: 'utf8' })
    if (status !== 0) throw new Error(`Cannot run ${program} ${args.join(' ')}: it ended with ${status}, ${stderr}`)
    return stdout
  }
}
