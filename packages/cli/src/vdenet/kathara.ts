/**
 * Kathará's labs as network files: `lab.conf` says who is on which collision domain, `NODE.startup` what each runs.
 *
 *     pc1[0]="A"            interface eth0 of pc1 on net A           pc1[0]="A/02:00:00:00:00:01"    with this MAC
 *     pc1[image]="..."      passed over: programs are the host's     LAB_NAME="..."                  the name
 *
 * Pure: text in, text out. What is not carried over is said in comments of the file that comes of it.
 */
import { VdeError } from '@vde-ts/link/errors.js'

/** One device. */
interface Device {
  readonly interfaces: Map<number, { readonly net: string, readonly mac: string | null }>
  readonly passedOver: string[]
}

/** What a directory of Kathará holds. */
export interface KatharaLab {
  readonly conf: string
  /** Names of devices that have a `.startup` file, and of those that have a directory of files. */
  readonly startups: readonly string[]
  readonly directories: readonly string[]
  /** Absolute: where the files are. */
  readonly dir: string
}

const INTERFACE = /^([a-z0-9_-]+)\[(\d+)\]\s*=\s*"?([A-Za-z0-9_-]+)(?:\/((?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}))?"?$/
const OPTION = /^([a-z0-9_-]+)\[([a-z_0-9]+)\]\s*=/
const VARIABLE = /^([A-Z_]+)\s*=\s*"?([^"]*)"?$/

/** The network file. @throws {VdeError} EINVAL a line that cannot be read */
export const importKathara = (lab: KatharaLab): string => {
  const devices = new Map<string, Device>()
  const variables = new Map<string, string>()
  lab.conf.split('\n').forEach((text, i) => { readLine(text.trim(), i + 1, devices, variables) })
  for (const name of lab.startups) deviceOf(devices, name)
  const nets = new Set([...devices.values()].flatMap(({ interfaces }) => [...interfaces.values()].map(({ net }) => net)))
  const title = ['LAB_NAME', 'LAB_DESCRIPTION', 'LAB_AUTHOR'].flatMap((key) => variables.get(key) ?? [])
  return [
    `# From a lab of Kathará${title.length === 0 ? '' : `: ${title.join(', ')}`}.`,
    'vdenet: 1',
    'nets:',
    ...[...nets].sort().map((net) => `  ${net}:`),
    'nodes:',
    ...[...devices].flatMap(([name, device]) => nodeLines(name, device, lab)),
    ''
  ].join('\n')
}

const readLine = (text: string, line: number, devices: Map<string, Device>, variables: Map<string, string>): void => {
  if (text === '' || text.startsWith('#')) return
  const [, device, number, net, mac] = INTERFACE.exec(text) ?? []
  if (device !== undefined && net !== undefined) {
    const { interfaces } = deviceOf(devices, device)
    if (interfaces.has(Number(number))) throw refusal(line, `interface ${number} of ${device} is there twice`)
    interfaces.set(Number(number), { net, mac: mac?.toLowerCase() ?? null })
    return
  }
  const [, owner, option] = OPTION.exec(text) ?? []
  if (owner !== undefined && option !== undefined) return void deviceOf(devices, owner).passedOver.push(option)
  const [, key, value] = VARIABLE.exec(text) ?? []
  if (key === undefined || value === undefined) throw refusal(line, `found "${text.slice(0, 60)}", want DEVICE[NUMBER]="NET"`)
  variables.set(key, value)
}

const refusal = (line: number, why: string): VdeError => new VdeError('EINVAL', `read line ${line} of lab.conf`, why)

const deviceOf = (devices: Map<string, Device>, name: string): Device => {
  const known = devices.get(name)
  if (known !== undefined) return known
  const device = { interfaces: new Map(), passedOver: [] }
  devices.set(name, device)
  return device
}

const nodeLines = (name: string, { interfaces, passedOver }: Device, lab: KatharaLab): string[] => {
  const lost = [...passedOver.map((option) => `[${option}]`), ...lab.directories.includes(name) ? [`the files below ${name}/`] : []]
  const ports = [...interfaces].sort(([a], [b]) => a - b).map(([number, { net, mac }]) =>
    `      eth${number}: { net: ${net}${mac === null ? '' : `, mac: "${mac}"`} }`)
  return [
    ...lost.length === 0 ? [] : [`  # ${name}: not carried over: ${lost.join(', ')}`],
    `  ${name}:`,
    '    forward: true',
    `    dir: ${JSON.stringify(lab.dir)}`,
    ...ports.length === 0 ? [] : ['    if:', ...ports],
    ...lab.startups.includes(name) ? [`    run: [ "sh ${name}.startup" ]`] : []
  ]
}
