/**
 * The table of 802.1Q with real traffic: through our program, and through Open vSwitch, whose differences from the
 * standard are listed with the clause they differ from.
 */
import assert from 'node:assert/strict'
import { TABLE_PORTS, TABLE_ROWS, tagsOfHex, tagsToHex, type TableRow } from '@vde-ts/switch/testing-vlan-table.js'
import { BROADCAST, mac, ours, ourSwitch, Ovs, OVS_NEEDS, PlugPipe, run, test, waitFor } from './kit/index.ts'

const SENTINEL = 0xffff
const HELLO = 0xfffe

/**
 * What Open vSwitch does otherwise, by row: the cells that differ, and why.
 *
 *     type    it has no C-VLAN and S-VLAN components: a tag of either type is a VLAN's wherever it comes, and keeps its
 *             type [5.5, 5.6, 9.5]
 *     dei     drop eligibility is lost [6.9.3, 9.6 b]
 *     inner   a frame with two tags never leaves an access port, where the outer one is taken off [8.6.5, 9.3]
 *     outer   a tunnel takes every tag for payload, also one that is a service tag of another VLAN, or of none [8.6.2]
 *     third   two tags are all it knows: of three the last is lost [9.3]
 */
const DIFFERENCES = `
a10    S0.5         type  trunk=S10.5 native=U nattag=S10.5
a10    S20.5        type  trunk=- native=- nattag=-
a10    S100.5d      type  trunk=- native=- nattag=-
a10    S100.5/C10.3 type  trunk=- native=- nattag=-
a20    U            type  core=C20.0
a20    C0.5         type  core=C20.5
a20    S0.5         type  trunk=S20.5 native=S20.5 nattag=S20.5 core=S20.5
a20    S20.5        type  trunk=- native=- nattag=- core=-
a20    S100.5d      type  trunk=- native=- nattag=- core=-
a20    S100.5/C10.3 type  trunk=- native=- nattag=- core=-
trunk  C20.3d       dei   native=C20.3 nattag=C20.3 core=C20.3
trunk  S20.5        type  a20=U native=S20.5 nattag=S20.5 core=S20.5
trunk  C10.5/C20.2  inner a10=-
native C20.3d       dei   trunk=C20.3 nattag=C20.3 core=C20.3
native S0.5         type  a10=U trunk=S10.5 nattag=S10.5
native S20.5        type  a10=- a20=U trunk=S20.5 nattag=S20.5 core=S20.5
native S100.5d      type  a10=- trunk=- nattag=-
native C10.5/C20.2  inner a10=-
native S100.5/C10.3 type  a10=- trunk=- nattag=-
nattag C20.3d       dei   trunk=C20.3 native=C20.3 core=C20.3
nattag S0.5         type  a10=U trunk=S10.5 native=U
nattag S20.5        type  a10=- a20=U trunk=S20.5 core=S20.5
nattag S100.5d      type  a10=- trunk=- native=-
nattag C10.5/C20.2  inner a10=-
nattag S100.5/C10.3 type  a10=- trunk=- native=-
qinq   S0.5         outer core=S100.0/S0.5
qinq   S20.5        outer core=S100.0/S20.5
qinq   S100.5d      outer core=S100.0/S100.5d
qinq   C10.5/C20.2  third core=S100.0/C10.5
qinq   S100.5/C10.3 third core=S100.0/S100.5
core   C20.3d       type  a20=U trunk=C20.3 native=C20.3 nattag=C20.3
core   S20.5        type  trunk=S20.5 native=S20.5 nattag=S20.5
`

/** A frame of 60 octets without its tags, that carries the number of its row. */
const frameOf = (tags: string, station: number, row: number): Buffer => {
  const payload = Buffer.alloc(48, 0x5a)
  payload.writeUInt16BE(0x88b5)
  payload.writeUInt16BE(row, 2)
  return Buffer.concat([BROADCAST, mac(station), Buffer.from(tagsToHex(tags), 'hex'), payload])
}

const rowOf = (bytes: Buffer): number => {
  const at = bytes.indexOf('88b5', 12, 'hex')
  return at === -1 ? -1 : bytes.readUInt16BE(at + 2)
}

const differing = new Map(DIFFERENCES.trim().split('\n').map((line) => {
  const [from = '', frame = '', , ...cells] = line.split(/ +/)
  return [`${from} ${frame}`, Object.fromEntries(cells.map((cell) => cell.split('=')))] as const
}))

/** What leaves Open vSwitch. */
const ofOvs = ({ from, frame, leaves }: TableRow): TableRow['leaves'] => ({ ...leaves, ...differing.get(`${from} ${frame}`) })

