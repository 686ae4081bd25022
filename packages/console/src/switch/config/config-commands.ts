/** `config/`: the configuration as a file. */
import { VdeError } from '@vde-ts/link'
import { fromStart } from '@vde-ts/link/start-directory.js'
import type { Args, Row } from '../../command.ts'
import type { SwitchContext } from '../context.ts'
import { checkConfig, checkFixed } from './check.ts'
import type { ConfigFiles, ConfigProblem } from './files.ts'
import { Misfits } from './misfits.ts'
import { planSteps, takeSteps, type Step } from './plan.ts'
import type { FileContext, Flat } from './setting.ts'
import { flatten, running, unflatten } from './values.ts'

type Value = Readonly<Record<string, unknown>>

const filesOf = ({ facts }: SwitchContext): ConfigFiles => {
  if (facts.config !== undefined) return facts.config
  throw new VdeError('ENOSYS', 'use a configuration', 'this program has none')
}

/** Of the words of a command, else of the start. */
const pathOf = (context: SwitchContext, args: Args, action: string): string => {
  if (args.count > 0) return fromStart(args.words.join(' '))
  const { path } = filesOf(context)
  if (path !== null) return path
  throw new VdeError('EINVAL', action, 'no file is named, and the switch was started without --config')
}

/** What is set now, as a file has it. */
const runningConfig = (context: SwitchContext): object => unflatten(running(context), context.facts.fixed ?? {})

/** The steps from what runs to a file, or what is wrong with the file. */
interface ConfigDiff { readonly steps: readonly Step[], readonly findings: readonly string[] }

/** @see examineConfig */
export interface ConfigExamined {
  readonly value: Value
  readonly flat: Flat
  /** Everything that is wrong, a line each; then the others are not to be used. */
  readonly findings: readonly string[]
}

/** Reads a file. @param more finds what else is wrong. @throws {VdeError} the file's */
export const examineConfig = (
  files: ConfigFiles, context: FileContext, path: string, more: (value: Value, misfits: Misfits) => ConfigProblem[]
): ConfigExamined => {
  const { value, misfits: paths, tell } = files.read(path)
  if (value === null) return { value: {}, flat: new Map(), findings: tell() }
  const misfits = new Misfits(paths)
  const flattened = flatten(context, value, misfits)
  const problems = [...flattened.problems, ...checkConfig(flattened, misfits), ...more(value, misfits)]
  return { value, flat: flattened.flat, findings: tell(problems) }
}

const diffConfig = (context: SwitchContext, path: string): ConfigDiff => {
  const isFixed = (value: Value, misfits: Misfits): ConfigProblem[] => checkFixed(context, value, misfits)
  const { flat, findings } = examineConfig(filesOf(context), context, path, isFixed)
  return { steps: findings.length > 0 ? [] : stepsTo(context, flat), findings }
}

const stepsTo = (context: SwitchContext, flat: Flat): Step[] => planSteps(context, running(context), flat)

/** @see loadConfig */
export interface ConfigLoad { readonly done: readonly string[], readonly findings: readonly string[] }

/**
 * Makes the switch what a file says, all of it or nothing.
 * @returns what was done, or what is wrong with the file, and then nothing was. @throws {VdeError} the file's, a step's
 */
export const loadConfig = (context: SwitchContext, path: string): ConfigLoad => {
  const { steps, findings } = diffConfig(context, path)
  if (findings.length === 0) takeSteps(steps)
  return { done: steps.map(({ what }) => what), findings }
}

/** Findings are told one by one, and are a refusal. */
function * told (action: string, findings: readonly string[]): Generator<string> {
  yield * findings
  if (findings.length > 0) throw new VdeError('EINVAL', action, findings.join('; '))
}

const ready = ({ facts }: SwitchContext): Promise<void> | null => facts.config?.prepare() ?? null

/** The menu `config`. */
export const configCommands: ReadonlyArray<Row<SwitchContext>> = [
  { path: 'config', help: 'CONFIGURATION', isOurs: true },
  {
    path: 'config/print',
    syntax: '',
    help: 'print what is set, as a configuration file',
    isOurs: true,
    output: 'data',
    ready,
    run: (context) => filesOf(context).text(runningConfig(context)).trimEnd().split('\n'),
    json: runningConfig
  },
  {
    path: 'config/save',
    syntax: '[FILE]',
    help: 'write that to FILE (or the file of --config)',
    isOurs: true,
    ready,
    run (context, args) { filesOf(context).write(pathOf(context, args, 'save the configuration'), runningConfig(context)) }
  },
  {
    path: 'config/diff',
    syntax: '[FILE]',
    help: 'print what config/load would change',
    isOurs: true,
    output: 'data',
    ready,
    * run (context, args) {
      const path = pathOf(context, args, 'compare the configuration')
      const { steps, findings } = diffConfig(context, path)
      yield * told(`read "${path}"`, findings)
      for (const { what } of steps) yield what
    }
  },
  {
    path: 'config/load',
    syntax: '[FILE]',
    help: 'make the switch what FILE (or the file of --config) says: what differs, all or nothing',
    isOurs: true,
    output: 'data',
    ready,
    * run (context, args) {
      const path = pathOf(context, args, 'load a configuration')
      const { done, findings } = loadConfig(context, path)
      yield * told(`read "${path}"`, findings)
      yield * done
    }
  }
]
