/** Configuration files, read and written: what needs the libraries for them. Loaded by files.ts when it is wanted. */
import { closeSync, fchmodSync, fsyncSync, openSync, readFileSync, renameSync, statSync, unlinkSync, writeSync } from 'node:fs'
import { VdeError, systemError } from '@vde-ts/link/errors.js'
import { lookAt } from '@vde-ts/link/socket-file.js'
import { readScript } from '@vde-ts/console/script.js'
import type { ConfigProblem, ConfigReading } from '@vde-ts/console/switch/config/files.js'
import { configSchema } from '@vde-ts/console/switch/config/table.js'
import { checkerOf, formatFinding, pathText, sortFindings, yamlText, type Finding } from '@vde-ts/strict-yaml'

const EIO = 5
type Value = Readonly<Record<string, unknown>>
const checker = checkerOf<Value | null>(configSchema())

/** @throws {VdeError} the file cannot be read */
export const readConfig = (path: string): ConfigReading => readText(readScript(path).join('\n') + '\n', path)

const readText = (text: string, file: string): ConfigReading => {
  const { raw, misfits, findings, at } = checker.read(text, file)
  const finding = ({ path: steps, message }: ConfigProblem): Finding => {
    const path = steps.map((step) => /^\d+$/.test(String(step)) ? Number(step) : step)
    return { file, ...at(path), code: 'VALUE_INVALID', path: pathText(path), message: message.replace(/^Cannot [^:]*: /, ''), hint: null }
  }
  return {
    // A file in which nothing is set is a configuration, too.
    value: raw === undefined ? null : (raw ?? {}) as Value,
    misfits,
    tell: (problems = []) => sortFindings([...findings, ...problems.map(finding)]).map(formatFinding)
  }
}

/** Ports are numbers, which JavaScript's keys are not. */
export const configText = (value: object): string => {
  const { ports, ...rest } = value as { ports?: Value }
  const numbered = ports === undefined ? {} : { ports: new Map(Object.entries(ports).map(([port, set]) => [Number(port), set])) }
  const whole: Record<string, unknown> = { ...rest, ...numbered }
  const inOrder = Object.fromEntries(Object.keys(value).map((key) => [key, whole[key]]))
  return Object.keys(value).length === 0 ? '{}\n' : yamlText(inOrder)
}

/**
 * Writes beside and renames, so that a reader finds the old file or the new one, whole. What is replaced has to be a
 * configuration: whoever may use the console may not overwrite everything that the owner of the switch may.
 * @throws {VdeError} EEXIST it is something else; the file's
 */
export const writeConfig = (path: string, value: object): void => {
  const action = `write "${path}"`
  const mode = replaceable(path, action)
  const beside = `${path}.${process.pid}.new`
  let fd = -1
  try {
    fd = openSync(beside, 'wx', mode)
    fchmodSync(fd, mode)
    const octets = Buffer.from(configText(value))
    for (let off = 0; off < octets.length;) off += writeSync(fd, octets, off)
    fsyncSync(fd)
    closeSync(fd)
    renameSync(beside, path)
  } catch (error) {
    if (fd >= 0) discard(fd, beside)
    throw systemError((error as NodeJS.ErrnoException).errno ?? -EIO, action)
  }
}

const discard = (fd: number, beside: string): void => {
  try { closeSync(fd) } catch { /* it was closed before the rename */ }
  try { unlinkSync(beside) } catch { /* somebody else has */ }
}

/** @returns the mode for the new file */
const replaceable = (path: string, action: string): number => {
  const found = lookAt(path)
  if (found === undefined) return 0o600
  if (!found.isFile()) throw new VdeError('EEXIST', action, 'it is no regular file, want a configuration or nothing')
  const isConfig = readText(readFileSync(path, 'utf8'), path).tell().length === 0
  if (!isConfig) throw new VdeError('EEXIST', action, 'there is a file that is no configuration, want one or nothing')
  return statSync(path).mode & 0o777
}
