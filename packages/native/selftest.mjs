/**
 * Builds csrc/selftest.c with the C parts that know no N-API and runs it under AddressSanitizer,
 * UndefinedBehaviorSanitizer and the leak checker; under valgrind where the compiler has no sanitizers, or when asked
 * with --valgrind. Ends with the program's status.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SOURCES = join(dirname(fileURLToPath(import.meta.url)), 'csrc')
const WARNINGS = ['-std=gnu11', '-O1', '-g', '-pthread', '-Wall', '-Wextra', '-Werror']
const SANITIZERS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fno-omit-frame-pointer']

const [command, ...extra] = (process.env.CC || 'cc').split(' ')
const sources = readdirSync(SOURCES).filter((name) => name.endsWith('.c') && !name.startsWith('binding')).map((name) => join(SOURCES, name))

const compile = (output, flags, stdio) =>
  spawnSync(command, [...extra, ...WARNINGS, ...flags, '-o', output, ...sources], { stdio }).status === 0

const run = (argv, env) => {
  const { status, signal, error } = spawnSync(argv[0], argv.slice(1), { stdio: 'inherit', timeout: 120_000, env: { ...process.env, ...env } })
  if (error) console.error(`selftest: cannot run ${argv[0]}: ${error.message}`)
  if (signal) console.error(`selftest: ended by ${signal}`)
  return status ?? 1
}

const main = (dir) => {
  const program = join(dir, 'selftest')
  if (!process.argv.includes('--valgrind') && compile(program, SANITIZERS, 'pipe')) {
    return run([program], { ASAN_OPTIONS: 'detect_leaks=1:abort_on_error=0', UBSAN_OPTIONS: 'print_stacktrace=1' })
  }
  if (!compile(program, [], 'inherit')) {
    console.error('selftest: it does not compile')
    return 1
  }
  if (spawnSync('valgrind', ['--version']).status !== 0) {
    console.error('selftest: no sanitizers (install libasan and libubsan of your compiler) and no valgrind; nothing was checked')
    return 1
  }
  console.error('selftest: running under valgrind')
  // The stacks of idle helper threads are "possibly lost".
  const leaks = ['--leak-check=full', '--show-leak-kinds=definite,indirect', '--errors-for-leak-kinds=definite,indirect']
  return run(['valgrind', '-q', ...leaks, '--error-exitcode=1', program], {})
}

const dir = mkdtempSync(join(tmpdir(), 'vde-selftest-'))
try { process.exitCode = main(dir) } finally { rmSync(dir, { recursive: true, force: true }) }
