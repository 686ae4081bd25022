import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { memoryPair } from '@vde-ts/link/memory.js'
import type { FrameSink, Link } from '@vde-ts/link'
import { quietSink, settle } from '@vde-ts/link/testing.js'
import { Rejoin, STABLE_MS, type RejoinOptions } from './rejoin.ts'

/** 50, 100, ... 500 ms. */
const pauseMs = (attempt: number): number => Math.min(500, 50 * 2 ** Math.min(attempt, 10))

/** A network that can be taken away, a clock moved by hand, and everything that was said. */
class Bench {
  readonly said: string[] = []
  readonly pauses: number[] = []
  readonly seen: string[] = []
  far: Link | null = null
  isThere = true
  opened = 0
  #now = 0
  #due: Array<{ at: number, run: () => void }> = []

  readonly sink: FrameSink = {
    onFrame: (_buf, _off, len) => { this.seen.push(`frame ${len}`) },
    onWritable: () => { this.seen.push('writable') },
    onUp: () => { this.seen.push('up') },
    onDown: () => { this.seen.push('down') },
    onClose: () => { this.seen.push('close') }
  }

  readonly rejoin: Rejoin

  constructor (isRepeatable = true, more: Partial<RejoinOptions> = {}) {
    this.rejoin = new Rejoin(this.sink, {
      label: 'vde:///x',
      isRepeatable,
      open: async sink => this.#open(sink),
      pauseMs,
      resetMs: STABLE_MS,
      comfort: '; the interface stays',
      ...more,
      world: {
        say: text => { this.said.push(text) },
        later: (run, ms) => this.#later(run, ms),
        now: () => this.#now
      }
    })
  }

  #open (sink: FrameSink): Link {
    if (!this.isThere) throw new Error('nobody')
    this.opened++
    const [near, far] = memoryPair(sink, { ...quietSink, onFrame: (_buf, _off, len) => { this.seen.push(`out ${len}`) } })
    this.far = far
    far.resume()
    return near
  }

  #later (run: () => void, ms: number): () => void {
    this.pauses.push(ms)
    const entry = { at: this.#now + ms, run }
    this.#due.push(entry)
    return () => { this.#due = this.#due.filter(other => other !== entry) }
  }

  get planned (): number { return this.#due.length }

  async pass (ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      const next = this.#due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#now = next.at
      this.#due = this.#due.filter(other => other !== next)
      next.run()
      await new Promise(resolve => { setImmediate(resolve) }) // the opener is asynchronous
    }
    this.#now = end
  }
}

const frame = new Uint8Array(128)
const test = suite('Rejoin')

test('the first failure is the caller\'s', async () => {
  const bench = new Bench()
  bench.isThere = false
  let message = ''
  await bench.rejoin.start().catch((error: Error) => { message = error.message })
  assert.is(message, 'nobody')
  assert.is(bench.planned, 0)
})

test('passes frames both ways', async () => {
  const bench = new Bench()
  await bench.rejoin.start()
  bench.rejoin.link.resume()
  assert.ok(bench.rejoin.link.send(frame, 32, 60))
  bench.far?.send(frame, 32, 70)
  assert.equal(bench.seen, ['out 60', 'frame 70'])
})

test('a loss is told once, frames sent meanwhile are lost and counted, and the return is told', async () => {
  const bench = new Bench()
  await bench.rejoin.start()
  bench.rejoin.link.resume()
  await bench.pass(10 * STABLE_MS)
  bench.isThere = false
  bench.far?.close()
  assert.ok(bench.rejoin.link.send(frame, 32, 60))
  assert.equal([bench.rejoin.link.isUp, bench.rejoin.link.downDrops], [false, 1])
  await bench.pass(3000)
  assert.equal(bench.said, ['vde:///x: connection lost, joining again; the interface stays'])
  assert.equal(bench.pauses.slice(0, 5), [50, 100, 200, 400, 500])
  bench.isThere = true
  await bench.pass(600)
  assert.equal(bench.said.slice(1), ['vde:///x: joined again'])
  assert.ok(bench.rejoin.link.send(frame, 32, 60))
  bench.far?.send(frame, 32, 70)
  assert.equal(bench.seen, ['down', 'up', 'out 60', 'frame 70'])
  assert.ok(bench.rejoin.link.isUp)
})

