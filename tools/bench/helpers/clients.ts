/**
 * Many clients of a switch in one process, ordered about by lines of JSON: one order on standard input, one answer on
 * standard output. It speaks the vde protocol, so it serves both suites alike, and its own cost is the same for both.
 *
 *     {"op":"join","vnl":"vde:///tmp/sw","count":512}    {"joined":512}
 *     {"op":"broadcast","seconds":2}                     {"perSecond":..,"sent":..,"lost":..}
 *     {"op":"converse","seconds":2,"addresses":100000}   the same
 *     {"op":"flood","seconds":2}                         the same
 *
 * A sender keeps at most WINDOW frames under way, as told by what has arrived: an unpaced one would measure how fast
 * frames are thrown away. When nothing has arrived for STALL_MS the window is taken for lost and opened again; what was really
 * lost is counted at the end.
 */
import { createInterface } from 'node:readline'
import type { FrameSink, Link } from '@vde-ts/link'
import { HEADROOM } from '@vde-ts/link/link.js'
import { setMac } from '@vde-ts/frame/ethernet.js'
import { openVnl } from '@vde-ts/schemes/registry.js'

/** Octets of a frame of 64 without its check sequence. */
const LEN = 60
const WINDOW = 64
/** A broadcast under way is hundreds of frames. */
const BROADCAST_WINDOW = 16
const STALL_MS = 200
/** Longest warm-up. */
const WARM_SECONDS = 120
/** First 16 bits of every address here: local, unicast. */
const LOCAL = 0x0200
/** Stations take numbers from here, away from those of the addresses that are only claimed. */
const STATION = 0x7f000000

interface Order {
  readonly op: string
  readonly vnl: string
  readonly count: number
  readonly seconds: number
  readonly addresses: number
}
interface Outcome { readonly perSecond: number, readonly sent: number, readonly lost: number }

let received = 0

const sink: FrameSink = {
  onFrame () { received++ },
  onWritable () {},
  onUp () {},
  onDown () {},
  onClose () { closed++ }
}
let closed = 0
const links: Link[] = []

const frame = new Uint8Array(HEADROOM + LEN)
frame[HEADROOM + 12] = 0x88 // local experimental ethertype
frame[HEADROOM + 13] = 0xb5

const address = (hi: number, toLo: number, fromLo: number): void => {
  setMac(frame, HEADROOM, hi, toLo)
  setMac(frame, HEADROOM + 6, LOCAL, fromLo)
}

const join = async (vnl: string, count: number): Promise<{ joined: number }> => {
  for (let i = 0; i < count; i++) {
    const link = await openVnl(vnl, sink, { description: 'bench' })
    link.resume()
    links.push(link)
  }
  return { joined: links.length }
}

/**
 * Sends for `seconds`. `sendOne(i)` sends the i-th frame and answers whether it was taken; each makes `copies` arrive.
 * @param window frames under way at most
 * @param most frames after which it ends early
 */
const run = async (
  seconds: number, copies: number, window: number, sendOne: (i: number) => boolean, most: number = Infinity
): Promise<Outcome> => {
  const start = performance.now()
  const end = start + seconds * 1000
  const before = received
  let sent = 0
  let settled = 0 // frames that have arrived, or are given up for now
  let lastSeen = received
  let lastMove = start
  for (;;) {
    const now = performance.now()
    if (now >= end || sent >= most) break
    if (received !== lastSeen) {
      settled = Math.min(sent, settled + (received - lastSeen) / copies) // what was given up may still come
      lastSeen = received
      lastMove = now
    } else if (now - lastMove > STALL_MS) {
      settled = sent
      lastMove = now
    }
    while (sent - settled < window && sendOne(sent)) sent++
    await turn()
  }
  const perSecond = (received - before) / ((performance.now() - start) / 1000)
  await silence()
  return { perSecond, sent, lost: Math.max(0, Math.round(sent - (received - before) / copies)) }
}

const turn = async (): Promise<void> => { await new Promise((resolve) => { setImmediate(resolve) }) }

/** Waits until nothing has arrived for STALL_MS. */
const silence = async (): Promise<void> => {
  let seen: number
  do {
    seen = received
    await new Promise((resolve) => { setTimeout(resolve, STALL_MS) })
  } while (seen !== received)
}

/** Everybody says who it is, so that the switch knows where they are. */
const announce = async (): Promise<void> => {
  for (const [i, link] of links.entries()) {
    address(0xffff, -1, STATION + i)
    link.send(frame, HEADROOM, LEN)
    await turn()
  }
  await silence()
}

const broadcast = async (seconds: number): Promise<Outcome> => await run(seconds, links.length - 1, BROADCAST_WINDOW, () => {
  address(0xffff, -1, STATION)
  return links[0]!.send(frame, HEADROOM, LEN)
})

/** Station 0 claims each address in turn and writes to station 1, which answers each in turn: learning, and looking up. */
const converse = async (seconds: number, addresses: number): Promise<Outcome> => {
  const [left, right] = [links[0]!, links[1]!]
  const sendOne = (i: number): boolean => {
    const number = (i >> 1) % addresses
    const isAnswer = (i & 1) === 1
    if (isAnswer) address(LOCAL, number, STATION + 1)
    else address(LOCAL, STATION + 1, number)
    return (isAnswer ? right : left).send(frame, HEADROOM, LEN)
  }
  await announce()
  // Every address once before the clock runs, whatever time that takes.
  await run(WARM_SECONDS, 1, WINDOW, sendOne, addresses * 2)
  return await run(seconds, 1, WINDOW, sendOne)
}

/** All but the last station write to the last as fast as the switch takes it: no window, this one is meant to hurt. */
const flood = async (seconds: number): Promise<Outcome> => {
  await announce()
  const last = links.length - 1
  return await run(seconds, 1, Infinity, (i) => {
    const from = i % last
    address(LOCAL, STATION + last, STATION + from)
    // After each round let the loop turn, or nothing is ever flushed.
    return (i % 96 !== 95 || (floodPause = !floodPause)) && links[from]!.send(frame, HEADROOM, LEN)
  })
}
let floodPause = false

const obey = async (order: Order): Promise<unknown> => {
  if (order.op === 'join') return await join(order.vnl, order.count)
  if (order.op === 'broadcast') return await broadcast(order.seconds)
  if (order.op === 'converse') return await converse(order.seconds, order.addresses)
  if (order.op === 'flood') return await flood(order.seconds)
  throw new RangeError(`Cannot obey: order "${order.op}"`)
}

const answer = (value: unknown): void => { process.stdout.write(`${JSON.stringify(value)}\n`) }

const input = createInterface({ input: process.stdin })
input.on('line', (line) => {
  obey(JSON.parse(line) as Order).then(
    (value) => { answer(closed > 0 ? { error: `${closed} clients were cut off` } : value) },
    (error: unknown) => { answer({ error: String(error) }) })
})
input.on('close', () => {
  for (const link of links) link.close()
  process.exit()
})
process.once('SIGTERM', () => { input.close() })
