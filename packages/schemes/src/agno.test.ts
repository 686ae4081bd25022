import { createCipheriv } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HEADROOM, type Link } from '@vde-ts/link'
import { Recorder, bytesPerRun, hex, lentCopy, quietSink, settle } from '@vde-ts/link/testing.js'
import { keyOf } from './agno-key.ts'
import { readType } from './agno.ts'
import { openVnl } from './registry.ts'
import { openNested, refusal, scratch, type Nested } from './testing.ts'

const KEY = '000102030405060708090a0b0c0d0e0f'
const MACS = '020000000001 020000000002'

interface Context { dir: ReturnType<typeof scratch>, key: string, links: Link[] }
const test = suite<Context>('agno://', { dir: null as never, key: '', links: [] })
test.before.each((context) => {
  context.dir = scratch()
  context.key = `${context.dir.path}/key`
  context.links = []
  writeFileSync(context.key, `${KEY}  -\n`)
})
test.after.each(({ dir, links }) => {
  for (const link of links) link.close()
  dir.remove()
})

/** A station with the key, and the bare network behind it. */
const open = async (context: Context, options = ''): Promise<Nested> => {
  const made = await openNested((inner) => `agno://${context.key}${options}{${inner}}`)
  context.links.push(made.link, made.far)
  return made
}

const send = (link: Link, octets: Uint8Array): void => { assert.ok(link.send(lentCopy(octets), HEADROOM, octets.length)) }

/** An encrypted frame written down here, by node:crypto. `at` is seconds from now. */
const sealed = (payload: Uint8Array, { type = 0x0800, at = 0, magic = 'agno', padding = (16 - payload.length % 16) % 16, key = KEY } = {}): Uint8Array => {
  const header = Buffer.alloc(16, 7)
  header.writeUInt16BE(type, 0)
  header[2] = padding
  header[3] = 0
  header.write(magic, 4, 'latin1')
  header.writeUInt32BE(Math.floor(Date.now() / 1000) + at, 8)
  const ecb = createCipheriv('aes-128-ecb', hex(key), null).setAutoPadding(false)
  const cbc = createCipheriv('aes-128-cbc', hex(key), header).setAutoPadding(false)
  const filled = Buffer.concat([payload, Buffer.alloc((16 - payload.length % 16) % 16)])
  return Uint8Array.from(Buffer.concat([hex(`${MACS} a6de`), ecb.update(header), cbc.update(filled)]))
}

const PAYLOADS = [0, 1, 15, 16, 17, 46, 1500].map((len) => Uint8Array.from({ length: len }, (_, i) => i))
const plain = (payload: Uint8Array): Uint8Array => Uint8Array.from(Buffer.concat([hex(`${MACS} 0800`), payload]))

for (const payload of PAYLOADS) {
  test(`reads what others wrote: ${payload.length} octets of payload`, async (context) => {
    const { station, far } = await open(context)
    send(far, sealed(payload))
    await station.until(({ frames }) => frames.length === 1, 'the frame')
    assert.equal(station.frames[0], plain(payload))
  })

  test(`comes back: ${payload.length} octets of payload`, async (context) => {
    const { station, link, network, far } = await open(context)
    send(link, plain(payload))
    await network.until(({ frames }) => frames.length === 1, 'the frame')
    const [encrypted] = network.frames
    assert.is(encrypted.length, 30 + Math.ceil(payload.length / 16) * 16)
    assert.equal(encrypted.subarray(0, 14), hex(`${MACS} a6de`))
    if (payload.length > 16) assert.not.ok(Buffer.from(encrypted).includes(Buffer.from(payload)), 'the payload in clear')
    send(far, encrypted)
    await station.until(({ frames }) => frames.length === 1, 'the frame again')
    assert.equal(station.frames[0], plain(payload))
  })
}

test('octets that fill a frame up are no payload', async (context) => {
  const { station, far } = await open(context)
  send(far, Uint8Array.from([...sealed(PAYLOADS[3]), ...new Uint8Array(14)]))
  await station.until(({ frames }) => frames.length === 1, 'the frame')
  assert.equal(station.frames[0], plain(PAYLOADS[3]))
})

