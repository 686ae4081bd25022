/** What a scenario runs in its nodes: commands before and after the network is there, and checks of new links. */
import type { Files } from './motion.ts'
import type { Scenario } from './scenario.ts'

/** When. */
export type Phase = 'pre_network_start' | 'post_network_start'

/**
 * The commands of a node: those of its file, a line each, and then those of the list. `{node_id}` is its number, `{{` and `}}`
 * are braces.
 * @throws {SyntaxError} another word in braces, a brace alone
 */
export const commandsOf = (scenario: Scenario, node: number, phase: Phase, files: Files): string[] => {
  const path = `provisioning.shell.${phase}`
  const file = scenario.look<string>(`${path}.shell_cmd_file_path`, node)
  const lines = file === null ? [] : files(file).split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#!'))
  return [...lines, ...scenario.look<string[]>(`${path}.shell_cmds`, node) ?? []].map((line) =>
    fill(line, { node_id: String(node) }, (found, wanted) => scenario.wrong(path, found, wanted)))
}

/** @param wrong makes the error of where the template stands */
export const fill = (
  template: string, values: Readonly<Record<string, string>>, wrong: (found: string, wanted: string) => SyntaxError
): string => template.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (found, name?: string) => {
  if (found === '{{' || found === '}}') return found[0]!
  if (name !== undefined && Object.hasOwn(values, name)) return values[name]!
  throw wrong(`${found.slice(0, 40)} in "${template.slice(0, 60)}"`, `${Object.keys(values).map((one) => `{${one}}`).join(' or ')}, and {{ for a brace`)
})

/** How new links are checked; null: they are not. */
export interface Check {
  readonly timeoutSec: number
  /** The command that asks for `ip`. */
  readonly command: (ip: string) => string
}

const CHECK = 'network.links.configuration.connectivity_check'

/** @throws {SyntaxError} a command with another word in braces */
export const checkOf = (scenario: Scenario): Check | null => {
  if (scenario.look<boolean>(`${CHECK}.enabled`) !== true) return null
  const timeoutSec = scenario.look<number>(`${CHECK}.timeout`) ?? 60
  const template = scenario.look<string>(`${CHECK}.cmd`) ?? ''
  const command = (ip: string): string =>
    fill(template, { timeout: String(timeoutSec), ip }, (found, wanted) => scenario.wrong(`${CHECK}.cmd`, found, wanted))
  command('10.0.0.1')
  return { timeoutSec, command }
}
