/** `port/capture`, `port/mirror`, `port/trace`: frames of a port, in a file, at another port, or only thought of. */
import type { Direction } from '@vde-ts/switch'
import { escapeControls } from '@vde-ts/frame/escape.js'
import { VdeError } from '@vde-ts/link'
import type { Row } from '../command.ts'
import { WHOLE_FRAME, type RunningCapture } from './captures.ts'
import type { SwitchContext } from './context.ts'
import { digits } from './format.ts'
import { traceCommand } from './trace-command.ts'

export const watchCommands: ReadonlyArray<Row<SwitchContext>> = [
  {
    path: 'port/capture',
    syntax: 'N FILE ...',
    help: 'record the frames of port N in a new pcapng file (or a FIFO): [SNAPLEN] [FILTER]',
    isOurs: true,
    run: ({ sw, facts, captures }, args) => {
      const port = sw.port(args.int(0, 'N'))
      const hasLength = /^\d+$/.test(args.words[2] ?? '')
      captures.start({
        port,
        path: args.word(1, 'FILE'),
        name: `${facts.controlDir}[${port.number}]`,
        direction: 'both',
        snapLen: hasLength ? args.int(2, 'SNAPLEN', 14, WHOLE_FRAME) : WHOLE_FRAME,
        filter: args.words.slice(hasLength ? 3 : 2).join(' ')
      })
    }
  },
  {
    path: 'port/capstop',
    syntax: 'N [FILE]',
    help: 'end the captures of port N (or the one to FILE)',
    isOurs: true,
    run: ({ captures }, args) => { captures.stop(args.int(0, 'N'), args.words[1]) }
  },
  {
    path: 'port/captures',
    syntax: '',
    help: 'print the captures',
    isOurs: true,
    output: 'data',
    * run ({ captures }) { for (const one of captures.list()) yield captureLine(one) },
    * json ({ captures }) { for (const one of captures.list()) yield captureJson(one) }
  },
  {
    path: 'port/mirror',
    syntax: 'N WHAT [TO]',
    help: 'show what port N gets (in), sends (out) or both at port TO, which then only shows; off ends it',
    isOurs: true,
    run: ({ sw }, args) => {
      const source = args.int(0, 'N')
      const what = args.word(1, 'WHAT')
      if (what === 'off') sw.mirrors.remove(source, args.optionalInt(2, 'TO'))
      else sw.mirrors.set({ source, direction: readDirection(what), to: args.int(2, 'TO') })
    }
  },
  {
    path: 'port/mirrors',
    syntax: '',
    help: 'print the mirrors',
    isOurs: true,
    output: 'data',
    * run ({ sw }) {
      for (const { source, direction, to } of sw.mirrors.list()) yield `Port ${digits(source, 4)} ${direction} shown at port ${digits(to, 4)}`
    },
    json: ({ sw }) => sw.mirrors.list()
  },
  traceCommand
]

const readDirection = (word: string): Direction => {
  if (word === 'in' || word === 'out' || word === 'both') return word
  throw new VdeError('EINVAL', 'read WHAT', `got "${word}", want in, out, both or off`)
}

const captureLine = ({ request, capture, failure }: RunningCapture): string =>
  `Port ${digits(request.port.number, 4)} to ${escapeControls(request.path)} frames ${capture.frames} octets ${capture.octets} ` +
  `lost ${capture.drops} snaplen ${request.snapLen} filter "${request.filter}"${failure === null ? '' : ` ended: ${failure}`}`

const captureJson = ({ request, capture, failure }: RunningCapture): object => ({
  port: request.port.number,
  path: request.path,
  frames: capture.frames,
  octets: capture.octets,
  drops: capture.drops,
  snapLen: request.snapLen,
  filter: request.filter,
  failure
})
