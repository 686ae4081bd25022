/**
 * What is said between a command and the daemon: lines of JSON on a stream socket.
 *
 *     command  {"op":"apply",...}          daemon  {"ok":true,"value":...} | {"ok":false,"code":"ENOENT","message":"Cannot ..."}
 *     command  {"op":"watch"}              daemon  {"event":...} until somebody hangs up
 */
import type { Model, Plan } from '@vde-ts/model'
import type { FilterStatus } from '../realm/filters.ts'
import type { OverlayStatus } from '../realm/overlays.ts'
import type { RadioStatus } from '../realm/radio.ts'

/** What a command asks for. `lab` absent: the only one. */
export type Request =
  | { readonly op: 'apply', readonly model: Model, readonly file: string, readonly fileDir: string, readonly trialMs: number | null }
  | { readonly op: 'carry', readonly plan: Plan, readonly file: string, readonly fileDir: string }
  | { readonly op: 'plan', readonly model: Model }
  | { readonly op: 'move', readonly lab: string | null, readonly node: string, readonly at: readonly number[] }
  | { readonly op: 'pair', readonly lab: string | null, readonly a: string, readonly b: string, readonly isUp: boolean }
  | { readonly op: 'radios', readonly lab: string | null }
  | { readonly op: 'status' | 'stop' | 'rollback' | 'confirm' | 'model', readonly lab: string | null }
  | { readonly op: 'impair', readonly lab: string | null, readonly link: string, readonly words: string }
  | { readonly op: 'where', readonly lab: string | null, readonly node: string }
  | { readonly op: 'list' | 'clean' | 'watch' }

/** Of a lab. */
export interface LabStatus {
  readonly name: string
  readonly file: string
  /** Of its own files. */
  readonly dir: string
  /** See LabState. */
  readonly trialUntil: number | null
  /** Steps that would bring what runs back to what is declared. */
  readonly drift: number
  readonly nodes: ReadonlyArray<{
    readonly name: string
    /** Where it runs; null: here. */
    readonly host: string | null
    /** Of its init; null: it has ended, or runs elsewhere. */
    readonly pid: number | null
    readonly interfaces: ReadonlyArray<{
      readonly name: string
      /** Or its VNL; null: the end of a link. */
      readonly net: string | null
      readonly addresses: readonly string[]
    }>
    readonly programs: ReadonlyArray<{ readonly command: string, readonly state: string }>
  }>
  readonly nets: ReadonlyArray<{
    readonly name: string
    readonly path: string
    /** Null: it has none on this host. */
    readonly overlay: OverlayStatus | null
  }>
  readonly virts: ReadonlyArray<{
    readonly net: string
    readonly name: string
    /** Where it is connected; null: nowhere, or on a net without an overlay. */
    readonly phys: string | null
    /** Interface or VNL, when it is plugged in on this host. */
    readonly iface: string | null
    /** For the guest, where the net's overlay asks for one. */
    readonly mtu: number | null
  }>
  /** Of the ports that have rules, each direction. */
  readonly filters: readonly FilterStatus[]
  readonly links: ReadonlyArray<{
    readonly name: string
    readonly a: string
    readonly b: string
    /** Null: it is not connected. */
    readonly impair: string | null
    readonly frames: readonly [number, number]
  }>
}

/** Where a node is, for whoever joins it. */
export interface NodePlace {
  readonly lab: string
  readonly socket: string
  readonly cwd: string
  /** Of the lab's files. */
  readonly dir: string
}

/** What the daemon answers to each. */
export interface Answers {
  readonly apply: Plan
  readonly carry: Plan
  readonly plan: Plan
  readonly status: LabStatus
  /** Whether it was the last: the daemon ends, and with it the connection. */
  readonly stop: boolean
  readonly rollback: Plan
  readonly confirm: null
  readonly model: Model
  readonly impair: null
  readonly move: null
  readonly pair: null
  readonly radios: readonly RadioStatus[]
  readonly where: NodePlace
  readonly list: readonly LabStatus[]
  readonly clean: boolean
  readonly watch: null
}

/** A line from the daemon. */
export type Reply =
  | { readonly ok: true, readonly value: unknown }
  | { readonly ok: false, readonly code: string, readonly message: string }
  | { readonly event: LabEvent }

/** Something that happened. */
export interface LabEvent {
  readonly time: string
  readonly lab: string
  readonly event: string
  readonly what: string
}

/** Cuts a stream into lines. */
export class Lines {
  #rest = ''
  /** @returns whole lines, without their end */
  take (chunk: string): string[] {
    const lines = (this.#rest + chunk).split('\n')
    this.#rest = lines.pop()!
    return lines
  }
}
