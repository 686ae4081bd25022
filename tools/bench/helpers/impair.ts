/**
 * Impaired links in real time: `impair.ts LINKS RATE DELAY_MS SECONDS` sends RATE frames a second in all, in turn over
 * LINKS links between memory, each DELAY_MS long, and prints one line of JSON: how late they came out, in ms, how many
 * were lost, and the octets an idle link takes.
 */
import { HEADROOM, loop, type Link } from '@vde-ts/link'
import { LoopTimer } from '@vde-ts/link/loop-timer.js'
import { memoryPair } from '@vde-ts/link/memory.js'
import { native } from '@vde-ts/native'
import { ImpairedLink, change, NOTHING, fixed } from '@vde-ts/impair'
import { engineOf } from '@vde-ts/schemes/impairment.js'

const [links = 1, rate = 1000, delayMs = 1, seconds = 1] = process.argv.slice(2).map(Number)
const LEN = 60
const engine = engineOf(loop)
const total = Math.floor(rate * seconds)
const lateness = new Float64Array(total)
const sentAt = new Float64Array(total)
const frame = new Uint8Array(HEADROOM + LEN)
const view = new DataView(frame.buffer)
const clock = new Float64Array(1)
let arrived = 0

const OPTIONS = { seed: 1 }
const sink = { onWritable () {}, onUp () {}, onDown () {}, onClose () {} }
const near = { ...sink, onFrame () {} }
const far = {
  ...sink,
  onFrame (buf: Uint8Array, off: number): void {
    native.clockRead(clock)
    const serial = (buf[off + 14]! << 24) | (buf[off + 15]! << 16) | (buf[off + 16]! << 8) | buf[off + 17]!
    lateness[arrived++] = clock[0]! - sentAt[serial]! - delayMs * 1e6
    if (arrived === total) setImmediate(report)
  }
}

const resident = (): number => {
  globalThis.gc?.()
  return process.memoryUsage.rss()
}

const makeLinks = (count: number): Link[] => Array.from({ length: count }, () => {
  const link = new ImpairedLink(engine, near, OPTIONS)
  const [inner, other] = memoryPair(link, far)
  link.connect(inner)
  link.out.settings = delayed
  link.resume()
  other.resume()
  return link
})

const report = (): void => {
  timer.close()
  const sorted = lateness.subarray(0, arrived).map((ns) => ns / 1e6).sort()
  const at = (share: number): number => sorted[Math.min(arrived - 1, Math.floor(arrived * share))] ?? NaN
  process.stdout.write(`${JSON.stringify({ median: at(0.5), p99: at(0.99), early: sorted[0]! < 0 ? 1 : 0, lost: total - arrived, octetsPerLink })}\n`)
  process.exit()
}

const delayed = change(NOTHING, { delay: fixed(delayMs * 1e6) })
const before = resident()
const all = makeLinks(links)
const octetsPerLink = (resident() - before) / links

let sent = 0
native.clockRead(clock)
const start = clock[0]! + 50e6
const next = new Float64Array(1)
const timer = new LoopTimer(loop, () => {
  native.clockRead(clock)
  while (sent < total && start + sent * 1e9 / rate <= clock[0]!) {
    view.setUint32(HEADROOM + 14, sent)
    sentAt[sent] = engine.now()
    all[sent % links]!.send(frame, HEADROOM, LEN)
    sent++
  }
  next[0] = start + sent * 1e9 / rate
  if (sent < total) timer.arm(next)
})
next[0] = start
timer.arm(next)
setTimeout(report, seconds * 1000 + delayMs + 2000)
