/** What a scenario has run in its nodes: in each one command after the other, in all nodes at once. */
import { appendFileSync } from 'node:fs'
import type { DaemonClient } from '@vde-ts/lab/daemon/client.js'
import { commandsOf, type Files, type Phase, type Scenario } from '@vde-ts/miniworld'
import { bootLog } from './scene.ts'
import { eachOf, runInNode, said } from './node.ts'

/** The commands of every node that has some. */
export type Commands = ReadonlyMap<number, readonly string[]>

/** @throws {SyntaxError} a command whose braces cannot be read; and what `read` throws */
export const allCommands = (scenario: Scenario, phase: Phase, read: Files): Commands => {
  const found = new Map<number, string[]>()
  for (let id = 1; id <= scenario.nodes; id++) {
    const commands = commandsOf(scenario, id, phase, read)
    if (commands.length > 0) found.set(id, commands)
  }
  return found
}

/** A command that fails is told of and no more, as in the original, whose console knew no status. */
export const runCommands = async (client: DaemonClient, commands: Commands, log: (line: string) => void): Promise<void> => {
  await eachOf([...commands], async ([node, lines]) => {
    for (const line of lines) {
      const { code, out } = await runInNode(client, node, line, null)
      appendFileSync(bootLog(node), `# ${line}\n${out}${out === '' || out.endsWith('\n') ? '' : '\n'}`, { mode: 0o600 })
      if (code !== 0) log(`node ${node}: "${line}" ended with ${code}${said(out)}`)
    }
  })
}
