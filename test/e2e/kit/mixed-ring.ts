/**
 * A ring of three makes: ours, Open vSwitch in user space, which is the root, and the kernel's bridge, which speaks STP.
 *
 *     stations -- ours --straight-- Open vSwitch -- edge
 *                   \                /
 *                    far -- kernel --      ours has its alternate port here: the kernel's bridge is nearer to the root
 */
import { cable, bridge, station } from './bridges.ts'
import { Shell } from './namespace.ts'
import { Ovs } from './ovs.ts'
import { ours } from './pick.ts'
import type { PlugPipe } from './plug-pipe.ts'
import type { Proc } from './proc.ts'
import type { Scene } from './scene.ts'
import type { Network } from './switches.ts'
import { waitFor } from './wait.ts'

/** What a test with it needs besides {@link OVS_NEEDS}. */
export const MIXED_NEEDS = ['user', 'tun', 'userns', 'ip'] as const
const EDGE = ['--', 'set', 'port', 'edge', 'other_config:rstp-port-admin-edge=true']
const FORWARD_MS = 50_000

export class MixedRing {
  readonly net: Network
  readonly ovs: Ovs
  /** Stations on ours and on Open vSwitch. */
  readonly near: PlugPipe
  readonly edge: PlugPipe
  readonly kernel: Shell
  readonly #scene: Scene
  #serial = 0
  #straight: Proc | null = null

  private constructor (scene: Scene, parts: Pick<MixedRing, 'net' | 'ovs' | 'near' | 'edge' | 'kernel'>) {
    this.#scene = scene
    this.net = parts.net
    this.ovs = parts.ovs
    this.near = parts.near
    this.edge = parts.edge
    this.kernel = parts.kernel
  }

  /** All is plugged in and the kernel's bridge forwards, which takes it two of its forward delays of 4 s. */
  static async start (scene: Scene): Promise<MixedRing> {
    const ovs = await Ovs.start(scene, ['rstp_enable=true', 'other_config:rstp-priority=4096'])
    const net = await bridge(scene, 'ours', 1)
    const near = station(scene, net, 1)
    const edge = await ovs.port('edge', EDGE, 9)
    ovs.setUp('edge', true)
    const kernel = new Shell(scene, [ours('vdens'), '--multi', net.dir, await ovs.wire('far'), '--'])
    const made = new MixedRing(scene, { net, ovs, near, edge, kernel })
    await made.plug()
    await kernel.must('ip link add br0 type bridge stp_state 1 forward_delay 400 hello_time 200 max_age 600 priority 8192')
    await kernel.must('for i in vde0 vde1; do ip link set $i up; ip link set $i master br0; done; ip link set br0 up')
    const isForwarding = async (): Promise<boolean> => (await kernel.must('bridge link')).match(/state forwarding/g)?.length === 2
    await waitFor(isForwarding, FORWARD_MS, 'the kernel\'s bridge to forward')
    return made
  }

  /** Plugs the straight way in, and waits until it is the one that is used. */
  async plug (): Promise<void> {
    const name = `straight${this.#serial++}`
    this.#straight = cable(this.#scene, this.net.dir, await this.ovs.wire(name))
    await waitFor(() => /straight\d+ +Designated +Forwarding/.test(this.ovs.appctl('rstp/show', 'br0')), FORWARD_MS, 'the straight way')
  }

  /** Cuts it so that both ends see it. */
  cut (): void {
    this.#straight!.kill('SIGKILL')
    this.ovs.setUp(`straight${this.#serial - 1}`, false)
  }

  /** Removes what was cut. */
  unplug (): void { this.ovs.vsctl('del-port', `straight${this.#serial - 1}`) }

  /** Has it swallow everything, which nobody signals, or not. */
  mute (isMute: boolean): void { this.#straight!.kill(isMute ? 'SIGSTOP' : 'SIGCONT') }
}
