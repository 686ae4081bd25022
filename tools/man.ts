/**
 * Man pages: prose is written by hand in man/, the option lists come from the tables the commands parse with. What
 * stands between the lines `.\" BEGIN OPTIONS` and `.\" END OPTIONS` (SCHEMES in vnl.7, PARAMETERS in the page of a scheme,
 * COMMANDS in vde_console.7, vde_slirp.7 and wirefilter.1, METRICS in vde_switch.1) is rewritten by a run without arguments.
 * With --check nothing is written: a stale page, a missing section or a groff warning is a problem. A page for several names
 * is a link for all but one, which `man FILE` and `man -M DIR` follow alike; `.so` is looked up in the man path of the system.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { optionsRoff } from '../packages/cli/src/command.ts'
import { specs } from '../packages/cli/src/specs.ts'
import { METRICS } from '../packages/cli/src/vde-switch/metrics/table.ts'
import { isCommand, type CommandTable } from '../packages/console/src/command.ts'
import { PLUGIN_KINDS } from '../packages/console/src/switch/plugins/plugins.ts'
import { switchTable } from '../packages/console/src/switch/switch-console.ts'
import { slirpTable } from '../packages/console/src/slirp/slirp-console.ts'
import { wirefilterTable } from '../packages/console/src/wirefilter/wirefilter-console.ts'
import { listSchemes } from '../packages/schemes/src/registry.ts'
import type { Scheme } from '../packages/schemes/src/scheme.ts'
import { schemes as secure } from '../packages/secure/src/index.ts'
import { configSchema } from '../packages/console/src/switch/config/table.ts'
import { SCHEMA } from '../packages/vdenet-format/src/schema.ts'
import { schemes as ws } from '../packages/ws/src/index.ts'

const man = fileURLToPath(new URL('../man/', import.meta.url))
const check = process.argv.includes('--check')
const problems: string[] = []

const SECTIONS_1 = ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'EXIT STATUS', 'FILES', 'EXAMPLES', 'SEE ALSO']
const SECTIONS_5 = ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'EXAMPLES', 'SEE ALSO']
const SECTIONS_7 = ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'PARAMETERS', 'EXIT STATUS', 'EXAMPLES', 'SEE ALSO']

const escape = (text: string): string => text.replace(/\\/g, '\\e').replace(/-/g, '\\-').replace(/^([.'])/gm, '\\&$1')

const parametersOf = (scheme: Scheme): string[] => Object.entries(scheme.params).map(([key, { help, value, fallback }]) => {
  const shown = value === '' ? `.B ${escape(key)}` : `.BI ${escape(key)}= ${escape(value)}`
  return `.TP\n${shown}\n${escape(help)}${fallback === '' ? '' : ` (${escape(fallback)})`}`
})

/** Those of the suite, and of its packages that are loaded like others'. */
const schemes: readonly Scheme[] = [...listSchemes(), ...secure, ...ws]

const schemesRoff = (): string => schemes.map((scheme) => {
  const keys = parametersOf(scheme)
  const nested = keys.length === 0 ? [] : ['.RS', ...keys, '.RE']
  const form = scheme.form === undefined ? '' : ` "${escape(scheme.form)}"`
  return [`.TP\n.BI ${escape(scheme.name)}://${form}\n${escape(scheme.summary)}`, ...nested].join('\n')
}).join('\n')

const commandsRoff = <C>({ rows }: Pick<CommandTable<C>, 'rows'>): string => rows.map((row) => {
  if (!isCommand(row)) return `.SS ${escape(row.path)}`
  const syntax = row.syntax === '' ? '' : ` ${escape(row.syntax).replace(/ /g, '\\ ')}`
  return `.TP\n.BI ${escape(row.path)}${syntax === '' ? '' : ` "${syntax}"`}\n${escape(row.help)}${row.isOurs === true ? ' (vde\\-ts)' : ''}`
}).join('\n')

