/**
 * What `vde_switch --metrics` tells, a row each: the registry, the man page and the test of both come from this table.
 * Values are read when they are asked for, so that a switch nobody watches pays nothing.
 */
import type { TreePort } from '@vde-ts/stp'
import type { Port, SnoopingState, Switch } from '@vde-ts/switch'

/** Where values come from. */
export interface MetricSource {
  readonly sw: Switch
  readonly uptimeSec: () => number
  /** How late the loop came to its work, in seconds, since the last look. */
  readonly lag: () => { readonly p50: number, readonly p99: number, readonly max: number }
}

/** One value, and what it is of, in the order of the metric's labels. */
export type Sample = readonly [value: number, ...labels: string[]]

/** A metric, named as Prometheus wants it: the unit at the end, `_total` for a counter. */
export interface Metric {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  readonly labels: readonly string[]
  read (source: MetricSource): Iterable<Sample>
}

/** A row with one sample for each port that exists. */
const perPort = (name: string, type: Metric['type'], help: string, read: (port: Port) => number): Metric => ({
  name,
  help,
  type,
  labels: ['port'],
  * read ({ sw }) { for (const port of sw.ports()) yield [read(port), String(port.number)] }
})

/** A row with one for each direction of each port: `in` is towards the switch. */
const bothWays = (name: string, help: string, read: (port: Port) => readonly [received: number, sent: number]): Metric => ({
  name,
  help,
  type: 'counter',
  labels: ['port', 'direction'],
  * read ({ sw }) {
    for (const port of sw.ports()) {
      const [received, sent] = read(port)
      yield [received, String(port.number), 'in']
      yield [sent, String(port.number), 'out']
    }
  }
})

/** A row with one sample for each VLAN in which multicast is looked at. */
const perVlan = (name: string, help: string, read: (state: SnoopingState) => number): Metric => ({
  name,
  help,
  type: 'gauge',
  labels: ['vlan'],
  * read ({ sw }) { for (const state of sw.multicast.list()) yield [read(state), String(state.vlan)] }
})

/** A row with one sample for each port of each tree; VLAN 0 stands for the whole bridge. */
const perTreePort = (name: string, type: Metric['type'], help: string, read: (port: TreePort) => number): Metric => ({
  name,
  help,
  type,
  labels: ['port', 'vlan'],
  * read ({ sw }) {
    for (const { tree, vlanId } of sw.tree.instances) {
      for (const port of tree.ports) yield [read(port), String(port.number), String(vlanId)]
    }
  }
})

/** What `vde_stp_port_state` shows. */
const STATES = ['Discarding', 'Learning', 'Forwarding']

const single = (name: string, type: Metric['type'], help: string, read: (source: MetricSource) => number): Metric => ({
  name, help, type, labels: [], * read (source) { yield [read(source)] }
})

const sum = (port: Port, read: (endpoint: Port['endpoints'][number]) => number): number =>
  port.endpoints.reduce((total, endpoint) => total + read(endpoint), 0)

/** Every metric there is. */
export const METRICS: readonly Metric[] = [
  bothWays('vde_port_frames_total', 'Frames of the wire, by port', (port) => [port.inFrames, port.outFrames]),
  bothWays('vde_port_bytes_total', 'Octets of these frames, without FCS', (port) => [port.inBytes, port.outBytes]),
  {
    name: 'vde_port_drops_total',
    help: 'Frames lost at a port, by reason, as port/counters names it',
    type: 'counter',
    labels: ['port', 'reason'],
    * read ({ sw }) {
      for (const port of sw.ports()) {
        const drops = Object.entries(port.drops) as Array<[string, number]>
        for (const [reason, frames] of drops) yield [frames, String(port.number), reason]
      }
    }
  },
  perPort('vde_port_up', 'gauge', '1 when the medium of something plugged in is there', (port) => Number(port.isUp)),
  perPort('vde_port_endpoints', 'gauge', 'Endpoints plugged in', (port) => port.endpoints.length),
  perPort('vde_port_queue_frames', 'gauge', 'Frames that wait for the endpoints of a port',
    (port) => sum(port, ({ queue }) => queue.frames)),
  perPort('vde_port_queue_bytes', 'gauge', 'Octets of these frames', (port) => sum(port, ({ queue }) => queue.octets)),
  {
    name: 'vde_port_addresses',
    help: 'Addresses known behind a port',
    type: 'gauge',
    labels: ['port'],
    * read ({ sw }) { for (const { number } of sw.ports()) yield [sw.hash.countOf(number), String(number)] }
  },
  perPort('vde_port_address_moves_total', 'counter', 'Addresses that moved to a port from another one', (port) => port.moves),
  perPort('vde_port_addresses_refused_total', 'counter', 'Addresses not learnt because the table was full', (port) => port.unlearnt),
  single('vde_table_addresses', 'gauge', 'Addresses in the forwarding table', ({ sw }) => sw.hash.count),
  single('vde_table_capacity_addresses', 'gauge', 'Addresses it holds at most', ({ sw }) => sw.hash.capacity),
  single('vde_queues_bytes', 'gauge', 'Octets in all queues of the switch', ({ sw }) => sw.queueOctets.used),
  single('vde_queues_limit_bytes', 'gauge', 'Octets they may hold together', ({ sw }) => sw.queueOctets.limit),
  perTreePort('vde_stp_port_state', 'gauge', 'State of a port in the spanning tree: 0 discarding, 1 learning, 2 forwarding', ({ pst }) => STATES.indexOf(pst)),
  perTreePort('vde_stp_port_blocked', 'gauge', '1 when a guard, or what the port hears, keeps it from forwarding', ({ blocked }) => Number(blocked !== null)),
  perTreePort('vde_stp_port_forward_transitions_total', 'counter', 'Times a port began to forward', ({ counters }) => counters.forwardTransitions),
  perTreePort('vde_stp_port_topology_changes_total', 'counter', 'Topology changes a port told of', ({ counters }) => counters.topologyChanges),
  {
    name: 'vde_stp_root',
    help: '1 when the switch is the root of the tree',
    type: 'gauge',
    labels: ['vlan'],
    * read ({ sw }) { for (const { tree, vlanId } of sw.tree.instances) yield [Number(tree.rootPort === 0), String(vlanId)] }
  },
  perVlan('vde_multicast_groups', 'Multicast groups joined, of VLANs that are looked at', ({ groups }) => groups.length),
  perVlan('vde_multicast_memberships', 'Ports that joined them', ({ groups }) => groups.reduce((total, { ports }) => total + ports.length, 0)),
  perVlan('vde_multicast_routers', 'Ports behind which a multicast router was heard', ({ routers }) => routers.length),
  perVlan('vde_multicast_queriers', 'Families of addresses that are asked for, IPv4 and IPv6', ({ queriers }) =>
    queriers.filter(([left]) => left >= 0).length),
  perVlan('vde_multicast_refused', 'Memberships that found no room, of late', ({ refused }) => refused),
  {
    name: 'vde_loop_lag_seconds',
    help: 'How late the event loop came to its work since the last scrape: median, 99th percentile, maximum',
    type: 'gauge',
    labels: ['quantile'],
    * read ({ lag }) {
      const { p50, p99, max } = lag()
      yield [p50, '0.5']
      yield [p99, '0.99']
      yield [max, '1']
    }
  },
  single('vde_resident_memory_bytes', 'gauge', 'Memory of the process that is in RAM', () => process.memoryUsage.rss()),
  single('vde_uptime_seconds', 'gauge', 'Seconds since the start', ({ uptimeSec }) => uptimeSec())
]
