/** What a network is to do once it runs: `a ping r within 5s`, `a tcp r >= 9mbit`, `a exec "cat /etc/hostname" = a`. Data. */

/** One expectation. */
export type Expectation = Ping | Throughput | Execution

interface Stated {
  /** As it was written; also its name in reports. */
  readonly text: string
  /** The node that does it. */
  readonly node: string
}

/** `target` is a node (its first address of the family that both have) or an address. */
export interface Ping extends Stated {
  readonly kind: 'ping'
  readonly target: string
  /** False: nobody may answer. */
  readonly isWanted: boolean
  /** Tried again for so long. */
  readonly withinMs: number
}

/** One TCP stream from the node to another. */
export interface Throughput extends Stated {
  readonly kind: 'tcp'
  readonly target: string
  readonly comparison: '>=' | '<='
  /** Octets a second. */
  readonly rate: number
}

/** What a command prints, without white space at its end; `output` null: it ends with 0. */
export interface Execution extends Stated {
  readonly kind: 'exec'
  readonly command: string
  readonly output: string | null
  readonly withinMs: number
}
