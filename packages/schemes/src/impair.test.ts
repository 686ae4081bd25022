import { existsSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HEADROOM, loop } from '@vde-ts/link'
import { Recorder, lentFrame, settle, until } from '@vde-ts/link/testing.js'
import { ImpairedLink } from '@vde-ts/impair'
import { engineOf } from './impairment.ts'
import { openVnl } from './registry.ts'
import { descriptors, refusal, scratch } from './testing.ts'

const test = suite('impair://')

/** Opens an impaired network and a station at its other end. */
const pair = async (words: string, dir: string): Promise<{ link: ImpairedLink, far: Recorder, close (): void }> => {
  const far = new Recorder()
  const host = await openVnl(`hub://${dir}/net`, far)
  const link = await openVnl(`impair://[${words}]{vde://${dir}/net}`, new Recorder())
  assert.ok(link instanceof ImpairedLink)
  host.resume()
  link.resume()
  return { link, far, close () { link.close(); host.close() } }
}

test('a frame arrives not before its delay; rate and seed are set', async () => {
  const dir = scratch()
  const { link, far, close } = await pair('delay=30ms/in.loss=5%/rate=10mbit/seed=7', dir.path)
  assert.equal([link.seed, link.in.settings.loss.base, link.out.settings.loss.base], [7, 5, 0])
  const start = performance.now()
  link.send(lentFrame(60), HEADROOM, 60)
  await far.until((s) => s.frames.length === 1, 'the frame')
  const took = performance.now() - start
  assert.ok(took >= 30 && took < 500, `${took} ms`)
  close()
  dir.remove()
})

test('a schedule begins at once, and ends with the link', async () => {
  const dir = scratch()
  writeFileSync(`${dir.path}/s`, '0 down\n0.02 down=off delay=1ms\n3600 delay=2ms\n')
  const before = engineOf(loop).nodes
  const { link, close } = await pair(`schedule="${dir.path}/s"`, dir.path)
  assert.is(link.isUp, false)
  await until(() => link.isUp, 'the second line')
  assert.is(link.out.settings.delay.base, 1e6)
  close()
  assert.is(engineOf(loop).nodes, before)
  dir.remove()
})

test('mgmt= has a console that changes the link while frames pass, and goes with it', async () => {
  const dir = scratch()
  const socket = `${dir.path}/m`
  const { link, close } = await pair(`delay=30ms/fifo=off/mgmt="${socket}"/mgmtmode=0600`, dir.path)
  assert.equal([statSync(socket).mode & 0o777, link.out.isFifo, link.out.settings.queueFrames], [0o600, false, 1000])
  const client = connect(socket)
  client.write('set out.delay=5ms in.loss=1%\n')
  await until(() => link.in.settings.loss.base === 1, 'the change')
  assert.equal([link.out.settings.delay.base, link.in.settings.delay.base], [5e6, 30e6])
  client.destroy()
  close()
  assert.not.ok(existsSync(socket))
  dir.remove()
})

for (const [words, code] of [
  ['delay=5', 'EINVAL'], ['x=1', 'EINVAL'], ['in.seed=1', 'EINVAL'], ['schedule="/nonexistent"', 'ENOENT'], ['table="/dev"', 'EINVAL'], ['seed=x', 'EINVAL'], ['mgmt="/nonexistent/m"', 'ENOENT'], ['mgmt=m/mgmtmode=9', 'EINVAL']
] as const) {
  test(`[${words}] is refused, with nothing opened`, async () => {
    const dir = scratch()
    const before = descriptors()
    const error = await refusal(openVnl(`impair://[${words}]{hub://"${dir.path}/net"}`, new Recorder()))
    assert.is(error.code, code)
    await settle()
    assert.equal(descriptors(), before)
    dir.remove()
  })
}

test('without a network inside it is no VNL', async () => {
  assert.is((await refusal(openVnl('impair://[delay=1ms]', new Recorder()))).code, 'EINVAL')
  assert.is((await refusal(openVnl('impair://[delay=1ms]{vde:///nonexistent}', new Recorder()))).code, 'ENOENT')
})

test.run()
