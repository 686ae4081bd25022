/** Completion of console commands, learnt from `help`. */

/**
 * The commands in a reply to `help`: the first word of each line behind the dashes, without the headings, which are those
 * whose next line begins with the same word and a slash.
 */
export const commandsOf = (help: readonly string[]): string[] => {
  const dashes = help.findIndex((line) => line.startsWith('----'))
  const words = help.slice(dashes + 1).map((line) => line.split(/\s/, 1)[0]).filter((word) => word !== '')
  return words.filter((word, i) => words[i + 1]?.startsWith(`${word}/`) !== true)
}

/** What the line may become, and the part of it this is about, as node:readline asks. */
export const complete = (commands: readonly string[], line: string): [hits: string[], part: string] => {
  const [, before, part] = /^(\s*(?:help\s+)?)(\S*)$/.exec(line) ?? []
  if (before === undefined) return [[], line]
  const hits = commands.filter((command) => command.startsWith(part))
  return [hits.length === 1 ? [`${hits[0]} `] : hits, part]
}
