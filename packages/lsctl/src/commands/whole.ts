/** validate, commit, cleanup, free, show. */
import { formatProblem } from '@vde-ts/model/problem.js'
import { TclError } from '../tcl/error.ts'
import type { Run } from '../tcl/interpreter.ts'
import { showJson } from '../show-json.ts'
import { showTcl } from '../show-tcl.ts'
import { readOptions } from './options.ts'
import type { Session } from './session.ts'

const plain = (session: Session, name: string, run: () => Promise<void> | void): Run => async (words) => {
  session.allow(name, ['root'])
  readOptions(words, {}, 0, name)
  await run()
  return ''
}

const validate = (session: Session): void => {
  const result = session.network.validate((problem) => { session.outside.err(formatProblem(problem)) }, session.outside.world)
  if (result !== 'OK') throw new TclError('the network has problems')
}

const commit = async (session: Session): Promise<void> => {
  const { realise, world, err } = session.outside
  const result = await failing('commit', session.network.commit(realise, (problem) => { err(formatProblem(problem)) }, world))
  if (result !== 'OK') throw new TclError('the network has problems, what runs stays as it was')
}

/** What goes wrong while it is carried out is the script's to catch. */
const failing = async <T>(what: string, work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (error) {
    throw new TclError(`${what} failed: ${(error as Error).message}`)
  }
}

const show = (session: Session): Run => (words) => {
  session.allow('show', ['root'])
  const given = readOptions(words, { tcl: false, json: false }, 0, 'show')
  if (given.has('tcl') && given.has('json')) throw new TclError('-tcl and -json exclude each other')
  const { model } = session.network
  session.outside.out((given.has('json') ? showJson(model) : showTcl(model)).trimEnd())
  return ''
}

/** The commands. */
export const wholeCommands = (session: Session): Readonly<Record<string, Run>> => ({
  validate: plain(session, 'validate', () => { validate(session) }),
  commit: plain(session, 'commit', async () => { await commit(session) }),
  cleanup: plain(session, 'cleanup', async () => { await failing('cleanup', session.network.cleanup(session.outside.realise)) }),
  free: plain(session, 'free', () => { session.network.free() }),
  show: show(session)
})
