/** vde_top: looks at switches again and again and shows what their ports do. */
import { native } from '@vde-ts/native'
import { UsageError, type Parsed, type Values } from '../command.ts'
import { ExitError, type Program } from '../run.ts'
import { print } from '../stdout.ts'
import { FullScreen } from './full-screen.ts'
import { Watched } from './look.ts'
import { chosen, screen, SORTS, type Show, type Sort } from './screen.ts'

const LEAST_SEC = 0.1
const MOST_SEC = 3600

/** Looks until q, or once. */
export const run = async (program: Program, { values, operands }: Parsed): Promise<void> => {
  if (operands.length === 0) throw new UsageError('Cannot look at a switch: none named, its management socket (vde_switch -M SOCKET) is wanted')
  const show = showOf(values)
  const isOnce = values.has('once')
  const isPlain = isOnce || values.has('json')
  if (!isPlain && !(native.isTty(0) && native.isTty(1))) {
    throw new ExitError(1, 'Cannot fill a screen: standard input and output are no terminal, see --once and --json')
  }
  const switches = operands.map((name) => new Watched(name))
  program.cleanup.add(() => { for (const one of switches) one.close() })
  await look(switches)
  const problem = switches.every(({ view }) => view.problem !== null) ? switches[0]!.view.problem : null
  if (problem !== null) throw new ExitError(1, problem)
  if (isPlain) await report(program, switches, show, isOnce, values.has('json'))
  else watch(program, switches, show)
}

const look = async (switches: readonly Watched[]): Promise<void> => {
  await Promise.all(switches.map(async (one) => { await one.look() }))
}

const showOf = (values: Values): Show => ({
  width: 100,
  height: 0,
  sort: sortOf(values.text('sort')),
  isReversed: false,
  filter: values.text('filter') ?? '',
  isTyping: false,
  hasIdle: values.has('all'),
  isPaused: false,
  delaySec: delayOf(values.text('delay')),
  isUtf8: /utf-?8/i.test(process.env['LC_ALL'] || process.env['LC_CTYPE'] || process.env['LANG'] || '')
})

const delayOf = (text: string | undefined): number => {
  const value = text === undefined ? 1 : /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN
  if (value >= LEAST_SEC && value <= MOST_SEC) return value
  throw new UsageError(`Cannot read --delay '${text}': seconds in ${LEAST_SEC}..${MOST_SEC} are wanted`)
}

const sortOf = (text: string | undefined): Sort => {
  const found = SORTS.find((sort) => sort === (text ?? 'port'))
  if (found === undefined) throw new UsageError(`Cannot sort by '${text}': one of ${SORTS.join(', ')} is wanted`)
  return found
}

/** Text or JSON, at once or for ever. */
const report = async (
  program: Program, switches: readonly Watched[], show: Show, isOnce: boolean, isJson: boolean
): Promise<void> => {
  for (;;) {
    await new Promise((resolve) => { setTimeout(resolve, show.delaySec * 1000) })
    await look(switches)
    print(isJson ? jsonLine(switches, show) : pageOf(switches, show))
    if (isOnce) program.exit(0)
  }
}

const pageOf = (switches: readonly Watched[], show: Show): string => {
  const views = switches.map(({ view }) => view)
  // As high as it takes, without the line of keys.
  const height = Math.max(8, views.length + 3 + chosen(views, show).length)
  return `${screen(views, { ...show, height }).slice(0, -1).join('\n').trimEnd()}\n`
}

const jsonLine = (switches: readonly Watched[], show: Show): string => `${JSON.stringify(switches.map(({ view }) => {
  const { name, problem, look: seen } = view
  const { pid, uptimeSec, addresses, queueOctets } = seen ?? {}
  return { socket: name, problem, pid, uptimeSec, addresses, queueOctets, ports: chosen([view], show).map(({ port }) => port) }
}))}\n`

/** Until q. */
const watch = (program: Program, switches: readonly Watched[], first: Show): void => {
  let show = first
  let timer: NodeJS.Timeout | null = null
  const terminal = new FullScreen({ onKey: (key) => { press(key) }, onResize: () => { draw() } })
  program.cleanup.add(() => { terminal.close() })
  const draw = (): void => {
    terminal.show(screen(switches.map(({ view }) => view), { ...show, ...terminal.size }))
  }
  const plan = (): void => {
    if (timer !== null) clearTimeout(timer)
    timer = setTimeout(() => {
      look(switches).then(() => {
        draw()
        if (!show.isPaused) plan()
      }, (error: unknown) => { program.fail(error) })
    }, show.delaySec * 1000)
  }
  const press = (key: string): void => {
    const next = pressed(show, key)
    if (next === null) program.exit(0)
    const isOther = next.delaySec !== show.delaySec || next.isPaused !== show.isPaused
    show = next
    if (isOther && show.isPaused && timer !== null) clearTimeout(timer)
    if (isOther && !show.isPaused) plan()
    draw()
  }
  draw()
  plan()
}

/** What a key makes of it; null: the end. */
export const pressed = (show: Show, key: string): Show | null => {
  if (key === '\x03') return null
  if (show.isTyping) return typed(show, key)
  switch (key) {
    case 'q': return null
    case 's': return { ...show, sort: SORTS[(SORTS.indexOf(show.sort) + 1) % SORTS.length]! }
    case 'r': return { ...show, isReversed: !show.isReversed }
    case '/': return { ...show, isTyping: true, filter: '' }
    case 'a': return { ...show, hasIdle: !show.hasIdle }
    case 'p': return { ...show, isPaused: !show.isPaused }
    case '+': return { ...show, delaySec: Math.min(MOST_SEC, show.delaySec * 2) }
    case '-': return { ...show, delaySec: Math.max(LEAST_SEC, show.delaySec / 2) }
    default: return show
  }
}

const typed = (show: Show, key: string): Show => {
  if (key === '\r' || key === '\n') return { ...show, isTyping: false }
  if (key === '\x1b') return { ...show, isTyping: false, filter: '' }
  if (key === '\x7f' || key === '\b') return { ...show, filter: show.filter.slice(0, -1) }
  return key >= ' ' ? { ...show, filter: show.filter + key } : show
}
