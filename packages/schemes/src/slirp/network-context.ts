/** What the console of a slirp network shows and changes. */
import { VdeError } from '@vde-ts/link'
import type { SlirpContext } from '@vde-ts/console'
import type { ForwardTable } from './forward-table.ts'
import {
  ANY_ADDRESS, FORWARD_KINDS, formatForward, forwardAddress, forwardKey, parseForward, type Forward, type ForwardKind
} from './forwards.ts'
import type { SlirpSettings } from './settings.ts'

/** See above. */
export const networkContext = (settings: SlirpSettings, forwards: ForwardTable): SlirpContext => ({
  facts: () => settingLines(settings),
  forwards: () => forwards.list().map((forward) => ({ kind: forward.kind, text: formatForward(forward) })),
  addForward (kind, text) { forwards.add(parseForward(kindOf(kind), text)) },
  removeForward (kind, place) { forwards.remove(find(forwards.list(), kindOf(kind), place)) },
  connections: () => forwards.connections()
})

const kindOf = (word: string): ForwardKind => {
  const kind = FORWARD_KINDS.find((one) => one === word)
  if (kind !== undefined) return kind
  throw new VdeError('EINVAL', 'read the kind', `got "${word}", want one of ${FORWARD_KINDS.join(', ')}`)
}

/** A place without an address means the only forward of its kind and port. */
const find = (list: readonly Forward[], kind: ForwardKind, place: string): string => {
  const found = list.filter((forward) => forward.kind === kind && (place === String(forward.port) ||
    place === `${forwardAddress(forward)}:${forward.port}` || `${kind} ${place}` === forwardKey(forward)))
  const [only] = found
  if (only === undefined) throw new VdeError('ENOENT', `remove ${kind} ${place}`, 'there is no such forward')
  if (found.length > 1) throw new VdeError('EINVAL', `remove ${kind} ${place}`, 'there are several, ADDRESS:PORT is wanted')
  return forwardKey(only)
}

const onOff = (isOn: boolean): string => isOn ? '1' : '0'
const orNull = (text: string): string => text === '' ? '(null)' : text

/** The table that `verbose` prints, as the C plugin has it. */
export function * settingLines (settings: SlirpSettings): Generator<string> {
  const facts: ReadonlyArray<readonly [name: string, value: string]> = [
    ['restricted', onOff(settings.isRestricted)],
    ['ipv4-enable', onOff(settings.isIpv4)],
    ['ipv4-network', settings.network],
    ['ipv4-netmask', settings.mask],
    ['ipv4-host', settings.host],
    ['ipv6-enabled', onOff(settings.isIpv6)],
    ['ipv6-prefix', settings.prefix6],
    ['ipv6-preflen', String(settings.prefixLen6)],
    ['ipv6-host', settings.host6],
    ['hostname', settings.hostname],
    ['tftp-servname', orNull(settings.tftpServerName)],
    ['tftp-path', orNull(settings.tftpPath)],
    ['bootfile', orNull(settings.bootFile)],
    ['dhcp-start', settings.hasDhcp ? settings.dhcp : '(null)'],
    ['ipv4-vDNS', settings.nameServer],
    ['ipv6-vDNS', settings.nameServer6],
    ['vDNS-search', settings.search.join(' ')],
    ['vdomainname', orNull(settings.domainName)],
    ['MTU(0=def)', String(settings.mtu)],
    ['MRU(0=def)', String(settings.mru)],
    ['disable-lback', onOff(!settings.hasLoopback)]
  ]
  for (const [name, value] of facts) yield `${name.padEnd(13)} ${value}`.trimEnd()
  for (const forward of settings.forwards) yield forwardLine(forward)
}

const forwardLine = (forward: Forward): string => {
  const { kind, port } = forward
  const name = `${kind}fwd`
  if ('guest' in forward) return `${name} host   ${forward.host} ${port} -> guest ${forward.guest} ${forward.guestPort}`
  const address = forward.address === ANY_ADDRESS ? 'any' : forward.address
  return `${name.padEnd(13)} gw ${address} ${port} -> ${kind === 'unix' ? `host ${forward.target}` : `'${forward.target}'`}`
}
