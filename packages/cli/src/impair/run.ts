/** vde_impair: finds the console of a running cable or switch, and tells it. */
import { realpathSync } from 'node:fs'
import { ConsoleClient } from '@vde-ts/console/client.js'
import { VdeError } from '@vde-ts/link/errors.js'
import { lookAt } from '@vde-ts/link/socket-file.js'
import { UsageError, type Parsed } from '../command.ts'
import { entries, registryDir, switches, type CableEntry } from '../registry/registry.ts'
import { ExitError, type Program } from '../run.ts'
import { print } from '../stdout.ts'
import { commandFor, readTarget, type Target } from './target.ts'

/** @throws {UsageError | VdeError | ExitError} */
export const run = async (program: Program, { operands }: Parsed): Promise<void> => {
  const [text, ...words] = operands
  if (words.some((word) => word.includes('\n'))) throw new UsageError('Cannot read the command line: a word has a new line')
  print(text === undefined ? await list() : await tell(readTarget(text), words))
  program.exit(0)
}

interface CableRow { readonly name: string, readonly label: string, readonly words: string }

const cables = (): CableEntry[] => entries(registryDir()).filter((entry) => entry.kind === 'cable')

/** A line for each cable: its target, its command, what it leads to, what is set. */
const list = async (): Promise<string> => {
  const lines: string[] = []
  for (const entry of cables()) {
    const rows = await rowsOf(entry).catch(() => []) // of one that ends just now
    for (const { name, label, words } of rows) lines.push(`${targetOf(entry, rows, name)} ${entry.program} ${label} ${words}`.trimEnd())
  }
  return lines.map((line) => `${line}\n`).join('')
}

const targetOf = ({ pid }: CableEntry, rows: readonly CableRow[], name: string): string => rows.length === 1 ? `${pid}` : `${pid}/${name}`

const rowsOf = async (entry: CableEntry): Promise<CableRow[]> => JSON.parse(await ask(entry.console, 'cable/print --json')) as CableRow[]

const tell = async (target: Target, words: readonly string[]): Promise<string> => {
  if (target.kind === 'port') return await ask(findSwitch(target.path), commandFor('port', String(target.port), words))
  const entry = cables().find(({ pid }) => pid === target.pid)
  if (entry === undefined) throw new VdeError('ENOENT', `find the cable ${target.pid}`, 'no cable of this user is that process, vde_impair lists them')
  return await ask(entry.console, commandFor('cable', target.name ?? await onlyCable(entry), words))
}

/** @throws {VdeError} EINVAL it has several */
const onlyCable = async (entry: CableEntry): Promise<string> => {
  const [only, ...more] = await rowsOf(entry)
  if (only !== undefined && more.length === 0) return only.name
  const names = [only, ...more].map((row) => `${entry.pid}/${row?.name}`)
  throw new VdeError('EINVAL', `impair ${entry.pid}`, `it has several cables, want one of ${names.join(', ')}`)
}

/** @throws {VdeError} ENOENT */
const findSwitch = (path: string): string => {
  const dir = lookAt(path) === undefined ? path : realpathSync(path)
  const entry = switches(registryDir()).find((one) => one.controlDir === dir)
  if (entry === undefined) throw new VdeError('ENOENT', `find the switch "${path}"`, 'no switch of this user serves it')
  return entry.console
}

/** @throws {ExitError} the console refuses; {VdeError} it has gone */
const ask = async (console: string, line: string): Promise<string> => {
  const client = await ConsoleClient.connect(console)
  const { code, text, lines } = await client.command(line)
  client.close()
  if (code > 0) throw new ExitError(1, `Cannot ${line.split(' ').slice(0, 2).join(' ')}: ${text}`)
  return lines.map((one) => `${one}\n`).join('')
}
