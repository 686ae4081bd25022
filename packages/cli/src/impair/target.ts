/** What is to be impaired, from how it is named, and the console command for it. Pure. */
import { UsageError } from '../command.ts'

/** What is meant: the cable of a process, by name where it has several, or a port of a switch. */
export type Target =
  | { readonly kind: 'cable', readonly pid: number, readonly name: string | undefined }
  | { readonly kind: 'port', readonly path: string, readonly port: number }

/** `PID`, `PID/NAME` or `[vde://]SWITCH[PORT]`. @throws {UsageError} */
export const readTarget = (text: string): Target => {
  const port = /^(?:vde:\/\/)?(.+)\[(\d{1,5})\]$/.exec(text)
  if (port !== null) return { kind: 'port', path: port[1]!, port: Number(port[2]) }
  const cable = /^(\d{1,9})(?:\/(\S+))?$/.exec(text)
  if (cable !== null) return { kind: 'cable', pid: Number(cable[1]), name: cable[2] }
  throw new UsageError(`Cannot read '${text}': want the process id of a cable, or a switch and a port of it, such as /tmp/sw[3]`)
}

/** What the console is told. @param where the cable or port there; @param words none: what happened is asked for */
export const commandFor = (kind: Target['kind'], where: string, words: readonly string[]): string =>
  [`${kind}/${words.length === 0 ? 'impaired' : 'impair'}`, where, ...words].join(' ')
