/**
 * What a switch that was started and one that took over have in common: how they serve, and how they live on.
 */
import { loop } from '@vde-ts/link/loop.js'
import type { Part } from '@vde-ts/link/part.js'
import type { Console } from '@vde-ts/console/console.js'
import type { ConsoleServer } from '@vde-ts/console/server.js'
import { StdinConsole } from '@vde-ts/console/stdin-console.js'
import { loadConfig } from '@vde-ts/console/switch/config/config-commands.js'
import type { SwitchContext } from '@vde-ts/console/switch/context.js'
import { switchConsole, type SwitchConsole } from '@vde-ts/console/switch/switch-console.js'
import type { SwitchServerOptions } from '@vde-ts/schemes/switch-server.js'
import { engineOf } from '@vde-ts/schemes/impairment.js'
import { TakeoverServer } from '@vde-ts/schemes/takeover-server.js'
import type { VdeListener } from '@vde-ts/schemes/listener.js'
import type { EndpointLimits, Switch } from '@vde-ts/switch'
import { ending } from '../console-serving.ts'
import { debugLog } from '../log.ts'
import { writePidFile } from '../pidfile.ts'
import { announce } from '../registry/announce.ts'
import type { Program } from '../run.ts'
import type { SwitchConfig } from './config/files.ts'
import type { Fixed } from './config/options.ts'
import type { Access, Service, SwitchSettings } from './settings.ts'
import type { MetricsServer } from './metrics/server.ts'
import type { Taps } from './taps.ts'

const debug = debugLog('switch')
const TICK_MS = 1000

/** A switch that serves. */
export interface Station {
  readonly sw: Switch
  readonly listener: VdeListener
  readonly console: Console<SwitchContext>
  readonly server: ConsoleServer<SwitchContext> | null
  readonly taps: Taps
  readonly config: SwitchConfig
  readonly fixed: Fixed
  readonly access: Access
  readonly service: Service
  /** When it was started, by {@link nowMs}. */
  readonly startedMs: number
  /** Removes the pid file, if there is one. */
  readonly removePidFile: () => void
  /** Null: metrics are not served, or not yet. */
  metrics: MetricsServer | null
}

/** The clock of the system, which goes on when another process takes over: milliseconds since some moment of the past. */
export const nowMs = (): number => Number(process.hrtime.bigint() / 1_000_000n)

/** Serving on `path`. */
export const serving = (program: Program, path: string, { modes, gid, mgmtMode, mgmtGid }: Access): SwitchServerOptions => ({
  path,
  mode: modes.mode,
  dirMode: modes.dirMode,
  gid,
  mgmtMode,
  mgmtGid,
  loop,
  action: 'start the switch',
  hasTakeover: true,
  log: (line) => { program.log(line) }
})

/** What a console shows and changes besides the switch. */
export interface Around {
  readonly controlDir: string
  readonly access: Access
  readonly startedMs: number
  readonly management: { readonly path: string, readonly mode: number } | null
  readonly taps: Taps
  readonly config: SwitchConfig
  readonly fixed: Fixed
  readonly limits: EndpointLimits
}

/** A console, which is served nowhere yet. */
export const openConsole = (
  program: Program, sw: Switch, { controlDir, access, startedMs, management, taps, config, fixed, limits }: Around
): SwitchConsole => {
  const facts = {
    controlDir,
    controlMode: access.modes.mode,
    uptimeSec: () => Math.floor((nowMs() - startedMs) / 1000),
    engine: () => engineOf(loop),
    log: (line: string) => { program.log(line) },
    taps: () => taps,
    config,
    fixed,
    limits,
    ...(management === null ? {} : { management })
  }
  return switchConsole(sw, facts, (error, line) => {
    program.log(`console command failed: ${line}: ${error instanceof Error ? error.stack : String(error)}`)
  })
}

/** @returns what removes it. @throws {VdeError} see writePidFile */
export const announcePid = (program: Program, { pidFile }: Service): () => void => {
  if (pidFile === null) return () => {}
  const remove = writePidFile(pidFile, `${process.pid}\n`, 'exclusive', program.name)
  program.cleanup.add(remove)
  return remove
}

/** Loaded only where they are wanted: the library for them is large. @throws {VdeError} see serveMetrics */
export const openMetrics = async (
  program: Program, { sw, startedMs, service: { metrics } }: Pick<Station, 'sw' | 'startedMs' | 'service'>
): Promise<MetricsServer | null> => {
  if (metrics === null) return null
  const { serveMetrics } = await import('./metrics/server.ts')
  const server = await serveMetrics(sw, () => Math.floor((nowMs() - startedMs) / 1000), metrics)
  program.cleanup.add(() => { server.close() })
  return server
}

