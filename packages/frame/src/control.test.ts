import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  decodeReply, decodeRequest, encodeReply, encodeRequest, isRefusal, MAX_DESCRIPTION, MAX_REQUEST, RequestBuffer,
  requestLength, type ControlRequest
} from './control.ts'
import { hex, seeded } from './testing.ts'

/** Octets moved behind three of slack, so that code that forgets `off` fails. */
const shifted = (octets: Uint8Array): Uint8Array => {
  const out = new Uint8Array(octets.length + 3).fill(0xee)
  out.set(octets, 3)
  return out
}

const decode = (octets: Uint8Array): ControlRequest => {
  const result = decodeRequest(shifted(octets), 3, octets.length)
  if (isRefusal(result)) throw new Error(`refused: ${result.fault} ${result.detail}`)
  return result
}

const faultOf = (octets: Uint8Array): string => {
  const result = decodeRequest(shifted(octets), 3, octets.length)
  return isRefusal(result) ? `${result.fault} ${result.detail}` : 'none'
}

const padded = (head: string, length: number, tail: string = ''): Uint8Array => {
  const out = new Uint8Array(length + tail.length / 2)
  out.set(hex(head), 0)
  out.set(hex(tail), length)
  return out
}

// As Debian's vde_plug sends it: magic, version 3, any port, AF_UNIX, /run/sw/.15946-00000, vdeplug: user=root pid=15946
const PLUG = padded(
  'cefaedfe 03000000 00000000 0100 2f72756e2f73772f2e31353934362d3030303030', 122,
  '766465706c75673a20757365723d726f6f74207069643d3135393436')

// As User Mode Linux sends it: 124 octets, abstract address of 3 zeros, pid, microseconds; padding of any value.
const UML = padded('cefaedfe 03000000 00000000 0100 00000000 4a3e0000 11220000', 122, 'bebe')

// Version 1: magic, type 0, MAC, AF_UNIX, /tmp/x, description "old".
const V1 = padded('cefaedfe 00000000 020000000001 0100 2f746d702f78', 124, '6f6c64')

const read = suite('decodeRequest')

read('reads what vde_plug sends', () => {
  const request = decode(PLUG)
  assert.equal(
    [request.version, request.kind, request.port, request.path, request.description],
    [3, 0, null, '/run/sw/.15946-00000', 'vdeplug: user=root pid=15946'])
})

read('keeps all octets of an abstract address, and no description of padding', () => {
  const request = decode(UML)
  assert.equal([request.path, request.description, request.port], ['', '', null])
  assert.equal(request.address, UML.subarray(12, 122))
})

read('copies the address', () => {
  const octets = shifted(PLUG)
  const request = decodeRequest(octets, 3, PLUG.length) as ControlRequest
  octets.fill(0)
  assert.is(request.address[2], 0x2f)
})

read('reads version 1', () => {
  const request = decode(V1)
  assert.equal([request.version, request.kind, request.path, request.description], [1, 0, '/tmp/x', 'old'])
})

read('takes the shortest request, with an empty description', () => {
  assert.is(decode(PLUG.subarray(0, 122)).description, '')
})

read('cuts a description at its first NUL', () => {
  const octets = new Uint8Array(PLUG)
  octets[129] = 0
  assert.is(decode(octets).description, 'vdeplug')
})

read('ignores what follows MAX_REQUEST', () => {
  const octets = new Uint8Array(1000).fill(0x61)
  octets.set(PLUG.subarray(0, 122))
  assert.is(decode(octets).description.length, MAX_REQUEST - 122)
})

for (const [type, kind, port] of [
  ['00000000', 0, null], ['00050000', 0, 5], ['01000000', 1, 0], ['01050000', 1, 0], ['00ffffff', 0, 0], ['00000080', 0, 0],
  ['00ffff00', 0, 65535], ['00ffff7f', 0, 0x7fffff]
] as const) {
  read(`type ${type} is kind ${kind}, port ${port}`, () => {
    const octets = new Uint8Array(PLUG)
    octets.set(hex(type), 8)
    const request = decode(octets)
    assert.equal([request.kind, request.port], [kind, port])
  })
}

for (const [at, octets, fault] of [
  [0, '00', 'magic 4277008896'], [4, '02000000', 'version 2'], [4, '04000000', 'version 4'], [4, 'ffffffff', 'version -1'],
  [8, '02000000', 'kind 2'], [12, '0200', 'family 2']
] as const) {
  read(`refuses ${fault}`, () => {
    const bad = new Uint8Array(PLUG)
    bad.set(hex(octets), at)
    assert.is(faultOf(bad), fault)
  })
}

