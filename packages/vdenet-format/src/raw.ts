/** What a file looks like once the schema let it pass. */

/** One direction each. */
export interface Sides<T> { readonly in?: T, readonly out?: T }
/** A rate: `avg` alone, or all of it. */
export type RawLimit = string | { readonly avg: string, readonly burst?: string, readonly burstRate?: string, readonly mode?: 'police' | 'shape' }
/** Value of a word of the impairment engine. */
export type RawWord = string | number | boolean
/** Words, each for both directions or for each. */
export type RawWords = Readonly<Record<string, RawWord | Readonly<Record<string, RawWord>>>>

/** A rule; `dir` is missing in chains. */
export interface RawRule {
  readonly dir?: 'in' | 'out'
  readonly prio?: number
  readonly do: 'accept' | 'drop' | 'jump' | 'return' | 'mark' | 'log'
  readonly chain?: string
  readonly mark?: number
  readonly name?: string
  readonly not?: readonly string[]
  readonly [match: string]: unknown
}

/** What a port does to frames. */
export interface RawPort {
  readonly rules?: readonly RawRule[]
  readonly policy?: Sides<'accept' | 'drop'>
  readonly rate?: Sides<RawLimit>
}

/** Of a node. */
export interface RawInterface extends RawPort {
  readonly net?: string
  readonly vnl?: string
  readonly ip?: string | readonly string[]
  readonly mac?: string
  readonly mtu?: number
  readonly impair?: RawWords
}

/** A node. */
export interface RawNode {
  readonly host?: string
  readonly if?: Readonly<Record<string, RawInterface | null>>
  readonly forward?: boolean
  readonly nat?: string
  readonly routes?: Readonly<Record<string, string>>
  readonly run?: string | readonly string[]
  readonly dir?: string
}

/** A guest. */
export interface RawVirt extends RawPort { readonly host?: string, readonly if?: string, readonly mac?: string }

/** Options of an overlay. */
export interface RawOverlay { readonly port?: number, readonly group?: string, readonly unknown?: 'flood' | 'drop' }

/** A net; `overlay` null: on this host only. */
export interface RawNet extends RawOverlay {
  readonly overlay?: string
  readonly vid?: number
  readonly hosts?: readonly string[]
  readonly virts?: Readonly<Record<string, RawVirt | null>>
  readonly rate?: Sides<RawLimit>
}

/** A host. */
export interface RawHost { readonly ip?: string, readonly if?: string, readonly host?: string, readonly rate?: Sides<RawLimit> }

/** A link; further keys are words. */
export interface RawLink { readonly name?: string, readonly a: string, readonly b: string, readonly [word: string]: unknown }

/** A quality model: packages/radio/src/spec.ts, where its name is `model`. */
export interface RawRadioModel { readonly name: string, readonly [option: string]: unknown }

/** A radio; `hub`: without a model. */
export interface RawRadio {
  readonly hub?: boolean
  readonly model?: string | RawRadioModel
  readonly seed?: number
  readonly if?: string
  /** Positions; of a hub: impairments. */
  readonly nodes: Readonly<Record<string, readonly number[] | Readonly<Record<string, RawWord>> | null>>
}

/** All of it. */
export interface RawFile {
  readonly vdenet: 1
  readonly name?: string
  readonly overlays?: Readonly<Record<string, RawOverlay & { readonly type: string }>>
  readonly nets?: Readonly<Record<string, RawNet | null>>
  readonly hosts?: Readonly<Record<string, RawHost | null>>
  readonly nodes?: Readonly<Record<string, RawNode | null>>
  readonly links?: readonly RawLink[]
  readonly radios?: Readonly<Record<string, RawRadio>>
  readonly chains?: Readonly<Record<string, readonly RawRule[]>>
  readonly sets?: Readonly<Record<string, readonly string[]>>
  readonly expect?: readonly string[]
}
