/**
 * The JSON Schema (draft 7) of network files; vdenet.schema.json beside package.json is it, for
 * editors; `npm run man` writes that. Each `description` is also the end of an error message: "found X, want <description>".
 *
 * It says what a file looks like. What values mean (addresses, words of links, names of others) is read in the files beside.
 */
import { wordHelp } from '@vde-ts/impair/words.js'
import { OVERLAY_TYPES } from '@vde-ts/model/model.js'
import { RADIO } from './radio-schema.ts'

type Schema = Readonly<Record<string, unknown>>

const text = (description: string): Schema => ({ type: 'string', description })
const flag = (description: string): Schema => ({ type: 'boolean', description })
const word = (...words: readonly string[]): Schema => ({ enum: words })
const list = (items: Schema, description: string): Schema => ({ type: 'array', items, description })
const map = (values: Schema, names: Schema, description: string): Schema =>
  ({ type: 'object', propertyNames: names, additionalProperties: values, description })
const object = (properties: Readonly<Record<string, Schema>>, description: string, required: readonly string[] = []): Schema =>
  ({ type: 'object', additionalProperties: false, properties, required, description })
/** What may be left empty: `a:` is `a: {}`. */
const optional = (schema: Schema): Schema => ({ ...schema, type: ['object', 'null'] })
const number = (least: number, most: number): Schema =>
  ({ type: 'integer', minimum: least, maximum: most, description: `a whole number in ${least}..${most}` })

const NAME: Schema = {
  type: 'string',
  pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$',
  description: 'a name of at most 63 letters, digits, "_", "." and "-"'
}
const INTERFACE_NAME: Schema = { type: 'string', pattern: '^[^\\s/:]{1,15}$', description: 'an interface name of at most 15 characters without "/", ":", blanks' }

const IP = text('an IPv4 or IPv6 address')
const MAC = text('a MAC such as 06:00:00:00:00:01')
const MASKED_IP = text('an address, alone or with a prefix or mask: 10.0.0.0/8')
const MASKED_MAC = text('a MAC, alone or with a mask: 06:00:00:00:00:00/ff:00:00:00:00:00')
const PORTS: Schema = { type: ['integer', 'string'], description: 'a port or a range of ports: 80 or 8000-8080' }
const RATE = text('octets or bits a second with their unit: 10mbit')
const OCTETS = text('octets with their unit: 64kB')

const LIMIT: Schema = {
  ...object({ avg: RATE, burst: OCTETS, burstRate: RATE, mode: word('police', 'shape') }, 'a rate such as 10mbit, or a map with avg, burst, burstRate, mode', ['avg']),
  type: ['object', 'string']
}
/** What several objects have is written down once. */
const shared = (name: string): Schema => ({ $ref: `#/definitions/${name}` })

const RATES = object({ in: shared('limit'), out: shared('limit') }, 'a map with in and out')
const POLICY = object({ in: word('accept', 'drop'), out: word('accept', 'drop') }, 'a map with in and out')

const MATCHES: Readonly<Record<string, Schema>> = {
  srcMac: MASKED_MAC,
  dstMac: MASKED_MAC,
  srcIp: MASKED_IP,
  dstIp: MASKED_IP,
  srcSet: text('the name of a set'),
  dstSet: text('the name of a set'),
  etherType: { type: ['integer', 'string'], description: 'an EtherType, 0x0600..0xffff, or one of arp, ip, ipv6' },
  vlan: number(0, 4094),
  protocol: { type: ['integer', 'string'], description: 'an IP protocol, 0..255, or one of icmp, tcp, udp, icmpv6, sctp' },
  srcPort: PORTS,
  dstPort: PORTS,
  icmpType: number(0, 255),
  arpOperation: { enum: ['request', 'reply'] },
  arpSenderIp: MASKED_IP,
  arpTargetIp: MASKED_IP,
  arpSenderMac: MASKED_MAC,
  arpTargetMac: MASKED_MAC,
  state: list(word('new', 'established', 'related', 'invalid'), 'a list of new, established, related, invalid'),
  marked: { type: ['integer', 'string'], description: 'a mark, alone or with a mask: 1 or 0x10/0xff' }
}

