/**
 * null:// - takes every frame, delivers none. Gives a netnode a silent host: `vde_plug null:// switch:///tmp/sw`.
 *
 * The smallest scheme: copy this file to start a new one, then run the contract suite against it.
 */
import type { Link } from '@vde-ts/link'
import type { Scheme } from './scheme.ts'

class NullLink implements Link {
  readonly offload = true
  readonly maxFrame: number = Infinity
  readonly label = 'null://'

  send (): boolean { return true }
  pause (): void {}
  resume (): void {}
  close (): void {}
}

export const nullScheme: Scheme = {
  name: 'null',
  summary: 'discard every frame, deliver none',
  style: 'raw',
  params: {},
  open: () => new NullLink()
}
