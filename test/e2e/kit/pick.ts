/**
 * Which program a test runs. `ours('vde_switch')` is the command of this suite, `peer('vde_switch')` Debian's C program.
 *
 * E2E_OURS chooses what "ours" means: unset, the built commands in node_modules/.bin; `source`, the same commands
 * unbuilt; `c`, the C programs, which is how a test is shown to be a fair one before it judges us.
 */
import { accessSync, chmodSync, constants, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** Root of the repository. */
export const ROOT: string = join(import.meta.dirname, '../../..')

/** What stands for our commands in this run. */
export const SIDE: 'built' | 'source' | 'c' =
  process.env.E2E_OURS === 'c' ? 'c' : process.env.E2E_OURS === 'source' ? 'source' : 'built'

const SYSTEM = ['/usr/bin', '/usr/sbin', '/bin', '/sbin']

const executable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch { return false }
}

/** Path of `name` in the system's directories or PATH, null when it is not installed. Never one of ours. */
export const findSystem = (name: string): string | null => {
  const dirs = [...SYSTEM, ...(process.env.PATH ?? '').split(delimiter).filter((dir) => !dir.startsWith(ROOT))]
  for (const dir of dirs) {
    if (dir !== '' && executable(join(dir, name))) return join(dir, name)
  }
  return null
}

let wrappers = ''

/** A shell stub for an unbuilt command: exec keeps the pid, so signals and pid files mean the command itself. */
const wrapper = (name: string): string => {
  if (wrappers === '') {
    wrappers = mkdtempSync(join(tmpdir(), 'e2e-source-'))
    chmodSync(wrappers, 0o755)
    process.on('exit', () => { rmSync(wrappers, { recursive: true, force: true }) })
  }
  const stub = join(wrappers, name)
  const file = join(ROOT, 'packages/cli/bin', `${name}.ts`)
  const tsx = join(ROOT, 'node_modules/tsx/dist/esm/index.mjs')
  // Once: a file being written cannot be executed, and a child may be about to.
  const script = `#!/bin/sh\nexec '${process.execPath}' --conditions=source --import 'file://${tsx}' '${file}' "$@"\n`
  if (!existsSync(stub)) writeFileSync(stub, script, { mode: 0o755 })
  return stub
}

/** Path of our command `name`. */
export const ours = (name: string): string => {
  if (SIDE === 'c') return peer(name)
  return SIDE === 'source' ? wrapper(name) : join(ROOT, 'node_modules/.bin', name)
}

/** Path of Debian's `name`; the bare name when it is not installed, so that starting it fails by that name. */
export const peer = (name: string): string => findSystem(name) ?? name

/** True when our command exists in the form E2E_OURS asks for. */
export const hasOurs = (name: string): boolean => {
  if (SIDE === 'c') return findSystem(name) !== null
  return existsSync(SIDE === 'source' ? join(ROOT, 'packages/cli/bin', `${name}.ts`) : ours(name))
}
