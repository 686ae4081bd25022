/**
 * vdeterm: the console with line editing. On a terminal node:readline edits; in a pipe it answers line by line. Replies are
 * shown without the protocol's marks: data as it is, then the words of the status.
 */
import { ConsoleClient, type ConsoleEvent, type Reply } from '@vde-ts/console/client.js'
import { native } from '@vde-ts/native'
import { VdeError } from '@vde-ts/link/errors.js'
import { UsageError, type Parsed } from '../command.ts'
import { ExitError, type Program } from '../run.ts'
import { Editor } from './editor.ts'
import { InputLines } from './input-lines.ts'
import { Output } from './output.ts'
import { commandsOf } from './completion.ts'

/** Lines that may wait for their answers before no more are read. */
const MOST_WAITING = 64
/** Octets that may wait to be shown before events are dropped. */
const MOST_PENDING = 2 ** 20

export const run = async (program: Program, parsed: Parsed): Promise<void> => {
  const [path] = parsed.operands
  if (path === undefined || parsed.operands.length > 1) throw new UsageError('Cannot connect: one socket is wanted')
  const client = await connect(path)
  const isTerminal = native.isTty(0) && native.isTty(1)
  if (isTerminal) await interact(program, client)
  else pipe(program, client)
}

const connect = async (path: string): Promise<ConsoleClient> => {
  try {
    return await ConsoleClient.connect(path)
  } catch (error) {
    if (error instanceof VdeError) throw new ExitError(255, `Socket connecting error: ${native.strerror(error.errno)}: ${path}`, { cause: error })
    throw error
  }
}

/** A reply as people read it, a refusal with its reason. */
const explained = async (client: ConsoleClient, reply: Reply): Promise<string> => {
  const reason = await client.reason(reply)
  const status = reply.code < 0 ? [] : [reply.text]
  return [...reply.lines, ...status, ...reason === null ? [] : [reason]].map((line) => `${line}\n`).join('')
}

const eventText = ({ path, text }: ConsoleEvent): string => `** DBG MSG: ${path} ${text}\n`

/** The program's own mistakes end it; a connection that ended is the end of the session. */
const orNull = (error: unknown): null => {
  if (error instanceof VdeError) return null
  throw error
}

/** While nobody reads our output, neither input nor events may pile up. A failure of the output ends the program. */
const pipe = (program: Program, client: ConsoleClient): void => {
  const output = new Output(1)
  client.onEvents = eventsTo(output)
  let last: Promise<void> = Promise.resolve()
  let waiting = 0
  const end = (): void => {
    void last.then(async () => {
      await output.write('')
      program.exit(0)
    })
  }
  const answer = async (line: string): Promise<void> => {
    const reply = await client.command(line).catch(orNull)
    if (reply !== null && !reply.isEnd) await output.write(await explained(client, reply))
    else program.exit(0)
    if (--waiting === MOST_WAITING - 1) input.resume()
  }
  const input = new InputLines(0, {
    onLine (line) {
      if (++waiting === MOST_WAITING) input.pause()
      last = last.then(async () => { await answer(line) })
    },
    onEnd: end
  })
  client.onClose = () => {
    input.close()
    end()
  }
}

const eventsTo = (output: Output): (event: ConsoleEvent) => void => {
  let lost = 0
  return (event) => {
    if (output.pending > MOST_PENDING) {
      lost++
      return
    }
    const gap = lost === 0 ? '' : `** ${lost} events were lost\n`
    lost = 0
    void output.write(`${gap}${eventText(event)}`)
  }
}

const interact = async (program: Program, client: ConsoleClient): Promise<void> => {
  const commands = async (): Promise<string[]> => commandsOf((await client.command('help').catch(orNull))?.data ?? [])
  process.stdout.write(`${client.banner.join('\n')}\n\n`)
  const prompt = `${client.prompt.replace(/\$ $/, '')}[${client.path}]: `
  const editor = new Editor(prompt, await commands(), {
    async onLine (line) {
      const reply = await client.command(line).catch(orNull)
      if (reply === null || reply.isEnd) return null
      if (/^\s*plugin\/(add|del)\s/.test(line)) editor.commands = await commands()
      return await explained(client, reply)
    },
    onEnd () { program.exit(0) }
  })
  program.cleanup.add(() => { editor.close() })
  client.onEvents = (event) => { editor.showAbove(eventText(event)) }
  client.onClose = () => { editor.close() }
}
