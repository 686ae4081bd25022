/** The switch itself: its ports, its table of addresses, its tree. */
import { VdeError } from '@vde-ts/link'
import {
  DEFAULT_HASH_SIZE, DEFAULT_PORTS, DEFAULT_PRIORITY, DEFAULT_QUEUE_FRAMES, DEFAULT_VLAN, MAX_PORTS, NO_LIMITS,
  type EndpointLimits, type TreeBridgeSettings, type TreeMode
} from '@vde-ts/switch'
import { DEFAULT_TIMES, GUARD_RECOVERY, type Times } from '@vde-ts/stp'
import type { SwitchContext } from '../context.ts'
import { flag, oneOf, setting, unless, whole, type Schema, type Setting } from './setting.ts'

const MOST_SEC = 0x7fffffff
const HASH = { size: DEFAULT_HASH_SIZE, gcIntervalSec: 2, expireSec: 100, minPersistenceSec: 3 }
const HOLD = 6
const MODES: readonly TreeMode[] = ['rstp', 'stp', 'fstp']

const both = (before?: boolean, after?: boolean): true | undefined => before === true && after === true ? true : undefined

/** Ports beyond the last one that nobody uses go; one in use is in the way. */
const setPorts = ({ sw }: SwitchContext, count: number): void => {
  const beyond = sw.ports().filter(({ number }) => number > count)
  const used = beyond.find(({ isActive }) => isActive)
  if (used !== undefined) throw new VdeError('EADDRINUSE', `set the number of ports to ${count}`, `something is plugged into port ${used.number}`)
  for (const { number } of beyond) sw.removePort(number)
  sw.setNumPorts(count)
}

const switchRows: readonly Setting[] = [
  setting<number>({
    key: 'switch.ports',
    schema: whole('number of ports', 1, MAX_PORTS, DEFAULT_PORTS),
    commands: ['port/setnumports'],
    read: ({ sw }) => unless(DEFAULT_PORTS, sw.numPorts),
    write (context, value = DEFAULT_PORTS) { setPorts(context, value) },
    meanwhile: (before = DEFAULT_PORTS, after = DEFAULT_PORTS) => unless(DEFAULT_PORTS, Math.max(before, after)),
    isLate: true
  }),
  setting<boolean>({
    key: 'switch.hub',
    schema: flag('every frame goes to every port', false),
    commands: ['port/sethub'],
    read: ({ sw }) => unless(false, sw.isHub),
    write ({ sw }, value = false) { sw.setHub(value) },
    meanwhile: both
  }),
  setting<boolean>({
    key: 'switch.vlan0',
    schema: flag('there is a VLAN 0, in which new ports are', true),
    commands: ['vlan/remove'],
    read: ({ sw }) => unless(true, sw.vlan.list()[0]?.id === DEFAULT_VLAN),
    write ({ sw }, value = true) { value ? sw.vlan.makeDefault() : sw.vlan.remove(DEFAULT_VLAN) },
    meanwhile: (before, after) => before === false && after === false ? false : undefined,
    isLate: true
  }),
  setting<number>({
    key: 'switch.queue',
    schema: whole('frames that wait for a new endpoint at most', 0, 1 << 20, DEFAULT_QUEUE_FRAMES),
    commands: ['port/defqlen'],
    read: ({ sw }) => unless(DEFAULT_QUEUE_FRAMES, sw.defaultQueueLength),
    write ({ sw }, value = DEFAULT_QUEUE_FRAMES) { sw.setDefaultQueueLength(value) }
  })
]

/** A limit of which a file says nothing is that of the start. */
const limitRow = (key: string, field: keyof EndpointLimits, title: string): Setting => setting<number | 'off'>({
  key: `limits.${key}`,
  schema: { title, anyOf: [{ type: 'integer', minimum: 0, maximum: 1_000_000_000 }, { const: 'off' }], description: 'a whole number, or off' },
  commands: ['port/limit'],
  read: ({ sw, facts }) => unless((facts.limits ?? NO_LIMITS)[field] ?? 'off', sw.limits[field] ?? 'off'),
  write ({ sw, facts }, value, _port) {
    const wanted = value ?? (facts.limits ?? NO_LIMITS)[field] ?? 'off'
    sw.setLimits({ [field]: wanted === 'off' ? null : wanted })
  },
  normal: (value: number | 'off', { facts }) => unless((facts.limits ?? NO_LIMITS)[field] ?? 'off', value)
})

const limitRows: readonly Setting[] = [
  limitRow('user', 'perUser', 'endpoints of one user at most'), limitRow('port', 'perPort', 'endpoints at one port at most'),
  limitRow('total', 'total', 'endpoints at most')
]

type Hash = SwitchContext['sw']['hash']

const hashRow = (
  key: string, schema: Schema, command: string, fallback: number,
  read: (hash: Hash) => number, write: (hash: Hash, value: number) => void
): Setting => setting<number>({
  key: `hash.${key}`,
  schema: { ...schema, default: fallback },
  commands: [command],
  read: ({ sw }) => unless(fallback, read(sw.hash)),
  write ({ sw }, value = fallback) { write(sw.hash, value) }
})

