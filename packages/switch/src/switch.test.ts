import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { VdeError } from '@vde-ts/link/errors.js'
import { NONE, UNKNOWN } from './access.ts'
import type { Switch } from './switch.ts'
import { give, makeSwitch, plug, user, FakeLink } from './testing.ts'

/** The code `act` fails with, or '' */
const codeOf = (act: () => unknown): string => {
  try {
    act()
    return ''
  } catch (error) {
    if (!(error instanceof VdeError)) throw error
    assert.match(error.message, /^Cannot .+: .+[^.]$/)
    return error.code
  }
}

const FRAME = 'ffffffffffff 020000000001 0800' + '00'.repeat(46)

const allocation = suite('Switch allocation')

allocation('any port is the lowest that is unused, or idle and allocatable', () => {
  const sw = makeSwitch({ numPorts: 5 })
  sw.createPort(1)
  const plugs = [plug(sw), plug(sw), plug(sw)]
  assert.equal(plugs.map(({ endpoint }) => endpoint.port.number), [2, 3, 4])
  plugs[1].endpoint.close()
  assert.is(plug(sw).endpoint.port.number, 3)
  sw.setAllocatable(1, true)
  assert.is(plug(sw).endpoint.port.number, 1)
  assert.is(plug(sw).endpoint.port.number, 5)
  assert.is(codeOf(() => plug(sw)), 'ENOSPC')
})

allocation('any port is never port 0, nor one for other users', () => {
  const sw = makeSwitch({ numPorts: 2 })
  sw.createPort(1)
  sw.setAllocatable(1, true)
  sw.setUser(1, 7)
  assert.is(plug(sw).endpoint.port.number, 2)
  assert.is(codeOf(() => plug(sw)), 'EACCES')
  assert.is(plug(sw, 'any', { owner: user(7) }).endpoint.port.number, 1)
})

allocation('all ports 1..numPorts can be used, also 65 535', () => {
  assert.is(plug(makeSwitch(), 32).endpoint.port.number, 32)
  assert.is(codeOf(() => plug(makeSwitch(), 33)), 'EINVAL')
  const sw = makeSwitch({ numPorts: 65535 })
  const a = plug(sw, 65535)
  const b = plug(sw, 1)
  give(b.endpoint, FRAME)
  give(a.endpoint, FRAME)
  assert.equal([a.link.count, b.link.count], [1, 1])
  assert.is(codeOf(() => makeSwitch({ numPorts: 65536 })), 'EINVAL')
})

allocation('an explicit port takes several endpoints of one user, newest first, ids never reused', () => {
  const sw = makeSwitch()
  plug(sw, 5)
  plug(sw, 5).endpoint.close()
  plug(sw, 5)
  assert.equal(sw.port(5).endpoints.map(({ id }) => id), [3, 1])
  assert.is(codeOf(() => plug(sw, 5, { isExclusive: true })), 'EBUSY')
  assert.is(codeOf(() => plug(sw, -1)), 'EINVAL')
  assert.is(codeOf(() => plug(sw, 1.5)), 'EINVAL')
})

allocation('port 0 is for those who may, and in VLAN 0', () => {
  const sw = makeSwitch()
  assert.is(codeOf(() => plug(sw, 0, { mayUsePortZero: false })), 'EACCES')
  const zero = plug(sw, 0)
  give(plug(sw, 1).endpoint, FRAME)
  assert.is(zero.link.count, 1)
})

allocation('a port outlives its endpoints with all that was set', () => {
  const sw = makeSwitch()
  const { endpoint } = plug(sw, 3)
  sw.vlan.create(5)
  sw.vlan.setUntagged(3, 5)
  sw.setUser(3, 1000)
  give(endpoint, FRAME)
  endpoint.close()
  const port = sw.port(3)
  assert.equal([port.isActive, port.pvid, port.user, port.inFrames, port.currentUser], [false, 5, 1000, 1, NONE])
})

allocation.run()

const access = suite('Switch access')

