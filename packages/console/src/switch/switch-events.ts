/** Events of a switch: what its observer is told, as the lines other programs know. */
import { formatHalves } from '@vde-ts/frame/mac.js'
import type { PortState, Switch } from '@vde-ts/switch'
import type { EventHub, Topic } from '../events.ts'
import { digits, wordText } from './format.ts'
import { idText } from './fstp-print.ts'

/** Adds the categories to `hub` and follows `sw`. @returns ends it */
export const followSwitch = (sw: Switch, hub: EventHub): () => void => {
  const stopHash = followHash(sw, hub)
  const stopTree = followTree(sw, hub)
  const stopPorts = followPorts(sw, hub)
  return () => {
    stopHash()
    stopTree()
    stopPorts()
  }
}

/** The switch is asked for its table's events only while somebody listens: they come from the way of the frames. */
const followHash = (sw: Switch, hub: EventHub): () => void => {
  let stop: (() => void) | null = null
  const onInterest = (): void => {
    const isWanted = added.isWanted || removed.isWanted
    if (isWanted && stop === null) {
      stop = sw.observe({
        hashAdded: (hi, lo, vlan, port) => { tell(added, hi, lo, vlan, port) },
        hashRemoved: (hi, lo, vlan, port) => { tell(removed, hi, lo, vlan, port) }
      })
    } else if (!isWanted) {
      stop?.()
      stop = null
    }
  }
  const added = hub.add({ path: 'hash/+', tag: 0o11, help: 'table: an address was learnt' }, onInterest)
  const removed = hub.add({ path: 'hash/-', tag: 0o12, help: 'table: an address was forgotten' }, onInterest)
  return () => { stop?.() }
}

const tell = (topic: Topic, hi: number, lo: number, vlan: number, port: number): void => {
  if (topic.isWanted) topic.publish(hashText(hi, lo, vlan, port), { mac: formatHalves(hi, lo), vlan, port })
}

const STATE_TEXT: Readonly<Record<PortState, string>> = { Discarding: 'discarding', Learning: 'learning', Forwarding: 'learning+forwarding' }

const followTree = (sw: Switch, hub: EventHub): () => void => {
  const status = hub.add({ path: 'fstp/status', tag: 0o44, help: 'spanning tree: a port changed its state' })
  const root = hub.add({ path: 'fstp/root', tag: 0o45, help: 'spanning tree: another root, or way to it' })
  const heard = hub.add({ path: 'fstp/+', tag: 0o41, help: 'spanning tree: a port speaks it' })
  const silent = hub.add({ path: 'fstp/-', tag: 0o42, help: 'spanning tree: a port speaks it no longer' })
  return sw.observe({
    treeState (port, vlan, state) { status.publish(`${placeText(port, vlan)} ${STATE_TEXT[state]}`, { port, vlan, state }) },
    treeRoot (port, vlan, id) { root.publish(`${placeText(port, vlan)} -> ${idText(id)}`, { port, vlan, root: idText(id) }) },
    treeHeard (port, vlan, isHeard) { (isHeard ? heard : silent).publish(placeText(port, vlan), { port, vlan }) },
    treeBlocked (port, vlan, reason) {
      if (reason === null) return
      status.publish(`${placeText(port, vlan)} discarding ${reason}`, { port, vlan, state: 'Discarding', reason })
    }
  })
}

// The VLAN's high octet comes first here, unlike in the table's events.
const placeText = (port: number, vlan: number): string => `Port ${digits(port, 4)} VLAN ${wordText(vlan)}`

const followPorts = (sw: Switch, hub: EventHub): () => void => {
  const portAdded = hub.add({ path: 'port/+', tag: 0o21, help: 'a port was made' })
  const portRemoved = hub.add({ path: 'port/-', tag: 0o22, help: 'the last endpoint of a port left' })
  const described = hub.add({ path: 'port/descr', tag: 0o23, help: 'an endpoint said what it is' })
  const endpointAdded = hub.add({ path: 'port/ep/+', tag: 0o31, help: 'an endpoint was plugged in' })
  const endpointRemoved = hub.add({ path: 'port/ep/-', tag: 0o32, help: 'an endpoint left' })
  return sw.observe({
    portAdded (port) { portAdded.publish(digits(port, 2), { port }) },
    portRemoved (port) { portRemoved.publish(digits(port, 2), { port }) },
    description (port, id, text) { described.publish(`${endpointText(port, id)} -> "${text}"`, { port, endpoint: id, description: text }) },
    endpointAdded (port, id) { endpointAdded.publish(endpointText(port, id), { port, endpoint: id }) },
    endpointRemoved (port, id) { endpointRemoved.publish(endpointText(port, id), { port, endpoint: id }) }
  })
}

const endpointText = (port: number, id: number): string => `Port ${digits(port, 2)} FD ${String(id).padStart(2)}`

// The VLAN's low octet comes first here, unlike in the spanning tree's events.
const hashText = (hi: number, lo: number, vlan: number, port: number): string => {
  const octet = (value: number): string => (value & 0xff).toString(16).padStart(2, '0')
  return `${formatHalves(hi, lo)} VLAN ${octet(vlan)}:${octet(vlan >>> 8)} Port ${port}`
}
