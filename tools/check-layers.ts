/**
 * Imports go down only. Each package may import the packages named here and nothing else of the workspace; the pure ones
 * may not import Node either. Fails on a forbidden edge, on a cycle, and on a package.json that says otherwise.
 *
 *     L0 frame vnl   L1 native tun-tap   L2 link   L3 stp switch impair radio model lsctl console schemes namespace
 *     L4 strict-yaml radio-files miniworld vdenet-format lab cli secure ws
 *
 * Inside L3 the order is written out: the switch stands on stp, console on the switch, schemes on both.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  frame: [],
  vnl: [],
  native: [],
  'tun-tap': ['native'],
  link: ['native', 'frame'],
  stp: ['frame'],
  switch: ['frame', 'link', 'stp'],
  impair: ['frame', 'link'],
  radio: ['frame', 'link', 'impair'],
  model: ['frame', 'vnl'],
  lsctl: ['model', 'vnl'],
  console: ['frame', 'link', 'native', 'stp', 'switch', 'impair'],
  schemes: ['frame', 'vnl', 'native', 'tun-tap', 'link', 'switch', 'impair', 'console'],
  namespace: ['native', 'tun-tap', 'link'],
  lab: ['frame', 'vnl', 'native', 'tun-tap', 'link', 'switch', 'impair', 'radio', 'model', 'schemes', 'namespace', 'console', 'vdenet-format'],
  'strict-yaml': ['vnl'],
  'vdenet-format': ['strict-yaml', 'model', 'impair', 'radio', 'radio-files', 'vnl'],
  'radio-files': ['frame', 'radio'],
  miniworld: ['frame', 'vnl', 'impair', 'model', 'radio', 'radio-files'],
  secure: ['frame', 'native', 'link', 'schemes'],
  ws: ['frame', 'native', 'link', 'schemes'],
  cli: ['strict-yaml', 'vdenet-format', 'radio-files', 'miniworld', 'lsctl', 'frame', 'vnl', 'native', 'tun-tap', 'link', 'stp', 'switch', 'impair', 'radio', 'model', 'console', 'schemes', 'namespace', 'lab']
}

/** Packages without I/O and clock: no Node module, and none of the globals that read the world. */
const PURE: Readonly<Record<string, RegExp>> = {
  frame: /\b(?:process|setTimeout|setInterval|setImmediate|performance|Date|Math\.random)\b/,
  vnl: /\b(?:process|setTimeout|setInterval|setImmediate|performance|Date|Math\.random)\b/,
  stp: /\b(?:process|setTimeout|setInterval|setImmediate|performance|Date|Math\.random)\b/,
  switch: /\b(?:process|setTimeout|setInterval|setImmediate|performance|Date|Math\.random)\b/,
  impair: /\b(?:process|setTimeout|setInterval|setImmediate|performance|Date|Math\.random)\b/,
  radio: /\b(?:process|setTimeout|setInterval|setImmediate|performance|Date|Math\.random)\b/,
  model: /\b(?:process|setTimeout|setInterval|setImmediate|performance|Date|Math\.random)\b/,
  lsctl: /\b(?:process|setTimeout|setInterval|setImmediate|performance|Date|Math\.random)\b/
}

/** Only L4 may depend on packages from outside the workspace: the commands, and schemes that are loaded like those of others. */
const FREE = new Set(['cli', 'lab', 'strict-yaml', 'radio-files', 'miniworld', 'secure', 'ws'])

/** Tests, and what tests of other packages import: not part of the product, so free in what it uses. */
const TEST_FILE = /(?:\.test|\/testing(?:-[a-z-]+)?|\/contract)\.ts$/

const root = fileURLToPath(new URL('..', import.meta.url))
const problems: string[] = []

const sources = (dir: string): string[] => readdirSync(dir, { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => join(entry.parentPath, entry.name))

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '').replace(/'(?:[^'\\\n]|\\.)*'/g, "''")

const checkFile = (name: string, file: string): void => {
  const text = readFileSync(file, 'utf8')
  const where = file.slice(root.length)
  const isTest = TEST_FILE.test(file)
  for (const [, specifier = ''] of text.matchAll(/(?:^|\n)(?:(?:import|export|\})[^'\n]*\bfrom|import) '([^']+)'/g)) {
    checkImport(name, where, specifier, isTest)
  }
  const world = PURE[name]
  if (world === undefined || isTest) return
  const found = withoutComments(text).match(world)
  if (found !== null) problems.push(`${where}: uses ${found[0]}, and ${name} takes time, randomness and I/O as arguments`)
}

const checkImport = (name: string, where: string, specifier: string, isTest: boolean): void => {
  if (!isTest && /\/(?:testing(?:-[a-z-]+)?|contract)\.[jt]s$/.test(specifier)) problems.push(`${where}: imports ${specifier}, which is for tests`)
  if (specifier.startsWith('.')) {
    if (specifier.endsWith('.js')) problems.push(`${where}: imports '${specifier}', a .ts specifier is wanted inside a package`)
    return
  }
  if (specifier.startsWith('@vde-ts/')) {
    const target = specifier.split('/')[1] ?? ''
    if (target !== name && !ALLOWED[name]?.includes(target)) problems.push(`${where}: imports ${target}, which ${name} may not`)
    return
  }
  if (specifier.startsWith('node:')) {
    if (PURE[name] !== undefined && !isTest && specifier !== 'node:os') problems.push(`${where}: imports ${specifier}, and ${name} is pure`)
    return
  }
  if (!isTest && !FREE.has(name)) problems.push(`${where}: imports ${specifier} from outside, only L4 may`)
}

const checkManifest = (name: string): void => {
  const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as { dependencies?: Record<string, string> }
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    const target = dependency.startsWith('@vde-ts/') ? dependency.slice(8) : null
    const allowed = target === null ? FREE.has(name) : ALLOWED[name]?.includes(target) === true
    if (!allowed) problems.push(`packages/${name}/package.json: depends on ${dependency}, which ${name} may not`)
  }
}

const checkCycles = (): void => {
  const walk = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) { problems.push(`tools/check-layers.ts: the table has a cycle: ${[...path, name].join(' > ')}`); return }
    for (const next of ALLOWED[name] ?? []) walk(next, [...path, name])
  }
  for (const name of Object.keys(ALLOWED)) walk(name, [])
}

checkCycles()
const packages = readdirSync(join(root, 'packages'))
for (const name of packages) {
  if (ALLOWED[name] === undefined) { problems.push(`packages/${name}: not in the table of tools/check-layers.ts`); continue }
  checkManifest(name)
  for (const dir of ['src', 'bin']) {
    try { for (const file of sources(join(root, 'packages', name, dir))) checkFile(name, file) } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}
for (const problem of problems) console.error(problem)
console.log(`layers: ${packages.length} packages, ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1
