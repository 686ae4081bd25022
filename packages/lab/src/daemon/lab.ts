/**
 * A lab: what is declared, what runs, and the way from one to the other.
 *
 *     declared   the last network that was applied
 *     running    the same without what has ended meanwhile: the difference is the drift, and the next apply mends it
 *
 * Whatever changes it waits for its turn, so that two commands never work on one lab at once.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { diff, emptyModel, type Cable, type Model, type Plan } from '@vde-ts/model'
import { VdeError } from '@vde-ts/link'
import { idSource } from '../node/ids.ts'
import { NodeControl } from '../node/control.ts'
import { carryOut } from '../realm/carry-out.ts'
import { checkOffered } from '../realm/offered.ts'
import { checkPrograms, isProgramRunning } from '../realm/programs.ts'
import { Realm } from '../realm/realm.ts'
import type { LabStatus } from './protocol.ts'
import { readState, writeState, type LabState } from './state.ts'

/** What a lab needs of its daemon. */
export interface LabHost {
  /** Directory of all labs. */
  readonly labs: string
  log (line: string): void
  /** Something happened to a lab, for those who watch. */
  tell (lab: string, event: string, what: string): void
}

/** Where a network comes from. */
export interface Origin {
  /** Its file, absolute. */
  readonly file: string
  /** Working directory of its programs that name none. */
  readonly fileDir: string
}

/** One lab that runs. */
export class Lab {
  readonly name: string
  readonly realm: Realm
  readonly #host: LabHost
  readonly #dir: string
  #origin: Origin
  #declared: Model
  #running: Model
  #previous: Model | null = null
  #trialUntil: number | null = null
  #trial: NodeJS.Timeout | null = null
  #turn: Promise<unknown> = Promise.resolve()

  constructor (name: string, origin: Origin, host: LabHost) {
    this.name = name
    this.#origin = origin
    this.#host = host
    this.#dir = join(host.labs, name)
    this.#declared = this.#running = emptyModel(name)
    this.realm = new Realm({
      name,
      dir: this.#dir,
      fileDir: origin.fileDir,
      ids: idSource(),
      log: (line) => { host.log(`${name}: ${line}`) },
      onLost: (node) => { this.#lost(node) }
    })
  }

  /** A lab that another daemon left; null: nothing of it is left, and its files are gone. */
  static async adopt (name: string, host: LabHost): Promise<Lab | null> {
    const dir = join(host.labs, name)
    const state = readable(dir)
    if (state === null) {
      await sweep(dir, new Set())
      rmSync(dir, { recursive: true, force: true })
      return null
    }
    await sweep(dir, new Set(state.declared.nodes.map((node) => node.name)))
    const lab = new Lab(name, { file: state.file, fileDir: state.fileDir }, host)
    await lab.#resume(state)
    return lab
  }

  async #resume (state: LabState): Promise<void> {
    this.#declared = state.declared
    this.#previous = state.previous
    await this.realm.adopt(state.declared, state.programs)
    this.#running = without(state.declared, (node) => this.realm.isHere(node) && !this.realm.nodes.has(node))
    if (state.trialUntil !== null) this.#startTrial(state.trialUntil - Date.now())
  }