const nobody = 65534
for (const [name, rule, owner, want] of [
  ['user nobody, nobody', [nobody, NONE], user(nobody), ''],
  ['user nobody, another user', [nobody, NONE], user(1000), 'EACCES'],
  ['user nobody, root', [nobody, NONE], user(0), ''],
  ['user nobody, unknown', [nobody, NONE], UNKNOWN, 'EACCES'],
  ['group games, primary group', [NONE, 60], { uid: 5, gid: 60, groups: [] }, ''],
  ['group games, supplementary group', [NONE, 60], { uid: 5, gid: 5, groups: [4, 60] }, ''],
  ['group games, no member', [NONE, 60], user(5), 'EACCES'],
  ['group games, unknown', [NONE, 60], UNKNOWN, 'EACCES'],
  ['user and group, member of the group', [7, 60], { uid: 5, gid: 60, groups: [] }, ''],
  ['no rule, unknown', [NONE, NONE], UNKNOWN, '']
] as const) {
  access(name, () => {
    const sw = makeSwitch()
    sw.createPort(4)
    sw.setUser(4, rule[0])
    sw.setGroup(4, rule[1])
    assert.is(codeOf(() => plug(sw, 4, { owner })), want)
  })
}

access('an active port belongs to one user, even against the group, and against root', () => {
  const sw = makeSwitch()
  sw.createPort(4)
  sw.setUser(4, 7)
  sw.setGroup(4, 60)
  const first = plug(sw, 4, { owner: user(7) })
  const member = { uid: 5, gid: 60, groups: [] }
  assert.is(codeOf(() => plug(sw, 4, { owner: member })), 'EBUSY')
  assert.is(codeOf(() => plug(sw, 4, { owner: user(0) })), 'EBUSY')
  assert.is(codeOf(() => plug(sw, 4, { owner: user(7) })), '')
  for (const endpoint of sw.port(4).endpoints) endpoint.close()
  assert.ok(first.link.isClosed)
  assert.is(codeOf(() => plug(sw, 4, { owner: member })), '')
})

access('the unknown never share a port with one another', () => {
  const sw = makeSwitch()
  plug(sw, 4, { owner: UNKNOWN })
  assert.is(codeOf(() => plug(sw, 4, { owner: UNKNOWN })), 'EBUSY')
})

access('a refusal leaves nothing behind', () => {
  const sw = makeSwitch()
  assert.is(codeOf(() => plug(sw, 0, { mayUsePortZero: false })), 'EACCES')
  assert.equal(sw.ports(), [])
})

access.run()

const codes = suite('Switch console codes')