for (const [what, frame] of [
  ['another key', () => sealed(PAYLOADS[5], { key: KEY.replace('0f', '10') })],
  ['3 s old', () => sealed(PAYLOADS[5], { at: -4 })],
  ['from the future', () => sealed(PAYLOADS[5], { at: 3 })],
  ['another magic', () => sealed(PAYLOADS[5], { magic: 'agnp' })],
  ['more padding than payload', () => sealed(PAYLOADS[0], { padding: 5 })],
  ['no room for the inner header', () => sealed(PAYLOADS[5]).subarray(0, 29)],
  ['in clear', () => plain(PAYLOADS[5])]
] as const) {
  test(`drops and counts: ${what}`, async (context) => {
    const { station, link, far } = await open(context)
    send(far, frame())
    send(far, sealed(PAYLOADS[1]))
    await station.until(({ frames }) => frames.length > 0, 'the good frame')
    await settle()
    assert.equal(station.frames, [plain(PAYLOADS[1])])
    assert.is(link.rxDrops, 1)
  })
}

for (const [text, type] of [['', 0xa6de], ['0', 0xa6de], ['copy', 0x86dd], ['ipv4', 0x0800], ['ipv6', 0x86dd], ['0x600', 0x600], ['65534', 0xfffe]] as const) {
  test(`ethtype=${text}`, async (context) => {
    const { link, network } = await open(context, text === '' ? '' : `[ethtype=${text}]`)
    send(link, hex(`${MACS} 86dd 00`))
    await network.until(({ frames }) => frames.length === 1, 'the frame')
    assert.is((network.frames[0][12] << 8) | network.frames[0][13], type)
  })
}

test('ethtype=rand is another type each time, in its range', () => {
  const typeOf = readType('rand')
  const types = Array.from({ length: 1000 }, () => typeOf(0x0800))
  assert.ok(types.every((type) => type >= 0x600 && type <= 0xfffe))
  assert.ok(new Set(types).size > 900)
})

for (const ethtype of ['0x5ff', '0xffff', 'ipv5', '-1', '1e4']) {
  test(`ethtype=${ethtype} is refused`, async ({ key }) => {
    const error = await refusal(openVnl(`agno://${key}[ethtype=${ethtype}]{null://}`, new Recorder()))
    assert.is(error.code, 'EINVAL')
    assert.match(error.message, new RegExp(`"${ethtype}"`))
  })
}

for (const [text, key] of [
  [`${KEY}  -\n`, KEY],
  ['00:01:02', '00010200000000000000000000000000'],
  [`${KEY}ffff`, KEY],
  [KEY.replaceAll('a', 'A'), KEY.replaceAll('a', '1')],
  ['BCDEF', 'bcdef000000000000000000000000000']
] as const) {
  test(`the key in ${JSON.stringify(text)}`, () => { assert.equal(keyOf(text)?.key, hex(key)) })
}

test('a capital A is read as the C plugin does, and told', async (context) => {
  writeFileSync(context.key, 'A0'.repeat(16))
  const lines: string[] = []
  context.links.push(await openVnl(`agno://${context.key}{null://}`, new Recorder(), { log: (line) => { lines.push(line) } }))
  assert.match(lines.join(), /capital A/)
})

test('key files that cannot be', async ({ dir, key }) => {
  writeFileSync(key, 'x1')
  for (const [path, code] of [[key, 'EINVAL'], [`${dir.path}/none`, 'ENOENT'], ['key', 'EINVAL'], [dir.path, 'EISDIR']] as const) {
    assert.is((await refusal(openVnl(`agno://${path}{null://}`, new Recorder()))).code, code, path)
  }
})

test('sealing a frame makes a view of it and no more', async (context) => {
  const link = await openVnl(`agno://${context.key}{null://}`, quietSink)
  context.links.push(link)
  const lent = new Uint8Array(HEADROOM + 60)
  const bytes = bytesPerRun(() => { link.send(lent, HEADROOM, 60) })
  // Two: what copyOctets copies, and what `fill` clears.
  assert.ok(bytes < 250, `${bytes} octets`)
})

test.run()
