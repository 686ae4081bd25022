/**
 * The directory of a user's running programs: `$XDG_RUNTIME_DIR/vde-ts`, which nobody else can enter. Where there is no
 * runtime directory it is /tmp/vde-ts-UID, whose owner and mode are looked at, since anybody may have made it.
 */
import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { VdeError } from './errors.ts'
import { lookAt } from './socket-file.ts'

/** The directory, made when it is not there. @throws {VdeError} EACCES it belongs to somebody else or is open to others */
export const runtimeDir = (env: NodeJS.ProcessEnv = process.env): string => {
  const uid = process.geteuid!()
  const runtime = env['XDG_RUNTIME_DIR']
  const hasRuntime = runtime !== undefined && runtime.startsWith('/') && lookAt(runtime)?.uid === uid
  const dir = hasRuntime ? join(runtime, 'vde-ts') : `/tmp/vde-ts-${uid}`
  try {
    mkdirSync(dir, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw new VdeError('EACCES', `make "${dir}"`, (error as Error).message)
  }
  const found = lstatSync(dir)
  if (!found.isDirectory() || found.uid !== uid) throw new VdeError('EACCES', `use "${dir}"`, 'it is not a directory of this user')
  if ((found.mode & 0o077) !== 0) chmodSync(dir, 0o700)
  return dir
}