/** Greets until every cable heard something: then all of them are plugged in. */
const greet = async (cables: ReadonlyMap<string, PlugPipe>): Promise<void> => {
  await waitFor(() => {
    for (const from of ['trunk', 'native']) for (const tags of ['C10.0', 'C20.0']) cables.get(from)!.send(frameOf(tags, 97, HELLO))
    for (const [from, tags] of [['core', 'S100.0'], ['qinq', 'U']] as const) cables.get(from)!.send(frameOf(tags, 96, HELLO))
    return [...cables.values()].every((cable) => cable.frames.some((bytes) => rowOf(bytes) === HELLO))
  }, 10_000, 'greeting on every cable')
}

const EMPTY = Object.fromEntries(TABLE_PORTS.map(({ name }) => [name, '-']))

/** Sends every frame of the table and answers, per row, what left each port but the origin. */
const sendAll = async (cables: ReadonlyMap<string, PlugPipe>, expected: (row: TableRow) => TableRow['leaves']): Promise<Array<Record<string, string>>> => {
  await greet(cables)
  TABLE_ROWS.forEach(({ from, frame }, i) => { cables.get(from)!.send(frameOf(frame, 100 + i, i)) })
  for (const [name, cable] of cables) {
    const wanted = TABLE_ROWS.map((row, i) => ({ row, i })).filter(({ row }) => (expected(row)[name] ?? '-') !== '-')
    for (const { i } of wanted) {
      await waitFor(() => cable.frames.some((bytes) => rowOf(bytes) === i), 5000, `row ${i} (${TABLE_ROWS[i]!.from} <- ${TABLE_ROWS[i]!.frame}) at ${name}`)
    }
  }
  // What was sent after all that came shows that nothing else is under way.
  for (const tags of ['C10.0', 'C20.0']) cables.get('trunk')!.send(frameOf(tags, 99, SENTINEL))
  cables.get('core')!.send(frameOf('S100.0', 98, SENTINEL))
  for (const [name, cable] of cables) if (name !== 'trunk') await cable.expect((bytes) => rowOf(bytes) === SENTINEL, `the last frame at ${name}`)
  return TABLE_ROWS.map(({ from }, i) => {
    const found: Record<string, string> = { ...EMPTY }
    for (const [name, cable] of cables) {
      const copies = cable.frames.filter((bytes) => rowOf(bytes) === i)
      if (copies.length > 0) found[name] = copies.map((bytes) => tagsOfHex(bytes.toString('hex'))).join(' ')
    }
    assert.equal(found[from], '-', `row ${i} came back to ${from}`)
    delete found[from]
    return found
  })
}

test('every frame through every kind of port, as 802.1Q says', { ours: ['vde_switch', 'vde_plug'] }, async (scene) => {
  const net = await ourSwitch(scene)
  const console = await net.console()
  const cables = new Map<string, PlugPipe>()
  for (const [i, { name, setup }] of TABLE_PORTS.entries()) {
    await console.ask(`port/create ${i + 1}`)
    for (const words of setup) assert.match(await console.ask(`vlan/port ${i + 1} ${words}`), /^1000 /)
    cables.set(name, new PlugPipe(scene, [ours('vde_plug'), `${net.dir}[${i + 1}]`], i + 1))
  }
  const found = await sendAll(cables, ({ leaves }) => leaves)
  TABLE_ROWS.forEach((row, i) => { assert.deepEqual(found[i], row.leaves, `${row.from} <- ${row.frame}`) })
  const counters = JSON.parse((await console.ask('port/counters --json')).split('\n')[1]!) as Array<{ drops: { vlan: number, frameType: number } }>
  const lost = TABLE_ROWS.filter(({ leaves }) => Object.values(leaves).every((cell) => cell === '-')).length
  assert.equal(counters.reduce((sum, { drops }) => sum + drops.vlan + drops.frameType, 0), lost, 'each loss has its reason')
})

test('the same frames through Open vSwitch', { needs: [...OVS_NEEDS] }, async (scene) => {
  const ovs = await Ovs.start(scene)
  const cables = new Map<string, PlugPipe>()
  for (const [i, { name, ovs: settings }] of TABLE_PORTS.entries()) cables.set(name, await ovs.port(name, settings.split(' '), i + 1))
  const found = await sendAll(cables, ofOvs)
  TABLE_ROWS.forEach((row, i) => { assert.deepEqual(found[i], ofOvs(row), `${row.from} <- ${row.frame}`) })
})

run()
