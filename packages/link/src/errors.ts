/**
 * Failures a caller may act on: the world's fault, not a programmer's. Never made on the data path, where natives
 * answer a negative errno.
 */
import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'

/** Symbolic name of a Linux error number, such as `ENOENT`. */
export type Errno = keyof typeof constants.errno

const NAMES = new Map<number, Errno>(
  (Object.entries(constants.errno) as Array<[Errno, number]>).reverse().map(([name, value]) => [value, name]))

/** Name of the error number `value` (either sign), `EIO` for one that has none. */
export const errnoName = (value: number): Errno => NAMES.get(Math.abs(value)) ?? 'EIO'

/** One class: branch on `code`, show `message`. */
export class VdeError extends Error {
  override readonly name = 'VdeError'
  readonly code: Errno

  /** By name: a scheme of others brings a copy of this class with it, and its errors are as good. */
  static override [Symbol.hasInstance] (value: unknown): boolean { return value instanceof Error && value.name === 'VdeError' }

  /**
   * @param code what went wrong, for programs
   * @param action what was being done, for people: "open ptp:///tmp/s"
   * @param detail the state found, then the state wanted: "peer is connected, one is allowed"
   */
  constructor (code: Errno, action: string, detail: string, options?: ErrorOptions) {
    super(`Cannot ${action}: ${detail}`, options)
    this.code = code
  }

  /** Positive errno, as the console protocol reports it (1000 + errno). */
  get errno (): number { return constants.errno[this.code] }
}

/** The error of a native that answered `-errno` while doing `action`; `detail` defaults to the system's text. */
export const systemError = (result: number, action: string, detail?: string): VdeError =>
  new VdeError(errnoName(result), action, detail ?? systemText(result))

const TEXTS: Partial<Record<Errno, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ECONNREFUSED: 'nobody listens (connection refused)',
  EADDRINUSE: 'address already in use',
  ENOTDIR: 'not a directory',
  EEXIST: 'file exists',
  EPROTONOSUPPORT: 'protocol not supported',
  EINVAL: 'invalid argument',
  ENOTSOCK: 'not a socket',
  EBUSY: 'device or resource busy',
  ENODEV: 'no such device',
  ENXIO: 'no such device or address',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'name too long'
}

// Node's own texts for the rest; node:util and not the addon, so that an error can be told when the addon is missing.
const systemText = (result: number): string =>
  TEXTS[errnoName(result)] ?? getSystemErrorMap().get(-Math.abs(result))?.[1] ?? errnoName(result)