test('a pause made while away holds', async () => {
  const bench = new Bench()
  await bench.rejoin.start()
  bench.rejoin.link.resume()
  bench.far?.close()
  bench.rejoin.link.pause()
  await bench.pass(100)
  assert.is(bench.opened, 2)
  assert.not.ok(bench.far?.send(frame, 32, 70))
})

test('a second loss, much later, is told again and starts with a short pause', async () => {
  const bench = new Bench()
  await bench.rejoin.start()
  for (let i = 0; i < 2; i++) {
    await bench.pass(5000)
    bench.far?.close()
    await bench.pass(100)
  }
  assert.is(bench.said.length, 4)
  assert.equal(bench.pauses, [50, 50])
})

test('one that comes and goes is told of a few times only, with growing pauses', async () => {
  const bench = new Bench()
  await bench.rejoin.start()
  for (let i = 0; i < 30; i++) {
    bench.far?.close()
    await bench.pass(pauseMs(i))
  }
  assert.is(bench.opened, 31)
  assert.equal(bench.said.map(line => line.slice(10)), [
    'connection lost, joining again; the interface stays', 'joined again', 'lost again at once, still trying'
  ])
  await bench.pass(STABLE_MS)
  assert.is(bench.said.at(-1), 'vde:///x: joined again')
})

test('what cannot be opened again is told once, and frames are dropped', async () => {
  const bench = new Bench(false)
  await bench.rejoin.start()
  bench.far?.close()
  assert.ok(bench.rejoin.link.send(frame, 32, 60))
  assert.is(bench.planned, 0)
  assert.equal(bench.said, ['vde:///x: connection lost for good; the interface stays, without a network'])
})

test('close ends the tries, and a link that opens too late', async () => {
  const bench = new Bench()
  await bench.rejoin.start()
  bench.far?.close()
  const opening = bench.pass(50)
  bench.rejoin.link.close()
  await opening
  assert.is(bench.planned, 0)
  assert.not.ok(bench.seen.includes('close'))
})

test('a full medium that goes owes its sender nothing more', async () => {
  const bench = new Bench()
  await bench.rejoin.start()
  bench.far?.pause()
  assert.not.ok(bench.rejoin.link.send(frame, 32, 60))
  bench.far?.close()
  assert.equal(bench.seen, ['down', 'writable'])
})

test('down and up of the medium itself are passed on, and one that stays down is opened anew', async () => {
  const bench = new Bench(true, { patienceMs: 20_000 })
  await bench.rejoin.start()
  await bench.pass(STABLE_MS)
  const first = bench.far
  first?.setCarrier?.(false)
  first?.setCarrier?.(true)
  first?.setCarrier?.(false)
  assert.equal(bench.seen, ['down', 'up', 'down'])
  await bench.pass(19_999)
  assert.is(bench.opened, 1)
  await bench.pass(100)
  assert.equal([bench.opened, bench.seen.at(-1)], [2, 'up'])
})

test('away from the start: told, down, and up once it is there', async () => {
  const bench = new Bench()
  bench.isThere = false
  bench.rejoin.startAway(new Error('nobody'))
  await bench.pass(500)
  assert.equal([bench.said, bench.seen, bench.rejoin.link.isUp], [['vde:///x: not there yet (nobody), still trying'], [], false])
  bench.isThere = true
  await bench.pass(500)
  assert.equal([bench.said.length, bench.seen], [2, ['up']])
})

test('a loss that is the end is told to the sink, and nothing else is', async () => {
  let isOver = false
  const bench = new Bench(true, { isOver: () => isOver })
  await bench.rejoin.start()
  bench.far?.close()
  await bench.pass(100)
  assert.equal([bench.opened, bench.seen], [2, ['down', 'up']])
  isOver = true
  bench.far?.close()
  await bench.pass(1000)
  assert.equal([bench.opened, bench.planned, bench.seen.slice(2)], [2, 0, ['down', 'close']])
  assert.equal(bench.said.length, 2)
})

