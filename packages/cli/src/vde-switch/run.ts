/**
 * vde_switch, put together: a switch, its control directory, a console on a socket and on standard input, TAP interfaces,
 * and a start-up file.
 *
 * The order is that of the C program, so that scripts find things when they look for them: control directory, console,
 * pid file, management socket, taps, start-up file. The clean-up runs backwards. With --takeover the same things are made
 * of what another process leaves, see takeover.ts.
 */
import { randomBytes } from 'node:crypto'
import { macHi, macLo } from '@vde-ts/frame/ethernet.js'
import { VdeError } from '@vde-ts/link/errors.js'
import { loop } from '@vde-ts/link/loop.js'
import { findScript, readScript, runLine, runScript } from '@vde-ts/console/script.js'
import { ConsoleServer } from '@vde-ts/console/server.js'
import type { Console } from '@vde-ts/console/console.js'
import { examineConfig, loadConfig } from '@vde-ts/console/switch/config/config-commands.js'
import type { SwitchContext } from '@vde-ts/console/switch/context.js'
import { Names } from '@vde-ts/console/switch/names.js'
import { noEngine, PortImpairments } from '@vde-ts/console/switch/port-impairments.js'
import { serveSwitch } from '@vde-ts/schemes/switch-server.js'
import type { VdeListener } from '@vde-ts/schemes/listener.js'
import { Switch } from '@vde-ts/switch'
import { parseCNumber } from '@vde-ts/vnl'
import type { Parsed } from '../command.ts'
import { consoleServing } from '../console-serving.ts'
import { ExitError, type Program } from '../run.ts'
import { SwitchConfig } from './config/files.ts'
import { startProblems, withConfig, type Fixed } from './config/options.ts'
import { accessOf, readSettings, type SwitchSettings } from './settings.ts'
import { announcePid, answerSignals, live, nowMs, openConsole, openMetrics, serveStdin, serving, type Station } from './station.ts'
import { takeOver } from './takeover.ts'
import { Taps } from './taps.ts'
import { TIME } from './time.ts'

/** The control directory has a status of its own. */
const NO_DIRECTORY = 255

export const run = async (program: Program, typed: Parsed): Promise<void> => {
  const isRoot = process.geteuid!() === 0
  const asTyped = readSettings(typed, isRoot)
  const { takesOver, configFile } = asTyped
  answerSignals(program)
  if (takesOver) {
    takeOver(program, asTyped)
    return
  }
  const config = new SwitchConfig(configFile)
  const value = configFile === null ? {} : await readStart(program, config, asTyped)
  const { values, fixed } = withConfig(typed.values, configFile, value)
  const settings = values === typed.values ? asTyped : readSettings({ ...typed, values }, isRoot)
  const hashSize = values.text('hashsize')
  if (hashSize !== undefined && parseCNumber(hashSize) !== settings.hashSize) {
    program.log(`the hash size is a power of two: ${hashSize} is taken for ${settings.hashSize}`)
  }
  if (values.has('hub') && values.has('fstp')) program.log('a hub has no spanning tree: -F changes nothing with -x')
  const station = start(program, settings, config, fixed)
  live(program, { ...station, metrics: await openMetrics(program, station) })
}

/** What a file says, so that it can be said on the command line. @throws {ExitError} all that is wrong with it was told */
const readStart = async (
  program: Program, config: SwitchConfig, { configFile, limits, path }: SwitchSettings
): Promise<Readonly<Record<string, unknown>>> => {
  await config.prepare()
  const facts = { controlDir: path, controlMode: 0, uptimeSec: () => 0, limits }
  const context = { facts, names: new Names(), impairments: new PortImpairments(noEngine) }
  const { value, findings } = examineConfig(config, context, configFile!, startProblems)
  return findings.length === 0 ? value : refuse(program, findings, configFile!)
}

const refuse = (program: Program, findings: readonly string[], path: string): never => {
  for (const finding of findings) program.log(finding)
  throw new ExitError(1, `Cannot start: "${path}" has ${findings.length === 1 ? 'a mistake' : `${findings.length} mistakes`}`)
}

const start = (program: Program, settings: SwitchSettings, config: SwitchConfig, fixed: Fixed): Omit<Station, 'metrics'> => {
  const { management, configFile, pidFile, metrics } = settings
  const [access, startedMs] = [accessOf(settings), nowMs()]
  const sw = makeSwitch(settings)
  program.cleanup.add(() => { sw.close() })
  const listener = openDirectory(program, sw, settings)
  const taps = new Taps(sw, loop)
  const { limits } = settings
  const around = { controlDir: listener.directory.path, access, startedMs, management, taps, config, fixed, limits }
  const { console, close } = openConsole(program, sw, around)
  program.cleanup.add(close)
  const removePidFile = announcePid(program, settings)
  const server = management === null ? null : openServer(program, console, management)
  serveStdin(program, console, settings)
  for (const name of settings.taps) taps.plug(name)
  if (configFile !== null) {
    const { findings } = loadConfig(console.context, configFile)
    if (findings.length > 0) refuse(program, findings, configFile)
  }
  runStartFile(program, console, settings)
  for (const line of settings.commands) runTyped(console, line)
  const service = { pidFile, metrics }
  return { sw, listener, console, server, taps, config, fixed, access, service, startedMs, removePidFile }
}

const makeSwitch = (settings: SwitchSettings): Switch => {
  const chance = randomBytes(8)
  const mac = settings.mac ?? Uint8Array.of(0x00, 0xff, ...chance.subarray(0, 4))
  const sw = new Switch({
    seed: chance.readUInt32LE(4),
    macHi: macHi(mac, 0),
    macLo: macLo(mac, 0),
    numPorts: settings.numPorts,
    isHub: settings.isHub,
    hashSize: settings.hashSize,
    priority: settings.priority,
    isVlanTransparent: settings.isVlanTransparent,
    ...TIME
  })
  sw.setLimits(settings.limits)
  sw.tree.setEnabled(settings.wantsTree)
  return sw
}

const openDirectory = (program: Program, sw: Switch, settings: SwitchSettings): VdeListener => {
  try {
    const listener = serveSwitch(sw, serving(program, settings.path, accessOf(settings)))
    program.cleanup.add(() => { listener.close() })
    return listener
  } catch (error) {
    if (!(error instanceof VdeError)) throw error
    throw new ExitError(NO_DIRECTORY, error.message, { cause: error })
  }
}

const openServer = (
  program: Program, console: Console<SwitchContext>, { path, mode, gid }: NonNullable<SwitchSettings['management']>
): ConsoleServer<SwitchContext> => {
  const server = new ConsoleServer({ path, mode, ...(gid === -1 ? {} : { gid }), ...consoleServing(program, console) })
  program.cleanup.add(() => { server.close() })
  return server
}

/** A line that fails is reported and the rest runs, for files written for other versions; a named file must be there. */
const runStartFile = (program: Program, console: Console<SwitchContext>, settings: SwitchSettings): void => {
  if (settings.rcFile !== null) readScript(settings.rcFile)
  const path = findScript(program.name, settings.rcFile ?? undefined, process.env['HOME'])
  if (path !== null) runScript(console, path, (text) => { program.log(text) })
}

/** @throws {ExitError} it was refused: whoever types it is there to mend it */
const runTyped = (console: Console<SwitchContext>, line: string): void => {
  const { errno, message } = runLine(console, line)
  if (errno !== 0) throw new ExitError(1, `Cannot start: --command '${line}': ${message}`)
}
