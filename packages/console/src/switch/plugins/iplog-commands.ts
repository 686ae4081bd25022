/** The plugin `iplog` and its commands. */
import { VdeError } from '@vde-ts/link'
import { formatIp, parseIp } from '@vde-ts/switch/ip-address.js'
import type { Args, Command, Row } from '../../command.ts'
import type { SwitchContext } from '../context.ts'
import { Iplog, type IplogState } from './iplog.ts'
import type { IpEntry } from './ip-table.ts'
import type { PluginKind } from './plugin.ts'

const MOST_SEC = 0x7fffffff

const entryJson = ({ words, mac, port, vlan }: IpEntry): object => ({ ip: formatIp(words), mac, port, vlan })

/** A command that prints some of the addresses seen. */
const print = (
  path: string, syntax: string, help: string, choose: (args: Args, context: SwitchContext) => (entry: IpEntry) => boolean
): Command<SwitchContext> => {
  const chosen = (context: SwitchContext, args: Args): IpEntry[] => {
    const isMeant = choose(args, context)
    return [...context.plugins.get(iplog).table.list()].filter(isMeant)
  }
  return {
    path,
    syntax,
    help,
    output: 'data',
    * run (context, args) { for (const entry of chosen(context, args)) yield context.plugins.get(iplog).lineOf(entry) },
    * json (context, args) { for (const entry of chosen(context, args)) yield entryJson(entry) }
  }
}

const searched = (args: Args): (entry: IpEntry) => boolean => {
  const text = args.word(0, 'ipaddr')
  const wanted = parseIp(text)
  if (wanted === null) throw new VdeError('EINVAL', 'find an address', `"${text}" is none`)
  return ({ words }) => words.every((one, i) => one === wanted[i])
}

/** Ports whose user is the one named. */
const used = (args: Args, { sw, names }: SwitchContext): (entry: IpEntry) => boolean => {
  const uid = names.uid(args.word(0, 'user'))
  const ports = new Set(sw.ports().filter(({ currentUser }) => currentUser === uid).map(({ number }) => number))
  return ({ port }) => ports.has(port)
}

const logText = (log: string | null): string => log === null ? 'log disabled' : log === '-' ? 'log on syslog' : `log on file ${log}`

function * info ({ log, gcIntervalSec, gcExpireSec, table }: Iplog): Generator<string> {
  yield 'iplog: ip/port/user logging plugin'
  yield logText(log)
  yield `GC interval ${gcIntervalSec} secs`
  yield `GC expire ${gcExpireSec} secs`
  if (table.refused > 0) yield `no room for ${table.refused} sightings`
}

const rows: ReadonlyArray<Row<SwitchContext>> = [
  { path: 'iplog', help: 'IP/Mac/User Logging' },
  { path: 'iplog/showinfo', syntax: '', help: 'Show info on logging', output: 'data', run: ({ plugins }) => info(plugins.get(iplog)) },
  {
    path: 'iplog/logfile',
    syntax: 'pathname',
    help: 'Set the logfile (-: the log of the system; nothing: no log)',
    run: ({ plugins }, args) => { plugins.get(iplog).setLog(args.words.join(' ')) }
  },
  {
    path: 'iplog/ipadd',
    syntax: 'ipaddr/mask',
    help: 'add an ipv4/v6 range',
    run: ({ plugins }, args) => { plugins.get(iplog).addRange(args.word(0, 'ipaddr/mask')) }
  },
  {
    path: 'iplog/ipdel',
    syntax: 'ipaddr/mask',
    help: 'del an ipv6/v6 range',
    run: ({ plugins }, args) => { plugins.get(iplog).removeRange(args.word(0, 'ipaddr/mask')) }
  },
  {
    path: 'iplog/list',
    syntax: '',
    help: 'list ip ranges',
    output: 'data',
    * run ({ plugins }) {
      const { ranges } = plugins.get(iplog)
      for (const family of [4, 6]) {
        for (const one of ranges) if (one.family === family) yield `  ipv${family}: ${formatIp(one.words)}/${one.length}`
      }
    }
  },
  {
    path: 'iplog/setgcint',
    syntax: 'N',
    help: 'change garbage collector interval',
    run: ({ plugins }, args) => { plugins.get(iplog).gcIntervalSec = args.int(0, 'N', -MOST_SEC, MOST_SEC) }
  },
  {
    path: 'iplog/setexpire',
    syntax: 'N',
    help: 'change iplog entries expire time',
    run: ({ plugins }, args) => { plugins.get(iplog).gcExpireSec = args.int(0, 'N', 0, MOST_SEC) }
  },
  print('iplog/iplist', '', 'list active IP', () => () => true),
  print('iplog/ipport', 'port', 'list active IP on a port', (args) => {
    const wanted = args.int(0, 'port')
    return ({ port }) => port === wanted
  }),
  print('iplog/ipuser', 'user', 'list active IP of a user', used),
  print('iplog/ipsearch', 'ipaddr', 'search an IP address', searched)
]

/** The plugin. */
export const iplog: PluginKind<Iplog> = {
  name: 'iplog',
  help: 'log ip/port/user assignment',
  rows,
  make: (host, state) => new Iplog(host, state as IplogState | undefined)
}