/** What a watcher of the network says, and whether anybody listens. */
class Signs {
  say: (() => void) | null = null
  readonly watch = (onSign: () => void): () => void => {
    this.say = onSign
    return () => { this.say = null }
  }
}

test('a sign has the network tried at once, and pauses begin anew; nobody listens while it is there', async () => {
  const signs = new Signs()
  const bench = new Bench(true, { watch: signs.watch })
  await bench.rejoin.start()
  assert.is(signs.say, null)
  await bench.pass(5000)
  bench.isThere = false
  bench.far?.close()
  await bench.pass(3000)
  assert.is(bench.pauses.at(-1), 500)
  signs.say!()
  await settle()
  assert.equal([bench.opened, bench.planned, bench.pauses.at(-1)], [1, 1, 50])
  bench.isThere = true
  signs.say!()
  await settle()
  assert.equal([bench.opened, bench.rejoin.link.isUp, bench.planned], [2, true, 0])
  assert.is(signs.say, null)
  bench.far?.close()
  bench.rejoin.link.close()
  assert.is(signs.say, null)
})

test('a sign while a try is under way has it tried once more if that fails', async () => {
  const signs = new Signs()
  let fail: (() => void) | null = null
  let tries = 0
  const bench = new Bench(true, {
    watch: signs.watch,
    open: async () => await new Promise((_resolve, reject) => {
      tries++
      fail = () => { reject(new Error('too early')) }
    })
  })
  bench.rejoin.startAway(new Error('nobody'))
  signs.say!()
  signs.say!()
  assert.is(tries, 1)
  fail!()
  await settle()
  assert.equal([tries, bench.planned], [2, 0])
  fail!()
  await settle()
  assert.equal([tries, bench.planned], [2, 1])
})

/** A bench whose network opens down, and waits 100 ms at first for it to come up. */
const waiting = (): Bench => {
  const bench: Bench = new Bench(true, {
    firstMs: 100,
    open: async (sink) => {
      const [near, far] = memoryPair(sink, quietSink)
      far.setCarrier!(false)
      bench.far = far
      return near
    }
  })
  return bench
}

test('the first opening waits for a network that opens down, and says nothing when it comes up', async () => {
  const bench = waiting()
  const started = bench.rejoin.start()
  await settle()
  bench.far!.setCarrier!(true)
  await started
  assert.equal([bench.said, bench.planned, bench.rejoin.link.isUp], [[], 0, true])
})

test('a network that ends before it was up is a failure of the first opening', async () => {
  const bench = waiting()
  const started = bench.rejoin.start().then(() => 'started', () => 'failed')
  await settle()
  bench.far!.close()
  assert.is(await started, 'failed')
  assert.equal([bench.said, bench.planned], [[], 0])
})

test('a network that stays down for longer is waited for while it is in use', async () => {
  const bench = waiting()
  const started = bench.rejoin.start()
  await settle()
  await bench.pass(100)
  await started
  assert.is(bench.rejoin.link.isUp, false)
})

test('renew opens the network anew at once, and nobody is told of a loss', async () => {
  const bench = new Bench()
  await bench.rejoin.start()
  bench.rejoin.renew()
  assert.not.ok(bench.rejoin.link.isUp)
  await settle()
  assert.ok(bench.rejoin.link.isUp)
  assert.equal([bench.opened, bench.seen, bench.said, bench.planned], [2, ['down', 'up'], [], 0])
})

test('renew while the network is away leaves that to the next try', async () => {
  const bench = new Bench()
  await bench.rejoin.start()
  bench.isThere = false
  bench.rejoin.renew()
  await settle()
  bench.rejoin.renew()
  assert.is(bench.planned, 1)
  bench.isThere = true
  await bench.pass(100)
  assert.equal([bench.opened, bench.rejoin.link.isUp], [2, true])
})

test.run()
