import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesPerRun, seeded } from '@vde-ts/frame/testing.js'
import { HEADROOM, OFFLOAD } from '@vde-ts/link/link.js'
import type { Switch } from './switch.ts'
import { give, makeSwitch, plug, type Plugged } from './testing.ts'

const A = '02000000000a'
const B = '02000000000b'
const C = '02000000000c'
const ALL = 'ffffffffffff'
const PAYLOAD = '0800' + '45'.repeat(48)
/** The tag in front of the type: 81 00, TCI. */
const tag = (tci: number): string => '8100' + tci.toString(16).padStart(4, '0')
const frame = (dst: string, src: string, tags: string = '', payload: string = PAYLOAD): string => dst + src + tags + payload

/** What each link got, then nothing. */
const got = (...plugs: Plugged[]): string[][] => plugs.map(({ link }) => link.sent.splice(0))

/** Ports 1..count in VLAN 0. */
const ports = (sw: Switch, count: number): Plugged[] => Array.from({ length: count }, (_, i) => plug(sw, i + 1))

/** Port 1 untagged in 0; 2 untagged in 5; 3 tagged in 5, untagged in 0; 4 no untagged VLAN, tagged in 5 and 0. */
const vlans = (sw: Switch): Plugged[] => {
  const plugs = ports(sw, 4)
  sw.vlan.create(5)
  sw.vlan.setUntagged(2, 5)
  sw.vlan.addPort(5, 3)
  sw.vlan.setUntagged(4, 4095)
  sw.vlan.addPort(5, 4)
  sw.vlan.addPort(0, 4)
  return plugs
}

const learning = suite('Bridge learning')

learning('an unknown destination floods to all but the origin, a known one goes to its port', () => {
  const [a, b, c] = ports(makeSwitch(), 3)
  give(a.endpoint, frame(B, A))
  assert.equal(got(a, b, c), [[], [frame(B, A)], [frame(B, A)]])
  give(b.endpoint, frame(A, B))
  assert.equal(got(a, b, c), [[frame(A, B)], [], []])
})

learning('a group destination floods, and a group source is not learnt', () => {
  const sw = makeSwitch()
  const [a, b, c] = ports(sw, 3)
  give(a.endpoint, frame(ALL, '010000000001'))
  assert.equal(got(a, b, c), [[], [frame(ALL, '010000000001')], [frame(ALL, '010000000001')]])
  assert.is(sw.hash.count, 0)
})

learning('a frame for its own port is filtered and counted', () => {
  const sw = makeSwitch()
  const [a, b] = ports(sw, 2)
  give(a.endpoint, frame(ALL, B))
  got(a, b)
  give(a.endpoint, frame(B, A))
  assert.equal(got(a, b), [[], []])
  assert.is(sw.port(1).drops.filtered, 1)
})

learning('siblings of one port all get what goes to it, and nothing from each other', () => {
  const sw = makeSwitch()
  const first = plug(sw, 1)
  const second = plug(sw, 1)
  const other = plug(sw, 2)
  give(first.endpoint, frame(ALL, A))
  assert.equal(got(first, second, other), [[], [], [frame(ALL, A)]])
  give(other.endpoint, frame(A, B))
  assert.equal(got(first, second, other), [[frame(A, B)], [frame(A, B)], []])
  assert.is(sw.port(1).outFrames, 1)
})

learning('after a port changes only its addresses are forgotten', () => {
  const sw = makeSwitch()
  const [a, b, c] = ports(sw, 3)
  give(a.endpoint, frame(ALL, A))
  give(b.endpoint, frame(ALL, B))
  b.endpoint.close()
  assert.equal([...sw.hash.list()].map(({ port }) => port), [1])
  got(a, b, c)
  give(c.endpoint, frame(A, C))
  assert.equal(got(a, c), [[frame(A, C)], []])
})

learning('a station that moves after 3 s is counted at its new port', () => {
  const sw = makeSwitch()
  const [a, b] = ports(sw, 2)
  give(a.endpoint, frame(ALL, A))
  sw.tick(3)
  give(b.endpoint, frame(ALL, A))
  assert.is(sw.port(2).moves, 0)
  sw.tick(4)
  give(b.endpoint, frame(ALL, A))
  assert.is(sw.port(2).moves, 1)
})

