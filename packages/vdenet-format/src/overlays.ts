/** Hosts, nets, their overlays and guests. */
import { canonicalIp, canonicalMac } from '@vde-ts/model/address.js'
import type { Attachment, Net, OverlayType, Phys, Settings, Virt } from '@vde-ts/model/model.js'
import { OVERLAY_TYPES, isStatic, usualPort } from '@vde-ts/model/model.js'
import { nearestHint } from '@vde-ts/vnl/nearest.js'
import type { Path } from '@vde-ts/strict-yaml/finding.js'
import type { Notes } from './notes.ts'
import { policyOf, rateOf } from './policies.ts'
import type { RawFile, RawHost, RawNet, RawOverlay, RawVirt } from './raw.ts'

const isType = (text: string): text is OverlayType => (OVERLAY_TYPES as readonly string[]).includes(text)

/** The template that a type and its options are. */
const settingsOf = (notes: Notes, path: Path, name: string, type: OverlayType, raw: RawOverlay): Settings => {
  const usual = usualPort(type)
  if (usual === null && raw.port !== undefined) notes.refuse([...path, 'port'], `found a port, want none: ${type} has no UDP`)
  if (type !== 'vxlan/mcast' && raw.group !== undefined) notes.refuse([...path, 'group'], `found a group, want one for vxlan/mcast only, not for ${type}`)
  if (!isStatic(type) && raw.unknown !== undefined) notes.refuse([...path, 'unknown'], `found "unknown", want it for vxlan/static and geneve only: ${type} learns`)
  return {
    name,
    type,
    port: usual === null ? null : raw.port ?? usual,
    group: raw.group === undefined ? null : notes.value([...path, 'group'], raw.group, 'an address', canonicalIp),
    unknown: isStatic(type) ? raw.unknown ?? 'flood' : null
  }
}

/** The templates that are declared. Those that nets write in place join them, by what they say: equal ones are shared. */
export const templatesOf = (notes: Notes, file: RawFile): Map<string, Settings> => {
  const found = new Map<string, Settings>()
  for (const [name, raw] of Object.entries(file.overlays ?? {})) {
    const path = ['overlays', name]
    notes.declare('settings', name, path)
    if (isType(name)) notes.refuse(path, `found the type "${name}" as a name, want another name`)
    found.set(name, settingsOf(notes, path, name, raw.type as OverlayType, raw))
  }
  return found
}

/** Name of the template of a net, which it adds when it is written in place. */
const templateOf = (notes: Notes, path: Path, raw: RawNet, templates: Map<string, Settings>): string | null => {
  const options = (['port', 'group', 'unknown'] as const).filter((key) => raw[key] !== undefined)
  if (raw.overlay === undefined || templates.has(raw.overlay)) {
    for (const key of options) notes.refuse([...path, key], `found "${key}", want it beside a type of overlay, or in overlays`)
    return raw.overlay ?? null
  }
  if (!isType(raw.overlay)) {
    const known = [...OVERLAY_TYPES, ...templates.keys()]
    notes.refuse([...path, 'overlay'], `found "${raw.overlay.slice(0, 60)}", want one of ${known.join(', ')}`,
      'NAME_UNKNOWN', nearestHint(raw.overlay, known))
    return null
  }
  const name = [raw.overlay, ...options.map((key) => String(raw[key]))].join(':')
  if (!templates.has(name)) {
    notes.declare('settings', name, path)
    templates.set(name, settingsOf(notes, path, name, raw.overlay, raw))
  }
  return name
}

/** Nets with all that hangs on them. */
export const netsOf = (
  notes: Notes, file: RawFile, templates: Map<string, Settings>
): { nets: Net[], attachments: Attachment[], virts: Virt[] } => {
  const [nets, attachments, virts]: [Net[], Attachment[], Virt[]] = [[], [], []]
  for (const [name, given] of Object.entries(file.nets ?? {})) {
    const raw = given ?? {}
    const path = ['nets', name]
    notes.declare('net', name, path)
    const settings = templateOf(notes, path, raw, templates)
    const rate = (side: 'in' | 'out'): Net['rateIn'] => rateOf(notes, [...path, 'rate'], raw.rate, side)
    nets.push({ name, settings, vid: raw.vid ?? 0, rateIn: rate('in'), rateOut: rate('out') })
    // An overlay without a list of hosts is on all of them.
    const hosts = raw.hosts ?? (settings === null ? [] : Object.keys(file.hosts ?? {}))
    for (const phys of new Set(hosts)) {
      attachments.push({ net: name, phys })
      notes.declare('attachment', `${name}/${phys}`, raw.hosts === undefined ? path : [...path, 'hosts', raw.hosts.indexOf(phys)])
    }
    for (const [virt, one] of Object.entries(raw.virts ?? {})) virts.push(virtOf(notes, [...path, 'virts', virt], name, virt, one ?? {}))
  }
  return { nets, attachments, virts }
}

const virtOf = (notes: Notes, path: Path, net: string, name: string, raw: RawVirt): Virt => {
  notes.declare('virt', `${net}/${name}`, path)
  return {
    net,
    name,
    mac: raw.mac === undefined ? null : notes.value([...path, 'mac'], raw.mac, 'a MAC such as 06:00:00:00:00:01', canonicalMac),
    phys: raw.host ?? null,
    iface: raw.if ?? null,
    in: policyOf(notes, path, `${net}/${name}`, raw, 'in'),
    out: policyOf(notes, path, `${net}/${name}`, raw, 'out')
  }
}

/** Hosts. @param isLocal which of them is this machine, which no file says */
export const physesOf = (notes: Notes, file: RawFile, isLocal: (phys: Phys) => boolean): Phys[] =>
  Object.entries(file.hosts ?? {}).map(([name, given]) => physOf(notes, name, given ?? {}, isLocal))

const physOf = (notes: Notes, name: string, raw: RawHost, isLocal: (phys: Phys) => boolean): Phys => {
  const path = ['hosts', name]
  notes.declare('phys', name, path)
  const phys: Phys = {
    name,
    host: raw.host ?? name,
    iface: raw.if ?? null,
    ip: raw.ip === undefined ? null : notes.value([...path, 'ip'], raw.ip, 'an IPv4 or IPv6 address', canonicalIp),
    isLocal: false,
    rateIn: rateOf(notes, [...path, 'rate'], raw.rate, 'in'),
    rateOut: rateOf(notes, [...path, 'rate'], raw.rate, 'out')
  }
  return { ...phys, isLocal: isLocal(phys) }
}
