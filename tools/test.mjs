/**
 * Runs the tests: `node tools/test.mjs unit e2e platform long`. Unit tests run in two processes under uvu; each end-to-end file
 * is a process of its own with a deadline, in a process group that is ended when it passes. Closes with one line,
 * `N passed, N failed, N skipped`. Files can be chosen: `node tools/test.mjs e2e --only=console,vdens`.
 */
import { spawn } from 'node:child_process'
import { readdirSync, existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const NODE = ['--conditions=source', '--expose-gc', '--import', 'tsx']
const DEADLINE_SEC = Number(process.env.VDE_TS_TEST_DEADLINE ?? 240)
const LONG_DEADLINE_SEC = 30 * 60
/** A minute alone, several on a machine that is busy with other things. */
const UNIT_DEADLINE_SEC = 480
const kinds = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const only = process.argv.find((word) => word.startsWith('--only='))?.slice(7).split(',')
const total = { passed: 0, failed: 0, skipped: 0 }
/** One line each: what failed is told again at the end, where people and logs that were cut look first. */
const failures = []

/** Runs one test process; its output goes to `show` as it comes. */
const run = (label, args, deadlineSec, show = (text) => { process.stdout.write(text) }) => new Promise((resolve) => {
  const started = Date.now()
  const child = spawn(process.execPath, [...NODE, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  let output = ''
  let late = false
  const timer = setTimeout(() => {
    late = true
    console.error(`${label}: not finished after ${deadlineSec} s, ended`)
    try { process.kill(-child.pid, 'SIGKILL') } catch {}
  }, deadlineSec * 1000)
  const forward = (signal) => { try { process.kill(-child.pid, signal) } catch {} }
  process.once('SIGINT', forward)
  process.once('SIGTERM', forward)
  child.stdout.on('data', (chunk) => { output += chunk; show(chunk) })
  child.on('close', (code, signal) => {
    clearTimeout(timer)
    process.off('SIGINT', forward)
    process.off('SIGTERM', forward)
    // As the end-to-end tests write it, and uvu with the name of a suite in front; uvu's own line of the former is skipped.
    for (const [, what] of stripVTControlCharacters(output).matchAll(/^\W*FAIL +([^" ].*)$/gm)) failures.push(`${label}: ${what}`)
    resolve({ output, code, signal, late, seconds: (Date.now() - started) / 1000 })
  })
})

/** The packages whose tests wait for the kernel most of their time, and the others: two halves that take equally long. */
const HALVES = ['^packages/(schemes|native)/', '^(?!packages/(schemes|native)/)(packages|tools|test/topo)/']

/**
 * Two processes at once, but for `*-alloc.test.ts`, each of which has one: whether a number stays off the heap depends on
 * what the optimiser inlines, and that on all that ran before. What the second half says comes when the first is through.
 */
const unit = async () => {
  const chosen = only === undefined ? '' : `(${only.join('|')}).*`
  // In brackets: uvu would take a pattern that begins with a dash for an option, and ignore nothing.
  const suites = (half) => ['node_modules/uvu/bin.js', '.', `${half}.*${chosen}\\.test\\.ts$`, '-i', 'node_modules', '-i', '[-]alloc\\.test']
  let later = ''
  let show = (text) => { later += text }
  const second = tally('unit tests', suites(HALVES[1]), (text) => { show(text) })
  await tally('unit tests, schemes and natives', suites(HALVES[0]))
  process.stdout.write(later)
  show = (text) => { process.stdout.write(text) }
  await second
  const alone = readdirSync(`${root}packages`, { recursive: true }).filter((name) => name.endsWith('-alloc.test.ts') && !name.includes('node_modules'))
  for (const name of alone.sort()) {
    if (only === undefined || only.some((word) => name.includes(word))) await tally(name, [`packages/${name}`])
  }
}

/** Runs one uvu process and adds what it counted. */
const tally = async (label, args, show) => {
  const result = await run(label, args, UNIT_DEADLINE_SEC, show)
  const count = (word) => Number(result.output.match(new RegExp(`\\n\\s*${word}:\\s*(\\d+)`))?.[1] ?? 0)
  const all = count('Total')
  const passed = count('Passed')
  total.passed += passed
  total.skipped += count('Skipped')
  const isWhole = result.code === 0 && (all > 0 || only !== undefined) // the files chosen may all be in the other half
  // uvu says nothing of a suite whose clean-up has thrown.
  for (const [, name, done, of] of stripVTControlCharacters(result.output).matchAll(/^ *(\S[^•✘\n]*?) +[•✘ ]*\((\d+) \/ (\d+)\)$/gm)) {
    if (done !== of && !failures.some((line) => line.startsWith(`${label}: ${name} `))) failures.push(`${label}: ${name} ended after ${done} of ${of}`)
  }
  if (!isWhole && passed === all) failures.push(`${label}: ended ${result.late ? 'late' : `with ${result.signal ?? result.code}`}`)
  total.failed += Math.max(all - passed, isWhole ? 0 : 1)
}

const files = async (dir, suffix, deadlineSec = DEADLINE_SEC) => {
  if (!existsSync(`${root}test/${dir}`)) return
  const names = readdirSync(`${root}test/${dir}`).filter((name) => name.endsWith(suffix)).sort()
  for (const name of names) {
    if (only !== undefined && !only.some((word) => name.startsWith(word))) continue
    console.log(`\n== ${dir}/${name}`)
    const result = await run(name, [`test/${dir}/${name}`], deadlineSec)
    const line = result.output.match(/(?:^|\n)(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$/)
    total.passed += Number(line?.[1] ?? 0)
    total.skipped += Number(line?.[3] ?? 0)
    const failed = Number(line?.[2] ?? 0)
    // A file that died before its last line, or that claims success and ends in failure, is a failure too.
    total.failed += failed > 0 ? failed : result.code === 0 && line !== null ? 0 : 1
    if (line === null) failures.push(`${name}: ended ${result.late ? 'late' : `with ${result.signal ?? result.code}`} and without a result`)
    console.log(`-- ${dir}/${name}: ${result.seconds.toFixed(1)} s`)
  }
}

for (const kind of kinds) {
  if (kind === 'unit') await unit()
  else if (kind === 'e2e') { await files('platform', '.platform.ts'); await files('e2e', '.e2e.ts') } else if (kind === 'long') await files('e2e', '.long.ts', LONG_DEADLINE_SEC)
  else throw new RangeError(`Cannot run tests: kind "${kind}" found, unit, e2e or long wanted`)
}
const skipsCount = process.env.CI === 'true' && total.skipped > 0
if (skipsCount) console.error('Skipped tests count as failures here: the machine is expected to have every peer.')
if (failures.length > 0) console.log(`\nFailed:\n${failures.map((line) => `  ${line}`).join('\n')}`)
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed > 0 || total.passed === 0 || skipsCount ? 1 : 0
