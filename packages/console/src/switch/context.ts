/** What the commands of a switch work on. */
import type { Engine } from '@vde-ts/impair'
import type { Switch } from '@vde-ts/switch'
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
  /** A line for whoever runs the program. */
  readonly log?: (line: string) => void
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
