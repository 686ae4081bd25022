/** vdenet: commands that look at what runs, steer it, end it. */
import { rmSync } from 'node:fs'
import type { DaemonClient } from '@vde-ts/lab/daemon/client.js'
import { daemonPaths, removeDirectories } from '@vde-ts/lab/daemon/paths.js'
import type { LabEvent } from '@vde-ts/lab/daemon/protocol.js'
import { VdeError } from '@vde-ts/link/errors.js'
import type { Parsed } from '../command.ts'
import type { Program } from '../run.ts'
import { print } from '../stdout.ts'
import { findDaemon } from './connect.ts'
import { listText, statusText } from './report.ts'

/** The daemon. @throws {VdeError} ENOENT nothing runs */
export const needDaemon = async (): Promise<DaemonClient> => {
  const client = await findDaemon()
  if (client !== null) return client
  throw new VdeError('ENOENT', 'find the network', 'none runs, start one with "vdenet apply FILE"')
}

/** vdenet status */
export const statusCommand = async (_program: Program, { values }: Parsed): Promise<number> => {
  const status = await (await needDaemon()).ask({ op: 'status', lab: values.text('lab') ?? null })
  print(values.has('json') ? `${JSON.stringify(status)}\n` : statusText(status))
  return 0
}

/** vdenet list */
export const listCommand = async (_program: Program, { values }: Parsed): Promise<number> => {
  const client = await findDaemon()
  const labs = client === null ? [] : await client.ask({ op: 'list' })
  print(values.has('json') ? `${JSON.stringify(labs)}\n` : listText(labs))
  return 0
}

/** vdenet watch: until the daemon ends, or a signal. */
export const watchCommand = async (_program: Program, { values }: Parsed): Promise<number> => {
  const client = await needDaemon()
  const isJson = values.has('json')
  await client.watch((event) => { print(isJson ? `${JSON.stringify(event)}\n` : eventText(event)) })
  await client.ended
  return 0
}

const eventText = ({ time, lab, event, what }: LabEvent): string => `${time.slice(11, 19)} ${lab} ${event}${what === '' ? '' : `: ${what}`}\n`

/** vdenet link LINK WORD... | NODE NODE down|up */
export const linkCommand = async (_program: Program, { values, operands }: Parsed): Promise<number> => {
  const [link, ...words] = operands
  if (words.length === 2 && isNode(words[0]!) && (words[1] === 'down' || words[1] === 'up')) {
    await (await needDaemon()).ask({ op: 'pair', lab: values.text('lab') ?? null, a: link!, b: words[0]!, isUp: words[1] === 'up' })
    return 0
  }
  const text = words.map((word) => word === 'down' ? 'down=on' : word === 'up' ? 'down=off' : word).join(' ')
  await (await needDaemon()).ask({ op: 'impair', lab: values.text('lab') ?? null, link: link!, words: text === 'down=off' ? '' : text })
  return 0
}

/** Neither a word of impairment nor one of its short forms. */
const isNode = (word: string): boolean => !word.includes('=') && word !== 'down' && word !== 'up'

/** vdenet stop */
export const stopCommand = async (_program: Program, { values }: Parsed): Promise<number> => {
  const client = await needDaemon()
  const isLast = await client.ask({ op: 'stop', lab: values.text('lab') ?? null })
  // So that nothing is left when we have ended.
  if (isLast) await client.ended
  return 0
}

/** vdenet clean */
export const cleanCommand = async (): Promise<number> => {
  const client = await findDaemon()
  if (client !== null) {
    await client.ask({ op: 'clean' })
    await client.ended
  }
  const paths = daemonPaths()
  rmSync(paths.root, { recursive: true, force: true })
  removeDirectories(paths)
  return 0
}
