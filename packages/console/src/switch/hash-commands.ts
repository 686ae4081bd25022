/** `hash/`: the table of addresses. */
import { formatHalves } from '@vde-ts/frame/mac.js'
import type { FdbListing } from '@vde-ts/switch'
import type { Args, Row } from '../command.ts'
import type { SwitchContext } from './context.ts'
import { digits, readMac } from './format.ts'

export const hashCommands: ReadonlyArray<Row<SwitchContext>> = [
  { path: 'hash', help: 'TABLE OF ADDRESSES' },
  {
    path: 'hash/showinfo',
    syntax: '',
    help: 'show the settings of the table',
    output: 'data',
    * run ({ sw: { hash } }) {
      yield `Hash size ${hash.size}`
      yield `GC interval ${hash.gcIntervalSec} secs`
      yield `GC expire ${hash.expireSec} secs`
      yield `Min persistence ${hash.minPersistenceSec} secs`
    },
    json: ({ sw: { hash } }) => ({
      size: hash.size,
      gcIntervalSec: hash.gcIntervalSec,
      expireSec: hash.expireSec,
      minPersistenceSec: hash.minPersistenceSec,
      count: hash.count,
      capacity: hash.capacity
    })
  },
  {
    path: 'hash/setsize',
    syntax: 'N',
    help: 'set the number of buckets, forgetting what was learnt',
    run: ({ sw }, args) => { sw.hash.setSize(args.int(0, 'N')) }
  },
  {
    path: 'hash/setgcint',
    syntax: 'N',
    help: 'set the seconds between two clean-ups (0: none)',
    run: ({ sw }, args) => { sw.hash.setGcInterval(args.int(0, 'N')) }
  },
  {
    path: 'hash/setexpire',
    syntax: 'N',
    help: 'set the seconds a silent address is kept',
    run: ({ sw }, args) => { sw.hash.setExpire(args.int(0, 'N', 0)) }
  },
  {
    path: 'hash/setminper',
    syntax: 'N',
    help: 'set the seconds of silence before an address may move',
    run: ({ sw }, args) => { sw.hash.setMinPersistence(args.int(0, 'N', 0)) }
  },
  {
    path: 'hash/print',
    syntax: '',
    help: 'print the table',
    output: 'data',
    * run ({ sw }) { for (const entry of sw.hash.list()) yield line(entry) },
    * json ({ sw }) { for (const entry of sw.hash.list()) yield toJson(entry) }
  },
  {
    path: 'hash/find',
    syntax: 'MAC [VLAN]',
    help: 'find one address',
    output: 'data',
    * run (context, args) { yield line(find(context, args)) },
    json: (context, args) => toJson(find(context, args))
  },
  {
    path: 'hash/add',
    syntax: 'MAC PORT [VLAN]',
    help: 'pin an address to a port',
    isOurs: true,
    run ({ sw }, args) {
      const [hi, lo] = readMac(args.word(0, 'MAC'))
      sw.hash.add(hi, lo, args.optionalInt(2, 'VLAN') ?? 0, args.int(1, 'PORT'))
    }
  },
  {
    path: 'hash/del',
    syntax: 'MAC [VLAN]',
    help: 'forget one address',
    isOurs: true,
    run ({ sw }, args) {
      const [hi, lo] = readMac(args.word(0, 'MAC'))
      sw.hash.delete(hi, lo, args.optionalInt(1, 'VLAN') ?? 0)
    }
  }
]

const find = ({ sw }: SwitchContext, args: Args): FdbListing => {
  const [hi, lo] = readMac(args.word(0, 'MAC'))
  return sw.hash.find(hi, lo, args.optionalInt(1, 'VLAN') ?? 0)
}

// Two blanks before "age", as ever. Addresses behind tags of undefined VLANs live above 4095 and show their VID.
const line = (entry: FdbListing): string =>
  `Hash: ${digits(entry.bucket, 4)} Addr: ${formatHalves(entry.macHi, entry.macLo)} VLAN ${digits(entry.vlan & 0xfff, 4)} ` +
  `to port: ${digits(entry.port, 3)}  age ${entry.ageSec} secs${entry.isStatic ? ' static' : ''}`

const toJson = (entry: FdbListing): object => ({
  hash: entry.bucket,
  mac: formatHalves(entry.macHi, entry.macLo),
  vlan: entry.vlan & 0xfff,
  port: entry.port,
  ageSec: entry.ageSec,
  isStatic: entry.isStatic
})