learning('a full table is counted at the port that could not learn', () => {
  const sw = makeSwitch({ capacity: 1 })
  const [a, b] = ports(sw, 2)
  sw.hash.add(0x0200, 0xc, 0, 2)
  give(a.endpoint, frame(ALL, A))
  assert.is(sw.port(1).unlearnt, 1)
  assert.is(b.link.count, 1)
})

learning.run()

const lengths = suite('Bridge lengths')

for (const [len, passes, reason] of [
  [0, false, ''], [13, false, 'runt'], [14, true, ''], [59, true, ''], [1518, true, ''], [1519, true, ''],
  [9230, true, ''], [65557, true, ''], [65558, false, 'giant']
] as const) {
  lengths(`a frame of ${len} ${passes ? 'passes whole' : 'is dropped'}`, () => {
    const sw = makeSwitch()
    const [a, b] = ports(sw, 2)
    const text = frame(ALL, A, '', '0800' + '00'.repeat(70000)).slice(0, 2 * len)
    give(a.endpoint, text)
    assert.equal(got(b), [passes ? [text] : []])
    assert.is(sw.port(1).inFrames, passes ? 1 : 0)
    const { drops } = sw.port(1)
    assert.equal([drops.runt, drops.giant], [reason === 'runt' ? 1 : 0, reason === 'giant' ? 1 : 0])
  })
}

lengths('a frame over the maximum of one link is dropped there and counted', () => {
  const sw = makeSwitch()
  const [a, b, c] = ports(sw, 3)
  b.link.maxFrame = 1514
  give(a.endpoint, frame(ALL, A, '', '0800' + '00'.repeat(1501)))
  assert.equal([b.link.count, c.link.count], [0, 1])
  assert.is(sw.port(2).drops.oversize, 1)
})

lengths('a tag cut short is a runt', () => {
  const sw = makeSwitch()
  const [a, b] = ports(sw, 2)
  give(a.endpoint, ALL + A + '8100' + '0000' + '08')
  assert.is(b.link.count, 0)
  assert.is(sw.port(1).drops.runt, 1)
})

lengths.run()

const tagging = suite('Bridge VLANs')

tagging('untagged in VLAN 0: untagged where it is the PVID, tagged with priority 0 elsewhere', () => {
  const [p1, p2, p3, p4] = vlans(makeSwitch())
  give(p1.endpoint, frame(ALL, A))
  assert.equal(got(p1, p2, p3, p4), [[], [], [frame(ALL, A)], [frame(ALL, A, tag(0))]])
})

tagging('untagged in VLAN 5: tagged for the tagged members', () => {
  const [p1, p2, p3, p4] = vlans(makeSwitch())
  give(p2.endpoint, frame(ALL, A))
  assert.equal(got(p1, p2, p3, p4), [[], [], [frame(ALL, A, tag(5))], [frame(ALL, A, tag(5))]])
})

tagging('a tagged frame leaves tagged ports identical, priority and DEI kept, and untagged ones without', () => {
  const [p1, p2, p3, p4] = vlans(makeSwitch())
  give(p3.endpoint, frame(ALL, A, tag(0xf005)))
  assert.equal(got(p1, p2, p3, p4), [[], [frame(ALL, A)], [], [frame(ALL, A, tag(0xf005))]])
})

tagging('unicast takes the form of its port, both ways', () => {
  const [, p2, p3] = vlans(makeSwitch())
  give(p3.endpoint, frame(ALL, A, tag(5)))
  got(p2, p3)
  give(p2.endpoint, frame(A, B))
  assert.equal(got(p2, p3), [[], [frame(A, B, tag(5))]])
  give(p3.endpoint, frame(B, A, tag(5)))
  assert.equal(got(p2, p3), [[frame(B, A)], []])
})

tagging('addresses are learnt per VLAN', () => {
  const [p1, p2, p3, p4] = vlans(makeSwitch())
  give(p1.endpoint, frame(ALL, A))
  got(p1, p2, p3, p4)
  give(p2.endpoint, frame(A, B))
  assert.equal(got(p1, p2, p3, p4).map((list) => list.length), [0, 0, 1, 1])
})

