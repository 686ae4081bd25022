/**
 * What tests of links share: a sink that remembers, and deadlines; and from `@vde-ts/frame/testing.js` hex, seeded
 * chance, frames, octets per run. Not part of the product, but exported, because every package tests with it.
 */
import { testFrame } from '@vde-ts/frame/testing.js'
import { native } from '@vde-ts/native'
import { HEADROOM, type FrameSink } from './link.ts'
import { loop } from './loop.ts'
import type { Arrival, Departure } from './part.ts'
import { stateOf, stateText } from './state-text.ts'

export * from '@vde-ts/frame/testing.js'

/** Remembers copies of all frames, and what else happened. Overwrites the lent octets when told to, to catch aliasing. */
export class Recorder implements FrameSink {
  readonly frames: Uint8Array[] = []
  writable = 0
  ups = 0
  downs = 0
  closes = 0
  /** Of the last onDown or onClose. */
  why: Error | undefined
  /** Run on every frame after it was kept. */
  onEach: ((buf: Uint8Array, off: number, len: number) => void) | null = null
  #waiting: Array<() => void> = []

  onFrame (buf: Uint8Array, off: number, len: number): void {
    this.frames.push(new Uint8Array(buf.subarray(off, off + len)))
    this.onEach?.(buf, off, len)
    this.#wake()
  }

  onWritable (): void {
    this.writable++
    this.#wake()
  }

  onUp (): void {
    this.ups++
    this.#wake()
  }

  onDown (why?: Error): void {
    this.downs++
    this.why = why
    this.#wake()
  }

  onClose (why?: Error): void {
    this.closes++
    this.why = why
    this.#wake()
  }

  /** Resolves when `done` is true; it is asked again whenever something happened. */
  async until (done: (self: this) => boolean, what: string, ms: number = DEADLINE_MS): Promise<void> {
    await within(ms, this.#until(done), () => `${what}; have ${this.frames.length} frames, writable ${this.writable}, ups ${this.ups}, downs ${this.downs}, closes ${this.closes}`)
  }

  async #until (done: (self: this) => boolean): Promise<void> {
    while (!done(this)) await new Promise<void>((resolve) => { this.#waiting.push(resolve) })
  }

  #wake (): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

/** For links whose delivery does not matter. */
export const quietSink: FrameSink = { onFrame () {}, onWritable () {}, onUp () {}, onDown () {}, onClose () {} }

/** A test frame as a link with offload wants it: HEADROOM octets in front, its offload header zero. Its length is `len`. */
export const lentFrame = (len: number, serial?: number): Uint8Array => lentCopy(testFrame(len, serial))

/** The same of a frame that is given. */
export const lentCopy = (frame: Uint8Array): Uint8Array => {
  const lent = new Uint8Array(HEADROOM + frame.length)
  lent.set(frame, HEADROOM)
  return lent
}

/** Time an event may take on a loaded machine before its test fails. */
export const DEADLINE_MS = 5000

/** The promise, or an error naming `what` after `ms` milliseconds. */
export const within = async <T> (ms: number, promise: Promise<T>, what: string | (() => string)): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`Waited ${ms} ms for ${typeof what === 'string' ? what : what()}`))
    }, ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Resolves when `done` is true, asking after each turn of libuv; an error naming `what` after `ms` milliseconds. */
export const until = async (done: () => boolean, what: string, ms: number = DEADLINE_MS): Promise<void> => {
  const start = performance.now()
  while (!done()) {
    if (performance.now() - start > ms) throw new Error(`Waited ${ms} ms for ${what}`)
    await new Promise((resolve) => { setImmediate(resolve) })
  }
}

/** Lets `count` turns of libuv pass: what was going to happen by itself has happened. */
export const settle = async (count: number = 5): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => { setImmediate(resolve) })
}

/** Something on its way to another process, which this one plays as well. */
export interface Journey<S> {
  readonly state: S
  readonly arrival: Arrival
  /** The descriptors of the old process. */
  readonly left: readonly number[]
  /** The old process has let go. */
  start (): void
}

/**
 * Takes a snapshot as another process would get it, with descriptors of its own. The old side stands still from now on: its
 * descriptors are not watched any more. Close the new side first, then the old one, which finds its files removed.
 */
export const depart = <S extends object>(take: (departure: Departure) => S): Journey<S> => {
  const left: number[] = []
  const state = stateOf(stateText(take({ descriptor: (fd) => left.push(fd) - 1 }))) as S
  const copies = left.map((fd) => native.duplicate(fd, 3))
  for (const fd of left) loop.remove(fd)
  const starts: Array<() => void> = []
  const arrival: Arrival = { descriptor: (ticket) => copies[ticket]!, atStart: (start) => { starts.push(start) } }
  return { state, arrival, left, start () { for (const start of starts) start() } }
}
