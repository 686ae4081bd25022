/** Rows of one TCP stream between two namespaces. */
import {
  bridgePair, expectAttached, introduce, joinMany, joinNamespace, pairOn, startNode, startPlug, startSwitch, type Suite
} from '../lib/networks.ts'
import type { Need } from '../lib/needs.ts'
import type { Row, Side } from '../lib/row.ts'
import { AFTER_START, tcp } from '../lib/traffic.ts'

const TRAFFIC: readonly Need[] = ['iperf3', 'ping', 'ip', 'tun']
const C_CLIENTS: readonly Need[] = [...TRAFFIC, 'c:vdens']
const ALL_C: readonly Need[] = [...C_CLIENTS, 'c:vde_switch']

/** Our switch and our vdens, on the fast path. `options` are those of vdens. */
const attached = (name: string, needs: readonly Need[], options: readonly string[] = []): Side => ({
  name,
  needs: [...TRAFFIC, 'attach', ...needs],
  open: async (site) => {
    const network = await startSwitch(site, 'ours', 'sw')
    const pair = await pairOn(site, network.dir, ['ours', 'ours'], options)
    await expectAttached(site, network)
    return async (seconds) => await tcp(pair, seconds)
  }
})

/** Two namespaces of any suite on a switch of any suite, by whatever way they agree on. */
const switched = (name: string, suite: Suite, clients: readonly [Suite, Suite], needs: readonly Need[]): Side => ({
  name,
  needs,
  open: async (site) => {
    const network = await startSwitch(site, suite, 'sw')
    const pair = await pairOn(site, network.dir, clients)
    return async (seconds) => await tcp(pair, seconds)
  }
})

/** C clients on the switch:// of either suite. */
const noded = (name: string, suite: Suite, needs: readonly Need[]): Side => ({
  name,
  needs,
  open: async (site) => {
    const network = await startNode(site, suite, 'node')
    const pair = await pairOn(site, network.dir, ['c', 'c'])
    return async (seconds) => await tcp(pair, seconds)
  }
})

const bridged = (offload: boolean): Side => ({
  name: `Linux bridge and veth, offload ${offload ? 'on' : 'off'}`,
  needs: ['iperf3', 'ping', 'ip', 'nsenter'],
  open: async (site) => {
    const pair = await bridgePair(site, offload)
    return async (seconds) => await tcp(pair, seconds)
  }
})

/** Two switches, a vde_plug between, a vdens at either end. */
const chained = (name: string, suite: Suite, needs: readonly Need[]): Side => ({
  name,
  needs,
  open: async (site) => {
    const left = await startSwitch(site, suite, 'left')
    const right = await startSwitch(site, suite, 'right')
    startPlug(site, suite, left, right)
    const [a, b] = await Promise.all([joinNamespace(site, suite, left.dir), joinNamespace(site, suite, right.dir)])
    await introduce({ a, b })
    return async (seconds) => await tcp({ a, b }, seconds)
  }
})

/** Two busy namespaces on a switch of `ports` ports, the others idle interfaces of a third. */
const crowded = (suite: Suite, ports: number, needs: readonly Need[]): Side => ({
  name: `${suite === 'ours' ? 'our' : 'C'} switch with ${ports} ports`,
  needs,
  open: async (site) => {
    const network = await startSwitch(site, suite, 'sw', ['--numports', '1100'])
    if (ports > 2) await joinMany(site, suite, network.dir, ports - 2)
    const pair = await pairOn(site, network.dir, [suite, suite])
    if (suite === 'ours' && needs.includes('attach')) await expectAttached(site, network)
    return async (seconds) => await tcp(pair, seconds)
  }
})

const STREAM = 'TCP, one stream, two namespaces'
const atLeast = (value: number): NonNullable<Row['target']> => ({ op: '>=', value, of: 'ratio' })
const RETRANSMITS = { extra: 'retransmits', unit: 'segments' }
const LATER = { extra: AFTER_START, unit: 'segments' }

