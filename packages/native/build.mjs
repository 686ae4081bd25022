/**
 * Builds build/vde_native.node, and build/vde_node, the init of a lab's nodes: one compiler call each (about a second) where
 * Node's headers are at hand, node-gyp (which downloads them) for the addon otherwise. Does nothing when both are newer than
 * their sources. `--force` builds anyway.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, statSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findHeaders } from './headers.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
const SOURCES = join(HERE, 'csrc')
const NODE_SOURCES = join(SOURCES, 'node')
/** What the init shares with the addon. */
const NODE_SHARED = ['tap.c', 'link.c', 'batch.c', 'fd.c', 'socket.c']
const OUTPUT = join(HERE, 'build', 'vde_native.node')
const NODE_OUTPUT = join(HERE, 'build', 'vde_node')
/** The last major of node-gyp that runs on Node 20. */
const NODE_GYP = 'node-gyp@11'

/** Sources of the addon: every .c but the test program's. */
const sources = () => readdirSync(SOURCES).filter((name) => name.endsWith('.c') && name !== 'selftest.c').map((name) => join(SOURCES, name))

const isFresh = () => {
  if (!existsSync(OUTPUT) || !existsSync(NODE_OUTPUT)) return false
  const made = Math.min(statSync(OUTPUT).mtimeMs, statSync(NODE_OUTPUT).mtimeMs)
  const inputs = [SOURCES, NODE_SOURCES].flatMap((dir) => readdirSync(dir).map((name) => join(dir, name)))
  return [...inputs, SOURCES, NODE_SOURCES, fileURLToPath(import.meta.url)].every((path) => statSync(path).mtimeMs <= made)
}

const run = (command, args) => {
  const { status, error } = spawnSync(command, args, { cwd: HERE, stdio: ['ignore', 'inherit', 'inherit'] })
  if (error) console.error(`build: cannot run ${command}: ${error.code === 'ENOENT' ? 'not found' : error.message}`)
  return status === 0
}

/**
 * Static where there is a static C library: 200 KB of memory each instead of 600. One processor second less per thousand
 * nodes, too, since nothing is to be linked at their start.
 */
const compileNode = () => {
  const made = `${NODE_OUTPUT}.${process.pid}`
  const shared = NODE_SHARED.map((name) => join(SOURCES, name))
  const own = readdirSync(NODE_SOURCES).filter((name) => name.endsWith('.c')).map((name) => join(NODE_SOURCES, name))
  const args = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-o', made, ...own, ...shared]
  const [command, ...extra] = (process.env.CC || 'cc').split(' ')
  const isBuilt = spawnSync(command, [...extra, '-static', ...args], { cwd: HERE, stdio: 'ignore' }).status === 0 ||
    run(command, [...extra, ...args])
  if (isBuilt) renameSync(made, NODE_OUTPUT)
  return isBuilt
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
  const built = (include === null ? withNodeGyp() : compile(include)) && compileNode()
  if (!built) {
    console.error('build: the native addon was not built; install a C compiler (apt install gcc libc6-dev, or build-essential)')
    process.exitCode = 1
  }
}
