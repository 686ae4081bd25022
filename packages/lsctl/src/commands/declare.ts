/** settings, net, phys, virt, attach, detach, claimLocal. */
import { OVERLAY_TYPES } from '@vde-ts/model/model.js'
import { TclError } from '../tcl/error.ts'
import type { Interpreter, Run } from '../tcl/interpreter.ts'
import { readOptions, wholeWord, type Given } from './options.ts'
import { told, type Session } from './session.ts'
import { readInt, readIp, readMac, vidOfName } from './values.ts'

const MAX_INT = 0x7fffffff
const MAX_PORT = 65535

type Declare = (session: Session) => Run

const settings: Declare = (session) => (words) => {
  session.allow('settings', ['root'])
  const given = readOptions(words, { name: true, port: true, mcastIp: true }, 1, 'settings')
  const [typed] = given.words
  if (typed === undefined) throw new TclError('wrong # args: settings wants a type')
  const type = wholeWord(typed, OVERLAY_TYPES, 'overlay type')
  const port = given.text('port')
  told(() => session.network.addSettings(type, {
    name: given.text('name') ?? 'default',
    port: port === undefined ? undefined : readInt(port, 1, MAX_PORT),
    group: given.has('mcastIp') ? readIp(given.text('mcastIp')!) : undefined
  }))
  return ''
}

const net: Declare = (session) => async (words, interpreter) => {
  session.allow('net', ['root', 'phys'])
  const given = readOptions(words, { vid: true, settings: true, phys: true, remove: false }, 2, 'net')
  const [name, block] = given.words
  if (name === undefined) throw new TclError('wrong # args: net wants a name')
  const phys = session.supplied('phys', given.text('phys'))
  const vid = given.has('vid') ? readInt(given.text('vid')!, 0, MAX_INT) : 0
  const known = session.network.model.nets.find((one) => one.name === name)
  if (given.has('remove')) { told(() => { session.network.removeNet(name) }); return '' }
  if (known === undefined) told(() => session.network.addNet(given.text('settings') ?? 'default', vid === 0 ? vidOfName(name) : vid, name))
  else if (given.has('settings')) throw new TclError(`the settings of net ${name} cannot be changed`)
  else if (vid !== 0 && vid !== known.vid) throw new TclError(`the vid of net ${name} is ${known.vid} and cannot be changed`)
  if (phys !== null) told(() => { session.network.attach(name, phys) })
  await body(session, 'net', name, block, interpreter)
  return ''
}

const body = async (
  session: Session, kind: 'net' | 'phys' | 'virt', name: string, block: string | undefined, interpreter: Interpreter
): Promise<void> => {
  if (block !== undefined) await session.within(kind, name, async () => await interpreter.eval(block))
}

/** An attribute that is set and cleared at once is neither. */
const attribute = (given: Given, set: string, clear: string, apply: (value: string | null) => void): void => {
  if (given.has(set) && given.has(clear)) throw new TclError(`-${set} and -${clear} exclude each other`)
  if (given.has(set)) told(() => { apply(given.text(set)!) })
  else if (given.has(clear)) told(() => { apply(null) })
}

const PHYS = { name: true, if: true, ip: true, net: true, ifClear: false, ipClear: false, remove: false } as const

const phys: Declare = (session) => async (words, interpreter) => {
  session.allow('phys', ['root', 'net'])
  const given = readOptions(words, PHYS, 1, 'phys')
  const { network } = session
  const wanted = given.text('name')
  const inNet = session.supplied('net', given.text('net'))
  const isKnown = network.model.physes.some(({ name }) => name === wanted)
  if (given.has('remove')) {
    if (wanted === undefined) throw new TclError('-remove wants the -name of a phys')
    told(() => { network.removePhys(wanted) })
    return ''
  }
  if (given.has('ip')) readIp(given.text('ip')!)
  const name = isKnown ? wanted! : told(() => network.addPhys(wanted)).name
  attribute(given, 'if', 'ifClear', (value) => { network.setIface(name, value) })
  attribute(given, 'ip', 'ipClear', (value) => { network.setIp(name, value) })
  if (inNet !== null) told(() => { network.attach(inNet, name) })
  await body(session, 'phys', name, given.words[0], interpreter)
  return ''
}

const VIRT = { net: true, name: true, mac: true, macClear: false, phys: true, if: true, remove: false } as const

const virt: Declare = (session) => async (words, interpreter) => {
  session.allow('virt', ['root', 'net', 'phys'])
  const given = readOptions(words, VIRT, 1, 'virt')
  const { network } = session
  const inNet = session.supplied('net', given.text('net'))
  if (inNet === null) throw new TclError('virt wants its net, by -net or the block around it')
  const wanted = given.text('name')
  const known = network.model.virts.find(({ net: of, name }) => of === inNet && name === wanted)
  if (given.has('remove')) {
    if (wanted === undefined) throw new TclError('-remove wants the -name of a virt')
    told(() => { network.removeVirt(inNet, wanted) })
    return ''
  }
  if (given.has('mac')) readMac(given.text('mac')!)
  const at = session.supplied('phys', given.text('phys'))
  const iface = given.text('if') ?? (known?.phys === at ? known?.iface ?? undefined : undefined)
  if (at !== null && iface === undefined) throw new TclError('a virt that is connected wants its interface, by -if')
  if (at === null && given.has('if')) throw new TclError('-if wants the phys it is on, by -phys or the block around it')
  const name = known === undefined ? told(() => network.addVirt(inNet, wanted)).name : known.name
  attribute(given, 'mac', 'macClear', (value) => { network.setMac(inNet, name, value) })
  if (at !== null) told(() => { network.connect(inNet, name, at, iface!) })
  const before = session.scope
  session.scope = { ...before, net: inNet }
  try { await body(session, 'virt', name, given.words[0], interpreter) } finally { session.scope = before }
  return ''
}

/** attach and detach: a net and a phys, a net and a list of physes, or a phys and a list of nets. */
const pair = (session: Session, command: 'attach' | 'detach'): Run => (words) => {
  session.allow(command, ['root', 'net', 'phys'])
  const given = readOptions(words, { phys: true, net: true }, Infinity, command)
  const [inNet, onPhys] = [session.supplied('net', given.text('net')), session.supplied('phys', given.text('phys'))]
  const list = given.words
  if ((inNet === null ? 0 : 1) + (onPhys === null ? 0 : 1) + (list.length === 0 ? 0 : 1) !== 2) {
    throw new TclError(`${command} wants two of a net, a phys, and a list of the other`)
  }
  const pairs = list.length === 0 ? [[inNet, onPhys]] : list.map((one) => inNet === null ? [one, onPhys] : [inNet, one])
  for (const [of, on] of pairs) told(() => { session.network[command](of!, on!) })
  return ''
}

const claimLocal: Declare = (session) => (words) => {
  session.allow('claimLocal', ['root', 'phys'])
  const given = readOptions(words, { phys: true }, Infinity, 'claimLocal')
  const one = session.supplied('phys', given.text('phys'))
  if ((one === null) === (given.words.length === 0)) throw new TclError('claimLocal wants a list of physes, or one by -phys or the block around it')
  for (const name of one === null ? given.words : [one]) told(() => { session.network.claimLocal(name) })
  return ''
}

/** The commands. */
export const declareCommands = (session: Session): Readonly<Record<string, Run>> => ({
  settings: settings(session),
  net: net(session),
  phys: phys(session),
  virt: virt(session),
  attach: pair(session, 'attach'),
  detach: pair(session, 'detach'),
  claimLocal: claimLocal(session)
})
