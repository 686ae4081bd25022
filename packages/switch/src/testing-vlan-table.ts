/**
 * What a bridge does with tags, as a table: every kind of port as origin, every kind of frame, and what leaves each other
 * port. The expectations are IEEE 802.1Q-2018's; the unit test holds our switch against them, the end-to-end test our
 * program and Open vSwitch.
 *
 *     -          nothing            C10.5    0x8100, VID 10, priority 5       d behind it: drop eligible
 *     U          no tag             S100.5   0x88a8                           C10.5/C20.2   outer/inner
 *
 * Clauses: a port takes the frame types it admits [6.9 a], a priority tag and no tag mean the PVID [6.9 b], a VLAN the port
 * is no member of is filtered on ingress [8.6.2] and egress [8.6.4], a frame leaves with or without tag as its
 * egress port is in the untagged set [8.6.5], priority and drop eligibility are kept [6.9.3], VID 4095 is never used
 * [table 9-2]. A port of a C-VLAN component knows only 0x8100, one of an S-VLAN component only 0x88a8: the other tag is
 * payload [5.5, 5.6, 9.5].
 */

/** A kind of port: how it is set up with `vlan/port`, and with `ovs-vsctl set port`. */
export interface TablePort {
  readonly name: string
  readonly setup: readonly string[]
  readonly ovs: string
}

/** The ports of the table, numbered from 1. */
export const TABLE_PORTS: readonly TablePort[] = [
  { name: 'a10', setup: ['access 10'], ovs: 'vlan_mode=access tag=10' },
  { name: 'a20', setup: ['access 20'], ovs: 'vlan_mode=access tag=20' },
  { name: 'trunk', setup: ['trunk 10,20'], ovs: 'vlan_mode=trunk trunks=10,20' },
  { name: 'native', setup: ['native 10 20'], ovs: 'vlan_mode=native-untagged tag=10 trunks=10,20' },
  { name: 'nattag', setup: ['native 10 20 tagged'], ovs: 'vlan_mode=native-tagged tag=10 trunks=10,20' },
  { name: 'qinq', setup: ['qinq 100'], ovs: 'vlan_mode=dot1q-tunnel tag=100 other_config:qinq-ethtype=802.1ad' },
  { name: 'core', setup: ['trunk 20,100', 'tpid 0x88a8'], ovs: 'vlan_mode=trunk trunks=20,100' }
]

/** One frame from one port, and what leaves the ports, by name. */
export interface TableRow {
  readonly from: string
  readonly frame: string
  readonly leaves: Readonly<Record<string, string>>
}