const CHAIN_RULE: Readonly<Record<string, Schema>> = {
  prio: number(0, 32767),
  do: word('accept', 'drop', 'jump', 'return', 'mark', 'log'),
  chain: text('the name of a chain'),
  mark: number(0, 0xffffffff),
  name: text('a name'),
  ...MATCHES,
  not: list(word(...Object.keys(MATCHES)), 'a list of the keys of this rule that must not hold')
}
const RULES = list(object({ dir: word('in', 'out'), ...CHAIN_RULE }, 'a map of a rule', ['dir', 'do']), 'a list of rules')
const PORT: Readonly<Record<string, Schema>> = { rules: shared('rules'), policy: shared('policy'), rate: shared('rates') }

/** The value of a word of the impairment engine: one, or one for each direction. */
const wordOf = (sides: readonly [string, string]): Schema => ({
  type: ['string', 'number', 'boolean', 'object'],
  additionalProperties: false,
  properties: Object.fromEntries(sides.map((side) => [side, shared('word')])),
  description: `a value with its unit, or a map with ${sides.join(' and ')}`
})

const impairments = (definition: string): Readonly<Record<string, Schema>> =>
  Object.fromEntries(wordHelp().map(([name]) => [name, shared(definition)]))

const INTERFACE = optional(object({
  net: text('the name of a net'),
  vnl: text('a network by its VNL'),
  ip: { type: ['string', 'array'], items: text('an address with its prefix: 10.0.0.1/24'), description: 'an address with its prefix, or a list of them' },
  mac: MAC,
  mtu: number(68, 65521),
  impair: object(impairments('portWord'), 'a map of impairments'),
  ...PORT
}, 'a map of an interface'))

const NODE = optional(object({
  host: text('the name of a host'),
  if: map(INTERFACE, INTERFACE_NAME, 'a map of interfaces by name'),
  forward: flag('true or false'),
  nat: text('the name of an interface of this node'),
  routes: map(IP, text('default, or an address with its prefix'), 'a map of gateways by network: { default: 10.0.0.254 }'),
  run: { type: ['string', 'array'], items: text('a command line'), description: 'a command line, or a list of them' },
  dir: text('a directory')
}, 'a map of a node'))

const OVERLAY: Readonly<Record<string, Schema>> = {
  port: number(1, 65535), group: text('a multicast group'), unknown: word('flood', 'drop')
}

const VIRT = optional(object({
  host: text('the name of a host'),
  if: text('an interface of that host, or a VNL'),
  mac: MAC,
  ...PORT
}, 'a map of a guest'))

const NET = optional(object({
  overlay: text('a type of overlay, or the name of an entry of overlays'),
  ...OVERLAY,
  vid: number(0, 0xffffff),
  hosts: list(text('the name of a host'), 'a list of hosts'),
  virts: map(VIRT, NAME, 'a map of guests by name'),
  rate: shared('rates')
}, 'a map of a net'))

const HOST = optional(object({ ip: IP, if: text('an interface of that host, or a VNL'), host: text('the name of a host'), rate: shared('rates') }, 'a map of a host'))

const LINK = object({
  name: text('a name'),
  a: text('NODE:INTERFACE'),
  b: text('NODE:INTERFACE'),
  ...impairments('linkWord')
}, 'a map of a link', ['a', 'b'])

/** The schema. */
export const SCHEMA: Schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'A declared network of vdenet',
  definitions: {
    limit: LIMIT,
    rates: RATES,
    rules: RULES,
    policy: POLICY,
    word: { type: ['string', 'number', 'boolean'], description: 'a value with its unit' },
    portWord: wordOf(['in', 'out']),
    linkWord: wordOf(['a-b', 'b-a'])
  },
  ...object({
    vdenet: { const: 1, description: 'the version of this format: 1' },
    name: NAME,
    overlays: map(object({ type: word(...OVERLAY_TYPES), ...OVERLAY }, 'a map of an overlay', ['type']), NAME, 'a map of overlays by name'),
    nets: map(NET, NAME, 'a map of nets by name'),
    hosts: map(HOST, NAME, 'a map of hosts by name'),
    nodes: map(NODE, NAME, 'a map of nodes by name'),
    links: list(LINK, 'a list of links'),
    radios: map(RADIO, NAME, 'a map of radios by name'),
    chains: map(list(object(CHAIN_RULE, 'a map of a rule', ['do']), 'a list of rules'), NAME, 'a map of chains by name'),
    sets: map(list(text('an address'), 'a list of addresses'), NAME, 'a map of sets of addresses by name'),
    expect: list(text('an expectation such as: a ping b within 5s'), 'a list of expectations')
  }, 'a map with the keys of a network', ['vdenet'])
}
