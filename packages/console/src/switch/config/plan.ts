/**
 * From what is set to what shall be: steps, of things that differ only, in an order in which each finds what it needs.
 *
 *     1  VLANs and port numbers that come; hub, tree, mirrors and pinned addresses that go
 *     2  ports that come; what is set for ports
 *     3  what is set for the switch; mirrors, addresses, plugins, captures and interfaces that come
 *     4  plugins, captures, interfaces, VLANs, ports and port numbers that go
 *
 * What cannot be had back (a file that was being written, counters) is in the last steps, and each step has its reverse: a
 * step that fails has all before it taken back.
 */
import { VdeError, type Errno } from '@vde-ts/link/errors.js'
import type { SwitchContext } from '../context.ts'
import { LIST_SETTINGS } from './list-settings.ts'
import { PORT_SETTINGS } from './port-settings.ts'
import { isSame, type Flat, type ListSetting, type Setting } from './setting.ts'
import { SETTINGS } from './table.ts'
import { portKey, portsOf } from './values.ts'

/** One thing to do. */
export interface Step {
  /** For people: `hash.expire: 600, was 100`. */
  readonly what: string
  readonly run: () => void
  readonly undo: () => void
}

const shown = (value: unknown): string => value === undefined ? 'the default' : typeof value === 'string' ? value : JSON.stringify(value)

/** The steps from `before`, which is set now, to `after`. None: they are the same. */
export const planSteps = (context: SwitchContext, before: Flat, after: Flat): Step[] =>
  new Planner(context, before, after).steps()

class Planner {
  readonly #context: SwitchContext
  readonly #before: Flat
  readonly #after: Flat
  /** What is set by the steps so far. */
  readonly #now: Map<string, unknown>
  readonly #steps: Step[] = []

  constructor (context: SwitchContext, before: Flat, after: Flat) {
    this.#context = context
    this.#before = before
    this.#after = after
    this.#now = new Map(before)
  }

  steps (): Step[] {
    const first = LIST_SETTINGS.filter(({ when }) => when === 'first')
    const last = LIST_SETTINGS.filter(({ when }) => when === 'last')
    const end = LIST_SETTINGS.filter(({ when }) => when === 'end')
    for (const row of SETTINGS) {
      const { key, meanwhile } = row
      if (meanwhile !== undefined) this.#set(row, key, meanwhile(this.#before.get(key), this.#after.get(key)))
    }
    for (const row of first) this.#add(row)
    for (const row of [...last].reverse()) this.#remove(row)
    this.#ports()
    for (const row of SETTINGS) if (row.isLate !== true) this.#set(row, row.key, this.#after.get(row.key))
    for (const row of [...last, ...end]) this.#add(row)
    const late = SETTINGS.filter(({ isLate }) => isLate)
    const coming = late.filter(({ key, meanwhile }) => this.#after.has(key) && meanwhile === undefined)
    for (const row of coming) this.#set(row, row.key, this.#after.get(row.key))
    for (const row of [...first, ...end].reverse()) this.#remove(row)
    this.#forgetPorts()
    for (const row of late.reverse()) this.#set(row, row.key, this.#after.get(row.key))
    return this.#steps
  }

  #set (row: Setting, key: string, wanted: unknown, port: number = 0): void {
    const was = this.#now.get(key)
    if (isSame(was, wanted)) return
    this.#now.set(key, wanted)
    const context = this.#context
    this.#steps.push({
      what: `${key}: ${shown(wanted)}, was ${shown(was)}`,
      run () { row.write(context, wanted, port) },
      undo () { row.write(context, was, port) }
    })
  }

  #items (flat: Flat, key: string): readonly unknown[] { return (flat.get(key) ?? []) as readonly unknown[] }

  #add (row: ListSetting): void {
    for (const item of missing(this.#items(this.#after, row.key), this.#items(this.#before, row.key))) {
      this.#steps.push({
        what: `${row.key}: ${shown(row.form([item]))} added`,
        run: () => { row.add(this.#context, item) },
        undo: () => { row.remove(this.#context, item) }
      })
    }
  }

  #remove (row: ListSetting): void {
    for (const item of missing(this.#items(this.#before, row.key), this.#items(this.#after, row.key))) {
      if (row.isFree?.(this.#context, item, this.#after) === true) continue
      this.#steps.push({
        what: `${row.key}: ${shown(row.form([item]))} removed`,
        run: () => { row.remove(this.#context, item) },
        undo: () => { row.add(this.#context, item) }
      })
    }
  }

  #ports (): void {
    const { sw } = this.#context
    const exist = new Set(sw.ports().map(({ number }) => number))
    for (const port of portsOf(this.#after)) {
      if (exist.has(port)) continue
      this.#steps.push({
        what: `ports.${port}: made`,
        run () { makePort(sw, port) },
        undo () { sw.removePort(port) }
      })
    }
    for (const port of new Set([...portsOf(this.#before), ...portsOf(this.#after)])) {
      for (const row of PORT_SETTINGS) this.#set(row, portKey(port, row.key), this.#after.get(portKey(port, row.key)), port)
    }
  }

  /** Ports that are idle, and that only the configuration before spoke of. */
  #forgetPorts (): void {
    const { sw } = this.#context
    const wanted = new Set(portsOf(this.#after))
    for (const port of portsOf(this.#before)) {
      const found = sw.ports().find(({ number }) => number === port)
      if (wanted.has(port) || found === undefined || found.isActive) continue
      this.#steps.push({
        what: `ports.${port}: removed, nothing is plugged in`,
        run () { if (sw.ports().includes(found)) removeIdle(sw, port) },
        undo () { if (!sw.ports().some(({ number }) => number === port)) makePort(sw, port) }
      })
    }
  }
}

/** A port of which nothing is set. */
const makePort = (sw: SwitchContext['sw'], port: number): void => {
  sw.createPort(port)
  sw.setAllocatable(port, true)
}

/** One that is watched by a command stays until it is not. */
const removeIdle = (sw: SwitchContext['sw'], port: number): void => {
  try {
    sw.removePort(port)
  } catch (error) {
    if (!(error instanceof VdeError) || error.code !== 'EADDRINUSE') throw error
  }
}

const missing = (these: readonly unknown[], those: readonly unknown[]): unknown[] => {
  const known = new Set(those.map((one) => JSON.stringify(one)))
  return these.filter((one) => !known.has(JSON.stringify(one)))
}

/**
 * Takes the steps, all of them or none.
 * @throws {VdeError} what stopped it; everything is as before
 */
export const takeSteps = (steps: readonly Step[]): void => {
  let done = 0
  try {
    for (; done < steps.length; done++) steps[done]!.run()
  } catch (error) {
    const lost = takeBack(steps.slice(0, done))
    const { message, code = 'EINVAL' } = error as Error & { readonly code?: Errno }
    const rest = lost.length === 0 ? 'everything is as before' : `and this could not be taken back: ${lost.join('; ')}`
    throw new VdeError(code, `set ${steps[done]!.what}`, `${message}; ${rest}`, { cause: error })
  }
}

const takeBack = (steps: readonly Step[]): string[] => {
  const lost: string[] = []
  for (const step of [...steps].reverse()) {
    try {
      step.undo()
    } catch (error) {
      lost.push(`${step.what} (${(error as Error).message})`)
    }
  }
  return lost
}