const cases: ReadonlyArray<readonly [string, (sw: Switch) => unknown, string]> = [
  ['createPort 0', (sw) => sw.createPort(0), 'EINVAL'],
  ['createPort beyond', (sw) => sw.createPort(33), 'EINVAL'],
  ['createPort existing', (sw) => sw.createPort(1), 'EEXIST'],
  ['createPortAuto', (sw) => sw.createPortAuto(), ''],
  ['removePort beyond', (sw) => sw.removePort(33), 'EINVAL'],
  ['removePort absent', (sw) => sw.removePort(9), 'ENXIO'],
  ['removePort in use', (sw) => sw.removePort(1), 'EADDRINUSE'],
  ['setNumPorts 0', (sw) => sw.setNumPorts(0), 'EINVAL'],
  ['setNumPorts huge', (sw) => sw.setNumPorts(2000000000), 'EINVAL'],
  ['setNumPorts below a port', (sw) => sw.setNumPorts(1), 'EADDRINUSE'],
  ['setNumPorts', (sw) => sw.setNumPorts(2), ''],
  ['setUntagged no port', (sw) => sw.vlan.setUntagged(9, 0), 'ENXIO'],
  ['setUntagged no VLAN', (sw) => sw.vlan.setUntagged(1, 9), 'ENXIO'],
  ['setUntagged port beyond', (sw) => sw.vlan.setUntagged(33, 0), 'EINVAL'],
  ['setUntagged VLAN beyond', (sw) => sw.vlan.setUntagged(1, 4096), 'EINVAL'],
  ['setUntagged none', (sw) => sw.vlan.setUntagged(1, 4095), ''],
  ['setAllocatable', (sw) => sw.setAllocatable(9, true), 'ENXIO'],
  ['setUser absent', (sw) => sw.setUser(9, 0), 'ENXIO'],
  ['setUser not a uid', (sw) => sw.setUser(1, NaN), 'EINVAL'],
  ['setGroup beyond', (sw) => sw.setGroup(33, 0), 'EINVAL'],
  ['closeEndpoint absent', (sw) => sw.closeEndpoint(1, 99), 'ENXIO'],
  ['closeEndpoint beyond', (sw) => sw.closeEndpoint(33, 1), 'EINVAL'],
  ['closeEndpoint', (sw) => sw.closeEndpoint(1, 1), ''],
  ['resetCounters beyond', (sw) => sw.resetCounters(33), 'EINVAL'],
  ['resetCounters', (sw) => sw.resetCounters(), ''],
  ['port beyond', (sw) => sw.port(33), 'EINVAL'],
  ['port absent', (sw) => sw.port(9), 'ENXIO'],
  ['vlan create 0', (sw) => sw.vlan.create(0), 'EINVAL'],
  ['vlan create 4094', (sw) => sw.vlan.create(4094), ''],
  ['vlan create 4095', (sw) => sw.vlan.create(4095), 'EINVAL'],
  ['vlan create existing', (sw) => sw.vlan.create(5), 'EEXIST'],
  ['vlan remove absent', (sw) => sw.vlan.remove(9), 'ENXIO'],
  ['vlan remove beyond', (sw) => sw.vlan.remove(4095), 'EINVAL'],
  ['vlan remove with members', (sw) => sw.vlan.remove(5), 'EADDRINUSE'],
  ['vlan addPort twice', (sw) => sw.vlan.addPort(5, 2), ''],
  ['vlan addPort absent VLAN', (sw) => sw.vlan.addPort(9, 2), 'ENXIO'],
  ['vlan addPort absent port', (sw) => sw.vlan.addPort(5, 9), 'ENXIO'],
  ['vlan addPort beyond', (sw) => sw.vlan.addPort(5, 33), 'EINVAL'],
  ['vlan deletePort untagged', (sw) => sw.vlan.deletePort(0, 1), 'EADDRINUSE'],
  ['vlan deletePort', (sw) => sw.vlan.deletePort(5, 2), ''],
  ['vlan deletePort of no member', (sw) => sw.vlan.deletePort(5, 1), ''],
  ['vlan get absent', (sw) => sw.vlan.get(9), 'ENXIO'],
  ['vlan get 0', (sw) => sw.vlan.get(0), ''],
  ['hash setSize 0', (sw) => sw.hash.setSize(0), 'EINVAL'],
  ['hash setSize', (sw) => sw.hash.setSize(100), ''],
  ['hash find unknown', (sw) => sw.hash.find(0x0200, 1), 'ENODEV'],
  ['hash find VLAN', (sw) => sw.hash.find(0x0200, 1, 4095), 'EINVAL'],
  ['hash delete unknown', (sw) => sw.hash.delete(0x0200, 1), 'ENODEV'],
  ['hash add group', (sw) => sw.hash.add(0x0300, 1, 0, 1), 'EINVAL'],
  ['hash add no port', (sw) => sw.hash.add(0x0200, 1, 0, 9), 'ENXIO'],
  ['hash add no VLAN', (sw) => sw.hash.add(0x0200, 1, 9, 1), 'ENXIO'],
  ['setDefaultQueueLength', (sw) => sw.setDefaultQueueLength(-1), 'EINVAL'],
  ['setEndpointQueueLength', (sw) => sw.setEndpointQueueLength(1, 99, 5), 'ENXIO']
]
for (const [name, act, want] of cases) {
  codes(`${name}: ${want === '' ? 'success' : want}`, () => {
    const sw = makeSwitch()
    plug(sw, 1)
    sw.createPort(2)
    sw.vlan.create(5)
    sw.vlan.addPort(5, 2)
    assert.is(codeOf(() => act(sw)), want)
  })
}

codes('createPortAuto fills up to the last', () => {
  const sw = makeSwitch({ numPorts: 2 })
  assert.equal([sw.createPortAuto(), sw.createPortAuto()], [1, 2])
  assert.is(codeOf(() => sw.createPortAuto()), 'ENOSPC')
  assert.is(codeOf(() => plug(sw)), 'ENOSPC')
  assert.is(plug(sw, 1).endpoint.port.number, 1)
})

codes('VLAN 0 may be removed, and ports made then have no untagged VLAN', () => {
  const sw = makeSwitch()
  sw.vlan.remove(0)
  assert.is(plug(sw).endpoint.port.pvid, 4095)
})

codes('a removed port takes memberships and pinned addresses with it', () => {
  const sw = makeSwitch()
  sw.createPort(2)
  sw.vlan.create(5)
  sw.vlan.addPort(5, 2)
  sw.hash.add(0x0200, 1, 5, 2)
  sw.removePort(2)
  assert.equal(sw.vlan.members(5), [])
  assert.is(sw.hash.count, 0)
  assert.is(codeOf(() => sw.vlan.remove(5)), '')
})