tagging('counters count octets in the form that was received and offered', () => {
  const sw = makeSwitch()
  const [p1] = vlans(sw)
  give(p1.endpoint, frame(ALL, A))
  const len = frame(ALL, A).length / 2
  assert.equal([sw.port(1).inFrames, sw.port(1).inBytes], [1, len])
  assert.equal([sw.port(3).outFrames, sw.port(3).outBytes], [1, len])
  assert.equal([sw.port(4).outFrames, sw.port(4).outBytes], [1, len + 4])
})

for (const [name, port, tags, want] of [
  ['VID 0 where VLAN 0 is the PVID is VLAN 0', 1, tag(0xe000), [[], [], [frame(ALL, A)], [frame(ALL, A, tag(0xe000))]]],
  ['VID 0 elsewhere is the PVID, priority kept on tagged ports', 2, tag(0xe000), [[], [], [frame(ALL, A, tag(0xe005))], [frame(ALL, A, tag(0xe005))]]],
  ['VID 0 on a port without untagged VLAN is dropped', 4, tag(0xe000), [[], [], [], []]],
  ['no tag on a port without untagged VLAN is dropped', 4, '', [[], [], [], []]],
  ['VID 4095 is dropped', 3, tag(4095), [[], [], [], []]],
  ['an undefined VID is dropped', 3, tag(9), [[], [], [], []]],
  ['a VLAN the port is no member of is dropped', 1, tag(5), [[], [], [], []]],
  ['the own untagged VLAN, tagged, is accepted', 2, tag(5), [[], [], [frame(ALL, A, tag(5))], [frame(ALL, A, tag(5))]]],
  ['802.1ad is opaque', 1, '88a80005', [[], [], [frame(ALL, A, '88a80005')], [frame(ALL, A, tag(0) + '88a80005')]]],
  ['of two tags the outer one counts', 3, tag(5) + tag(7), [[], [frame(ALL, A, tag(7))], [], [frame(ALL, A, tag(5) + tag(7))]]]
] as const) {
  tagging(name, () => {
    const sw = makeSwitch()
    const plugs = vlans(sw)
    give(plugs[port - 1].endpoint, frame(ALL, A, tags))
    assert.equal(got(...plugs), want)
    assert.is(sw.port(port).drops.vlan, want.some((list) => list.length > 0) ? 0 : 1)
    assert.is(sw.port(port).inFrames, 1)
  })
}

tagging('VLAN 4094 works', () => {
  const sw = makeSwitch()
  const [a, b] = ports(sw, 2)
  sw.vlan.create(4094)
  sw.vlan.addPort(4094, 1)
  sw.vlan.addPort(4094, 2)
  give(a.endpoint, frame(ALL, A, tag(4094)))
  assert.equal(got(b), [[frame(ALL, A, tag(4094))]])
})

tagging('a removed tag shortens a frame of 60 to 60, one that came short stays short', () => {
  const [, p2, p3] = vlans(makeSwitch())
  for (const [came, left] of [[60, 60], [63, 60], [64, 60], [65, 61], [59, 55], [18, 14]]) {
    const text = frame(ALL, A, tag(5), PAYLOAD).slice(0, 2 * came).padEnd(2 * came, '77')
    give(p3.endpoint, text)
    const bare = text.slice(0, 24) + text.slice(32)
    assert.equal(got(p2), [[bare.padEnd(2 * left, '0')]], `${came} octets`)
  }
})

tagging('the borrowed buffer is restored after every conversion', () => {
  for (const [port, tags] of [[1, ''], [2, ''], [3, tag(0xb005)], [4, tag(0xb005)], [2, tag(0xe000)]] as const) {
    const [...plugs] = vlans(makeSwitch())
    const text = frame(ALL, A, tags)
    const buf = new Uint8Array(HEADROOM + text.length / 2 + 8).fill(0x99)
    buf.fill(0, HEADROOM - OFFLOAD, HEADROOM)
    buf.set(Buffer.from(text, 'hex'), HEADROOM)
    const before = Buffer.from(buf.subarray(HEADROOM - OFFLOAD)).toString('hex')
    plugs[port - 1].endpoint.onFrame(buf, HEADROOM, text.length / 2)
    assert.is(Buffer.from(buf.subarray(HEADROOM - OFFLOAD)).toString('hex'), before)
  }
})

