/**
 * Plugins: what the C switch loads as shared objects under the name of a command menu is built in here, and idle until
 * `plugin/add` brings its commands and events. A plugin that is not added costs nothing.
 */
import type { EventHub } from '../../events.ts'
import type { Args, Row } from '../../command.ts'
import type { SwitchContext } from '../context.ts'

/** What a plugin works with. */
export interface PluginHost {
  readonly context: Pick<SwitchContext, 'sw' | 'names'>
  readonly events: EventHub
  /** For whoever runs the switch: a file that cannot be written. */
  readonly log: (line: string) => void
  /** A line for the log of the system. */
  readonly syslog: (line: string) => void
}

/** A plugin that was added. */
export interface Plugin {
  /** Settings and what was seen, for the process that takes over: plain JSON. */
  snapshot (): object
  /** Once a second. */
  tick? (): void
  /** Files that were renamed are made anew. */
  reopen? (): void
  /** Its events and files end. Idempotent. */
  close (): void
}

/** The first word of a command as 0 or 1. The original takes a missing number for 0, and no number at all too. */
export const isOn = (args: Args): boolean => Number(args.words[0] ?? 0) > 0

/** A plugin there is. */
export interface PluginKind<T extends Plugin = Plugin> {
  readonly name: string
  readonly help: string
  /** Its commands; they are in the table while it is added, and find it through `plugins`. */
  readonly rows: ReadonlyArray<Row<SwitchContext>>
  /** @param state what {@link Plugin.snapshot} of this kind answered in another process */
  readonly make: (host: PluginHost, state?: unknown) => T
}
