/**
 * vde_switch --takeover: goes on in the place of the switch that serves the directory.
 *
 * What describes the switch comes from the running one: ports, VLANs, addresses, settings, permissions, management
 * socket, interfaces, everybody connected; pid file and metrics too, where this command line names no others. It decides what
 * the process is: background, standard input. Nothing is done to the world before the other process has let go, so a failure
 * leaves no trace and that one goes on.
 */
import { randomInt } from 'node:crypto'
import { loop } from '@vde-ts/link/loop.js'
import { VdeError } from '@vde-ts/link/errors.js'
import { ConsoleServer, type ServerSnapshot } from '@vde-ts/console/server.js'
import type { PortImpairment } from '@vde-ts/console/switch/port-impairments.js'
import type { PluginsSnapshot } from '@vde-ts/console/switch/plugins/plugins.js'
import { serveOn } from '@vde-ts/schemes/switch-server.js'
import { Takeover } from '@vde-ts/schemes/takeover-client.js'
import type { ListenerSnapshot } from '@vde-ts/schemes/listener.js'
import { Switch, type SwitchSnapshot } from '@vde-ts/switch'
import { consoleServing } from '../console-serving.ts'
import { checkPidFile } from '../pidfile.ts'
import type { Program } from '../run.ts'
import { SwitchConfig } from './config/files.ts'
import type { Service, SwitchSettings } from './settings.ts'
import {
  PARTS, announcePid, live, openConsole, openMetrics, serveStdin, serving, type ProgramSnapshot, type Station
} from './station.ts'
import { Taps } from './taps.ts'
import { TIME } from './time.ts'

/** @throws {VdeError} the running switch goes on: it is not there, not ours, of another version, or too slow */
export const takeOver = (program: Program, settings: SwitchSettings): void => {
  const takeover = Takeover.begin(settings.path, PARTS)
  const { closeConsole, ...made } = makeAgain(program, takeover, settings)
  const { pidFile } = made.service
  if (pidFile !== null) checkPidFile(pidFile, program.name, takeover.pid)
  takeover.start()
  // Only now are they ours to remove, and there is nobody else to serve them.
  program.goOnAlone()
  const { sw, listener, console, server } = made
  program.cleanup.add(() => { sw.close() })
  program.cleanup.add(() => { listener.close() })
  program.cleanup.add(closeConsole)
  if (server !== null) program.cleanup.add(() => { server.close() })
  const removePidFile = tellPid(program, made.service)
  serveStdin(program, console, settings)
  program.log(`took over from pid ${takeover.pid}`)
  const station: Station = { ...made, removePidFile, metrics: null }
  live(program, station)
  // The switch serves by now: metrics that cannot be served are told, and no reason to end.
  openMetrics(program, station)
    .then((server) => { station.metrics = server }, (error: Error) => { program.log(error.message) })
}

type Made = Omit<Station, 'removePidFile' | 'metrics'> & { readonly closeConsole: () => void }

/** Every layer from its part. A state that is not what its version promises is no reason for a stack trace. */
const makeAgain = (program: Program, takeover: Takeover, settings: SwitchSettings): Made => {
  const { path } = settings
  try {
    return make(program, takeover, settings)
  } catch (error) {
    if (error instanceof VdeError) throw error
    throw new VdeError('EPROTO', `take over "${path}"`, `the state of the running switch is not understood: ${(error as Error).message}`, { cause: error })
  }
}

const make = (program: Program, takeover: Takeover, { path, configFile, limits, pidFile, metrics }: SwitchSettings): Made => {
  const { access, startedMs, configPath, fixed, service: former } = takeover.part('program') as ProgramSnapshot
  const service = { pidFile: pidFile ?? former?.pidFile ?? null, metrics: metrics ?? former?.metrics ?? null }
  const config = new SwitchConfig(configFile ?? configPath ?? null)
  const sw = Switch.from(takeover.part('switch') as SwitchSnapshot, randomInt(2 ** 32), TIME)
  const listener = serveOn(takeover.part('listener') as ListenerSnapshot, takeover, sw, serving(program, path, access))
  const served = takeover.part('console') as ServerSnapshot | undefined
  const taps = new Taps(sw, loop)
  const management = served ?? null
  const around = { controlDir: listener.directory.path, access, startedMs, management, taps, config, fixed: fixed ?? {}, limits }
  const { console, close: closeConsole } = openConsole(program, sw, around)
  console.context.plugins.restore((takeover.part('plugins') ?? []) as PluginsSnapshot)
  const impaired = takeover.part('impairments') as { readonly ports: readonly PortImpairment[] } | undefined
  console.context.impairments.restore(impaired?.ports ?? [], (number) => sw.port(number))
  const server = served === undefined ? null : ConsoleServer.from(served, takeover, consoleServing(program, console))
  taps.restore(takeover.part('taps') as ReturnType<Taps['snapshot']>, takeover)
  return { sw, listener, console, server, taps, config, fixed: around.fixed, access, service, startedMs, closeConsole }
}

/** The switch serves by now: a pid file for which there is no room any more is told, and no reason to end. */
const tellPid = (program: Program, service: Service): () => void => {
  try {
    return announcePid(program, service)
  } catch (error) {
    if (!(error instanceof VdeError)) throw error
    program.log(error.message)
    return () => {}
  }
}
