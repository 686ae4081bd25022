/** The labs of a daemon, and what it does when asked. */
import { dirname, join } from 'node:path'
import { apply, diff, emptyModel, formatProblem, validate, type Model } from '@vde-ts/model'
import { VdeError } from '@vde-ts/link'
import { Lab, type LabHost, type Origin } from './lab.ts'
import { labNames, type Paths } from './paths.ts'
import type { LabEvent, NodePlace, Request } from './protocol.ts'

/** See above. */
export class Labs {
  readonly #labs = new Map<string, Lab>()
  readonly #paths: Paths
  readonly #host: LabHost

  constructor (paths: Paths, log: (line: string) => void, tell: (event: LabEvent) => void) {
    this.#paths = paths
    this.#host = {
      labs: paths.labs,
      log,
      tell (lab, event, what) { tell({ time: new Date().toISOString(), lab, event, what }) }
    }
  }

  get isEmpty (): boolean { return this.#labs.size === 0 }

  /** Takes over what a daemon before this one left. A lab that cannot be is told of, and does not stop the others. */
  async adopt (): Promise<void> {
    for (const name of labNames(this.#paths)) {
      try {
        const lab = await Lab.adopt(name, this.#host)
        if (lab !== null) this.#labs.set(name, lab)
      } catch (error) { this.#host.log(`${name}: ${(error as Error).message}`) }
    }
  }

  /** @throws {VdeError}, {SyntaxError} */
  async answer (request: Request): Promise<unknown> {
    switch (request.op) {
      case 'apply': return await this.#apply(request)
      case 'carry': return await this.#carry(request)
      case 'plan': return this.#labs.get(request.model.name)?.plan(request.model) ?? diff(emptyModel(request.model.name), request.model)
      case 'status': return this.#find(request.lab).status()
      case 'model': return this.#find(request.lab).model
      case 'rollback': return await this.#find(request.lab).rollback()
      case 'confirm': return this.#find(request.lab).confirm() ?? null
      case 'impair': return await this.#find(request.lab).impair(request.link, request.words) ?? null
      case 'move': return await this.#find(request.lab).move(request.node, request.at) ?? null
      case 'pair': return await this.#find(request.lab).setPair(request.a, request.b, request.isUp) ?? null
      case 'radios': return [...this.#find(request.lab).realm.radios.values()].map((radio) => radio.status())
      case 'where': return this.#where(request.lab, request.node)
      case 'list': return [...this.#labs.values()].map((lab) => lab.status())
      case 'stop': return await this.#stop(this.#find(request.lab))
      case 'clean': return await this.#clean()
      case 'watch': return null
    }
  }

  async #apply ({ model, file, fileDir, trialMs }: Extract<Request, { op: 'apply' }>): Promise<unknown> {
    return await this.#on(model.name, { file, fileDir }, async (lab, origin) => await lab.apply(model, origin, trialMs))
  }

  /** A plan that was saved: for what runs now, or for nothing. */
  async #carry ({ plan, file, fileDir }: Extract<Request, { op: 'carry' }>): Promise<unknown> {
    const after = (running: Model): Model => checked(apply(plan, running))
    return await this.#on(plan.to, { file, fileDir }, async (lab, origin) => await lab.apply(after, origin))
  }

  /** Does it with a lab that runs, or a new one, which goes again when it fails. */
  async #on<T> (name: string, origin: Origin, work: (lab: Lab, origin: Origin) => Promise<T>): Promise<T> {
    const known = this.#labs.get(name)
    if (known !== undefined) return await work(known, origin)
    const lab = new Lab(name, origin, this.#host)
    this.#labs.set(name, lab)
    try {
      return await work(lab, origin)
    } catch (error) {
      await this.#stop(lab)
      throw error
    }
  }

  /** @returns whether it was the last */
  async #stop (lab: Lab): Promise<boolean> {
    await lab.stop()
    this.#labs.delete(lab.name)
    return this.isEmpty
  }

  async #clean (): Promise<true> {
    await Promise.all([...this.#labs.values()].map(async (lab) => await this.#stop(lab)))
    return true
  }

  #where (name: string | null, node: string): NodePlace {
    const lab = this.#find(name)
    lab.realm.nodeOf(node)
    const dir = join(this.#paths.labs, lab.name)
    return { lab: lab.name, socket: lab.realm.socketOf(node), cwd: dirname(lab.file), dir }
  }

  /** @throws {VdeError} ENOENT, EINVAL several run and none is named */
  #find (name: string | null): Lab {
    const names = [...this.#labs.keys()]
    const lab = name === null && names.length === 1 ? this.#labs.get(names[0]!) : this.#labs.get(name ?? '')
    if (lab !== undefined) return lab
    if (names.length === 0) throw new VdeError('ENOENT', 'find the network', 'none runs, start one with "vdenet apply FILE"')
    if (name === null) throw new VdeError('EINVAL', 'find the network', `${names.length} run, name one with --lab: ${names.join(', ')}`)
    throw new VdeError('ENOENT', `find the network "${name}"`, `it does not run, these do: ${names.join(', ')}`)
  }
}

/** What a plan makes of a network: its file may have been edited. @throws {VdeError} EINVAL the first thing that is wrong */
const checked = (model: Model): Model => {
  const [problem] = validate(model)
  if (problem !== undefined) throw new VdeError('EINVAL', 'apply the plan', formatProblem(problem))
  return model
}
