/** vde_tunctl: one interface made persistent, or temporary again. */
import { native } from '@vde-ts/native'
import { VdeError, errnoName } from '@vde-ts/link/errors.js'
import { createPersistent, removePersistent, type TapFailure } from '@vde-ts/tun-tap'
import { UsageError, type Parsed } from '../command.ts'
import type { Program } from '../run.ts'
import { print } from '../stdout.ts'
import { madeText, requestOf, type Request } from './request.ts'

const EINVAL = 22

export const run = (program: Program, parsed: Parsed): void => {
  if (parsed.operands.length > 0) throw new UsageError(`Cannot read "${parsed.operands[0]}": no operand is wanted, see -t`)
  const request = requestOf(parsed.values)
  print(`${request.remove ? remove(request) : make(request)}\n`)
  program.exit(0)
}

const make = (request: Request): string => {
  const owner = request.owner === undefined ? undefined : userNumber(request.owner)
  const group = request.group === undefined ? undefined : groupNumber(request.group)
  // The kernel asks for the owner and the group where both are set, so a group alone must not come with our own uid.
  const uid = owner ?? (group === undefined ? process.geteuid?.() : undefined)
  const { name, device, isTun: tun } = request
  const made = createPersistent({
    name, device, tun, ...(uid === undefined ? {} : { owner: uid }), ...(group === undefined ? {} : { group })
  })
  return madeText(done(made, `make interface "${name}" persistent`), uid, group, request.isBrief)
}

const remove = ({ name, device, isTun }: Request): string => {
  // The kernel would make one to remove it, as the original does, and a mistyped name stay unseen.
  const index = native.interfaceIndex(name)
  if (index < 0) throw new VdeError(errnoName(-index), `remove interface "${name}"`, 'there is none of this name')
  let result = removePersistent({ name, device, tun: isTun })
  // The kind must be that of the interface, and a name says little: what is EINVAL as one is tried as the other.
  if (typeof result !== 'string' && result.errno === EINVAL && result.step === 'interface') {
    result = removePersistent({ name, device, tun: !isTun })
  }
  return `Set '${done(result, `remove interface "${name}"`)}' nonpersistent`
}

const done = (result: string | TapFailure, action: string): string => {
  if (typeof result === 'string') return result
  throw new VdeError(errnoName(result.errno), action, result.detail)
}

const userNumber = (text: string): number => native.userByName(text)?.uid ?? number(text) ?? unknown('user', text)

const groupNumber = (text: string): number => {
  const found = native.groupByName(text)
  return found >= 0 ? found : number(text) ?? unknown('group', text)
}

/** The last number means "unchanged" to the kernel. */
const number = (text: string): number | undefined => /^\d{1,10}$/.test(text) && Number(text) < 0xffffffff ? Number(text) : undefined

const unknown = (kind: string, text: string): never => {
  throw new VdeError('EINVAL', `find ${kind} "${text}"`, `there is none, wanted the name or the number of a ${kind}`)
}
