/** vde_extcap: the switch ports of a user, as Wireshark's external capture programs are spoken to. */
import { mkdirSync, openSync, readlinkSync, realpathSync, symlinkSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ConsoleClient } from '@vde-ts/console/client.js'
import { compileFilter, WHOLE_FRAME } from '@vde-ts/console/switch/captures.js'
import { VdeError } from '@vde-ts/link/errors.js'
import { lookAt } from '@vde-ts/link/socket-file.js'
import { UsageError, type Parsed, type Values } from '../command.ts'
import type { Program } from '../run.ts'
import { registryDir, switches, type SwitchEntry } from '../registry/registry.ts'
import { print } from '../stdout.ts'
import { record } from '../vdecapture/record.ts'
import { VERSION } from '@vde-ts/console/version.js'

/** Where Wireshark looks in the home of a user: up to 4.0, and since. */
const PLACES = ['.config/wireshark/extcap', '.local/lib/wireshark/extcap']

export const run = async (program: Program, { values }: Parsed): Promise<void> => {
  if (values.has('install')) install()
  else if (values.has('extcap-interfaces')) print(await interfaces())
  else if (values.has('extcap-dlts')) print('dlt {number=1}{name=EN10MB}{display=Ethernet}\n')
  else if (values.has('extcap-config')) {
    print(`arg {number=0}{call=--snaplen}{display=Octets kept of each frame}{type=unsigned}{range=14,${WHOLE_FRAME}}{default=${WHOLE_FRAME}}\n`)
  } else if (values.has('capture')) await capture(program, values)
  else if (values.text('extcap-capture-filter') !== undefined) compileFilter(values.text('extcap-capture-filter') ?? '')
  else throw new UsageError('Cannot read the command line: nothing to do, want --install or what Wireshark says')
  program.exit(0)
}

interface PortRow { readonly port: number, readonly endpoints: ReadonlyArray<{ readonly description: string }> }

/** Braces end a value there. */
const clean = (text: string): string => text.replace(/[{}\n]/g, ' ')

const interfaces = async (): Promise<string> => {
  const lines = [`extcap {version=${VERSION}}{display=VDE switch ports}`]
  for (const entry of switches(registryDir())) {
    for (const { port, endpoints } of await portsOf(entry)) {
      const who = endpoints.map((one) => one.description).filter((text) => text !== '').join(', ')
      lines.push(`interface {value=vde-${entry.pid}-${port}}{display=VDE ${clean(`${entry.controlDir}[${port}] ${who}`).trim()}}`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** The ports of a switch; none of one that ends just now. */
const portsOf = async (entry: SwitchEntry): Promise<readonly PortRow[]> => {
  try {
    const client = await ConsoleClient.connect(entry.console, 2000)
    const { lines } = await client.command('port/allprint --json')
    client.close()
    return JSON.parse(lines[0] ?? '[]') as PortRow[]
  } catch { return [] }
}

const capture = async (program: Program, values: Values): Promise<void> => {
  const name = values.text('extcap-interface') ?? ''
  const fifo = values.text('fifo')
  if (fifo === undefined) throw new UsageError('Cannot capture: --fifo is missing')
  const match = /^vde-(\d+)-(\d+)$/.exec(name)
  const entry = switches(registryDir()).find(({ pid }) => pid === Number(match?.[1]))
  if (entry === undefined) throw new VdeError('ENXIO', `capture "${name}"`, 'no switch of this user has such a port')
  const snapLen = Number(values.text('snaplen') ?? WHOLE_FRAME)
  const filter = values.text('extcap-capture-filter') ?? ''
  await record(program, { console: entry.console, port: Number(match?.[2]), snapLen, filter, openOutput: () => ({ fd: openSync(fifo, 'w'), name: fifo }) })
}

const install = (): void => {
  const target = realpathSync(process.argv[1] ?? '')
  const home = process.env['HOME']
  if (home === undefined) throw new VdeError('ENOENT', 'install', 'HOME is not set')
  for (const place of PLACES) {
    const path = join(home, place, 'vde_extcap')
    link(target, path)
    print(`${path}\n`)
  }
}

/** Replaces a link, and nothing else. */
const link = (target: string, path: string): void => {
  mkdirSync(dirname(path), { recursive: true })
  const found = lookAt(path)
  if (found?.isSymbolicLink() === true) {
    if (readlinkSync(path) === target) return
    unlinkSync(path)
  } else if (found !== undefined) throw new VdeError('EEXIST', `install "${path}"`, 'something else is there')
  symlinkSync(target, path)
}