tagging.run()

const transparent = suite('Bridge transparent to VLANs')

transparent('a tagged frame of an undefined VLAN passes unchanged and is learnt on its own', () => {
  const sw = makeSwitch({ isVlanTransparent: true })
  const [a, b, c] = ports(sw, 3)
  give(a.endpoint, frame(ALL, A, tag(0x6009)))
  assert.equal(got(a, b, c), [[], [frame(ALL, A, tag(0x6009))], [frame(ALL, A, tag(0x6009))]])
  give(b.endpoint, frame(A, B, tag(9)))
  assert.equal(got(a, b, c), [[frame(A, B, tag(9))], [], []])
  give(c.endpoint, frame(A, C))
  assert.equal(got(a, b, c), [[frame(A, C)], [frame(A, C)], []]) // not learnt without the tag
  assert.equal(sw.hash.find(0x0200, 0xa, 9).vlan, 9)
})

transparent('it stays within the untagged VLAN it came from', () => {
  const sw = makeSwitch({ isVlanTransparent: true })
  const [p1, p2, p3, p4] = vlans(sw)
  give(p1.endpoint, frame(ALL, A, tag(9)))
  assert.equal(got(p1, p2, p3, p4), [[], [], [frame(ALL, A, tag(9))], []])
  give(p2.endpoint, frame(A, B, tag(9)))
  assert.equal(got(p1, p2, p3, p4), [[], [], [], []])
  give(p4.endpoint, frame(ALL, C, tag(9)))
  assert.is(sw.port(4).drops.vlan, 1)
})

transparent('a VLAN that is defined behaves as ever', () => {
  const sw = makeSwitch({ isVlanTransparent: true })
  const plugs = vlans(sw)
  give(plugs[0].endpoint, frame(ALL, A, tag(5)))
  assert.equal(got(...plugs), [[], [], [], []])
  give(plugs[0].endpoint, frame(ALL, A, tag(4095)))
  assert.equal(got(...plugs), [[], [], [], []])
  assert.is(sw.port(1).drops.vlan, 2)
})

transparent('defining the VLAN forgets what was learnt behind its tags', () => {
  const sw = makeSwitch({ isVlanTransparent: true })
  const [a] = ports(sw, 2)
  give(a.endpoint, frame(ALL, A, tag(9)))
  sw.vlan.create(9)
  assert.is(sw.hash.count, 0)
})

transparent.run()

const hub = suite('Bridge hub')

hub('every frame goes unchanged to every other port but port 0, and nothing is learnt', () => {
  const sw = makeSwitch({ isHub: true })
  const zero = plug(sw, 0)
  const [a, b, c] = ports(sw, 3)
  give(a.endpoint, frame(B, A, tag(77)))
  assert.equal(got(zero, a, b, c), [[], [], [frame(B, A, tag(77))], [frame(B, A, tag(77))]])
  give(zero.endpoint, frame(ALL, A))
  assert.equal(got(zero, a, b, c), [[], [frame(ALL, A)], [frame(ALL, A)], [frame(ALL, A)]])
  assert.is(sw.hash.count, 0)
})

hub('idle ports count what they are offered', () => {
  const sw = makeSwitch({ isHub: true })
  const [a] = ports(sw, 1)
  sw.createPort(9)
  give(a.endpoint, frame(ALL, A))
  assert.is(sw.port(9).outFrames, 1)
})

hub('it can be switched on and off', () => {
  const sw = makeSwitch()
  const [a, b, c] = ports(sw, 3)
  give(a.endpoint, frame(ALL, A))
  sw.setHub(true)
  give(b.endpoint, frame(A, B))
  sw.setHub(false)
  give(b.endpoint, frame(A, B))
  assert.equal(got(a, b, c).map((list) => list.length), [2, 1, 3])
})

hub.run()

const tree = suite('Bridge and a spanning tree')

tree('BPDUs are data while nobody takes them', () => {
  const [a, b] = ports(makeSwitch(), 2)
  give(a.endpoint, frame('0180c2000000', A))
  assert.equal(got(b), [[frame('0180c2000000', A)]])
})

