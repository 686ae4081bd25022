/** Command lines of wirefilter, and of the same program as vde-netemu. */
import { HELP, IGNORED, VERSION, type CommandSpec, type Option } from '../command.ts'

const options: readonly Option[] = [
  HELP,
  VERSION,
  { name: 'rcfile', short: 'f', value: 'FILE', help: 'Console commands to run before the first frame' },
  { name: 'loss', short: 'l', value: 'VALUE', many: true, help: 'Frames lost, percent' },
  { name: 'lostburst', short: 'L', value: 'VALUE', many: true, help: 'Mean length of bursts of loss, frames (0: no bursts)' },
  { name: 'delay', short: 'd', value: 'VALUE', many: true, help: 'Delay, ms' },
  { name: 'dup', short: 'D', value: 'VALUE', many: true, help: 'Percent of frames that are sent once more, and of those again, so 50 doubles the frames; 64 copies at most' },
  { name: 'band', short: 'b', aliases: ['bandwidth'], value: 'VALUE', many: true, help: 'Bandwidth of the line, octets per second' },
  { name: 'speed', short: 's', value: 'VALUE', many: true, help: 'Octets per second that are accepted: the sender waits' },
  { name: 'chanbufsize', short: 'c', aliases: ['capacity'], value: 'VALUE', many: true, help: 'Octets that the line holds; more are lost' },
  { name: 'noise', short: 'n', value: 'VALUE', many: true, help: 'Bits flipped in a MiB' },
  { name: 'mtu', short: 'm', value: 'VALUE', many: true, help: 'Longest frame that passes, octets' },
  { name: 'nofifo', short: 'N', help: 'Frames may overtake each other' },
  { name: 'mgmt', short: 'M', value: 'SOCKET', help: 'Socket of the console' },
  { name: 'mgmtmode', value: 'OCTAL', help: 'Its permissions (default 0700)' },
  { name: 'vde-plug', short: 'v', value: 'LEFT:RIGHT', help: 'Join two networks; - is the standard streams' },
  { name: 'daemon', help: 'Go on in the background; returns when everything is ready, or with the reason why not' },
  { name: 'pidfile', value: 'FILE', help: 'Write the process id to FILE, removed at the end' },
  { name: 'blink', value: 'SOCKET', help: 'Tell a datagram socket of every frame that passes' },
  { name: 'blinkid', value: 'TEXT', help: 'What each of these messages begins with (default the process id)' },
  { name: 'seed', value: 'N', help: 'Of all chance: with the same seed each frame meets the same fate (default random; showinfo tells it)' },
  { name: 'set', value: 'WORDS', many: true, help: 'Settings in words with units, as in impair://: delay=20ms in.loss=1%' },
  { name: 'memory', value: 'OCTETS', help: 'What all waiting frames take at most, 64KiB or more (default 256MiB)' }
]

/** vde-netemu's -A, which had no long name. */
export const ZERO_WINDOW = 'zero-window'

/** As wirefilter. */
export const spec: CommandSpec = {
  name: 'wirefilter',
  summary: 'a cable with delay, loss, noise and a bandwidth',
  synopsis: ['[OPTIONS] VNL VNL', '[OPTIONS] -v LEFT:RIGHT', '[OPTIONS]'],
  description: [
    'Between two networks, named as operands or with -v; or, without them, in a chain of dpipe: between its neighbours if there ' +
    'are two, else from standard input to standard output. In the first form, without --daemon, standard input is its console.',
    'A value is [LR|RL]BASE[+SPREAD][K|M|G][U|N][[STATE]]: for one direction or both; varied around the base, uniformly (U) or ' +
    'by a normal law of a third of the spread (N); in powers of 1024; for one of the states of a Markov chain.'
  ],
  options,
  stopAtOperand: false,
  unknown: 'refuse',
  exit: {
    usage: 1,
    help: 0,
    statuses: [
      ['0', 'the traffic ended, shutdown on the console, SIGTERM, or ready in the background'],
      ['1', 'the command line is wrong, or something cannot be opened'],
      ['killed', 'by SIGINT or SIGHUP, after removing its files']
    ]
  },
  ignores: IGNORED,
  handsOn: true,
  singleDashLong: true
}

/** As vde-netemu: sizes are those of frames, values may be in bits. */
export const netemuSpec: CommandSpec = {
  ...spec,
  name: 'vde-netemu',
  summary: 'wirefilter with sizes of frames and values in bits',
  options: [
    ...options,
    { name: 'RED', short: 'r', value: 'MIN,MAX,PERCENT,LIMIT', help: 'Drop early, thresholds in octets' },
    { name: ZERO_WINDOW, short: 'A', hidden: true, help: 'Refused' }
  ]
}
