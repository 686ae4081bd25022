/**
 * Bridges and LANs in virtual time: what spanning-tree topologies are tested in. Milliseconds pass only when `run` says so.
 *
 * A LAN carries BPDUs as octets from the port that sends to all others on it, DELAY_MS later. It can be `down`, which its
 * ports see, or `cut`, which they do not; a port can be `deaf`. Every bridge has a second of its own that begins at its
 * phase. After every event the ports that forward are looked at: as long as they close a circle there is a loop, and how
 * long each lasted is kept.
 */
import { BPDU_FRAME, bridgeId, writeBpdu, type Bpdu } from '@vde-ts/frame/bpdu.js'
import { SpanningTree, type BridgeId, type PortSettings, type TreePort, type TreeSettings } from '@vde-ts/stp'

const DELAY_MS = 1
const SECOND_MS = 1000

export interface Lan {
  readonly name: string
  readonly ends: End[]
  isDown: boolean
  isCut: boolean
}

/** A port of a bridge on a LAN. */
export interface End {
  readonly bridge: Bridge
  readonly port: TreePort
  readonly lan: Lan
  /** Hears nothing, and the port does not notice. */
  isDeaf: boolean
}

export interface Bridge {
  readonly name: string
  readonly tree: SpanningTree
  readonly ends: End[]
  nextTickMs: number
  isOff: boolean
}

/** A circle of forwarding ports. */
export interface Loop {
  readonly fromMs: number
  /** Infinity: it lasts. */
  toMs: number
}

interface Event { readonly atMs: number, readonly act: () => void }

/** Address of bridge number n: 02:00:00:00:00:n. */
export const idOf = (priority: number, n: number): BridgeId => bridgeId(priority, 0x0200, n)

export class Network {
  nowMs = 0
  readonly bridges: Bridge[] = []
  readonly lans = new Map<string, Lan>()
  readonly loops: Loop[] = []
  /** BPDUs sent. */
  sent = 0
  /** Time of the last change of a port's state. */
  changedMs = 0
  #isDirty = false
  /** In the order of their times: deliveries all take as long, so new ones belong at the end. */
  #deliveries: Event[] = []
  readonly #frame = new Uint8Array(BPDU_FRAME)

  lan (name: string): Lan {
    let lan = this.lans.get(name)
    if (lan === undefined) this.lans.set(name, lan = { name, ends: [], isDown: false, isCut: false })
    return lan
  }

  /** @param phase ms until its clock first ticks */
  addBridge (name: string, settings: TreeSettings, phase: number): Bridge {
    const host = {
      setState: () => {
        this.changedMs = this.nowMs
        this.#isDirty = true
      },
      flush: () => {},
      transmit: (port: number, bpdu: Bpdu) => { this.#transmit(bridge, port, bpdu) }
    }
    const tree = new SpanningTree(host, settings)
    const bridge: Bridge = { name, tree, ends: [], nextTickMs: this.nowMs + phase, isOff: false }
    this.bridges.push(bridge)
    return bridge
  }

  /** Puts the next port of a bridge on a LAN. */
  attach (bridge: Bridge, lanName: string, settings: PortSettings = {}): End {
    const lan = this.lan(lanName)
    const port = bridge.tree.addPort(bridge.ends.length + 1, settings)
    const end: End = { bridge, port, lan, isDeaf: false }
    bridge.ends.push(end)
    lan.ends.push(end)
    const operPointToPointMAC = lan.ends.length <= 2
    for (const { bridge: { tree }, port: { number } } of lan.ends) tree.configurePort(number, { operPointToPointMAC })
    return end
  }

  /** Brings the ports of a bridge up, or has it die. */
  power (bridge: Bridge, isOn: boolean): void {
    bridge.isOff = !isOn
    for (const end of bridge.ends) this.#refresh(end.lan)
  }

  setDown (lan: Lan, isDown: boolean): void {
    lan.isDown = isDown
    this.#refresh(lan)
  }

  /** Point to point, the other end sees the death of a bridge; behind a shared LAN nobody does. */
  #refresh (lan: Lan): void {
    const isLit = !lan.isDown && (lan.ends.length > 2 || lan.ends.every((end) => !end.bridge.isOff))
    for (const { bridge, port } of lan.ends) {
      const isUp = isLit && !bridge.isOff
      if (port.isUp !== isUp) bridge.tree.setUp(port.number, isUp)
    }
    this.#look()
  }

  /** Lets virtual time pass; stops early, after a whole event, when `isDone` says so. @returns whether it did */
  run (ms: number, isDone: () => boolean = () => false): boolean {
    const endMs = this.nowMs + ms
    while (!isDone()) {
      const tickMs = this.#nextTick()
      const deliveryMs = this.#deliveries[0]?.atMs ?? Infinity
      if (Math.min(tickMs, deliveryMs) > endMs) {
        this.nowMs = endMs
        return isDone()
      }
      this.nowMs = Math.min(tickMs, deliveryMs)
      if (deliveryMs <= tickMs) this.#deliver()
      else this.#tick()
      this.#look()
    }
    return true
  }

  #nextTick (): number {
    let soonest = Infinity
    for (const { nextTickMs } of this.bridges) if (nextTickMs < soonest) soonest = nextTickMs
    return soonest
  }

  #tick (): void {
    for (const bridge of this.bridges) {
      if (bridge.nextTickMs !== this.nowMs) continue
      bridge.nextTickMs += SECOND_MS
      if (!bridge.isOff) bridge.tree.tick()
    }
  }

  #deliver (): void {
    const due = this.#deliveries
    this.#deliveries = []
    let i = 0
    for (; i < due.length && due[i]!.atMs === this.nowMs; i++) due[i]!.act()
    this.#deliveries = [...due.slice(i), ...this.#deliveries]
  }

  #transmit (bridge: Bridge, number: number, bpdu: Bpdu): void {
    this.sent++
    const from = bridge.ends[number - 1]!
    writeBpdu(this.#frame, 0, bpdu, 0x0200, number)
    const octets = new Uint8Array(this.#frame)
    this.#deliveries.push({
      atMs: this.nowMs + DELAY_MS,
      act: () => {
        if (from.lan.isDown || from.lan.isCut) return
        for (const end of from.lan.ends) {
          if (end !== from && !end.bridge.isOff && !end.isDeaf) end.bridge.tree.onFrame(end.port.number, octets, 0, octets.length)
        }
      }
    })
  }

  /** Keeps account of loops. */
  #look (): void {
    if (!this.#isDirty) return
    this.#isDirty = false
    const open = this.loops.at(-1)
    const isOpen = open !== undefined && open.toMs === Infinity
    const hasLoop = this.hasLoop()
    if (hasLoop && !isOpen) this.loops.push({ fromMs: this.nowMs, toMs: Infinity })
    else if (!hasLoop && isOpen) open.toMs = this.nowMs
  }

  /** Whether ports that forward, on LANs that carry frames, close a circle. */
  hasLoop (): boolean {
    const parent = new Map<object, object>()
    const find = (x: object): object => {
      let root = x
      while (parent.has(root)) root = parent.get(root)!
      return root
    }
    for (const bridge of this.bridges) {
      for (const { port, lan } of bridge.ends) {
        if (!port.forwarding || bridge.isOff || lan.isDown || lan.isCut) continue
        const a = find(bridge)
        const b = find(lan)
        if (a === b) return true
        parent.set(a, b)
      }
    }
    return false
  }
}
