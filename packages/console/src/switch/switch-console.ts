/** The console of a switch: its commands, greeting and events put together. */
import { formatHalves } from '@vde-ts/frame/mac.js'
import { native } from '@vde-ts/native'
import type { Switch } from '@vde-ts/switch'
import { CommandTable, type Row } from '../command.ts'
import { Console } from '../console.ts'
import { EventHub } from '../events.ts'
import { debugCommands, generalCommands, loadCommand } from '../general-commands.ts'
import { VERSION } from '../version.ts'
import { Captures } from './captures.ts'
import { configCommands } from './config/config-commands.ts'
import type { SwitchContext, SwitchFacts } from './context.ts'
import { modeText } from './format.ts'
import { fstpCommands } from './fstp-commands.ts'
import { guardCommands } from './guard-commands.ts'
import { hashCommands } from './hash-commands.ts'
import { impairCommands } from './impair-commands.ts'
import { multicastCommands } from './multicast-commands.ts'
import { Names } from './names.ts'
import { pluginCommands, Plugins } from './plugins/plugins.ts'
import { portCommands } from './port-commands.ts'
import { PortImpairments, noEngine } from './port-impairments.ts'
import { followSwitch } from './switch-events.ts'
import { eventCommands } from './event-commands.ts'
import { vlanCommands } from './vlan-commands.ts'
import { vlanPortCommands } from './vlan-port-commands.ts'
import { watchCommands } from './watch-commands.ts'

/** What clients read first: programs take the version from the first line and skip the second. */
export const BANNER: string = `VDE switch V.${VERSION}\n(C) 2026 the vde-ts authors - MIT\n`

const infoCommands: ReadonlyArray<Row<SwitchContext>> = [
  {
    path: 'showinfo',
    syntax: '',
    help: 'show what this switch is and how long it has run',
    output: 'data',
    * run ({ sw, facts }) {
      yield * BANNER.split('\n')
      yield `pid ${process.pid} MAC ${formatHalves(sw.macHi, sw.macLo)} uptime ${facts.uptimeSec()}`
      if (facts.management !== undefined) yield `mgmt ${facts.management.path} perm ${modeText(facts.management.mode)}`
    },
    json: ({ sw, facts }) => ({
      program: 'vde-ts',
      pid: process.pid,
      mac: formatHalves(sw.macHi, sw.macLo),
      uptimeSec: facts.uptimeSec(),
      management: facts.management ?? null
    })
  }
]

const dataSocketCommands: ReadonlyArray<Row<SwitchContext>> = [
  { path: 'ds', help: 'DATA SOCKETS' },
  {
    path: 'ds/showinfo',
    syntax: '',
    help: 'show where clients connect',
    output: 'data',
    * run ({ facts }) {
      yield `ctl dir ${facts.controlDir}`
      yield `std mode ${modeText(facts.controlMode)}`
    },
    json: ({ facts }) => ({ controlDir: facts.controlDir, mode: modeText(facts.controlMode) })
  }
]

/** The commands of a switch; `more` come behind them. */
export const switchTable = (more: ReadonlyArray<Row<SwitchContext>> = []): CommandTable<SwitchContext> => new CommandTable(
  dataSocketCommands, generalCommands('switch'), infoCommands, [loadCommand()], debugCommands(), pluginCommands,
  hashCommands, fstpCommands, portCommands, vlanCommands, vlanPortCommands, watchCommands, guardCommands,
  multicastCommands, eventCommands, impairCommands, configCommands, more
)

/** A console that hears what its switch tells. */
export interface SwitchConsole {
  readonly console: Console<SwitchContext>
  /** Stops following the switch, and ends its captures and plugins. */
  readonly close: () => void
}

const LOG_INFO = 6
const syslog = (line: string): void => { native.syslog(LOG_INFO, line) }

/** A console for `sw`. `onDefect` hears of exceptions in commands that are our own mistakes. */
export const switchConsole = (
  sw: Switch, facts: SwitchFacts, onDefect: (error: unknown, line: string) => void = () => {}
): SwitchConsole => {
  const events = new EventHub()
  const captures = new Captures()
  const impairments = new PortImpairments(facts.engine ?? noEngine)
  const names = new Names()
  const table = switchTable()
  const plugins = new Plugins({ context: { sw, names }, events, log: facts.log ?? (() => {}), syslog }, table)
  const context: SwitchContext = { sw, facts, names, captures, impairments, plugins }
  const stopFollowing = followSwitch(sw, events)
  const close = (): void => {
    stopFollowing()
    captures.close()
    plugins.close()
  }
  return { console: new Console({ table, context, banner: BANNER, prompt: 'vde$ ', events, onDefect }), close }
}
