/**
 * vde_switch, put together: a switch, its control directory, a console on a socket and on standard input, TAP interfaces,
 * and a start-up file.
 *
 * The order is that of the C program, so that scripts find things when they look for them: control directory, console,
 * pid file, management socket, taps, start-up file. The clean-up runs backwards.
 */
import { randomBytes } from 'node:crypto'
import { macHi, macLo } from '@vde-ts/frame/ethernet.js'
import { VdeError } from '@vde-ts/link/errors.js'
import { loop } from '@vde-ts/link/loop.js'
import { findScript, readScript, runScript } from '@vde-ts/console/script.js'
import { ConsoleServer } from '@vde-ts/console/server.js'
import { StdinConsole } from '@vde-ts/console/stdin-console.js'
import type { Console } from '@vde-ts/console/console.js'
import type { SwitchContext } from '@vde-ts/console/switch/context.js'
import { switchConsole } from '@vde-ts/console/switch/switch-console.js'
import { serveSwitch } from '@vde-ts/schemes/switch-server.js'
import type { VdeListener } from '@vde-ts/schemes/listener.js'
import { Switch } from '@vde-ts/switch'
import { parseCNumber } from '@vde-ts/vnl'
import type { Parsed } from '../command.ts'
import { debugLog } from '../log.ts'
import { writePidFile } from '../pidfile.ts'
import { ExitError, type Program } from '../run.ts'
import { readSettings, type SwitchSettings } from './settings.ts'
import { plugTap } from './taps.ts'

const debug = debugLog('switch')
const TICK_MS = 1000
/** The control directory has a status of its own. */
const NO_DIRECTORY = 255

export const run = (program: Program, parsed: Parsed): void => {
  const settings = readSettings(parsed, process.geteuid!() === 0)
  const hashSize = parsed.values.text('hashsize')
  if (hashSize !== undefined && parseCNumber(hashSize) !== settings.hashSize) {
    program.log(`the hash size is a power of two: ${hashSize} is taken for ${settings.hashSize}`)
  }
  if (settings.wantsTree) program.log('there is no spanning tree in this version: --fstp has no effect, avoid loops')
  answerSignals(program)
  const sw = makeSwitch(settings)
  program.cleanup.add(() => { sw.close() })
  const listener = openDirectory(program, sw, settings)
  const console = openConsoles(program, sw, listener.directory.path, settings)
  for (const name of settings.taps) plugTap(sw, name, loop)
  runStartFile(program, console, settings)
  keepTime(sw)
  debug('%d ports in %s, ready after %d ms', sw.numPorts, listener.directory.path, Math.round(performance.now()))
  program.ready()
}

const makeSwitch = (settings: SwitchSettings): Switch => {
  const chance = randomBytes(8)
  const mac = settings.mac ?? Uint8Array.of(0x00, 0xff, ...chance.subarray(0, 4))
  return new Switch({
    seed: chance.readUInt32LE(4),
    macHi: macHi(mac, 0),
    macLo: macLo(mac, 0),
    numPorts: settings.numPorts,
    isHub: settings.isHub,
    hashSize: settings.hashSize,
    priority: settings.priority,
    isVlanTransparent: settings.isVlanTransparent
  })
}

const openDirectory = (program: Program, sw: Switch, settings: SwitchSettings): VdeListener => {
  try {
    const listener = serveSwitch(sw, {
      path: settings.path,
      mode: settings.modes.mode,
      dirMode: settings.modes.dirMode,
      gid: settings.gid,
      mgmtMode: settings.mgmtMode,
      mgmtGid: settings.mgmtGid,
      loop,
      action: 'start the switch',
      log: (line) => { program.log(line) }
    })
    program.cleanup.add(() => { listener.close() })
    return listener
  } catch (error) {
    if (!(error instanceof VdeError)) throw error
    throw new ExitError(NO_DIRECTORY, error.message, { cause: error })
  }
}

const openConsoles = (program: Program, sw: Switch, controlDir: string, settings: SwitchSettings): Console<SwitchContext> => {
  const startedMs = performance.now()
  const { management } = settings
  const facts = {
    controlDir,
    controlMode: settings.modes.mode,
    uptimeSec: () => Math.floor((performance.now() - startedMs) / 1000),
    ...(management === null ? {} : { management })
  }
  const onDefect = (error: unknown, line: string): void => {
    program.log(`console command failed: ${line}: ${error instanceof Error ? error.stack : String(error)}`)
  }
  const { console, close } = switchConsole(sw, facts, onDefect)
  program.cleanup.add(close)
  const end = (why: string) => (): never => {
    program.log(why)
    program.exit(0)
  }
  const onShutdown = end('Shutdown from mgmt command')
  const onEof = end('EOF on stdin, cleaning up and exiting')
  if (settings.pidFile !== null) {
    program.cleanup.add(writePidFile(settings.pidFile, `${process.pid}\n`, 'exclusive', program.name))
  }
  if (management !== null) {
    const { path, mode, gid } = management
    const server = new ConsoleServer({ path, mode, ...(gid === -1 ? {} : { gid }), console, loop, onShutdown })
    program.cleanup.add(() => { server.close() })
  }
  if (settings.readsStdin) {
    const terminal = new StdinConsole({ console, loop, onEnd: (why) => { why === 'shutdown' ? onShutdown() : onEof() } })
    program.cleanup.add(() => { terminal.close() })
  }
  return console
}

/** A line that fails is reported and the rest runs, for files written for other versions; a named file must be there. */
const runStartFile = (program: Program, console: Console<SwitchContext>, settings: SwitchSettings): void => {
  if (settings.rcFile !== null) readScript(settings.rcFile)
  const path = findScript(program.name, settings.rcFile ?? undefined, process.env['HOME'])
  if (path !== null) runScript(console, path, (text) => { program.log(text) })
}

const keepTime = (sw: Switch): void => {
  const tick = (): void => { sw.tick(Math.floor(performance.now() / 1000)) }
  tick()
  setInterval(tick, TICK_MS).unref()
}

const answerSignals = (program: Program): void => {
  const say = (number: number): void => { program.log(`Caught signal ${number}, cleaning up and exiting`) }
  program.onSignal('SIGTERM', () => {
    say(15)
    program.exit(0)
  })
  program.onSignal('SIGINT', () => {
    say(2)
    program.dieOf('SIGINT')
  })
  // Session managers send it; a switch serves others than the one who started it.
  program.onSignal('SIGHUP', () => { debug('SIGHUP has no effect') })
}
