/** The file of a network: read, checked, all that is wrong with it said at once. */
import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { Model } from '@vde-ts/model'
import { fileError } from '@vde-ts/link/socket-file.js'
import { formatFinding } from '@vde-ts/strict-yaml/finding.js'
import { readNetwork as readText } from '@vde-ts/vdenet-format/read.js'
import { hasInterface } from '../interfaces.ts'
import { ExitError } from '../run.ts'
import { checkClaim, claimOf } from './claim.ts'

/** A network and where it comes from. */
export interface NetworkFile {
  readonly model: Model
  /** Absolute. */
  readonly file: string
  readonly fileDir: string
}

/**
 * @param hosts names of the hosts that this machine is, parted by commas; absent: those with one of its addresses
 * @throws {VdeError} it cannot be read; {ExitError} a line for each thing that is wrong; {UsageError} a host that is not in it
 */
export const readNetwork = (path: string, hosts?: string): NetworkFile => {
  const file = resolve(path)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) { throw fileError(error, `read "${path}"`) }
  const fileDir = dirname(file)
  const facts = { file: path, name: nameOf(file), dir: fileDir, isLocal: claimOf(hosts), world: { hasInterface } }
  const { model, findings } = readText(text, facts)
  if (model !== null) {
    checkClaim(model, hosts)
    return { model, file, fileDir }
  }
  throw new ExitError(1, findings.map(formatFinding).join('\nvdenet: '))
}

/** A network is called like its file: `ospf` for `ospf.yaml`, and `lab` for `lab/vdenet.yaml`. */
const nameOf = (file: string): string => {
  const name = basename(file).replace(/\.(?:ya?ml|json)$/, '')
  return (name === 'vdenet' ? basename(dirname(file)) : name).replace(/[^A-Za-z0-9_.-]/g, '_') || 'lab'
}
