/**
 * One run of vdens.
 *
 *     VNLs opened outside --> namespaces and taps --> taps joined to the VNLs --> command released
 *     command ends --> VNLs and taps closed --> vdens ends the same way
 *
 * The terminal, the process group and descriptors 0 to 2 are the command's as much as ours, so nothing here touches them.
 */
import { constants } from 'node:os'
import { native, IFF_NO_PI, IFF_TAP, IFF_VNET_HDR } from '@vde-ts/native'
import { loop } from '@vde-ts/link'
import { interfaceNames, startNamespace, type ExitStatus, type Namespace } from '@vde-ts/namespace'
import { removeClientSockets } from '@vde-ts/schemes/client-socket.js'
import { announceCables } from '../cable/announce-cables.ts'
import type { Program } from '../run.ts'
import { Interface } from './interface.ts'
import { mediumFor } from './medium.ts'
import type { Plan } from './plan.ts'
import { PASSED_ON, endFor } from './signals.ts'
import { commandError, vnlError } from './start.ts'

const ETHERNET_MTU = 1500

export class Session {
  readonly #program: Program
  readonly #plan: Plan
  readonly #interfaces: Interface[] = []
  #namespace: Namespace | null = null

  constructor (program: Program, plan: Plan) {
    this.#program = program
    this.#plan = plan
  }

  /** Ends the process. @throws {VdeError | ExitError} before the command ran; the caller's cleanup removes what was made */
  async run (): Promise<never> {
    const { vnls, prefix } = this.#plan
    const names = interfaceNames(prefix, vnls.length)
    this.#answerSignals()
    this.#program.cleanup.add(removeClientSockets)
    for (const [index, vnl] of vnls.entries()) await this.#open(names[index]!, vnl)
    await this.#start(names)
    return this.#end(await this.#namespace!.exited)
  }

  async #open (name: string, vnl: string): Promise<void> {
    const made = new Interface(name, vnl, loop, text => { this.#program.log(text) }, this.#plan.hasOffload)
    this.#program.cleanup.add(() => { made.close() })
    this.#interfaces.push(made)
    try {
      await made.open()
    } catch (error) {
      throw vnlError(vnl, error)
    }
  }

  async #start (interfaces: readonly string[]): Promise<void> {
    const { command, sysadm, vnls, isPacket, hasOffload: _offload, prefix: _prefix, ...inside } = this.#plan
    const medium = interfaces.length === 0 ? 'tap' : mediumFor(isPacket, text => { this.#program.log(text) })
    // One for all of them: the least that a network asks for.
    const wanted = this.#interfaces.map(made => made.mtu ?? ETHERNET_MTU)
    const mtu = wanted.length === 0 ? ETHERNET_MTU : Math.min(...wanted)
    const speeds = this.#interfaces.map(made => made.speedMbit)
    const tapFlags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR
    const namespace = startNamespace({ command, sysadm, interfaces, medium, tapFlags, mtu, speeds, ...inside })
    this.#namespace = namespace
    this.#program.cleanup.add(() => { namespace.close() })
    for (const [index, made] of this.#interfaces.entries()) {
      made.onSpeed = () => { namespace.showSpeed(interfaces[index]!, made.speedMbit) }
      await this.#join(made, index, vnls[index]!)
    }
    announceCables(this.#program, this.#interfaces.map(({ cable }) => cable))
    try {
      namespace.release()
    } catch (error) {
      throw commandError(command[0]!, process.env.PATH, error)
    }
  }

  async #join (made: Interface, index: number, vnl: string): Promise<void> {
    const { taps, devices } = this.#namespace!
    try {
      await made.join(taps[index]!, devices[index]!)
    } catch (error) {
      throw vnlError(vnl, error)
    }
  }

  #answerSignals (): void {
    for (const name of PASSED_ON) {
      const signal = constants.signals[name]
      this.#program.onSignal(name, () => {
        if (this.#namespace === null) this.#program.dieOf(name)
        else if (native.isFromKernel(signal) === 0) this.#namespace.signal(signal)
      })
      native.noteOrigin(signal)
    }
  }

  #end ({ code, signal }: ExitStatus): never {
    const end = endFor(code, signal)
    for (const failure of this.#program.cleanup.run()) this.#program.log(String(failure))
    if ('exit' in end) return native.exitNow(end.exit)
    native.raiseDefault(end.die)
    return native.exitNow(128 + end.die) // the first process of a container does not die of default actions
  }
}