const TABLE = `
from   frame        a10          a20 trunk              native             nattag             qinq  core
a10    U            .            -   C10.0              U                  C10.0              -     -
a10    C0.5         .            -   C10.5              U                  C10.5              -     -
a10    C10.5        .            -   -                  -                  -                  -     -
a10    C20.3d       .            -   -                  -                  -                  -     -
a10    C30.5        .            -   -                  -                  -                  -     -
a10    C4095.0      .            -   -                  -                  -                  -     -
a10    S0.5         .            -   C10.0/S0.5         S0.5               C10.0/S0.5         -     -
a10    S20.5        .            -   C10.0/S20.5        S20.5              C10.0/S20.5        -     -
a10    S100.5d      .            -   C10.0/S100.5d      S100.5d            C10.0/S100.5d      -     -
a10    C10.5/C20.2  .            -   -                  -                  -                  -     -
a10    S100.5/C10.3 .            -   C10.0/S100.5/C10.3 S100.5/C10.3       C10.0/S100.5/C10.3 -     -
a20    U            -            .   C20.0              C20.0              C20.0              -     S20.0
a20    C0.5         -            .   C20.5              C20.5              C20.5              -     S20.5
a20    C10.5        -            .   -                  -                  -                  -     -
a20    C20.3d       -            .   -                  -                  -                  -     -
a20    C30.5        -            .   -                  -                  -                  -     -
a20    C4095.0      -            .   -                  -                  -                  -     -
a20    S0.5         -            .   C20.0/S0.5         C20.0/S0.5         C20.0/S0.5         -     S20.0/S0.5
a20    S20.5        -            .   C20.0/S20.5        C20.0/S20.5        C20.0/S20.5        -     S20.0/S20.5
a20    S100.5d      -            .   C20.0/S100.5d      C20.0/S100.5d      C20.0/S100.5d      -     S20.0/S100.5d
a20    C10.5/C20.2  -            .   -                  -                  -                  -     -
a20    S100.5/C10.3 -            .   C20.0/S100.5/C10.3 C20.0/S100.5/C10.3 C20.0/S100.5/C10.3 -     S20.0/S100.5/C10.3
trunk  U            -            -   .                  -                  -                  -     -
trunk  C0.5         -            -   .                  -                  -                  -     -
trunk  C10.5        U            -   .                  U                  C10.5              -     -
trunk  C20.3d       -            U   .                  C20.3d             C20.3d             -     S20.3d
trunk  C30.5        -            -   .                  -                  -                  -     -
trunk  C4095.0      -            -   .                  -                  -                  -     -
trunk  S0.5         -            -   .                  -                  -                  -     -
trunk  S20.5        -            -   .                  -                  -                  -     -
trunk  S100.5d      -            -   .                  -                  -                  -     -
trunk  C10.5/C20.2  C20.2        -   .                  C20.2              C10.5/C20.2        -     -
trunk  S100.5/C10.3 -            -   .                  -                  -                  -     -
native U            U            -   C10.0              .                  C10.0              -     -
native C0.5         U            -   C10.5              .                  C10.5              -     -
native C10.5        U            -   C10.5              .                  C10.5              -     -
native C20.3d       -            U   C20.3d             .                  C20.3d             -     S20.3d
native C30.5        -            -   -                  .                  -                  -     -
native C4095.0      -            -   -                  .                  -                  -     -
native S0.5         S0.5         -   C10.0/S0.5         .                  C10.0/S0.5         -     -
native S20.5        S20.5        -   C10.0/S20.5        .                  C10.0/S20.5        -     -
native S100.5d      S100.5d      -   C10.0/S100.5d      .                  C10.0/S100.5d      -     -
native C10.5/C20.2  C20.2        -   C10.5/C20.2        .                  C10.5/C20.2        -     -
native S100.5/C10.3 S100.5/C10.3 -   C10.0/S100.5/C10.3 .                  C10.0/S100.5/C10.3 -     -
nattag U            U            -   C10.0              U                  .                  -     -
nattag C0.5         U            -   C10.5              U                  .                  -     -
nattag C10.5        U            -   C10.5              U                  .                  -     -
nattag C20.3d       -            U   C20.3d             C20.3d             .                  -     S20.3d
nattag C30.5        -            -   -                  -                  .                  -     -
nattag C4095.0      -            -   -                  -                  .                  -     -
nattag S0.5         S0.5         -   C10.0/S0.5         S0.5               .                  -     -
nattag S20.5        S20.5        -   C10.0/S20.5        S20.5              .                  -     -
nattag S100.5d      S100.5d      -   C10.0/S100.5d      S100.5d            .                  -     -
nattag C10.5/C20.2  C20.2        -   C10.5/C20.2        C20.2              .                  -     -
nattag S100.5/C10.3 S100.5/C10.3 -   C10.0/S100.5/C10.3 S100.5/C10.3       .                  -     -
qinq   U            -            -   -                  -                  -                  .     S100.0
qinq   C0.5         -            -   -                  -                  -                  .     S100.0/C0.5
qinq   C10.5        -            -   -                  -                  -                  .     S100.0/C10.5
qinq   C20.3d       -            -   -                  -                  -                  .     S100.0/C20.3d
qinq   C30.5        -            -   -                  -                  -                  .     S100.0/C30.5
qinq   C4095.0      -            -   -                  -                  -                  .     S100.0/C4095.0
qinq   S0.5         -            -   -                  -                  -                  .     S100.5
qinq   S20.5        -            -   -                  -                  -                  .     -
qinq   S100.5d      -            -   -                  -                  -                  .     -
qinq   C10.5/C20.2  -            -   -                  -                  -                  .     S100.0/C10.5/C20.2
qinq   S100.5/C10.3 -            -   -                  -                  -                  .     -
core   U            -            -   -                  -                  -                  -     .
core   C0.5         -            -   -                  -                  -                  -     .
core   C10.5        -            -   -                  -                  -                  -     .
core   C20.3d       -            -   -                  -                  -                  -     .
core   C30.5        -            -   -                  -                  -                  -     .
core   C4095.0      -            -   -                  -                  -                  -     .
core   S0.5         -            -   -                  -                  -                  -     .
core   S20.5        -            U   C20.5              C20.5              C20.5              -     .
core   S100.5d      -            -   -                  -                  -                  U     .
core   C10.5/C20.2  -            -   -                  -                  -                  -     .
core   S100.5/C10.3 -            -   -                  -                  -                  C10.3 .
`

const [head = [], ...lines] = TABLE.trim().split('\n').map((line) => line.split(/ +/))

/** The rows, every frame from every port. */
export const TABLE_ROWS: readonly TableRow[] = lines.map(([from = '', frame = '', ...cells]) => ({
  from,
  frame,
  leaves: Object.fromEntries(cells.map((cell, i) => [head[i + 2] ?? '', cell] as const).filter(([name]) => name !== from))
}))

/** The octets of tags, in hex, from their text in the table. */
export const tagsToHex = (text: string): string => text === 'U'
  ? ''
  : text.split('/').map((tag) => {
    const [, type, vlan, priority, drop] = /^([CS])(\d+)\.(\d)(d?)$/.exec(tag) ?? []
    const tci = (Number(priority) << 13) | (drop === 'd' ? 0x1000 : 0) | Number(vlan)
    return (type === 'C' ? '8100' : '88a8') + tci.toString(16).padStart(4, '0')
  }).join('')

/** The text of the tags of a frame in hex. */
export const tagsOfHex = (frame: string): string => {
  const tags: string[] = []
  for (let at = 24; /^(?:8100|88a8)/.test(frame.slice(at)); at += 8) {
    const tci = parseInt(frame.slice(at + 4, at + 8), 16)
    tags.push(`${frame.startsWith('8100', at) ? 'C' : 'S'}${tci & 0xfff}.${tci >> 13}${(tci & 0x1000) === 0 ? '' : 'd'}`)
  }
  return tags.length === 0 ? 'U' : tags.join('/')
}
