/**
 * A network that is being declared: the operations of LSDN's library, on a model.
 *
 * Each operation is done at once on the working model or refused with a {@link ModelError}, and then changes nothing. The
 * running network is what the last commit left. commit() validates, makes the plan from the one to the other and hands it to
 * whoever can carry it out; when that fails the running network is what it was, and commit may be tried again.
 *
 * Taking away what others hang on takes them along: settings their nets, a net its virts and attachments. A phys that goes
 * leaves its virts behind, unconnected, as LSDN did. A name is free again at once.
 */
import { canonicalIp, canonicalMac } from './address.ts'
import { diff } from './diff.ts'
import { OPEN, type Policy, type Rate, type Rule } from './firewall.ts'
import {
  emptyModel, isStatic, usualPort, type Model, type Net, type OverlayType, type Phys, type Settings, type Virt
} from './model.ts'
import { recommendedMtu } from './mtu.ts'
import type { Plan } from './plan.ts'
import type { Problem, ProblemCallback } from './problem.ts'
import { ModelError, type Result } from './result.ts'
import { UNKNOWN_WORLD, validate, type World } from './validate.ts'

/** Options of a template; what its type does not have is refused. */
export interface SettingsOptions {
  readonly name?: string | undefined
  readonly port?: number | undefined
  readonly group?: string | undefined
}

/** Carries out a plan whole or not at all. Throws what went wrong; the old state is in effect then. */
export type Realise = (plan: Plan, wanted: Model) => Promise<void>

/** See above. */
export class Network {
  #model: Model
  #running: Model
  #counter = 0

  /** @param running what is in effect already, as a daemon that goes on knows it */
  constructor (name: string, running: Model = emptyModel(name)) {
    this.#model = running
    this.#running = running
  }