tree('a tree takes them, and nothing else', () => {
  const sw = makeSwitch()
  const plugs = vlans(sw)
  sw.tree.setEnabled(true)
  for (const number of [1, 2, 3]) sw.tree.configurePort(number, { edge: 'on' })
  for (const { link } of plugs) link.sent = []
  give(plugs[0].endpoint, frame('0180c2000000', A))
  give(plugs[2].endpoint, frame('0180c2000000', A, tag(5)))
  give(plugs[0].endpoint, frame('0180c200000e', A))
  assert.is(sw.tree.instance(0)!.tree.port(1)!.counters.rxInvalid, 1)
  assert.is(sw.tree.instance(0)!.tree.port(3)!.counters.rxInvalid, 0, 'the tree of the bridge is untagged')
  assert.equal(got(plugs[2]), [[frame('0180c200000e', A)]])
})

for (const [state, learns] of [['Discarding', 0], ['Learning', 1]] as const) {
  tree(`a ${state} port neither takes nor gets frames, and learns ${learns}`, () => {
    const sw = makeSwitch()
    const [a, b, c] = ports(sw, 3)
    sw.vlan.setState(0, 1, state)
    give(a.endpoint, frame(ALL, A))
    assert.is(sw.port(1).drops.notForwarding, 1)
    assert.is(sw.hash.count, learns)
    give(b.endpoint, frame(A, B))
    assert.equal(got(a, b, c), [[], [], learns === 1 ? [] : [frame(A, B)]])
    assert.is(sw.vlan.members(0)[0].state, state)
    sw.vlan.setState(0, 1, 'Forwarding')
    give(b.endpoint, frame(ALL, B))
    assert.is(got(a)[0].length, 1)
  })
}

tree.run()

const trouble = suite('Bridge trouble')

trouble('a link that is full, closing or over its size does not stop a flood', () => {
  const sw = makeSwitch()
  const [a, b, c, d, e] = ports(sw, 5)
  b.link.isFull = true
  sw.setEndpointQueueLength(2, b.endpoint.id, 0)
  c.link.onSend = () => { c.endpoint.onClose() }
  d.link.maxFrame = 20
  give(a.endpoint, frame(ALL, A))
  give(a.endpoint, frame(ALL, A))
  assert.equal([b, c, d, e].map(({ link }) => link.count), [0, 1, 0, 2])
  assert.is(sw.port(2).drops.queueFull, 2)
  assert.is(sw.port(4).drops.oversize, 2)
  assert.ok(c.link.isClosed)
})

trouble('endpoints and ports may vanish, and VLANs change, while a frame floods', () => {
  const sw = makeSwitch()
  const [a, b, c, d] = ports(sw, 4)
  b.link.onSend = () => {
    a.endpoint.close()
    c.endpoint.close()
    sw.removePort(3)
    sw.vlan.create(8)
    sw.vlan.setUntagged(4, 8)
  }
  give(a.endpoint, frame(ALL, A))
  assert.is(c.link.count, 0)
  assert.equal(sw.ports().map(({ number }) => number), [1, 2, 4])
  give(b.endpoint, frame(ALL, B))
  assert.is(d.link.count, 1) // the first frame, from the list of before
})

trouble('a full link gets the rest in order when it is writable again', () => {
  const sw = makeSwitch()
  const [a, b] = ports(sw, 2)
  b.link.isFull = true
  const want = Array.from({ length: 1100 }, (_, i) => frame(ALL, A, '', '88b5' + i.toString(16).padStart(4, '0')))
  for (const one of want.slice(0, 5)) give(a.endpoint, one)
  b.link.isFull = false
  give(a.endpoint, want[5]) // there is room, but others wait
  assert.is(b.link.count, 0)
  assert.is(b.endpoint.queue.frames, 6)
  for (const one of want.slice(6)) give(a.endpoint, one)
  assert.is(sw.port(2).drops.queueFull, 1100 - 1024)
  assert.is(b.endpoint.queueDrops, 1100 - 1024)
  b.endpoint.onWritable()
  assert.equal(got(b), [want.slice(0, 1024)])
  assert.is(sw.queueOctets.used, 0)
})

