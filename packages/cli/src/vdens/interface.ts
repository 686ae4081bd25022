/**
 * One interface inside: the VNL, opened outside, joined to the tap that the namespace handed up.
 *
 *     VNL <--> Rejoin <--> Cable <--wire--> TapLink <--> vde0
 *
 * A switch that takes taps is handed this one: then no frame passes here, and the wire stands by for the day that another
 * switch, which does not, is there instead. While the network is away the interface has no carrier.
 */
import { native } from '@vde-ts/native'
import { systemError, type Loop } from '@vde-ts/link'
import { Wire } from '@vde-ts/link/wire.js'
import { VNET_HEADER, type FrameDevice } from '@vde-ts/tun-tap'
import { resolveVnl } from '@vde-ts/schemes/registry.js'
import { tapLink, type TapLink } from '@vde-ts/schemes/tap-link.js'
import { TapUplink } from '@vde-ts/schemes/tap-uplink.js'
import { Rejoin, rejoinWorld } from '@vde-ts/schemes/rejoin.js'
import { Cable } from '../cable/cable.ts'
import { shownSpeed } from '../interface-speed.ts'
import { REJOIN_RESET_MS, rejoinPauseMs } from '../rejoin-pause.ts'

/** Shown by the switch, with ` user=... pid=...` behind it. */
const DESCRIPTION = 'vdens'
/** For a connection that is refused: then the command is not started. One that takes longer is made while it runs. */
const FIRST_MS = 100

export class Interface {
  readonly cable: Cable
  readonly #name: string
  readonly #loop: Loop
  readonly #say: (text: string) => void
  readonly #wire: Wire
  readonly #uplink: TapUplink
  readonly #network: Rejoin
  /** Told when {@link speedMbit} may have changed. */
  onSpeed: () => void = () => {}
  #tap: TapLink | null = null
  #isOpen = false
  #isJoined = false

  /**
   * @param say takes lines for people
   * @param hasOffload false: the interface finishes its frames itself
   */
  constructor (name: string, vnl: string, loop: Loop, say: (text: string) => void, hasOffload: boolean) {
    this.#name = name
    this.#loop = loop
    this.#say = say
    this.#wire = new Wire(say)
    this.cable = new Cable(name, vnl === '' ? 'default' : vnl, this.#wire.left)
    this.#uplink = new TapUplink(vnl, { description: DESCRIPTION, loop, log: say, hasOffload, onRate: () => { this.onSpeed() } })
    this.#network = new Rejoin(this.cable.link, {
      label: vnl === '' ? 'default network' : vnl,
      isRepeatable: isRepeatable(vnl),
      open: async sink => await this.#uplink.open(sink),
      world: rejoinWorld(say),
      watch: onSign => this.#uplink.watch(onSign),
      pauseMs: rejoinPauseMs,
      resetMs: REJOIN_RESET_MS,
      firstMs: FIRST_MS,
      comfort: '; the interface stays'
    })
  }

  /** Opens the VNL, unless it wants the tap for that. @throws {VdeError} of the medium */
  async open (): Promise<void> {
    if (!this.#uplink.canAttach) await this.#start()
  }

  /** MTU that the network wants of the interface, if it wants one. Before `join`. */
  get mtu (): number | undefined { return this.#network.link.mtu }

  /** Mbit/s that the interface is to show. */
  get speedMbit (): number { return shownSpeed(this.#isJoined ? this.cable.link : this.#network.link) }

  async #start (): Promise<void> {
    await this.#network.start()
    this.#isOpen = true
  }

  /** Joins the tap or packet socket `fd`, which is ours from now on, and lets frames pass. @throws {VdeError} of the medium */
  async join (fd: number, device: FrameDevice): Promise<void> {
    const sized = device.kind === 'tap' ? native.tapHeaderSize(fd, VNET_HEADER) : 0
    if (sized < 0) throw systemError(sized, `use ${this.#name}`)
    const tap = tapLink(fd, this.#name, this.#wire.right, this.#loop, { device })
    this.#tap = tap
    this.#uplink.use(tap)
    if (!this.#isOpen) await this.#start()
    const link = this.cable.connect(this.#network.link, { uplink: this.#uplink, network: this.#network })
    this.#isJoined = true
    link.onSettings = () => { this.onSpeed() }
    this.#wire.join(link, tap, (_side, why) => { this.#lose(why) })
  }

  /** Idempotent; also before `join`. */
  close (): void {
    this.#network.link.close()
    this.#wire.close()
    this.#tap?.close()
  }

  /** The tap ended: somebody inside removed the interface. Others go on. */
  #lose (why: Error | undefined): void {
    this.#say(`${this.#name}: ${why?.message ?? 'the interface was removed'}; its network is left`)
    this.close()
  }
}

/** A descriptor that was inherited is gone for good, and its number may mean something else by then. */
const isRepeatable = (vnl: string): boolean => !/seqpacket:\/\//.test(vnl) && !isSeqpacket(vnl)

const isSeqpacket = (vnl: string): boolean => {
  try {
    return resolveVnl(vnl).name === 'seqpacket'
  } catch { return false } // no VNL at all: opening it will say so
}
