/** The developers' gate: types, lint, layers, docs, man pages, unit tests. Runs all of them, fails if one does. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const TS = ['--conditions=source', '--import', 'tsx']
const steps = [
  ['bootstrap', 'sh', ['tools/bootstrap.sh']],
  ['types', process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']],
  ['lint', process.execPath, ['node_modules/eslint/bin/eslint.js', '--cache', '--cache-location', 'node_modules/.cache/eslint', '.']],
  ['layers', process.execPath, [...TS, 'tools/check-layers.ts']],
  ['docs', process.execPath, [...TS, 'tools/check-docs.ts']],
  ['man pages', process.execPath, [...TS, 'tools/man.ts', '--check']],
  ['addon', process.execPath, ['packages/native/selftest.mjs']],
  ['unit tests', process.execPath, ['tools/test.mjs', 'unit']]
]

const results = steps.map(([name, file, args]) => {
  const started = Date.now()
  console.log(`\n== ${name}`)
  const { status } = spawnSync(file, args, { cwd: root, stdio: 'inherit' })
  return { name, ok: status === 0, seconds: (Date.now() - started) / 1000 }
})
console.log()
for (const { name, ok, seconds } of results) console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)`)
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1
