/**
 * Compiles node-pty, which its own script does with node-gyp, make, Python and downloaded headers: for one file, one
 * compiler call is enough. It serves the tests of terminals only, so without a C++ compiler they are skipped.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, realpathSync, renameSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findHeaders } from '../packages/native/headers.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const link = join(root, 'node_modules/node-pty')

/** @returns why it was not built, or null */
const compile = (home) => {
  const include = findHeaders()
  if (include === null) return 'Node\'s headers (include/node/node_api.h) were not found'
  const addonApi = dirname(createRequire(join(home, 'package.json')).resolve('node-addon-api'))
  const output = join(home, 'build/Release/pty.node')
  const made = `${output}.${process.pid}`
  mkdirSync(dirname(output), { recursive: true })
  const [compiler, ...extra] = (process.env.CXX || 'c++').split(' ')
  const { status, error, stderr } = spawnSync(compiler, [...extra, '-std=c++17', '-O2', '-fPIC', '-shared', '-w', '-DNAPI_CPP_EXCEPTIONS',
    '-isystem', include, '-isystem', addonApi, '-o', made, join(home, 'src/unix/pty.cc'), '-lutil'], { encoding: 'utf8' })
  if (error !== undefined) return `no C++ compiler: ${compiler} ${error.code === 'ENOENT' ? 'not found' : error.message} (Debian: apt-get install g++)`
  if (status !== 0) return stderr.trim().split('\n')[0]
  renameSync(made, output)
  return null
}

if (existsSync(link) && !existsSync(join(link, 'build/Release/pty.node'))) {
  const why = compile(realpathSync(link))
  if (why !== null) console.log(`node-pty is not built, tests of terminals will be skipped: ${why}`)
}
