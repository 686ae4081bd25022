/**
 * From a VNL to an open link: which text it stands for, which schemes it names, and then outermost first.
 *
 * The whole of a VNL is read before anything of it is opened: a mistake in the innermost network costs nothing.
 */
import { VdeError, loop as processLoop, type FrameSink, type Link, type Loop } from '@vde-ts/link'
import { VnlError, isSchemeName, nearest, parseTail, parseVnl, splitScheme, type VnlNode } from '@vde-ts/vnl'
import type { OpenContext, Scheme } from './scheme.ts'
import { agnoScheme } from './agno.ts'
import { cmdScheme } from './cmd.ts'
import { geneveScheme } from './geneve.ts'
import { locate, type Located } from './locate.ts'
import { dgramScheme } from './dgram.ts'
import { impairScheme } from './impair.ts'
import { macvtapScheme } from './macvtap.ts'
import { bondingScheme, hubScheme, multiScheme, switchScheme } from './netnode.ts'
import { nullScheme } from './null.ts'
import { packetScheme, pcapScheme } from './packet.ts'
import { pcapFileScheme } from './pcap-file.ts'
import { ptp2Scheme, ptpScheme } from './ptp.ts'
import { restartScheme } from './restart.ts'
import { seqpacketScheme } from './seqpacket.ts'
import { slirpScheme } from './slirp/scheme.ts'
import { tapScheme } from './tap.ts'
import { loadThirdParty, thirdPartyNames } from './third-party.ts'
import { streamListenScheme, streamScheme } from './stream-socket.ts'
import { tcpListenScheme, tcpScheme } from './tcp.ts'
import { udpScheme } from './udp.ts'
import { vdeScheme } from './vde.ts'
import { vdeslScheme } from './vdesl.ts'
import { wirefilterScheme } from './wirefilter/scheme.ts'
import { vlanScheme } from './vlan.ts'
import { vxlanScheme } from './vxlan.ts'
import { vxvdeScheme } from './vxvde.ts'

/** How to open: what the C library calls open arguments, and the world. Everything may be absent. */
export interface OpenOptions {
  /** Shown by the switch; ` user=… pid=…` is appended there. Absent: `vde-ts`. */
  readonly description?: string
  /** Port of the switch: 0 or absent any, negative port zero. */
  readonly port?: number
  /** Group name or number of our data socket. */
  readonly group?: string
  /** Mode of our data socket; 0 or absent: 0700. */
  readonly mode?: number
  /** True: frames with work left to do can be passed on, as a Wire does. Never for VNLs within others. */
  readonly takesOffload?: boolean
  /** Absent: the process's. */
  readonly loop?: Loop
  /** Lines for whoever runs the program; absent: dropped. */
  readonly log?: (line: string) => void
  /** `bitsPerSec` of the link may have changed. */
  readonly onRate?: () => void
}

const BUILT_IN: readonly Scheme[] = [
  vdeScheme,
  switchScheme,
  hubScheme,
  multiScheme,
  bondingScheme,
  ptpScheme,
  ptp2Scheme,
  streamScheme,
  streamListenScheme,
  dgramScheme,
  tcpScheme,
  tcpListenScheme,
  udpScheme,
  tapScheme,
  macvtapScheme,
  packetScheme,
  pcapScheme,
  vdeslScheme,
  cmdScheme,
  seqpacketScheme,
  vxlanScheme,
  geneveScheme,
  vxvdeScheme,
  slirpScheme,
  nullScheme,
  restartScheme,
  pcapFileScheme,
  vlanScheme,
  agnoScheme,
  impairScheme,
  wirefilterScheme
]

const schemes = new Map<string, Scheme>(BUILT_IN.map((scheme) => [scheme.name, scheme]))

/** Every scheme that is loaded, in the order they were registered. */
export const listSchemes = (): Scheme[] => [...schemes.values()]

/**
 * Loads every scheme that packages of others offer, for those who list them.
 * @returns why some could not be loaded
 */
export const loadSchemes = async (): Promise<Error[]> => {
  const problems: Error[] = []
  for (const name of thirdPartyNames()) {
    if (schemes.has(name)) continue
    try {
      const loaded = await loadThirdParty(name)
      if (loaded !== null) schemes.set(name, loaded)
    } catch (error) {
      problems.push(error as Error)
    }
  }
  return problems
}

/**
 * Adds a scheme, or replaces one of the same name.
 * @throws {TypeError} a name that no VNL can have
 */
