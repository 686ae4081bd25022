/** Builds what changed: the addon, the packages' JavaScript and types, the bundled commands. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

const run = (what, file, args) => {
  const { status, error } = spawnSync(file, args, { cwd: root, stdio: 'inherit' })
  if (status === 0) return
  console.error(`Cannot build ${what}: ${error?.message ?? `${file} ended with status ${status}`}`)
  process.exit(1)
}

run('the addon', process.execPath, ['packages/native/build.mjs'])
run('the terminal of the tests', process.execPath, ['tools/build-pty.mjs'])
run('the packages', process.execPath, ['node_modules/typescript/bin/tsc', '-b', 'packages/cli', 'packages/secure', 'packages/ws'])
run('the commands', process.execPath, ['packages/cli/build.mjs'])
