/**
 * `iplog`: who has which IP address. Of frames that come in, the source address is looked at if it lies in one of the ranges
 * asked for; seen for the first time, or at another port, it is an event and a line of the log:
 *
 *     ipv4 10.1.2.3 mac=02:00:00:00:00:01 port=1 vlan=0 user=root "what the endpoint says of itself"
 *
 * As in the original only headers without options (45) and of traffic class 0 to 15 (60) are looked at, behind one tag.
 */
import { big16, big32 } from '@vde-ts/frame/checksum.js'
import { etherType, IPV4, IPV6 } from '@vde-ts/frame/ethernet.js'
import { escapeControls } from '@vde-ts/frame/escape.js'
import { formatMac } from '@vde-ts/frame/mac.js'
import { tagControl } from '@vde-ts/frame/vlan.js'
import { VdeError } from '@vde-ts/link'
import { fromStart } from '@vde-ts/link/start-directory.js'
import { watchSwitch, type WireWatcher } from '@vde-ts/switch'
import { formatIp, MAPPED, parseIp } from '@vde-ts/switch/ip-address.js'
import type { Topic } from '../../events.ts'
import { IpTable, type IpEntry } from './ip-table.ts'
import { LogFile } from './log-file.ts'
import type { Plugin, PluginHost } from './plugin.ts'

/** Of one that is not told otherwise. */
export const GC_INTERVAL_SEC = 10
export const GC_EXPIRE_SEC = 360
const MOST_RANGES = 1024

/** Addresses that are looked at. */
export interface Range {
  readonly family: 4 | 6
  readonly words: readonly number[]
  readonly masks: readonly number[]
  /** Bits, counted in the address of its family. */
  readonly length: number
}

/** @see Plugin.snapshot */
export interface IplogState {
  /** A path, `-` for the log of the system, null for none. */
  readonly log: string | null
  readonly ranges: readonly Range[]
  readonly gcIntervalSec: number
  readonly gcExpireSec: number
  readonly entries: readonly IpEntry[]
}

/** Looks on from its birth to {@link Iplog.close}. */
export class Iplog implements Plugin, WireWatcher {
  readonly table: IpTable = new IpTable()
  gcIntervalSec: number = GC_INTERVAL_SEC
  gcExpireSec: number = GC_EXPIRE_SEC
  readonly #host: PluginHost
  readonly #newIp: Topic
  readonly #stops: ReadonlyArray<() => void>
  #ranges: readonly Range[] = []
  #log: LogFile | 'syslog' | null = null
  #sec = 0
  #nextGcSec = 0

  constructor (host: PluginHost, state?: IplogState) {
    this.#host = host
    this.#newIp = host.events.add({ path: 'iplog/newip', tag: 0o301, help: 'new ip address' })
    if (state !== undefined) this.#restore(state)
    const { sw } = host.context
    const ignore = sw.observe({ portRemoved: (port) => { this.table.forget((entry) => entry.port === port) } })
    this.#stops = [ignore, watchSwitch(sw, 'in', this)]
  }

