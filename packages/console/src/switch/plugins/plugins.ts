/** `plugin/`: which of the plugins there are is added, under the names the C switch has for them. */
import { basename } from 'node:path'
import { VdeError } from '@vde-ts/link'
import type { CommandTable, Row } from '../../command.ts'
import type { SwitchContext } from '../context.ts'
import { dump } from './dump.ts'
import { iplog } from './iplog-commands.ts'
import { pdump } from './pdump.ts'
import type { Plugin, PluginHost, PluginKind } from './plugin.ts'

/** Every plugin there is. */
export const PLUGIN_KINDS: readonly PluginKind[] = [dump, pdump, iplog]

/** Those that were added, in that order, with their states. */
export type PluginsSnapshot = ReadonlyArray<{ readonly name: string, readonly state: object }>

/** The plugins of one console. */
export class Plugins {
  readonly #host: PluginHost
  readonly #table: CommandTable<SwitchContext>
  readonly #added = new Map<PluginKind, Plugin>()

  constructor (host: PluginHost, table: CommandTable<SwitchContext>) {
    this.#host = host
    this.#table = table
  }

  list (): PluginKind[] { return [...this.#added.keys()] }

  /** One that is added; its commands call this. */
  get<T extends Plugin> (kind: PluginKind<T>): T {
    const found = this.#added.get(kind)
    if (found === undefined) throw new VdeError('ENOENT', `use plugin ${kind.name}`, 'it is not added')
    return found as T
  }

  /**
   * Adds the plugin that `library` names: `dump`, `dump.so`, `libdump.so`, with or without a directory.
   * @throws {VdeError} ENOENT there is none, EEXIST it is there
   */
  add (library: string, state?: unknown): void {
    const name = basename(library).replace(/\.so$/, '')
    const kind = PLUGIN_KINDS.find((one) => name === one.name || name === `lib${one.name}`)
    if (kind === undefined) {
      throw new VdeError('ENOENT', `load plugin "${library}"`, `there are ${PLUGIN_KINDS.map((one) => one.name).join(', ')}`)
    }
    if (this.#added.has(kind)) throw new VdeError('EEXIST', `load plugin "${library}"`, 'it is loaded already')
    this.#added.set(kind, kind.make(this.#host, state))
    this.#table.add(kind.rows)
  }

  /** Takes out the first whose name begins so. @throws {VdeError} ENOENT */
  remove (prefix: string): void {
    const found = [...this.#added].find(([{ name }]) => name.startsWith(prefix))
    if (found === undefined) throw new VdeError('ENOENT', `unload plugin "${prefix}"`, 'it is not loaded')
    const [kind, plugin] = found
    this.#table.remove(kind.rows)
    this.#added.delete(kind)
    plugin.close()
  }

  tick (): void { for (const plugin of this.#added.values()) plugin.tick?.() }
  reopen (): void { for (const plugin of this.#added.values()) plugin.reopen?.() }

  snapshot (): PluginsSnapshot { return [...this.#added].map(([{ name }, plugin]) => ({ name, state: plugin.snapshot() })) }

  restore (plugins: PluginsSnapshot): void { for (const { name, state } of plugins) this.add(name, state) }

  /** Their files are whole. */
  close (): void {
    for (const plugin of this.#added.values()) plugin.close()
    this.#added.clear()
  }
}

/** The menu `plugin`. */
export const pluginCommands: ReadonlyArray<Row<SwitchContext>> = [
  { path: 'plugin', help: 'PLUGINS' },
  {
    path: 'plugin/list',
    syntax: '',
    help: 'list the plugins',
    output: 'data',
    * run ({ plugins }, args) {
      yield 'NAME                   HELP'
      yield '------------           ----'
      const found = plugins.list().filter(({ name }) => name.startsWith(args.words[0] ?? ''))
      if (found.length === 0) throw new VdeError('ENOENT', 'list plugins', 'there is none')
      for (const { name, help } of found) yield `${name.padEnd(22)} ${help}`
    },
    json: ({ plugins }) => plugins.list().map(({ name, help }) => ({ name, help }))
  },
  {
    path: 'plugin/add',
    syntax: 'library',
    help: 'load a plugin: dump, pdump or iplog',
    run: ({ plugins }, args) => { plugins.add(args.word(0, 'library')) }
  },
  {
    path: 'plugin/del',
    syntax: 'name',
    help: 'unload a plugin',
    run: ({ plugins }, args) => { plugins.remove(args.word(0, 'name')) }
  }
]