/** The console on standard input, if it is wanted. */
export const serveStdin = (program: Program, console: Console<SwitchContext>, { readsStdin }: SwitchSettings): void => {
  if (!readsStdin) return
  const onShutdown = ending(program, 'Shutdown from mgmt command')
  const onEof = ending(program, 'EOF on stdin, cleaning up and exiting')
  const terminal = new StdinConsole({ console, loop, onEnd: (why) => { why === 'shutdown' ? onShutdown() : onEof() } })
  program.cleanup.add(() => { terminal.close() })
}

/** Everything is set up: time passes from now on, and another process may take over. */
export const live = (program: Program, station: Station): void => {
  const { sw, listener, console, server } = station
  const { plugins } = console.context
  const tick = (): void => {
    sw.tick(Math.floor(nowMs() / 1000))
    plugins.tick()
  }
  tick()
  setInterval(tick, TICK_MS).unref()
  const forget = announce(program, console, { kind: 'switch', controlDir: listener.directory.path, management: server?.path ?? null })
  program.cleanup.add(forget)
  // Session managers send it too; a switch serves others than the one who started it.
  program.onSignal('SIGHUP', () => {
    plugins.reopen()
    void reload(program, station)
  })
  const takeover = new TakeoverServer({
    fd: listener.directory.takeoverFd,
    loop,
    parts: partsOf(station),
    whenQuiet: (run) => { listener.whenQuiet(run) },
    letGo: () => {
      station.removePidFile()
      forget()
      station.metrics?.close()
    },
    onGone: (pid) => { leave(program, station, pid) },
    log: (line) => { program.log(line) }
  })
  program.cleanup.add(() => { takeover.close() })
  debug('%d ports in %s, ready after %d ms', sw.numPorts, listener.directory.path, Math.round(performance.now()))
  program.ready()
}

/** Makes the switch what its file says by now, if it was started with one. A file with mistakes changes nothing. */
const reload = async (program: Program, { config, console }: Station): Promise<void> => {
  if (config.path === null) return
  try {
    await config.prepare()
    const { done, findings } = loadConfig(console.context, config.path)
    for (const finding of findings) program.log(finding)
    for (const what of done) program.log(`configuration: ${what}`)
    program.log(findings.length > 0 ? 'configuration: nothing was changed' : `configuration: ${done.length} changes`)
  } catch (error) {
    program.log((error as Error).message)
  }
}

/** What describes the program itself, in {@link partsOf}. */
export interface ProgramSnapshot {
  readonly access: Access
  readonly startedMs: number
  readonly configPath: string | null
  readonly fixed: Fixed
  /** Absent in the state of a program that did not know of it. */
  readonly service?: Service
}

/** Names of the parts: what {@link partsOf} writes, takeover.ts reads. */
export const PARTS = ['program', 'switch', 'listener', 'plugins', 'impairments', 'console', 'taps'] as const

const partsOf = ({ sw, listener, console, server, taps, access, service, startedMs, config, fixed }: Station): Part[] => {
  const program: ProgramSnapshot = { access, service, startedMs, configPath: config.path, fixed }
  const parts: Array<Part & { readonly name: typeof PARTS[number] }> = [
    { name: 'program', snapshot: () => program },
    { name: 'switch', snapshot: () => sw.snapshot() },
    { name: 'listener', snapshot: (departure) => listener.snapshot(departure) },
    { name: 'plugins', snapshot: () => console.context.plugins.snapshot() },
    { name: 'impairments', snapshot: () => ({ ports: console.context.impairments.snapshot((port) => sw.ports().includes(port)) }) },
    { name: 'taps', snapshot: (departure) => taps.snapshot(departure) }
  ]
  if (server !== null) parts.push({ name: 'console', snapshot: (departure) => server.snapshot(departure) })
  return parts
}

/** Another process goes on. Sockets and files are its own by now; captures are not, and shall be whole. */
const leave = (program: Program, { console }: Station, pid: number): never => {
  console.context.captures.close()
  console.context.plugins.close()
  program.log(`pid ${pid} has taken over`)
  return program.leave(0)
}

/** Signals as the C program answers them. */
export const answerSignals = (program: Program): void => {
  const say = (number: number): void => { program.log(`Caught signal ${number}, cleaning up and exiting`) }
  program.onSignal('SIGTERM', () => {
    say(15)
    program.exit(0)
  })
  program.onSignal('SIGINT', () => {
    say(2)
    program.dieOf('SIGINT')
  })
  program.onSignal('SIGHUP', () => {}) // see live
}