  #restore (state: IplogState): void {
    this.#ranges = state.ranges
    this.gcIntervalSec = state.gcIntervalSec
    this.gcExpireSec = state.gcExpireSec
    for (const entry of state.entries) this.table.add({ ...entry, seenSec: 0 })
    try {
      if (state.log !== null) this.setLog(state.log)
    } catch (error) {
      if (!(error instanceof VdeError)) throw error
      this.#host.log(error.message)
    }
  }

  get ranges (): readonly Range[] { return this.#ranges }
  /** Path of the log, `-` for that of the system, null for none. */
  get log (): string | null { return this.#log === 'syslog' ? '-' : this.#log?.path ?? null }

  /** A path, `-` for the log of the system, empty for none. @throws {VdeError} the file's; the old one goes on */
  setLog (name: string): void {
    const log = name === '' ? null : name === '-' ? 'syslog' : new LogFile(fromStart(name))
    this.#closeLog()
    this.#log = log
  }

  /** @throws {VdeError} EINVAL, EEXIST, ENOSPC */
  addRange (text: string): void {
    const range = readRange(text)
    if (this.#ranges.some((one) => isSameRange(one, range))) throw new VdeError('EEXIST', `log ${text}`, 'it is in the list')
    if (this.#ranges.length >= MOST_RANGES) throw new VdeError('ENOSPC', `log ${text}`, `there are ${MOST_RANGES} ranges, take one out`)
    this.#ranges = [...this.#ranges, range]
  }

  /** These and no others. @throws {VdeError} EINVAL */
  setRanges (texts: readonly string[]): void { this.#ranges = texts.map(readRange) }

  /** @throws {VdeError} EINVAL, ENOENT */
  removeRange (text: string): void {
    const range = readRange(text)
    const left = this.#ranges.filter((one) => !isSameRange(one, range))
    if (left.length === this.#ranges.length) throw new VdeError('ENOENT', `end the log of ${text}`, 'it is not in the list')
    this.#ranges = left
  }

  onWireFrame (port: number, _isIn: boolean, buf: Uint8Array, off: number, len: number): void {
    const isTagged = etherType(buf, off) === 0x8100 && len >= 18
    const vlan = isTagged ? tagControl(buf, off) & 0xfff : 0
    const at = off + (isTagged ? 18 : 14)
    const type = big16(buf, at - 2)
    if (type === IPV4 && at + 20 <= off + len && buf[at] === 0x45) {
      this.#see(port, vlan, buf, off, 0, 0, MAPPED, big32(buf, at + 12))
    } else if (type === IPV6 && at + 40 <= off + len && buf[at] === 0x60) {
      this.#see(port, vlan, buf, off, big32(buf, at + 8), big32(buf, at + 12), big32(buf, at + 16), big32(buf, at + 20))
    }
  }

  onUncut (): void {}

  #see (port: number, vlan: number, buf: Uint8Array, off: number, a: number, b: number, c: number, d: number): void {
    if (!this.#isWanted(a, b, c, d)) return
    const known = this.table.find(vlan, a, b, c, d)
    if (known !== null) known.seenSec = this.#sec
    if (known?.port === port) return
    const entry = known ?? { words: [a, b, c, d] as const, vlan, port, mac: '', seenSec: this.#sec }
    entry.port = port
    entry.mac = formatMac(buf, off + 6)
    if (known === null && !this.table.add(entry)) return
    this.#tell(entry)
  }

  #isWanted (a: number, b: number, c: number, d: number): boolean {
    const ranges = this.#ranges
    for (let i = 0; i < ranges.length; i++) {
      const { words, masks } = ranges[i]!
      if (((d ^ words[3]!) & masks[3]!) === 0 && ((c ^ words[2]!) & masks[2]!) === 0 &&
        ((b ^ words[1]!) & masks[1]!) === 0 && ((a ^ words[0]!) & masks[0]!) === 0) return true
    }
    return false
  }

  #tell (entry: IpEntry): void {
    const line = this.lineOf(entry)
    const { port, vlan, mac } = entry
    this.#newIp.publish(line, { ip: formatIp(entry.words), port, vlan, mac })
    if (this.#log === 'syslog') this.#host.syslog(escapeControls(line))
    else this.#log?.add(`${timeText(new Date())} ${escapeControls(line)}`)
  }

  /** An entry as people read it. */
  lineOf ({ words, mac, port, vlan }: IpEntry): string {
    const { sw, names } = this.#host.context
    const found = sw.ports().find(({ number }) => number === port)
    const user = found === undefined || found.currentUser < 0 ? '(none)' : names.user(found.currentUser)
    const said = (found?.endpoints ?? []).map(({ description }) => ` "${description}"`).join('')
    return `ipv${familyOf(words)} ${formatIp(words)} mac=${mac} port=${port} vlan=${vlan} user=${user}${said}`
  }

  tick (): void {
    this.#sec++
    if (this.gcIntervalSec <= 0 || this.#sec < this.#nextGcSec) return
    this.#nextGcSec = this.#sec + this.gcIntervalSec
    this.table.forget((entry) => this.#sec - entry.seenSec >= this.gcExpireSec)
  }

  reopen (): void {
    if (this.#log === null || this.#log === 'syslog') return
    this.#log.add(`${timeText(new Date())} SIGHUP: closing file`)
    try {
      this.#log.reopen()
      this.#log.add(`${timeText(new Date())} SIGHUP: opening file`)
    } catch (error) {
      this.#host.log((error as Error).message)
    }
  }

  snapshot (): IplogState {
    const { gcIntervalSec, gcExpireSec } = this
    return { log: this.log, ranges: this.#ranges, gcIntervalSec, gcExpireSec, entries: [...this.table.list()] }
  }

  close (): void {
    for (const stop of this.#stops) stop()
    this.#host.events.remove(this.#newIp)
    this.#closeLog()
  }

  #closeLog (): void {
    if (this.#log !== null && this.#log !== 'syslog') this.#log.close()
    this.#log = null
  }
}

/** 4 for an address of IPv4, else 6. */
const familyOf = (words: readonly number[]): 4 | 6 => words[0] === 0 && words[1] === 0 && words[2] === MAPPED ? 4 : 6

/** The reverse of {@link readRange}. */
export const formatRange = ({ words, length }: Range): string => `${formatIp(words)}/${length}`

/** `10.0.0.0/8`, whatever the bits behind. @throws {VdeError} EINVAL */
export const readRange = (text: string): Range => {
  const [address = '', bits] = text.split('/')
  const words = parseIp(address)
  const family = address.includes(':') ? 6 : 4
  const most = family === 4 ? 32 : 128
  const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Infinity
  if (words === null || length > most) throw new VdeError('EINVAL', 'read a range', `got "${text}", want an address and bits such as 10.0.0.0/8`)
  const masks = [0, 32, 64, 96].map((from) => maskOf(Math.min(32, Math.max(0, length + 128 - most - from))))
  return { family, words: words.map((one, i) => one & masks[i]!), masks, length }
}

const maskOf = (bits: number): number => bits === 0 ? 0 : -1 << (32 - bits)

const isSameRange = (a: Range, b: Range): boolean =>
  a.family === b.family && a.length === b.length && a.words.every((one, i) => one === b.words[i])

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const timeText = (now: Date): string => {
  const pair = (value: number): string => String(value).padStart(2, '0')
  const day = String(now.getDate()).padStart(2)
  return `${MONTHS[now.getMonth()]} ${day} ${pair(now.getHours())}:${pair(now.getMinutes())}:${pair(now.getSeconds())}`
}
