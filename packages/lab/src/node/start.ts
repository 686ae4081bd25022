/**
 * Makes a node: a process with user, mount, PID, network and UTS namespaces of its own, whose init outlives us.
 *
 *     spawn (held where the ids come from us) --> maps --> exec of vde_node --> "ready" --> covers --> a NodeControl
 */
import {
  native, nodeProgram, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER, CLONE_NEWUTS, IDS_OTHERS, IDS_ROOT, SEQPACKET,
  type SpawnFailure, type Spawned
} from '@vde-ts/native'
import { systemError, type VdeError } from '@vde-ts/link'
import { explain, readFacts } from '@vde-ts/namespace/refusal.js'
import { NodeControl } from './control.ts'
import type { IdSource } from './ids.ts'
import { writeMaps } from './ids.ts'
import { commandsDir } from './commands.ts'
import { covers, directories } from './identity.ts'

/** What a node is made of. */
export interface NodeOptions {
  /** Hostname. */
  readonly name: string
  /** Where its init listens, for daemons to come. */
  readonly socket: string
  /** Directory that stays in sight: the lab file's. */
  readonly dir: string
  readonly ids: IdSource
}

const NAMESPACES = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS
const NULL = -1

/** @throws {VdeError} why namespaces are refused, and the way out; nothing is left behind */
export const startNode = async (options: NodeOptions): Promise<NodeControl> => {
  const ends = new Int32Array(2)
  const paired = native.socketPair(SEQPACKET, ends)
  if (paired < 0) throw systemError(paired, `start node "${options.name}"`)
  const [ours, its] = [ends[0]!, ends[1]!]
  const spawned = launch(options, its)
  native.close(its)
  if ('step' in spawned) {
    native.close(ours)
    throw refusal(spawned, options.name)
  }
  const control = new NodeControl(ours, spawned.pid, spawned.pidfd)
  try {
    if (spawned.hold >= 0) release(spawned.pid, spawned.hold, options)
    await control.ready(options.name)
    await furnish(control, options)
    return control
  } catch (error) {
    await control.destroy()
    throw error
  }
}

const furnish = async (control: NodeControl, { name, ids }: NodeOptions): Promise<void> => {
  const hasOneId = ids.kind === 'one'
  await Promise.all([
    ...covers(name, hasOneId).map(async ([path, content]) =>
      await control.ask(`show ${path} in node "${name}"`, 'C', path, Buffer.from(content))),
    ...directories(hasOneId).map(async ({ path, uid, gid }) =>
      await control.ask(`make ${path} in node "${name}"`, 'M', new Uint8Array(Int32Array.of(uid, gid).buffer), path))
  ])
}

const launch = (options: NodeOptions, connection: number): Spawned | SpawnFailure => {
  const isHeld = options.ids.kind !== 'one'
  return native.spawn({
    file: nodeProgram,
    argv: ['vde_node', options.name, options.socket, options.dir, commandsDir],
    env: [],
    fds: [NULL, NULL, NULL, connection],
    pgid: 0,
    namespaces: NAMESPACES,
    ids: isHeld ? IDS_OTHERS : IDS_ROOT,
    hold: isHeld
  })
}

const release = (pid: number, hold: number, { ids, name }: NodeOptions): void => {
  try {
    writeMaps(pid, ids)
  } catch (error) {
    native.close(hold)
    throw error
  }
  const result = native.spawnRelease(hold)
  if (result < 0) throw systemError(result, `start node "${name}"`, `${nodeProgram}: ${native.strerror(-result)}`)
}

const refusal = (failure: SpawnFailure, name: string): VdeError =>
  failure.step === 'exec'
    ? systemError(failure.errno, `start node "${name}"`, `${nodeProgram}: ${native.strerror(failure.errno)}`)
    : explain(failure, readFacts(), { interfaces: [], hostname: name, cwd: '' })
