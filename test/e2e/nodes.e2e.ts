/**
 * `hub://`, `switch://`, `multi://` and `bonding://`: clients of Debian's, cables that are killed under traffic, and clients
 * that want to hurt their owner.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { BROADCAST, PlugPipe, meet, ours, peer, probe, probeText, run, test, waitFor, type Scene } from './kit/index.ts'

const PLUG = ours('vde_plug')
/** Set by nodes.long.ts. */
const isLong = process.env['E2E_LONG'] !== undefined

for (const kind of ['multi', 'bonding'] as const) {
  test(`${kind}://: C clients hear the host, and not each other`, { needs: ['vde_plug'], ours: ['vde_plug'] }, async (scene) => {
    const dir = scene.path('node')
    const host = new PlugPipe(scene, [PLUG, `${kind}://${dir}`], 1)
    await scene.exists(`${dir}/ctl`)
    const a = new PlugPipe(scene, [peer('vde_plug'), dir], 2)
    await meet(host, a)
    const b = new PlugPipe(scene, [PLUG, dir], 3)
    a.frames.length = 0
    // In turn: the greeting of one of two has to be repeated until both heard one.
    await waitFor(() => {
      host.say('hello')
      b.say('from b')
      return a.heard('hello') && b.heard('hello') && host.heard('from b')
    }, 5000, 'greetings')
    assert.ok(!a.heard('from b'))
  })

  test(`${kind}://: one of two cables is killed under 1000 frames/s`, { ours: ['vde_plug'], ms: 60_000 }, async (scene) => {
    const sent = await mobility(scene, kind)
    const { heard, lost, lastLostMs } = sent
    assert.ok(heard > SECONDS * 600, `${heard} heard`)
    if (kind === 'multi') assert.equal(lost, 0)
    else {
      assert.ok(lost <= 100, `${lost} lost`)
      assert.ok(lastLostMs <= 1000, `the last loss ${lastLostMs} ms after the kill`)
    }
  })
}

/** Seconds of traffic. */
const SECONDS = isLong ? 10 : 4

interface Loss { readonly heard: number, readonly lost: number, readonly lastLostMs: number }

/** Both ends are a group; two cables join them. Frames are numbered, 1000/s; one cable is killed at half-time. */
const mobility = async (scene: Scene, kind: string): Promise<Loss> => {
  scene.leaves(/./)
  const [left, right] = [scene.path('left'), scene.path('right')]
  const a = new PlugPipe(scene, [PLUG, `${kind}://${left}`], 1)
  const b = new PlugPipe(scene, [PLUG, `${kind}://${right}`], 2)
  for (const dir of [left, right]) await scene.exists(`${dir}/ctl`)
  const cables = [0, 1].map(() => scene.start([PLUG, left, right]))
  await meet(a, b)
  // The second cable is there too when two greetings in a row come through it and the first.
  await waitFor(() => {
    a.say('both')
    return b.frames.filter((frame) => probeText(frame) === 'both').length >= 2
  }, 5000, 'the second cable')
  const start = performance.now()
  let count = 0
  let killedAt = 0
  const total = SECONDS * 1000
  while (count < total) {
    const due = Math.min(total, performance.now() - start)
    for (; count < due; count++) a.send(probe(BROADCAST, a.address, `n${count}`, 60))
    if (killedAt === 0 && count >= total / 2) {
      killedAt = count
      cables[0]!.kill('SIGKILL')
    }
    await new Promise((resolve) => { setTimeout(resolve, 5) })
  }
  const numbers = new Set<number>()
  const collect = (): boolean => {
    for (const frame of b.frames) {
      const match = /^n(\d+)$/.exec(probeText(frame))
      if (match !== null) numbers.add(Number(match[1]))
    }
    return numbers.has(total - 1) || (kind === 'bonding' && numbers.has(total - 2))
  }
  await waitFor(collect, 5000, 'the last frame')
  const lost = Array.from({ length: total }, (_, i) => i).filter((i) => !numbers.has(i))
  return { heard: numbers.size, lost: lost.length, lastLostMs: (lost.at(-1) ?? killedAt) - killedAt }
}

/** CPU time of a process, in ms. */
const cpuMs = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

const HOSTILE = 1000
const WATCH_MS = isLong ? 10_000 : 1500

for (const kind of ['hub', 'switch', 'multi', 'bonding']) {
  test(`${kind}://: ${HOSTILE} half-open, short and silent clients cost their owner nothing`, { ours: ['vde_plug'], ms: 60_000 }, async (scene) => {
    const dir = scene.path('node')
    const host = new PlugPipe(scene, [PLUG, `${kind}://${dir}`], 1)
    await scene.exists(`${dir}/ctl`)
    const sockets: Socket[] = []
    scene.atEnd(() => { for (const socket of sockets) socket.destroy() })
    for (let i = 0; i < HOSTILE; i++) {
      const socket = connect(`${dir}/ctl`)
      socket.on('error', () => {})
      sockets.push(socket)
      if (i % 4 === 1) socket.write(Buffer.alloc(i % 100, i))
      if (i % 4 === 2) socket.end()
      if (i % 4 === 3) socket.end(Buffer.from('cefaedfe03000000', 'hex'))
      if (i % 50 === 0) await new Promise((resolve) => { setImmediate(resolve) })
    }
    const guest = new PlugPipe(scene, [PLUG, dir], 2)
    await meet(host, guest)
    const before = cpuMs(host.proc.pid)
    // What it costs is only seen over time.
    await new Promise((resolve) => { setTimeout(resolve, WATCH_MS) })
    const used = cpuMs(host.proc.pid) - before
    assert.ok(used < WATCH_MS * 0.02 + 10, `${used} ms of CPU in ${WATCH_MS} ms`)
    await meet(host, guest)
  })
}

run()
