/** The texts made from an option table: `--help`, and the OPTIONS section of the man page. */
import type { CommandSpec, Option } from './command.ts'

const COLUMN = 28
const WIDTH = 100

/** What `--help` prints, with a newline at its end. */
export const helpText = (spec: CommandSpec): string => {
  const usage = spec.synopsis.map((line, i) => `${i === 0 ? 'Usage:' : '      '} ${spec.name} ${line}`.trimEnd())
  const options = spec.options.filter((o) => o.hidden !== true).map(optionLine)
  const about = (spec.description ?? []).map((paragraph) => wrap(paragraph, 0))
  const first = `${spec.name}: ${spec.summary}`
  return [first, '', ...usage, '', ...options, ...about.flatMap((text) => ['', text])].join('\n') + '\n'
}

const optionLine = (option: Option): string => {
  const left = `  ${spellings(option).join(', ')}`
  const help = wrap(option.help, COLUMN)
  return left.length + 2 > COLUMN ? `${left}\n${help}` : left + help.slice(left.length)
}

/** `-s`, `--sock DIR`, `--vdesock DIR`. */
const spellings = (option: Option): string[] => {
  const long = [option.name, ...(option.aliases ?? [])]
  const value = option.value
  const short = option.short === undefined ? [] : [`-${option.short}`]
  if (value === undefined) return [...short, ...long.map((n) => `--${n}`)]
  if (option.optional === true) return [...short.map((s) => `${s}[${value}]`), ...long.map((n) => `--${n}[=${value}]`)]
  return [...short, ...long.map((n, i) => i === long.length - 1 ? `--${n} ${value}` : `--${n}`)]
}

const wrap = (text: string, indent: number): string => {
  const lines: string[] = []
  let line = ' '.repeat(indent)
  for (const word of text.split(' ')) {
    if (line.length + word.length > WIDTH && line.trim() !== '') {
      lines.push(line.trimEnd())
      line = ' '.repeat(indent)
    }
    line += `${word} `
  }
  return [...lines, line.trimEnd()].join('\n')
}

/** One .TP entry an option, for groff's man macros. */
export const optionsRoff = (spec: CommandSpec): string =>
  spec.options.filter((o) => o.hidden !== true).map(optionRoff).join('')

const optionRoff = (option: Option): string => {
  const names = [...(option.short === undefined ? [] : [`-${option.short}`]),
    ...[option.name, ...(option.aliases ?? [])].map((n) => `--${n}`)]
  const bold = names.map((n) => `\\fB${escapeRoff(n)}\\fR`).join(', ')
  const value = option.value === undefined ? '' : `\\fI${escapeRoff(option.value)}\\fR`
  const tail = value === '' ? '' : option.optional === true ? `[=${value}]` : ` ${value}`
  return `.TP\n${bold}${tail}\n${protectRoff(escapeRoff(option.help))}.\n`
}

/** Text for roff: backslashes and dashes as characters. */
export const escapeRoff = (text: string): string => text.replaceAll('\\', '\\e').replaceAll('-', '\\-')

/** A line may not start with a control character. */
const protectRoff = (text: string): string => /^[.']/.test(text) ? `\\&${text}` : text
