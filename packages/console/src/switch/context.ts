/** What the commands of a switch work on. */
import type { Engine } from '@vde-ts/impair'
import type { EndpointLimits, Switch } from '@vde-ts/switch'
import type { ConfigFiles } from './config/files.ts'
import type { Captures } from './captures.ts'
import type { Names } from './names.ts'
import type { Plugins } from './plugins/plugins.ts'
import type { PortImpairments } from './port-impairments.ts'

/** Facts about the running program that the switch itself does not know. */
export interface SwitchFacts {
  /** Control directory, absolute. */
  readonly controlDir: string
  /** Mode of the sockets in it. */
  readonly controlMode: number
  /** Management socket as it was named, if there is one. */
  readonly management?: { readonly path: string, readonly mode: number }
  /** Seconds since the start. */
  readonly uptimeSec: () => number
  /** The impairment engine of the process; absent: it has none. */
  readonly engine?: () => Engine
  /** The interfaces of the program; absent: it has none. */
  readonly taps?: () => TapNames
  /** What was decided at the start, by the keys of the configuration. */
  readonly fixed?: Readonly<Record<string, string | number | boolean>>
  /** Endpoints let in at most unless told otherwise; absent: any number. */
  readonly limits?: EndpointLimits
  /** Configuration files; absent: the program has none. */
  readonly config?: ConfigFiles
  /** A line for whoever runs the program. */
  readonly log?: (line: string) => void
}

/** TAP interfaces of a switch, by name. */
export interface TapNames {
  names (): string[]
  /** @throws {VdeError} */
  plug (name: string): void
  unplug (name: string): void
}

/** What every command of the table of a switch is given. */
export interface SwitchContext {
  readonly sw: Switch
  readonly facts: SwitchFacts
  readonly names: Names
  readonly captures: Captures
  readonly impairments: PortImpairments
  readonly plugins: Plugins
}