  get model (): Model { return this.#declared }
  get file (): string { return this.#origin.file }

  /** What applying `model` would do, now. */
  plan (model: Model): Plan { return diff(this.#running, model) }

  /**
   * Makes the network what `wanted` says.
   * @param wanted a model, or what makes it of what runs when its turn has come
   * @param origin where it comes from; absent: from where the one before did
   * @param trialMs comes back by itself after so long, unless {@link confirm} is called; null: no trial
   * @throws {VdeError} and the network is what it was before
   */
  async apply (
    wanted: Model | ((running: Model) => Model), origin: Origin = this.#origin, trialMs: number | null = null
  ): Promise<Plan> {
    return await this.#inTurn(async () => {
      const model = typeof wanted === 'function' ? wanted(this.#running) : wanted
      checkOffered(model)
      for (const node of model.nodes) checkPrograms(node)
      const plan = this.plan(model)
      mkdirSync(join(this.#dir, 'nodes'), { recursive: true, mode: 0o700 })
      // A disk that is full says so before anything is touched.
      this.#save()
      this.realm.fileDir = origin.fileDir
      await carryOut(plan, this.realm)
      const before = this.#declared
      this.#running = this.#declared = model
      this.#previous = before
      this.#origin = origin
      this.#endTrial()
      if (trialMs !== null) this.#startTrial(trialMs)
      this.#save()
      this.#host.tell(this.name, 'applied', `${plan.steps.length} steps`)
      return plan
    })
  }

  /** Back to the network before the last apply. @throws {VdeError} ENOENT there is none */
  async rollback (): Promise<Plan> {
    if (this.#previous === null) throw new VdeError('ENOENT', `roll back "${this.name}"`, 'there is no network before this one')
    return await this.apply(this.#previous)
  }

  /** A trial is no trial any more. @throws {VdeError} ENOENT */
  confirm (): void {
    if (this.#trialUntil === null) throw new VdeError('ENOENT', `confirm "${this.name}"`, 'no trial is running')
    this.#endTrial()
    this.#save()
  }

  #startTrial (ms: number): void {
    this.#trialUntil = Date.now() + ms
    this.#trial = setTimeout(() => {
      this.#host.tell(this.name, 'trial', 'not confirmed, rolled back')
      this.rollback().catch((error: Error) => { this.#host.log(`${this.name}: ${error.message}`) })
    }, Math.max(0, ms))
  }

  #endTrial (): void {
    if (this.#trial !== null) clearTimeout(this.#trial)
    this.#trial = this.#trialUntil = null
  }

  /** Changes the impairments of a link for now: the file is not asked. @throws {VdeError} ENOENT, {SyntaxError} */
  async impair (link: string, words: string): Promise<void> {
    await this.#inTurn(async () => {
      const found = this.#running.links.find((one) => one.name === link)
      const cable = this.realm.cables.get(link)
      if (found === undefined || cable === undefined) throw this.#noLink(link)
      await cable.impair(words)
      const links = this.#running.links.map((one) => one === found ? { ...one, impair: words } : one)
      this.#running = { ...this.#running, links }
      this.#host.tell(this.name, 'link', `${link}: ${words === '' ? 'as it is' : words}`)
    })
  }

  /** Moves a node on all its radios, for now: the file is not asked. @throws {VdeError} ENOENT, EINVAL */
  async move (node: string, at: readonly number[]): Promise<void> {
    await this.#inTurn(async () => {
      const moved = [...this.realm.radios.values()].filter((radio) => radio.move(node, at))
      if (moved.length === 0) throw new VdeError('ENOENT', `move "${node}"`, 'it has a position on no radio')
      const radios = this.#running.radios.map((radio) => this.realm.radios.get(radio.name)?.object ?? radio)
      this.#running = { ...this.#running, radios }
      this.#host.tell(this.name, 'move', `${node}: ${at.join(',')}`)
    })
  }

  /** Cuts or mends all that is between two nodes, links and radio, for now. @throws {VdeError} ENOENT there is nothing */
  async setPair (a: string, b: string, isUp: boolean): Promise<void> {
    const isPair = (link: Cable): boolean => [[a, b], [b, a]].some(([one, other]) => link.a.node === one && link.b.node === other)
    const links = this.#declared.links.filter(isPair)
    for (const { name, impair } of links) await this.impair(name, isUp ? impair : `${impair} down=on`.trim())
    await this.#inTurn(async () => {
      const changed = [...this.realm.radios.values()].filter((radio) => radio.setUp(a, b, isUp))
      if (changed.length + links.length === 0) throw new VdeError('ENOENT', `change what is between "${a}" and "${b}"`, 'there is neither a link nor a radio that both are on')
      if (changed.length > 0) this.#host.tell(this.name, 'radio', `${a} ${b}: ${isUp ? 'up' : 'down'}`)
    })
  }

  #noLink (link: string): VdeError {
    const names = this.#running.links.map(({ name }) => name)
    return new VdeError('ENOENT', `change link "${link}"`, `there is none of this name, want one of ${names.join(', ') || 'none at all'}`)
  }

