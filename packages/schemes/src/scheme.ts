/** The contract of a VNL scheme: one file of this package each. */
import type { FrameSink, Link, Loop } from '@vde-ts/link'
import type { Parameter, Tail, TailStyle } from '@vde-ts/vnl'

export type { Parameter, Tail, TailGrammar, TailStyle } from '@vde-ts/vnl'

/** What a scheme is opened with besides its own text: the open arguments of the C library, and the world. */
export interface OpenContext {
  readonly loop: Loop
  /** Description shown by the switch, without the ` user=… pid=…` that `vde` appends. */
  readonly description: string
  /** Requested port: 0 any, negative port zero. */
  readonly port: number
  /** Group name or number of the data socket; empty: unchanged. */
  readonly group: string
  /** Octal mode of the data socket; 0 means the default, 0700. */
  readonly mode: number
  /** Opens a nested VNL with the same context. */
  open (vnl: string, sink: FrameSink): Promise<Link>
}

export interface Scheme {
  /** RFC 3986 scheme: `/^[a-z][a-z0-9+.-]*$/`. */
  readonly name: string
  readonly summary: string
  readonly style: TailStyle
  /** Keys in the order that decides abbreviations: the first that starts with what was typed. */
  readonly params: Readonly<Record<string, Parameter>>
  /** True when a positional parameter (no `=`) is allowed inside the brackets. */
  readonly positional?: boolean
  /**
   * Opens the link, paused. Delivers to `sink` from the first `resume` on.
   * @throws {VdeError} ENOENT, ECONNREFUSED, EACCES, EADDRINUSE, … from the medium; EINVAL for a bad parameter
   */
  open (tail: Tail, sink: FrameSink, context: OpenContext): Link | Promise<Link>
}
