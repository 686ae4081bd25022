/** The plugins: named in the file, one is added. */
import { fromStart } from '@vde-ts/link/start-directory.js'
import type { SwitchContext } from '../context.ts'
import { dump } from '../plugins/dump.ts'
import { iplog } from '../plugins/iplog-commands.ts'
import { formatRange, GC_EXPIRE_SEC, GC_INTERVAL_SEC, readRange } from '../plugins/iplog.ts'
import { DEFAULT_FILE, pdump } from '../plugins/pdump.ts'
import type { PluginKind } from '../plugins/plugin.ts'
import { flag, setting, text, whole, type Schema, type Setting } from './setting.ts'

/** A row for a plugin: `show` tells what is set, `set` makes it so. */
const plugin = <T extends object>(
  kind: PluginKind, commands: readonly string[], properties: Readonly<Record<string, Schema>>,
  show: (context: SwitchContext) => T, set: (context: SwitchContext, value: T) => void, tidy: (value: T) => T = (value) => value
): Setting => {
  const isAdded = ({ plugins }: SwitchContext): boolean => plugins.list().includes(kind)
  const change = (context: SwitchContext, value: T | undefined): void => {
    if (value === undefined) {
      if (isAdded(context)) context.plugins.remove(kind.name)
      return
    }
    if (!isAdded(context)) context.plugins.add(kind.name)
    set(context, value)
  }
  const read = (context: SwitchContext): T | undefined => isAdded(context) ? sorted(show(context), properties) : undefined
  return setting<T>({
    key: `plugins.${kind.name}`,
    schema: { title: kind.help, type: 'object', additionalProperties: false, properties, description: 'a map, which may be empty' },
    commands: ['plugin/add', 'plugin/del', ...commands],
    read,
    write (context, value) {
      const before = read(context)
      try {
        change(context, value)
      } catch (error) {
        change(context, before)
        throw error
      }
    },
    normal: (value: T) => sorted(tidy(value), properties),
    isLate: true
  })
}

/** What is the default is left out, and the rest in the order of the table. */
const sorted = <T extends object>(value: T, properties: Readonly<Record<string, Schema>>): T =>
  Object.fromEntries(Object.entries(properties).flatMap(([key, schema]) => {
    const found = (value as Readonly<Record<string, unknown>>)[key]
    return found === undefined || found === schema['default'] ? [] : [[key, found]]
  })) as T

interface FileDump { readonly active?: boolean }
interface FilePdump { readonly active?: boolean, readonly file?: string, readonly buffered?: boolean }
interface FileIplog {
  readonly log?: string
  readonly ranges?: readonly string[]
  readonly gcInterval?: number
  readonly expire?: number
}

const ACTIVE = flag('it dumps', false)
const MOST_SEC = 0x7fffffff
const IPLOG = {
  log: text('a file, - for the log of the system', 'the name of a file, or -'),
  ranges: { title: 'addresses that are logged', type: 'array', minItems: 1, description: 'a list of ranges', items: { type: 'string', description: 'a range such as 10.0.0.0/8' } },
  gcInterval: whole('seconds between two clean-ups, 0: none', 0, MOST_SEC, GC_INTERVAL_SEC),
  expire: whole('seconds a silent address is kept', 0, MOST_SEC, GC_EXPIRE_SEC)
}

/** In the order of the file. */
export const PLUGIN_SETTINGS: readonly Setting[] = [
  plugin<FileDump>(dump, ['dump/active'], { active: ACTIVE },
    ({ plugins }) => ({ active: plugins.get(dump).isActive }),
    ({ plugins }, { active = false }) => { plugins.get(dump).setActive(active) }),
  plugin<FilePdump>(pdump, ['pdump/active', 'pdump/filename', 'pdump/buffered'], {
    active: ACTIVE, file: text('where to', 'the name of a file', { default: DEFAULT_FILE }), buffered: flag('written once a second only', false)
  },
  ({ plugins }) => {
    const { isActive: active, fileName: file, isBuffered: buffered } = plugins.get(pdump)
    return { active, file, buffered }
  },
  ({ plugins }, { active = false, file = DEFAULT_FILE, buffered = false }) => {
    const running = plugins.get(pdump)
    running.setFile(file)
    running.setBuffered(buffered)
    if (running.isActive !== active) running.setActive(active)
  }),
  plugin<FileIplog>(iplog, ['iplog/logfile', 'iplog/ipadd', 'iplog/ipdel', 'iplog/setgcint', 'iplog/setexpire'], IPLOG,
    ({ plugins }) => {
      const { log, ranges, gcIntervalSec: gcInterval, gcExpireSec: expire } = plugins.get(iplog)
      const named = { ...(log === null ? {} : { log }), ...(ranges.length === 0 ? {} : { ranges: ranges.map(formatRange) }) }
      return { ...named, gcInterval, expire }
    },
    ({ plugins }, { log = '', ranges = [], gcInterval = GC_INTERVAL_SEC, expire = GC_EXPIRE_SEC }) => {
      const running = plugins.get(iplog)
      running.setRanges(ranges)
      if (log !== (running.log ?? '')) running.setLog(log)
      running.gcIntervalSec = gcInterval
      running.gcExpireSec = expire
    },
    ({ log, ranges, ...rest }) => ({
      ...(log === undefined ? {} : { log: log === '-' ? log : fromStart(log) }),
      ...(ranges === undefined ? {} : { ranges: [...new Set(ranges.map((range) => formatRange(readRange(range))))] }),
      ...rest
    }))
]