  #lost (node: string): void {
    this.#host.tell(this.name, 'node', `${node}: ended`)
    this.#running = without(this.#running, (name) => name === node)
  }

  /** What runs, and in what it differs from what is declared. */
  status (): LabStatus {
    return {
      name: this.name,
      file: this.file,
      dir: this.#dir,
      trialUntil: this.#trialUntil,
      drift: diff(this.#running, this.#declared).steps.length,
      nodes: this.#declared.nodes.map(({ name, host, interfaces, run }) => ({
        name,
        host: this.realm.isHere(name) ? null : host,
        pid: this.realm.nodes.get(name)?.control.pid ?? null,
        interfaces: interfaces.map((one) => ({ name: one.name, net: one.net ?? one.vnl, addresses: one.addresses })),
        programs: run.map((command, i) => ({ command, state: this.#programState(name, i) }))
      })),
      nets: this.#declared.nets.map(({ name }) => ({
        name, path: join(this.#dir, 'nets', name), overlay: this.realm.overlays.statusOf(name)
      })),
      virts: this.#declared.virts.map(({ net, name, phys, iface }) => ({
        net, name, phys, iface: this.realm.hasVirt(`${net}/${name}`) ? iface : null, mtu: this.realm.overlays.statusOf(net)?.mtu ?? null
      })),
      filters: this.realm.filters.status(),
      links: this.#declared.links.map(({ name, a, b }) => {
        const [there, back] = this.realm.cables.get(name)?.traffic ?? []
        const impair = this.#running.links.find((one) => one.name === name)?.impair ?? null
        return { name, a: `${a.node}:${a.iface}`, b: `${b.node}:${b.iface}`, impair, frames: [there?.frames ?? 0, back?.frames ?? 0] }
      })
    }
  }

  #programState (node: string, index: number): string {
    const program = this.realm.programs.get(node)?.[index]
    if (program === undefined) return 'not started'
    if (isProgramRunning(program)) return `runs, pid ${program.pid}`
    const { end } = program
    return end === null ? 'ended' : end.signal === null ? `ended with ${end.code}` : `ended by ${end.signal}`
  }

  /** Ends everything and removes its files. */
  async stop (): Promise<void> {
    await this.#inTurn(async () => {
      this.#endTrial()
      await this.realm.end()
      rmSync(this.#dir, { recursive: true, force: true })
    })
    this.#host.tell(this.name, 'stopped', '')
  }

  #save (): void {
    writeState(this.#dir, {
      version: 1,
      ...this.#origin,
      declared: this.#declared,
      previous: this.#previous,
      trialUntil: this.#trialUntil,
      programs: Object.fromEntries(this.realm.programs)
    })
  }

  async #inTurn<T> (work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work)
    this.#turn = mine.catch(() => {})
    return await mine
  }
}

/** The state, or null where nobody can make sense of it: then the lab's nodes are ended. */
const readable = (dir: string): LabState | null => {
  try {
    return readState(dir)
  } catch { return null }
}

/** Ends the nodes of a lab's directory that are not among `kept`: a daemon was killed while it made them. */
const sweep = async (dir: string, kept: ReadonlySet<string>): Promise<void> => {
  let names: string[] = []
  try { names = readdirSync(join(dir, 'nodes')) } catch { return }
  for (const name of names) {
    if (kept.has(name)) continue
    try {
      await NodeControl.connect(join(dir, 'nodes', name), name).destroy()
    } catch { /* it has ended already */ }
    rmSync(join(dir, 'nodes', name), { force: true })
  }
}

/** A model without some of its nodes, and the links that hang on them. */
const without = (model: Model, isGone: (node: string) => boolean): Model => ({
  ...model,
  nodes: model.nodes.filter(({ name }) => !isGone(name)),
  links: model.links.filter(({ a, b }) => !isGone(a.node) && !isGone(b.node)),
  radios: model.radios.map((radio) => ({ ...radio, stations: radio.stations.filter(({ node }) => !isGone(node)) }))
})