read('refuses every truncation', () => {
  for (let len = 0; len < 122; len++) assert.is(faultOf(PLUG.subarray(0, len)), `short ${len}`)
  for (let len = 0; len < 124; len++) assert.is(faultOf(V1.subarray(0, len)), `short ${len}`)
})

read('never throws, whatever the octets', () => {
  const random = seeded(1)
  for (let i = 0; i < 5000; i++) {
    const octets = random.octets(random.int(300))
    if (random.int(2) === 0) octets.set(PLUG.subarray(0, Math.min(octets.length, random.int(16))))
    const result = decodeRequest(octets, 0, octets.length)
    assert.is(typeof (isRefusal(result) ? result.fault : result.description), 'string')
  }
})

read.run()

const length = suite('requestLength')

length('wants 8 octets, then 122 or 124', () => {
  assert.equal([0, 4, 7].map((have) => requestLength(PLUG, 0, have)), [8, 8, 8])
  assert.equal([requestLength(PLUG, 0, 8), requestLength(V1, 0, 8)], [122, 124])
})

length('refuses a wrong magic at its first wrong octet', () => {
  assert.equal([1, 2].map((have) => requestLength(hex('ce00'), 0, have)), [8, -1])
})

length.run()

const pieces = suite('RequestBuffer')

pieces('is ready at the least length, in octets of one', () => {
  const request = new RequestBuffer()
  for (let i = 0; i < 122; i++) {
    assert.is(request.state, 'more')
    request.octets[request.have] = PLUG[i]
    request.filled(1)
  }
  assert.is(request.state, 'ready')
  for (let i = 122; i < PLUG.length; i++) {
    request.octets[request.have] = PLUG[i]
    request.filled(1)
  }
  assert.equal(request.decode(), decode(PLUG))
})

pieces('refuses before it is full', () => {
  const request = new RequestBuffer()
  request.octets.set(hex('47455420'))
  request.filled(4)
  assert.is(request.state, 'refused')
})

pieces.run()

const write = suite('encodeRequest')

write('writes what vde_plug writes', () => {
  const fields = { port: null, address: '/run/sw/.15946-00000', description: 'vdeplug: user=root pid=15946' }
  assert.equal(encodeRequest(fields), PLUG)
})

for (const [port, type] of [[null, '00000000'], [0, '01000000'], [5, '00050000'], [0x7fffff, '00ffff7f']] as const) {
  write(`port ${port} is type ${type}`, () => {
    assert.equal(encodeRequest({ port, address: '/x', description: '' }).subarray(8, 12), hex(type))
  })
}

write('writes version 1 and a raw address', () => {
  const octets = encodeRequest({ version: 1, port: null, address: V1.subarray(14, 124), description: 'old' })
  octets.set(hex('020000000001'), 8)
  assert.equal(octets, V1)
})

write('cuts a description between characters', () => {
  const octets = encodeRequest({ port: null, address: '/x', description: 'a' + 'é'.repeat(100) })
  assert.is(octets.length, 122 + MAX_DESCRIPTION)
  assert.is(decode(octets).description, 'a' + 'é'.repeat(63))
})

write('refuses a path over 107 octets and a port it cannot carry', () => {
  assert.throws(() => encodeRequest({ port: null, address: '/' + 'é'.repeat(54), description: '' }), /109 octets/)
  assert.throws(() => encodeRequest({ port: -1, address: '/x', description: '' }), /port -1/)
  assert.throws(() => encodeRequest({ version: 1, port: 3, address: '/x', description: '' }), /want any or 0/)
  assert.is(encodeRequest({ port: null, address: '/' + 'x'.repeat(106), description: '' })[120], 0x78)
})

write.run()

const reply = suite('reply')

reply('is 110 octets: family, path, zeros', () => {
  assert.equal(encodeReply('/run/sw/001.5'), padded('0100 2f72756e2f73772f3030312e35', 110))
})

for (const [path, port] of [['/run/sw/001.5', 1], ['/x/000.11', 0], ['/x/12345.7', 12345], ['/x/old', null], ['/1.2/x', null]] as const) {
  reply(`decodeReply finds port ${port} in ${path}`, () => {
    const octets = shifted(encodeReply(path))
    const result = decodeReply(octets, 3, 110)
    assert.equal([result?.path, result?.port], [path, port])
  })
}

reply('decodeReply answers null for every truncation and another family', () => {
  const octets = encodeReply('/run/sw/001.5')
  for (let len = 0; len < 110; len++) assert.is(decodeReply(octets, 0, len), null)
  octets[0] = 2
  assert.is(decodeReply(octets, 0, 110), null)
})

reply.run()