trouble('a loop of links that deliver at once ends', () => {
  const sw = makeSwitch()
  const [a, b, c] = ports(sw, 3)
  b.link.onSend = (buf, off, len) => { c.endpoint.onFrame(buf, off, len) }
  c.link.onSend = (buf, off, len) => { b.endpoint.onFrame(buf, off, len) }
  a.link.isMute = b.link.isMute = c.link.isMute = true
  give(a.endpoint, frame(ALL, A))
  assert.ok(sw.port(2).drops.loop + sw.port(3).drops.loop > 0)
})

trouble('frames within frames get their own padding', () => {
  const sw = makeSwitch()
  const [, p2, p3, p4] = vlans(sw)
  const short = (src: string, fill: string): string => (ALL + src + tag(5) + '0800').padEnd(120, fill)
  p2.link.onSend = () => {
    p2.link.onSend = null
    give(p4.endpoint, short(B, '3'))
  }
  const sibling = plug(sw, 2)
  give(p3.endpoint, short(A, '4'))
  const bare = (text: string): string => (text.slice(0, 24) + text.slice(32)).padEnd(120, '0')
  assert.equal(got(p2, sibling).map((list) => list.sort()), [
    [bare(short(A, '4')), bare(short(B, '3'))], [bare(short(A, '4')), bare(short(B, '3'))]])
})

trouble('random frames on a random switch never throw and leave their buffer as it was', () => {
  const chance = seeded(21)
  for (let round = 0; round < 20; round++) {
    const sw = makeSwitch({ isVlanTransparent: chance.int(2) === 0, isHub: chance.int(8) === 0, capacity: 64 })
    const plugs = ports(sw, 8)
    for (let i = 0; i < 6; i++) sw.vlan.create(i + 1)
    for (let i = 0; i < 40; i++) sw.vlan.addPort(chance.int(7), 1 + chance.int(8))
    for (let n = 1; n <= 8; n++) sw.vlan.setUntagged(n, chance.pick([0, 1, 2, 4095]))
    for (let i = 0; i < 2000; i++) {
      const bytes = chance.octets(14 + chance.int(80))
      if (bytes.length >= 16 && chance.int(4) > 0) bytes.set([0x81, 0, chance.int(256) & 0xf0, chance.int(9)], 12)
      for (const at of [0, 6]) if (chance.int(4) > 0) bytes.set([2, 0, 0, 0, 0, chance.int(9)], at)
      const text = Buffer.from(bytes).toString('hex')
      const one = chance.pick(plugs)
      one.link.isFull = chance.int(20) === 0
      const buf = give(one.endpoint, text)
      assert.is(Buffer.from(buf.subarray(HEADROOM)).toString('hex'), text)
      if (chance.int(100) === 0) chance.pick(plugs).endpoint.onWritable()
      if (chance.int(50) === 0) sw.tick(i)
    }
  }
})

trouble.run()

const cost = suite('Bridge cost')

const measure = (name: string, prepare: (plugs: Plugged[]) => void, texts: readonly string[], from: number): void => {
  cost(`${name} allocates nothing`, () => {
    const plugs = vlans(makeSwitch())
    for (const { link } of plugs) link.isMute = true
    prepare(plugs)
    const bufs = texts.map((text) => Buffer.concat([Buffer.alloc(HEADROOM), Buffer.from(text, 'hex')]))
    const { endpoint } = plugs[from - 1]
    const used = bytesPerRun((i) => {
      const buf = bufs[i % bufs.length]
      endpoint.onFrame(buf, HEADROOM, buf.length - HEADROOM)
    }, 100_000)
    assert.ok(used < 1, `${used} octets a frame`)
  })
}

const many = Array.from({ length: 512 }, (_, i) => frame(ALL, '0200000001' + (i & 0xff).toString(16).padStart(2, '0')))

measure('unicast', ([, , p3]) => { give(p3.endpoint, frame(ALL, B)) }, [frame(B, A)], 1)
measure('a flood with a pushed tag', () => {}, [frame(ALL, A)], 1)
measure('a flood with a popped tag', () => {}, [frame(ALL, A, tag(0xf005))], 3)
measure('a priority tag', () => {}, [frame(ALL, A, tag(0xe000))], 2)
measure('a popped tag with padding', () => {}, [frame(ALL, A, tag(5)).slice(0, 120)], 3)
measure('learning', () => {}, many, 1)

cost.run()