/** The commands that plugins bring stand behind those that are always there. */
const switchRoff = (): string => `${commandsRoff(switchTable())}\n${PLUGIN_KINDS.map((kind) => commandsRoff(kind)).join('\n')}`

const metricsRoff = (): string => METRICS.map(({ name, help, type, labels }) => {
  const shown = labels.length === 0 ? '' : `{${labels.join(', ')}}`
  return `.TP\n.BR ${escape(name)} "${shown}"\n${escape(help)} (${type})`
}).join('\n')

const replaceRegion = (file: string, text: string, region: string, content: string): string => {
  const begin = `.\\" BEGIN ${region}\n`
  const end = `.\\" END ${region}\n`
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) { problems.push(`${file}: has no region ${region}`); return text }
  return text.slice(0, from + begin.length) + content.trimEnd() + '\n' + text.slice(to)
}

const isLink = (path: string): boolean => lstatSync(man + path, { throwIfNoEntry: false })?.isSymbolicLink() === true

const update = (path: string, region: string, content: string): void => {
  if (isLink(path)) return
  let text: string
  try { text = readFileSync(man + path, 'utf8') } catch { problems.push(`man/${path}: does not exist`); return }
  const fresh = replaceRegion(`man/${path}`, text, region, content)
  if (fresh === text) return
  if (check) problems.push(`man/${path}: ${region} is not what the table says, run \`npm run man\``)
  else writeFileSync(man + path, fresh)
}

/** A JSON Schema for editors, made of the table that also checks. */
const updateSchema = (file: string, schema: object): void => {
  const path = fileURLToPath(new URL(`../packages/${file}`, import.meta.url))
  const fresh = JSON.stringify(schema, null, 2) + '\n'
  if (existsSync(path) && readFileSync(path, 'utf8') === fresh) return
  if (check) problems.push(`packages/${file} is not what its table says, run \`npm run man\``)
  else writeFileSync(path, fresh)
}

const render = (path: string, sections: readonly string[]): void => {
  if (isLink(path)) return
  const text = readFileSync(man + path, 'utf8')
  const found = [...text.matchAll(/^\.SH "?([^"\n]+)"?$/gm)].map(([, name]) => name ?? '')
  const expected = sections.filter((name) => name !== 'FILES' || found.includes('FILES'))
  const kept = found.filter((name) => expected.includes(name))
  if (kept.join() !== expected.join()) problems.push(`man/${path}: sections ${kept.join(', ')} found, ${expected.join(', ')} wanted`)
  const { stderr, error } = spawnSync('groff', ['-man', '-ww', '-Tutf8', '-z', man + path], { encoding: 'utf8' })
  if (error !== undefined) problems.push(`man/${path}: cannot run groff: ${error.message} (Debian: apt-get install groff-base)`)
  else if (stderr !== '') problems.push(...stderr.trim().split('\n'))
}

const pages = readdirSync(man + 'man7')

for (const spec of specs) update(`man1/${spec.name}.1`, 'OPTIONS', optionsRoff(spec))
update('man1/vde_switch.1', 'METRICS', metricsRoff())
update('man7/vnl.7', 'SCHEMES', schemesRoff())
for (const scheme of schemes) update(`man7/vde_${scheme.name}.7`, 'PARAMETERS', parametersOf(scheme).join('\n') || 'None.')
update('man7/vde_console.7', 'COMMANDS', switchRoff())
update('man1/wirefilter.1', 'COMMANDS', commandsRoff(wirefilterTable()))
update('man7/vde_slirp.7', 'COMMANDS', commandsRoff(slirpTable()))
updateSchema('vdenet-format/vdenet.schema.json', SCHEMA)
updateSchema('cli/vde_switch.schema.json', configSchema())
for (const file of readdirSync(man + 'man1')) render(`man1/${file}`, SECTIONS_1)
for (const file of readdirSync(man + 'man5')) render(`man5/${file}`, SECTIONS_5)
for (const file of pages) render(`man7/${file}`, SECTIONS_7)
for (const problem of problems) console.error(problem)
console.log(`man: ${specs.length} option tables, ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1