codes('members come in port order with their form and state', () => {
  const sw = makeSwitch()
  sw.createPort(3)
  plug(sw, 1)
  sw.vlan.create(5)
  sw.vlan.setUntagged(3, 5)
  sw.vlan.addPort(5, 1)
  assert.equal(sw.vlan.members(5), [
    { port: 1, isTagged: true, isActive: true, state: 'Forwarding' },
    { port: 3, isTagged: false, isActive: false, state: 'Learning' }
  ])
})

codes('setUntagged to a tagged VLAN leaves one membership, untagged', () => {
  const sw = makeSwitch()
  sw.createPort(3)
  sw.vlan.create(5)
  sw.vlan.addPort(5, 3)
  sw.vlan.setUntagged(3, 5)
  sw.vlan.setUntagged(3, 0)
  assert.equal(sw.vlan.members(5), [])
})

codes('the default queue length is for those who come later', () => {
  const sw = makeSwitch()
  const before = plug(sw).endpoint
  sw.setDefaultQueueLength(3)
  assert.equal([before.queue.limit, plug(sw).endpoint.queue.limit, sw.defaultQueueLength], [1024, 3, 3])
})

codes.run()

const hash = suite('HashControl')

hash('the size is shown rounded up, and decides the order of the list', () => {
  const sw = makeSwitch()
  sw.hash.setSize(100)
  assert.is(sw.hash.size, 128)
  const { endpoint } = plug(sw, 1)
  sw.tick(7)
  give(endpoint, FRAME)
  sw.tick(12)
  assert.equal([...sw.hash.list()], [{ macHi: 0x0200, macLo: 1, vlan: 0, port: 1, ageSec: 5, isStatic: false, bucket: 43 }])
  assert.is(sw.hash.find(0x0200, 1).bucket, 43)
  sw.hash.setSize(1)
  assert.is(sw.hash.count, 0)
})

hash('addresses go after the expire time whether or not there is traffic', () => {
  const sw = makeSwitch()
  give(plug(sw, 1).endpoint, FRAME)
  for (let now = 1; now <= 100; now++) sw.tick(now)
  assert.is([...sw.hash.list()].length, 1)
  for (let now = 101; now <= 104; now++) sw.tick(now)
  assert.is([...sw.hash.list()].length, 0)
  assert.is(sw.hash.count, 0)
})

hash('without collector nothing ages, and it resumes', () => {
  const sw = makeSwitch()
  give(plug(sw, 1).endpoint, FRAME)
  sw.hash.setGcInterval(-1)
  sw.tick(1000)
  assert.is([...sw.hash.list()].length, 1)
  sw.hash.setGcInterval(1)
  sw.tick(1001)
  assert.is(sw.hash.count, 0)
})

hash('setExpire and setMinPersistence take any number', () => {
  const sw = makeSwitch()
  sw.hash.setExpire(-5)
  sw.hash.setMinPersistence(NaN)
  sw.hash.setGcInterval(1e12)
  assert.equal([sw.hash.expireSec, sw.hash.minPersistenceSec], [0, 0])
})

hash.run()

const events = suite('Switch events')

events('connect and disconnect tell in the documented order', () => {
  const sw = makeSwitch()
  const told: string[] = []
  const stop = sw.observe({
    portAdded: (port) => { told.push(`port/+ ${port}`) },
    portRemoved: (port) => { told.push(`port/- ${port}`) },
    portUp: (port) => { told.push(`up ${port}`) },
    portDown: (port) => { told.push(`down ${port}`) },
    endpointAdded: (port, id) => { told.push(`port/ep/+ ${port} ${id}`) },
    endpointRemoved: (port, id) => { told.push(`port/ep/- ${port} ${id}`) },
    description: (port, id, text) => { told.push(`port/descr ${port} ${id} ${text}`) },
    hashAdded: (hi, lo, vlan, port) => { told.push(`hash/+ ${hi} ${lo} ${vlan} ${port}`) },
    hashRemoved: (hi, lo, vlan, port) => { told.push(`hash/- ${hi} ${lo} ${vlan} ${port}`) }
  })
  const { endpoint } = plug(sw, 1, { description: 'me' })
  give(endpoint, FRAME)
  endpoint.close()
  endpoint.close()
  endpoint.onClose()
  plug(sw, 1)
  stop()
  plug(sw, 2)
  assert.equal(told, [
    'port/+ 1', 'port/ep/+ 1 1', 'port/descr 1 1 me', 'up 1', 'hash/+ 512 1 0 1',
    'port/ep/- 1 1', 'down 1', 'port/- 1', 'hash/- 512 1 0 1', 'port/ep/+ 1 2', 'up 1'
  ])
})

