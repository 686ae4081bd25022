/** The contract of a VNL scheme: one file of this package each. */
import type { FrameSink, Link, Loop } from '@vde-ts/link'
import type { Parameter, Tail, TailGrammar, TailStyle } from '@vde-ts/vnl'

export type { Parameter, Tail, TailStyle }

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
  /** The caller can pass on frames with work left to do, so a link that has them whole is the better one. */
  readonly takesOffload: boolean
  /** One line for whoever runs the program. */
  log (line: string): void
  /** `bitsPerSec` of an open link is, or may be, another one. */
  onRate (): void
  /** Opens a nested VNL with the same context. @param takesOffload as above; absent: frames as they are on the wire */
  open (vnl: string, sink: FrameSink, takesOffload?: boolean): Promise<Link>
}

/** A scheme: its grammar, from which parser, `--help` and man page come, and how it is opened. */
export interface Scheme extends TailGrammar {
  readonly summary: string
  /** What stands behind `://`, as a synopsis, keys left out: `[VLAN]{VNL}`. Absent: nothing. */
  readonly form?: string
  /** What it puts around each frame, for people: octets, and of what. Absent: nothing that costs an interface its MTU. */
  readonly overhead?: string
  /**
   * Reads the values of a tail and looks at nothing else, so that a mistake is told before anything is opened. Absent: any do.
   * @throws {SyntaxError | VdeError} EINVAL a value that cannot be read
   */
  check? (tail: Tail): void
  /**
   * Opens the link, paused. Delivers to `sink` from the first `resume` on.
   * @throws {VdeError} ENOENT, ECONNREFUSED, EACCES, EADDRINUSE, … from the medium; EINVAL for a bad parameter
   * @throws {SyntaxError} a value that cannot be read; the registry makes it an EINVAL
   */
  open (tail: Tail, sink: FrameSink, context: OpenContext): Link | Promise<Link>
}