  /** As it is declared now. */
  get model (): Model { return this.#model }
  /** As the last commit left it. */
  get running (): Model { return this.#running }

  // --- settings

  /** @throws {ModelError} DUPLICATE the name is taken; PARSE the group is no address */
  addSettings (type: OverlayType, { name = this.#generate('settings'), port, group }: SettingsOptions = {}): Settings {
    const action = `add settings ${name}`
    refuseTwice(this.#model.settings, name, action)
    const usual = usualPort(type)
    if (usual === null && port !== undefined) throw new ModelError('PARSE', action, `found a port, ${type} has none`)
    if ((type === 'vxlan/mcast') !== (group !== undefined)) throw new ModelError('PARSE', action, 'want a group for vxlan/mcast, and for that only')
    const settings: Settings = {
      name,
      type,
      port: usual === null ? null : port ?? usual,
      group: group === undefined ? null : parsed(canonicalIp(group), action, `"${group}"`, 'an address'),
      // LSDN's documentation: what is unknown goes to all hosts. Its tables dropped it.
      unknown: isStatic(type) ? 'flood' : null
    }
    this.#set({ settings: [...this.#model.settings, settings] })
    return settings
  }

  /** Takes away the settings, every net made of them, and what is in these. @throws {ModelError} NOIF there are none */
  removeSettings (name: string): void {
    find(this.#model.settings, name, 'settings', 'remove')
    for (const net of this.#model.nets) if (net.settings === name) this.removeNet(net.name)
    this.#set({ settings: without(this.#model.settings, name) })
  }

  // --- nets

  /** @throws {ModelError} DUPLICATE the name is taken; NOIF there are no such settings */
  addNet (settings: string, vid: number, name: string = this.#generate('net')): Net {
    find(this.#model.settings, settings, 'settings', `add net ${name} to`)
    refuseTwice(this.#model.nets, name, `add net ${name}`)
    const net: Net = { name, settings, vid, rateIn: null, rateOut: null }
    this.#set({ nets: [...this.#model.nets, net] })
    return net
  }

  /** Takes away the net with its virts and attachments. @throws {ModelError} NOIF there is none */
  removeNet (name: string): void {
    find(this.#model.nets, name, 'net', 'remove')
    this.#set({
      nets: without(this.#model.nets, name),
      virts: this.#model.virts.filter(({ net }) => net !== name),
      attachments: this.#model.attachments.filter(({ net }) => net !== name)
    })
  }

  // --- physes

  /** @throws {ModelError} DUPLICATE the name is taken */
  addPhys (name: string = this.#generate('phys')): Phys {
    refuseTwice(this.#model.physes, name, `add phys ${name}`)
    const phys: Phys = { name, host: name, iface: null, ip: null, isLocal: false, rateIn: null, rateOut: null }
    this.#set({ physes: [...this.#model.physes, phys] })
    return phys
  }

  /** Disconnects its virts, which keep their interface's name. @throws {ModelError} NOIF there is none */
  removePhys (name: string): void {
    find(this.#model.physes, name, 'phys', 'remove')
    this.#set({
      physes: without(this.#model.physes, name),
      attachments: this.#model.attachments.filter(({ phys }) => phys !== name),
      virts: this.#model.virts.map((virt) => virt.phys === name ? { ...virt, phys: null } : virt)
    })
  }

  /** `null` clears. @throws {ModelError} NOIF no such phys; PARSE no address */
  setIp (phys: string, ip: string | null): void {
    const action = `set the ip of phys ${phys}`
    this.#phys(phys, { ip: ip === null ? null : parsed(canonicalIp(ip), action, `"${ip}"`, 'an IPv4 or IPv6 address') })
  }

  /** `null` clears. @throws {ModelError} NOIF no such phys */
  setIface (phys: string, iface: string | null): void { this.#phys(phys, { iface }) }

  /** @throws {ModelError} NOIF no such phys */
  claimLocal (phys: string, isLocal: boolean = true): void { this.#phys(phys, { isLocal }) }

  #phys (name: string, change: Partial<Phys>): void {
    find(this.#model.physes, name, 'phys', 'change')
    this.#set({ physes: this.#model.physes.map((one) => one.name === name ? { ...one, ...change } : one) })
  }

  /** Doing it twice is no mistake. @throws {ModelError} NOIF no such net or phys */
  attach (net: string, phys: string): void {
    find(this.#model.nets, net, 'net', 'attach')
    find(this.#model.physes, phys, 'phys', 'attach')
    this.detach(net, phys)
    this.#set({ attachments: [...this.#model.attachments, { net, phys }] })
  }

  /** What is not attached may be detached. Virts that are connected there then fail validation. @throws {ModelError} NOIF */
  detach (net: string, phys: string): void {
    find(this.#model.nets, net, 'net', 'detach')
    find(this.#model.physes, phys, 'phys', 'detach')
    this.#set({ attachments: this.#model.attachments.filter((one) => one.net !== net || one.phys !== phys) })
  }

  // --- virts

  /** @throws {ModelError} NOIF no such net; DUPLICATE the name is taken in it */
  addVirt (net: string, name: string = this.#generate('virt')): Virt {
    find(this.#model.nets, net, 'net', `add virt ${name} to`)
    refuseTwice(this.#model.virts.filter((one) => one.net === net), name, `add virt ${name} to net ${net}`)
    const virt: Virt = { net, name, mac: null, phys: null, iface: null, in: OPEN, out: OPEN }
    this.#set({ virts: [...this.#model.virts, virt] })
    return virt
  }

  /** With its rules and rates. @throws {ModelError} NOIF there is none */
  removeVirt (net: string, name: string): void {
    this.#virt(net, name, {})
    this.#set({ virts: this.#model.virts.filter((one) => one.net !== net || one.name !== name) })
  }

  /** Connects, or migrates. @throws {ModelError} NOIF no such virt or phys */
  connect (net: string, name: string, phys: string, iface: string): void {
    find(this.#model.physes, phys, 'phys', `connect virt ${name} at`)
    this.#virt(net, name, { phys, iface })
  }

  /** @throws {ModelError} NOIF no such virt */
  disconnect (net: string, name: string): void { this.#virt(net, name, { phys: null }) }

  /** `null` clears. @throws {ModelError} NOIF no such virt; PARSE no MAC */
  setMac (net: string, name: string, mac: string | null): void {
    const action = `set the mac of virt ${name}`
    const wanted = 'a MAC such as 06:00:00:00:00:01'
    this.#virt(net, name, { mac: mac === null ? null : parsed(canonicalMac(mac), action, `"${mac}"`, wanted) })
  }

  /** `null` lifts the limit. @throws {ModelError} NOIF no such virt */
  setRate (net: string, name: string, side: 'in' | 'out', rate: Rate | null): void {
    this.#policy(net, name, side, (old) => ({ ...old, rate }))
  }

  /** Behind those that are there. @throws {ModelError} NOIF no such virt */
  addRule (net: string, name: string, side: 'in' | 'out', rule: Rule): void {
    this.#policy(net, name, side, (old) => ({ ...old, rules: [...old.rules, rule] }))
  }

  /** All rules of both directions. @throws {ModelError} NOIF no such virt */
  clearRules (net: string, name: string): void {
    for (const side of ['in', 'out'] as const) this.#policy(net, name, side, (old) => ({ ...old, rules: [] }))
  }

  /** @param underlayMtu of the interface of the phys it is connected at. @throws {ModelError} NOIF it is not connected */
  recommendedMtu (net: string, name: string, underlayMtu: number): number {
    return recommendedMtu(this.#model, net, this.#virt(net, name, {}).phys ?? '', underlayMtu)
  }

  #policy (net: string, name: string, side: 'in' | 'out', change: (old: Policy) => Policy): void {
    this.#virt(net, name, { [side]: change(this.#virt(net, name, {})[side]) })
  }

  #virt (net: string, name: string, change: Partial<Virt>): Virt {
    const virt = find(this.#model.virts.filter((one) => one.net === net), name, `net ${net} / virt`, 'change')
    if (Object.keys(change).length === 0) return virt
    this.#set({ virts: this.#model.virts.map((one) => one === virt ? { ...one, ...change } : one) })
    return virt
  }

  // --- the whole

  /** Tells of each problem. */
  validate (callback: ProblemCallback, world: World = UNKNOWN_WORLD): Result {
    const problems: readonly Problem[] = validate(this.#model, world)
    problems.forEach(callback)
    return problems.length === 0 ? 'OK' : 'VALIDATE'
  }

  /** What a commit would do. */
  plan (): Plan { return diff(this.#running, this.#model) }

  /**
   * Makes the running network what is declared. VALIDATE: there are problems, nothing was done.
   * @throws what `realise` throws; the running network is what it was
   */
  async commit (realise: Realise, callback: ProblemCallback, world: World = UNKNOWN_WORLD): Promise<Result> {
    const result = this.validate(callback, world)
    if (result !== 'OK') return result
    const wanted = this.#model
    await realise(this.plan(), wanted)
    this.#running = wanted
    return 'OK'
  }

  /** Takes away everything that is declared and running. @throws what `realise` throws */
  async cleanup (realise: Realise): Promise<void> {
    this.#model = emptyModel(this.#model.name)
    await realise(this.plan(), this.#model)
    this.#running = this.#model
  }

  /** Forgets everything; what runs goes on. */
  free (): void {
    this.#model = emptyModel(this.#model.name)
    this.#running = this.#model
  }

  #set (change: Partial<Model>): void { this.#model = { ...this.#model, ...change } }

  #generate (kind: string): string { return `${this.#model.name}-${kind}-${++this.#counter}` }
}

const without = <T extends { readonly name: string }>(list: readonly T[], name: string): T[] =>
  list.filter((one) => one.name !== name)

const find = <T extends { readonly name: string }>(list: readonly T[], name: string, kind: string, action: string): T => {
  const found = list.find((one) => one.name === name)
  if (found !== undefined) return found
  throw new ModelError('NOIF', `${action} ${kind} "${name}"`, 'there is none of this name, declare it first')
}

const refuseTwice = (list: ReadonlyArray<{ readonly name: string }>, name: string, action: string): void => {
  if (list.some((one) => one.name === name)) throw new ModelError('DUPLICATE', action, 'the name is taken, want another')
}

const parsed = (value: string | null, action: string, found: string, wanted: string): string => {
  if (value !== null) return value
  throw new ModelError('PARSE', action, `found ${found}, want ${wanted}`)
}
