/**
 * Builds build/vde_native.node: one compiler call (about a second) where Node's headers are at hand, node-gyp (which
 * downloads them) otherwise. Does nothing when the addon is newer than its sources. `--force` builds anyway.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, statSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findHeaders } from './headers.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
const SOURCES = join(HERE, 'csrc')
const OUTPUT = join(HERE, 'build', 'vde_native.node')
/** The last major of node-gyp that runs on Node 20. */
const NODE_GYP = 'node-gyp@11'

/** Sources of the addon: every .c but the test program's. */
const sources = () => readdirSync(SOURCES).filter((name) => name.endsWith('.c') && name !== 'selftest.c').map((name) => join(SOURCES, name))

const isFresh = () => {
  if (!existsSync(OUTPUT)) return false
  const made = statSync(OUTPUT).mtimeMs
  const inputs = readdirSync(SOURCES).map((name) => join(SOURCES, name))
  return [...inputs, SOURCES, fileURLToPath(import.meta.url)].every((path) => statSync(path).mtimeMs <= made)
}

const run = (command, args) => {
  const { status, error } = spawnSync(command, args, { cwd: HERE, stdio: ['ignore', 'inherit', 'inherit'] })
  if (error) console.error(`build: cannot run ${command}: ${error.code === 'ENOENT' ? 'not found' : error.message}`)
  return status === 0
}

/** Compiles to a name of its own and renames: a process that has the old addon mapped keeps it whole. */
const compile = (include) => {
  const made = `${OUTPUT}.${process.pid}`
  const flags = [
    '-std=gnu11', '-O2', '-fPIC', '-shared', '-pthread', '-fvisibility=hidden', '-Wall', '-Wextra', '-Werror',
    // A helper thread may outlive the worker that loaded the addon: it must stay mapped.
    // Bound at load: a child between clone and exec must not need the dynamic linker.
    '-Wl,-z,nodelete,-z,now'
  ]
  // isystem: warnings in Node's headers are not ours.
  const args = [...flags, '-DNAPI_VERSION=8', '-isystem', include, '-o', made, ...sources()]
  const [command, ...extra] = (process.env.CC || 'cc').split(' ')
  if (run(command, [...extra, ...args])) {
    renameSync(made, OUTPUT)
    return true
  }
  if (existsSync(made)) unlinkSync(made)
  return false
}

const withNodeGyp = () => {
  if (!run('npx', ['--yes', NODE_GYP, 'rebuild', `--nodedir=${process.env.npm_config_nodedir ?? ''}`].filter((arg) => arg !== '--nodedir='))) return false
  mkdirSync(dirname(OUTPUT), { recursive: true })
  copyFileSync(join(HERE, 'build', 'Release', 'vde_native.node'), OUTPUT)
  return true
}

if (process.argv.includes('--force') || !isFresh()) {
  mkdirSync(dirname(OUTPUT), { recursive: true })
  const include = findHeaders()
  const built = include === null ? withNodeGyp() : compile(include)
  if (!built) {
    console.error('build: the native addon was not built; install a C compiler (apt install gcc libc6-dev, or build-essential)')
    process.exitCode = 1
  }
}
