/**
 * restart://[SECONDS]{VNL} - the network in braces, opened again when it goes. `vde_plug A 'restart://{cmd://ssh h vde_plug}'`
 * is a cable that mends itself.
 *
 * The end of the inner link is an event, so there is nothing to poll. Tries are 0.1 s apart, then twice as far each time
 * up to 10 s, by chance 20 % more or less, so that many who lost the same switch do not come back all at once. After 30 s
 * of peace they are fast again. A network that is down by itself (a listener without a peer) has SECONDS to come back.
 *
 * The first opening may fail as well, unless it never can succeed. Each change is one line in the log.
 */
import { VdeError } from '@vde-ts/link'
import { parseNumber } from '@vde-ts/vnl'
import { Rejoin, rejoinWorld } from './rejoin.ts'
import type { Scheme, Tail } from './scheme.ts'

const FIRST_MS = 100
const LAST_MS = 10_000
const JITTER = 0.2
const RESET_MS = 30_000
const PATIENCE_SEC = 20
const MAX_PATIENCE_SEC = 604_800

/** No time mends these: the text is wrong. */
const FINAL: ReadonlySet<string> = new Set(['EINVAL', 'EPROTONOSUPPORT', 'ENOEXEC', 'ENAMETOOLONG'])

/** Pause in front of try `attempt`, from 0. @param chance in 0..1 */
export const restartPauseMs = (attempt: number, chance: number): number =>
  Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(attempt, 20)) * (1 + JITTER * (2 * chance - 1))

/** See above. */
export const restartScheme: Scheme = {
  name: 'restart',
  summary: 'the network in braces, opened again when it goes',
  form: '[SECONDS]{VNL}',
  style: 'nested-address',
  params: {},
  check: patienceOf,
  open: async (tail, sink, context) => {
    const seconds = patienceOf(tail)
    const label = labelOf(tail)
    const rejoin = new Rejoin(sink, {
      label,
      isRepeatable: true,
      open: async (inner) => await context.open(tail.inner, inner),
      world: rejoinWorld(context.log),
      pauseMs: (attempt) => restartPauseMs(attempt, Math.random()),
      resetMs: RESET_MS,
      patienceMs: seconds * 1000
    })
    try {
      await rejoin.start()
    } catch (error) {
      if (!(error instanceof VdeError) || FINAL.has(error.code)) {
        rejoin.link.close()
        throw error
      }
      rejoin.startAway(error)
    }
    return rejoin.link
  }
}

const labelOf = ({ path, inner }: Tail): string => `restart://${path}{${inner}}`

/** Seconds for a network that is down. @throws {SyntaxError} @throws {VdeError} EINVAL it cannot be opened twice */
function patienceOf (tail: Tail): number {
  if (/(?:^|\{)seqpacket:\/\//.test(tail.inner)) {
    throw new VdeError('EINVAL', `open ${labelOf(tail)}`, 'an inherited descriptor cannot be opened again')
  }
  return tail.path === '' ? PATIENCE_SEC : parseNumber(tail.path, 'SECONDS', 1, MAX_PATIENCE_SEC)
}