export const tcpRows: readonly Row[] = [
  {
    name: 'tcp-bridge',
    work: `${STREAM}, default options`,
    against: 'Linux bridge and veth in a user namespace',
    unit: 'Gbit/s',
    target: atLeast(0.85),
    also: [RETRANSMITS],
    ours: attached('vde_switch and vdens, taps handed over', []),
    peer: bridged(true)
  },
  {
    name: 'tcp-c',
    work: `${STREAM}, default options`,
    against: 'C vde_switch and C vdens',
    unit: 'Gbit/s',
    target: atLeast(12),
    also: [RETRANSMITS],
    ours: attached('vde_switch and vdens, taps handed over', []),
    peer: switched('C vde_switch and C vdens', 'c', ['c', 'c'], ALL_C)
  },
  {
    name: 'tcp-plain',
    work: `${STREAM}, MTU 1500 without offload`,
    against: 'C vde_switch and C vdens',
    unit: 'Gbit/s',
    target: atLeast(2.5),
    also: [RETRANSMITS],
    ours: attached('vde_switch and vdens --no-offload', ['no-offload'], ['--no-offload']),
    peer: switched('C vde_switch and C vdens', 'c', ['c', 'c'], ALL_C)
  },
  {
    name: 'tcp-plain-bridge',
    work: `${STREAM}, MTU 1500 without offload`,
    against: 'Linux bridge and veth without offload',
    unit: 'Gbit/s',
    also: [RETRANSMITS],
    ours: attached('vde_switch and vdens --no-offload', ['no-offload'], ['--no-offload']),
    peer: bridged(false)
  },
  {
    name: 'tcp-packet',
    work: `${STREAM}, vdens --packet`,
    against: 'Linux bridge and veth in a user namespace',
    unit: 'Gbit/s',
    target: atLeast(0.7),
    also: [RETRANSMITS],
    ours: attached('vde_switch and vdens --packet', ['packet'], ['--packet']),
    peer: bridged(true)
  },
  {
    name: 'tcp-c-clients',
    work: 'TCP, two C vdens on our vde_switch',
    against: 'the same clients on the C vde_switch',
    unit: 'Gbit/s',
    target: atLeast(1.4),
    also: [{ ...RETRANSMITS, target: { op: '<=', value: 0.05, of: 'ratio' } }, LATER],
    ours: switched('our vde_switch', 'ours', ['c', 'c'], C_CLIENTS),
    peer: switched('C vde_switch', 'c', ['c', 'c'], ALL_C)
  },
  {
    name: 'tcp-node',
    work: 'TCP, two C vdens on our switch://',
    against: 'the same clients on the C switch://',
    unit: 'Gbit/s',
    target: atLeast(1.1),
    also: [RETRANSMITS, LATER],
    ours: noded('our switch://', 'ours', C_CLIENTS),
    peer: noded('C switch://', 'c', [...C_CLIENTS, 'c:switch'])
  },
  {
    name: 'tcp-mixed',
    work: 'TCP, our vdens to a C vdens on our vde_switch',
    against: 'two C vdens on the C vde_switch',
    unit: 'Gbit/s',
    target: atLeast(2),
    also: [RETRANSMITS, LATER],
    ours: switched('our vdens, our vde_switch, C vdens', 'ours', ['ours', 'c'], [...C_CLIENTS, 'attach']),
    peer: switched('C vde_switch and C vdens', 'c', ['c', 'c'], ALL_C)
  },
  {
    name: 'tcp-1024',
    work: 'TCP between two of 1 024 attached ports, the rest idle',
    against: 'the same switch with 2 ports',
    unit: 'Gbit/s',
    target: atLeast(0.95),
    ours: crowded('ours', 1024, [...TRAFFIC, 'attach']),
    peer: crowded('ours', 2, [...TRAFFIC, 'attach']),
    runs: 5
  },
  {
    name: 'tcp-1024-c',
    work: 'the same of the C switch, to compare',
    against: 'the C switch with 2 ports',
    unit: 'Gbit/s',
    ours: crowded('c', 1024, ALL_C),
    peer: crowded('c', 2, ALL_C),
    runs: 5
  },
  {
    name: 'tcp-chain',
    work: 'TCP over two switches and a vde_plug between, all ours',
    against: 'the same chain, all C',
    unit: 'Gbit/s',
    target: atLeast(2),
    also: [RETRANSMITS],
    ours: chained('ours', 'ours', TRAFFIC),
    peer: chained('C', 'c', [...ALL_C, 'c:vde_plug'])
  }
]
