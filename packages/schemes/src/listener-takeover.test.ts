/** A listener that goes on in another one, as in another process: clients keep their place, requests their octets. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { existsSync, readdirSync } from 'node:fs'
import { native, DGRAM, IN, SEQPACKET, STREAM } from '@vde-ts/native'
import { HEADROOM, loop } from '@vde-ts/link'
import { Recorder, depart, lentFrame, settle, until } from '@vde-ts/link/testing.js'
import { stateOf, stateText } from '@vde-ts/link/state-text.js'
import { encodeRequest } from '@vde-ts/frame/control.js'
import { Switch, type SwitchSnapshot } from '@vde-ts/switch'
import { serveOn } from './switch-server.ts'
import { openVnl } from './registry.ts'
import { descriptors, scratch, served, type Served } from './testing.ts'
import type { VdeListener } from './listener.ts'

const takeover = suite('VdeListener.from')

interface Moved { readonly bridge: Switch, readonly listener: VdeListener, close (): void }

/** As in another process: the switch is made of its text, too. */
const move = (net: Served): Moved => {
  const bridge = Switch.from(stateOf(stateText(net.bridge.snapshot())) as SwitchSnapshot, 5)
  const { state, arrival, start } = depart((departure) => net.listener.snapshot(departure))
  const listener = serveOn(state, arrival, bridge, {
    path: net.path, mode: 0o600, dirMode: 0o2700, gid: -1, mgmtMode: 0o600, mgmtGid: -1, loop, action: 'start the switch', log () {}
  })
  start()
  return {
    bridge,
    listener,
    close () {
      bridge.close()
      listener.close()
    }
  }
}

/** Without the inspector, who stays for a while. */
const open = (): string[] => descriptors().filter((one) => !one.endsWith('[pidfd]'))

const inSwitch = async (body: (net: Served) => Promise<void>): Promise<void> => {
  const dir = scratch()
  await settle()
  const before = open()
  const net = served(`${dir.path}/sw`)
  await body(net)
  net.close()
  await settle()
  assert.equal(open(), before)
  dir.remove()
}

takeover('clients go on, ports and files stay, new ones are let in, and the end removes everything', async () => {
  await inSwitch(async (net) => {
    const [one, two] = [new Recorder(), new Recorder()]
    const a = await openVnl(net.path, one)
    const b = await openVnl(net.path, two)
    a.resume()
    b.resume()
    const names = readdirSync(net.path).sort()
    const next = move(net)
    assert.equal(readdirSync(net.path).sort(), names)
    assert.is(next.listener.clients, 2)
    for (let i = 0; i < 50; i++) a.send(lentFrame(60, i), HEADROOM, 60)
    await two.until((r) => r.frames.length === 50, 'the frames')
    const c = await openVnl(net.path, new Recorder())
    assert.is(next.bridge.ports().filter((port) => port.isActive).length, 3)
    b.close()
    await until(() => !next.bridge.port(2).isActive, 'the end of one')
    assert.not.ok(existsSync(`${net.path}/002.2`))
    next.close()
    await one.until((r) => r.closes === 1, 'the end')
    assert.not.ok(existsSync(net.path))
    for (const link of [a, c]) link.close()
  })
})

takeover('a request of which a part has arrived is completed there, one that has said nothing as well', async () => {
  await inSwitch(async (net) => {
    const data = native.unixSocket(DGRAM)
    const path = `${net.path}/.00001-00001`
    native.bindUnix(data, path)
    const address = new Uint8Array(110)
    address[0] = 1
    address.set(Buffer.from(path), 2)
    const request = encodeRequest({ port: 7, address: path, description: 'half' })
    const [half, silent] = [native.unixSocket(STREAM), native.unixSocket(STREAM)]
    for (const fd of [half, silent]) assert.is(native.connectUnix(fd, `${net.path}/ctl`), 0)
    native.write(half, request, 0, 20)
    await until(() => net.listener.pending === 2, 'both')
    await settle()
    const next = move(net)
    assert.is(next.listener.pending, 2)
    native.write(half, request, 20, request.length - 20)
    await until(() => next.bridge.ports().some((port) => port.number === 7 && port.isActive), 'the port')
    assert.is(next.bridge.port(7).endpoints[0]?.description, 'half')
    assert.ok((native.poll(half, IN, 1000) & IN) !== 0)
    native.write(silent, Buffer.from('nonsense!'), 0, 9)
    await until(() => next.listener.pending === 0, 'the other')
    for (const fd of [half, silent, data]) native.close(fd)
    await until(() => next.listener.clients === 0, 'its end')
    next.close()
  })
})

takeover('a connection to attach that has sent nothing is heard there', async () => {
  await inSwitch(async (net) => {
    const fd = native.unixSocket(SEQPACKET)
    assert.is(native.connectUnix(fd, `${net.path}/attach`), 0)
    await settle()
    const next = move(net)
    const request = Buffer.from('{"v":1,"kind":"unheard of","descr":"x"}')
    native.sendDescriptors(fd, request, 0, request.length, Int32Array.of(0))
    const answer = Buffer.alloc(4096)
    let count = -11
    await until(() => (count = native.receive(fd, answer, 0, answer.length)) !== -11, 'an answer')
    assert.match(answer.toString('utf8', 0, count), '"errno":95')
    native.close(fd)
    next.close()
  })
})

takeover('when the old one goes on, nothing has changed for anybody', async () => {
  await inSwitch(async (net) => {
    const two = new Recorder()
    const a = await openVnl(net.path, new Recorder())
    const b = await openVnl(net.path, two)
    b.resume()
    const before = readdirSync(net.path)
    net.listener.snapshot({ descriptor: (fd) => fd })
    assert.equal(readdirSync(net.path), before)
    a.send(lentFrame(60, 1), HEADROOM, 60)
    await two.until((r) => r.frames.length === 1, 'the frame')
    for (const link of [a, b]) link.close()
  })
})

takeover.run()
