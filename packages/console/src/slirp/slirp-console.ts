/** The console of a slirp network: what it is like, its forwards, its connections. Ours; the original has none. */
import { CommandTable, type Row } from '../command.ts'
import { Console } from '../console.ts'
import { generalCommands, loadCommand } from '../general-commands.ts'
import { VERSION } from '../version.ts'

const PROMPT = 'VDEslirp$ '

/** What clients read first. */
const SLIRP_BANNER = `\nVDE slirp V.${VERSION}\n(C) 2026 the vde-ts authors - MIT\n`

/** One forward: its kind, where it begins and where it leads, as `forward/add` reads them. */
export interface ForwardFact { readonly kind: string, readonly text: string }

/** One network. */
export interface SlirpContext {
  /** How it is configured: lines for people. */
  facts (): Iterable<string>
  forwards (): readonly ForwardFact[]
  /** @throws {VdeError} EINVAL, EEXIST, EADDRINUSE, EACCES @throws {SyntaxError} text that is none */
  addForward (kind: string, text: string): void
  /** @param place `[ADDRESS:]PORT` where it begins. @throws {VdeError} ENOENT */
  removeForward (kind: string, place: string): void
  /** A table of connections, lines. */
  connections (): string
}

const rows: ReadonlyArray<Row<SlirpContext>> = [
  { path: 'showinfo', syntax: '', help: 'show how the network is configured', output: 'data', run: (slirp) => slirp.facts() },
  { path: 'forward', help: 'FORWARDS' },
  {
    path: 'forward/print',
    syntax: '',
    help: 'list the forwards (--json)',
    output: 'data',
    * run (slirp) { for (const { kind, text } of slirp.forwards()) yield `${kind} ${text}` },
    json: (slirp) => slirp.forwards()
  },
  {
    path: 'forward/add',
    syntax: 'tcp|udp [HOST:]PORT:GUEST:PORT',
    help: 'have a port of the host lead to one of a guest; unix|cmd [A:]PORT:TARGET',
    run (slirp, args) { slirp.addForward(args.word(0, 'kind'), args.words.slice(1).join(' ')) }
  },
  {
    path: 'forward/remove',
    syntax: 'KIND [ADDRESS:]PORT',
    help: 'have it lead nowhere; connections go on',
    run (slirp, args) { slirp.removeForward(args.word(0, 'kind'), args.word(1, 'PORT')) }
  },
  { path: 'connection', help: 'CONNECTIONS' },
  {
    path: 'connection/print',
    syntax: '',
    help: 'list connections and what listens',
    output: 'data',
    run: (slirp) => slirp.connections().split('\n').filter((line) => line !== '')
  }
]

/** The commands in the order of `help`. */
export const slirpTable = (): CommandTable<SlirpContext> =>
  new CommandTable<SlirpContext>(generalCommands('network'), [loadCommand((path, line) => `\n${PROMPT} (${path}) ${line}\n`)], rows)

/** The console for one network. */
export const slirpConsole = (context: SlirpContext): Console<SlirpContext> =>
  new Console({ table: slirpTable(), context, banner: SLIRP_BANNER, prompt: PROMPT })