export const registerScheme = (scheme: Scheme): void => {
  if (!isSchemeName(scheme.name)) {
    throw new TypeError(`Cannot register a scheme: its name is "${scheme.name}", a-z, then a-z 0-9 + . - is wanted`)
  }
  schemes.set(scheme.name, scheme)
}

/**
 * Opens a VNL. The link is paused: nothing is delivered to `sink` before `resume`.
 * @throws {VdeError} EPROTONOSUPPORT unknown scheme, EINVAL text that is no VNL, and what the medium says
 */
export const openVnl = async (vnl: string, sink: FrameSink, options: OpenOptions = {}): Promise<Link> => {
  const context: OpenContext = {
    loop: options.loop ?? processLoop,
    description: options.description ?? 'vde-ts',
    port: options.port ?? 0,
    group: options.group ?? '',
    mode: options.mode ?? 0,
    takesOffload: options.takesOffload ?? false,
    log: options.log ?? (() => {}),
    onRate: options.onRate ?? (() => {}),
    open: async (inner, innerSink, takesOffload = false) => await openVnl(inner, innerSink, { ...options, takesOffload })
  }
  const { scheme, tail } = (await readVnl(vnl)).top
  try {
    return await scheme.open(tail, sink, context)
  } catch (error) {
    throw asVdeError(vnl, error)
  }
}

/** One network of a VNL. */
export interface Level extends Pick<VnlNode, 'text' | 'at' | 'tail'> {
  readonly scheme: Scheme
  readonly inner: Level | null
}

/** A VNL that was understood, and nothing of it opened. */
export interface ReadVnl extends Located {
  readonly top: Level
}

/**
 * Reads a VNL, loading the schemes of others that it names.
 * @throws {VdeError} EPROTONOSUPPORT unknown scheme, EINVAL text that is no VNL, ENOEXEC a package that is no scheme
 */
export const readVnl = async (vnl: string): Promise<ReadVnl> => {
  for (;;) {
    let missing = ''
    try {
      const located = locate(vnl)
      const node = parseVnl(located.vnl, (name) => {
        missing = schemes.has(name) ? missing : name
        return schemes.get(name) ?? UNKNOWN
      })
      if (missing === '') return { ...located, top: checked(levelOf(node)) }
    } catch (error) {
      // What follows an unknown scheme cannot be judged before its grammar is there.
      if (missing === '') throw asVdeError(vnl, error)
    }
    const loaded = await loadThirdParty(missing)
    if (loaded === null) throw unknownScheme(vnl, missing)
    schemes.set(missing, loaded)
  }
}

/** In place of a scheme that is not loaded: nothing behind it is read. */
const UNKNOWN: Scheme = { ...nullScheme }

/** A bare path is the tail of `vde`. */
const levelOf = ({ text, at, grammar, tail, inner }: VnlNode<Scheme>): Level => ({
  text,
  at,
  scheme: grammar ?? vdeScheme,
  tail: grammar === null ? parseTail(text, vdeScheme, at) : tail,
  inner: inner === null ? null : levelOf(inner)
})

/** @throws {SyntaxError | VdeError} a value that its scheme cannot read */
const checked = (top: Level): Level => {
  for (let level: Level | null = top; level !== null; level = level.inner) level.scheme.check?.(level.tail)
  return top
}

const asVdeError = (vnl: string, error: unknown): unknown => {
  if (!(error instanceof SyntaxError)) return error
  const text = error instanceof VnlError ? error.message.replace('Cannot read VNL: ', '') : error.message
  return new VdeError('EINVAL', `open "${vnl}"`, text, { cause: error })
}

/** The scheme and tail that `vnl` stands for, after the default network and one redirection. @throws {SyntaxError} */
export const resolveVnl = (vnl: string): { readonly name: string, readonly text: string } => {
  const { scheme, tail } = splitScheme(locate(vnl).vnl)
  return { name: scheme ?? vdeScheme.name, text: tail }
}

const unknownScheme = (vnl: string, name: string): VdeError => {
  const known = [...new Set([...schemes.keys(), ...thirdPartyNames()])].sort()
  const near = nearest(name, known)
  return new VdeError('EPROTONOSUPPORT', `open "${vnl}"`,
    `there is no scheme "${name}"${near === null ? '' : `, the nearest is "${near}"`}; known are ${known.join(', ')}`)
}