const hashRows: readonly Setting[] = [
  setting<number>({
    key: 'hash.size',
    schema: whole('buckets shown, a power of two; a change forgets what was learnt', 1, 2 ** 30, HASH.size),
    commands: ['hash/setsize'],
    read: ({ sw }) => unless(HASH.size, sw.hash.size),
    write ({ sw }, value = HASH.size) { sw.hash.setSize(value) },
    normal: (value: number) => unless(HASH.size, 2 ** Math.ceil(Math.log2(value)))
  }),
  hashRow('gcInterval', whole('seconds between two clean-ups, 0: none', 0, MOST_SEC), 'hash/setgcint', HASH.gcIntervalSec,
    (hash) => hash.gcIntervalSec, (hash, value) => { hash.setGcInterval(value) }),
  hashRow('expire', whole('seconds a silent address is kept', 0, MOST_SEC), 'hash/setexpire', HASH.expireSec,
    (hash) => hash.expireSec, (hash, value) => { hash.setExpire(value) }),
  hashRow('minPersistence', whole('seconds of silence before an address may move', 0, MOST_SEC), 'hash/setminper', HASH.minPersistenceSec,
    (hash) => hash.minPersistenceSec, (hash, value) => { hash.setMinPersistence(value) })
]

const treeRow = <K extends keyof TreeBridgeSettings>(
  key: string, field: K, schema: Schema, fallback: TreeBridgeSettings[K]
): Setting => setting<TreeBridgeSettings[K]>({
    key: `tree.${key}`,
    schema,
    commands: ['fstp/bridge'],
    read: ({ sw }) => unless(fallback, sw.tree.settings[field]),
    write ({ sw }, value = fallback) { sw.tree.configure({ [field]: value }) }
  })

interface FileTimes { readonly hello: number, readonly maxAge: number, readonly forwardDelay: number }

const readTimes = ({ hello, maxAge, forwardDelay }: FileTimes): Times =>
  ({ ...DEFAULT_TIMES, helloTime: hello, maxAge, forwardDelay })

const treeRows: readonly Setting[] = [
  setting<TreeMode>({
    key: 'tree.mode',
    schema: oneOf('a bridge of IEEE 802.1D (rstp), of its older form (stp), or like the C switch in each VLAN (fstp)', MODES, 'rstp'),
    commands: ['fstp/mode'],
    read: ({ sw }) => unless<TreeMode>('rstp', sw.tree.mode),
    write ({ sw }, value = 'rstp') { sw.tree.setMode(value) }
  }),
  treeRow('priority', 'priority', whole('priority of the bridge, in steps of 4096 as the standard wants', 0, 0xffff, DEFAULT_PRIORITY), DEFAULT_PRIORITY),
  treeRow('hold', 'txHoldCount', whole('BPDUs a port sends in a second at most', 1, 10, HOLD), HOLD),
  treeRow('recovery', 'guardRecovery', whole('seconds until a port shut by a guard opens, 0: by command only', 0, 1_000_000, GUARD_RECOVERY), GUARD_RECOVERY),
  setting<FileTimes>({
    key: 'tree.times',
    schema: {
      title: 'seconds; absent: those of the mode',
      type: 'object',
      additionalProperties: false,
      required: ['hello', 'maxAge', 'forwardDelay'],
      description: 'a map of hello, maxAge and forwardDelay',
      properties: { hello: whole('between two BPDUs', 1, 10), maxAge: whole('until what was heard is old', 6, 40), forwardDelay: whole('in each state before forwarding', 4, 30) }
    },
    commands: ['fstp/bridge'],
    read ({ sw }) {
      const { times } = sw.tree.settings
      return times === null ? undefined : { hello: times.helloTime, maxAge: times.maxAge, forwardDelay: times.forwardDelay }
    },
    write ({ sw }, value) { sw.tree.configure({ times: value === undefined ? null : readTimes(value) }) },
    normal ({ hello, maxAge, forwardDelay }: FileTimes) {
      if (2 * (forwardDelay - 1) >= maxAge && maxAge >= 2 * (hello + 1)) return { hello, maxAge, forwardDelay }
      throw new RangeError(`found hello ${hello}, maxAge ${maxAge}, forwardDelay ${forwardDelay}, want 2 (forwardDelay - 1) >= maxAge >= 2 (hello + 1)`)
    }
  }),
  setting<boolean>({
    key: 'tree.enabled',
    schema: flag('loops are cut', false),
    commands: ['fstp/setfstp'],
    read: ({ sw }) => unless(false, sw.tree.isEnabled),
    write ({ sw }, value = false) { sw.tree.setEnabled(value) },
    meanwhile: both
  })
]

/** In the order in which they are set. */
export const SWITCH_SETTINGS: readonly Setting[] = [...switchRows, ...limitRows, ...hashRows, ...treeRows]