events('a port is down when all its media are: its addresses go, frames for it are counted as such', () => {
  const sw = makeSwitch()
  const told: string[] = []
  sw.observe({
    portUp: (port) => { told.push(`up ${port}`) },
    portDown: (port) => { told.push(`down ${port}`) },
    hashRemoved: (_hi, _lo, _vlan, port) => { told.push(`hash/- ${port}`) }
  })
  const first = plug(sw, 1)
  const second = plug(sw, 1)
  const other = plug(sw, 2)
  told.length = 0
  give(first.endpoint, FRAME)
  first.endpoint.onDown()
  first.endpoint.onDown()
  assert.equal([told, sw.port(1).isUp], [[], true])
  give(other.endpoint, FRAME)
  assert.equal([first.link.count, second.link.count, sw.port(1).drops.down], [0, 1, 1])
  give(second.endpoint, FRAME)
  second.endpoint.onDown()
  assert.equal([told, sw.port(1).isUp, sw.port(1).isActive], [['down 1', 'hash/- 1'], false, true])
  give(other.endpoint, FRAME)
  assert.equal([first.link.count, second.link.count, sw.port(1).drops.down], [0, 1, 3])
  second.endpoint.onUp()
  assert.equal([told.at(-1), sw.port(1).isUp], ['up 1', true])
  first.endpoint.onUp()
  give(other.endpoint, FRAME)
  assert.equal([first.link.count, second.link.count, told.length], [1, 2, 3])
})

events('a link that is down when it is connected', () => {
  const sw = makeSwitch()
  const endpoint = sw.attach({ port: 3, owner: user(1), module: 'tcp', description: '' })
  const link = new FakeLink()
  link.isUp = false
  endpoint.connect(link)
  assert.not.ok(sw.port(3).isUp)
  endpoint.onUp()
  assert.ok(sw.port(3).isUp)
})

events.run()

const lifetime = suite('Switch lifetime')

lifetime('connect starts the link, close closes it, and a late link is closed at once', () => {
  const sw = makeSwitch()
  const { endpoint, link } = plug(sw)
  assert.not.ok(link.isPaused)
  endpoint.close()
  assert.ok(link.isClosed)
  const late = new FakeLink()
  endpoint.connect(late)
  assert.ok(late.isClosed)
  give(endpoint, FRAME)
  assert.is(sw.port(1).inFrames, 0)
})

lifetime('a frame for an endpoint that has no link yet is counted', () => {
  const sw = makeSwitch()
  sw.attach({ port: 2, owner: user(1), module: 'unix prog', description: '' })
  give(plug(sw, 1).endpoint, FRAME)
  assert.is(sw.port(2).drops.closed, 1)
})

lifetime('a closed switch has unplugged everybody and lets nobody in', () => {
  const sw = makeSwitch()
  const plugs = [plug(sw), plug(sw), plug(sw, 0)]
  sw.close()
  sw.close()
  assert.ok(plugs.every(({ link }) => link.isClosed))
  assert.is(codeOf(() => plug(sw)), 'ENXIO')
})

lifetime('1 000 clients that come, talk and go 10 times leave nothing behind', () => {
  const sw = makeSwitch({ numPorts: 1000 })
  const round = (now: number): number => {
    const plugs = Array.from({ length: 1000 }, () => plug(sw))
    for (const { link } of plugs) link.isMute = true
    for (const [i, { endpoint, link }] of plugs.entries()) {
      link.isFull = i % 2 === 0
      give(endpoint, `ffffffffffff 0200 0000 ${i.toString(16).padStart(4, '0')} 0800` + '00'.repeat(46))
    }
    for (const { endpoint } of plugs) endpoint.close()
    sw.tick(now)
    assert.is(sw.hash.count, 0)
    assert.is(sw.queueOctets.used, 0)
    gc!()
    return process.memoryUsage().heapUsed // not arrayBuffers: they are freed in the background, some time later
  }
  const first = round(1)
  let last = first
  for (let i = 2; i <= 10; i++) last = round(i)
  assert.ok(last < first + 1e6, `${first} octets after the first round, ${last} after the last`)
})

lifetime('1 024 ports with an endpoint each take less than 4 MiB', () => {
  gc!()
  const before = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
  const sw = makeSwitch({ numPorts: 1024 })
  for (let i = 0; i < 1024; i++) plug(sw)
  give(sw.port(1).endpoints[0], FRAME)
  gc!()
  const used = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers - before
  assert.ok(used < 4 << 20, `${used} octets`)
})

lifetime.run()
